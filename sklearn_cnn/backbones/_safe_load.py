"""Read files of tensors without executing code in them."""

import os
import pickle

import torch


def load_tensors(path: str | os.PathLike) -> dict:
    """Dict of tensors that ``torch.save`` wrote, on the CPU.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If ``torch.save`` did not write it, or it holds objects beside tensors and
        containers, whose reading could execute code.
    """
    with open(path, "rb"):
        pass  # Python's own error for a missing file.
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{os.fspath(path)!r} is refused: it is no file of tensors that torch.save "
            "wrote, or it holds other objects too, whose reading can execute code. Ask "
            "its author for the weights alone (a state_dict)"
        ) from error
    except (RuntimeError, EOFError, ValueError) as error:
        raise ValueError(
            f"{os.fspath(path)!r} is not a file that torch.save wrote, or is damaged: "
            f"{error}"
        ) from error
    if not isinstance(found, dict):
        raise ValueError(
            f"{os.fspath(path)!r} holds a {type(found).__name__}, not a dict of tensors"
        )
    return found
