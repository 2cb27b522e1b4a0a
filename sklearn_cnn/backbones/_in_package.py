"""Trained networks in the package, by name."""

from pathlib import Path

# Files of save_model; benchmarks/make_tf_trunk.py trains the network.
IN_PACKAGE = {"tf-trunk": Path(__file__).parent / "data" / "tf_trunk.safetensors"}


def file_of(model):
    """File of a name; anything else as it is."""
    is_name = isinstance(model, str) and model in IN_PACKAGE
    return IN_PACKAGE[model] if is_name else model
