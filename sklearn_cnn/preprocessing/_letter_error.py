"""The one wording of "this letter, in this sequence, at this position"."""

import numpy as np


def letter_error(
    letters: bytes | str, offset: int, lengths: np.ndarray, name: str, reason: str
) -> ValueError:
    """Error for ``letters[offset]``, all sequences being laid end to end."""
    ends = np.cumsum(lengths)
    index = int(np.searchsorted(ends, offset, side="right"))
    position = offset - int(ends[index] - lengths[index])
    letter = letters[offset]
    if isinstance(letter, int):
        letter = chr(letter)
    message = (
        f"{name}[{index}] has the letter {letter!r} at position {position} "
        f"(counted from 0), {reason}"
    )
    if letter.isspace():
        message += (
            ". White space and line breaks do not belong in a sequence: remove "
            "them, for instance with ''.join(sequence.split())"
        )
    return ValueError(message)
