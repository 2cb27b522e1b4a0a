"""What kind of file a path leads to."""

import os


def is_text(path: str | os.PathLike) -> bool:
    """Whether a file is text, which may hold motifs; else it should be a saved model.

    Raises
    ------
    ValueError
        If the file is a pickle, such as ``torch.save`` and joblib write.
    """
    with open(path, "rb") as file:
        head = file.read(512)
    if head.startswith((b"\x80", b"PK")):
        raise ValueError(
            f"model={os.fspath(path)!r} is a pickle, as torch.save and joblib write; "
            "it is refused, since reading one can execute code. Build the module that "
            "the weights belong to, load them by module.load_state_dict(torch.load("
            "path, weights_only=True, map_location='cpu')), and pass the module; save "
            "estimators of this package by save_model"
        )
    return b"\0" not in head
