"""Frozen networks that `PretrainedFeatureExtractor` can load, one file a family."""
