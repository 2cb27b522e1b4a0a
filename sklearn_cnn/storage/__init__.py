"""Files of fitted models: the format, values as JSON, writing that can be killed."""
