"""How a training ends before its last epoch."""


class StopTraining(Exception):  # noqa: N818
    """Raised by a callback to end the training; not an error."""
