"""The Hugging Face hub, or its cache where there is no network."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# The hub's own client gives up only after half a minute or more.
_SECONDS_TO_ANSWER = 5


@contextmanager
def hub_or_cache(kind: str, name: str) -> Iterator[bool]:
    """Whether a model must come from the cache, since the hub does not answer.

    Parameters
    ----------
    kind, name : str
        What stands before and after the colon in the extractor's `model`.

    Raises
    ------
    OSError
        If the block raises one and the hub does not answer. The message says how to
        bring the model here.
    """
    offline = not os.path.isdir(name) and not _hub_answers()
    try:
        yield offline
    except OSError as error:
        if not offline:
            raise
        raise OSError(
            f"{name!r} is neither a folder nor in the cache of the Hugging Face hub, "
            "which does not answer. Where there is network, run `hf download "
            f"{name} --local-dir FOLDER`; bring the folder here and pass "
            f"model='{kind}:FOLDER'"
        ) from error


def _hub_answers() -> bool:
    """Whether the hub answers a request within a few seconds."""
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    try:
        get_session().head(constants.ENDPOINT, timeout=_SECONDS_TO_ANSWER)
    except Exception:  # The class of the error depends on the hub's version.
        return False
    return True
