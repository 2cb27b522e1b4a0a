"""Hashes of inputs, by which equal ones are known, and training sequences again."""

import hashlib
from itertools import repeat

import numpy as np

from sklearn_cnn._package import warn
from sklearn_cnn.inputs._inputs import Inputs

# So many of the smallest hashes are kept, which are a fair sample of all.
_MAX_HASHES = 10_000


def hash_inputs(inputs: Inputs, strand_order: list[int] | None) -> np.ndarray:
    """Hash (n,) of each input; equal inputs have equal hashes.

    Where there is a `strand_order`, that of the channels on the opposite strand, a
    sequence and its reverse complement are equal, too.
    """
    lengths = repeat(None) if inputs.lengths is None else inputs.lengths
    hashes = np.empty(len(inputs), dtype=np.uint64)
    for i, (values, length) in enumerate(zip(inputs.values, lengths, strict=False)):
        strands = [values[..., :length]]
        if strand_order is not None and inputs.alphabet is not None:
            strands.append(inputs.alphabet.complement[strands[0][::-1]])
        elif strand_order is not None:
            strands.append(strands[0][strand_order, ::-1])
        hashes[i] = min(map(_hash, strands))
    return hashes


def groups_of_equal(hashes: np.ndarray) -> np.ndarray | None:
    """Group (n,) of each input where some are equal; else None."""
    return hashes if len(np.unique(hashes)) < len(hashes) else None


def add_hashes(kept: np.ndarray, more: np.ndarray) -> np.ndarray:
    """The smallest of both, each once, in order."""
    return np.union1d(kept, more)[:_MAX_HASHES]


def warn_of_overlap(kept: np.ndarray, hashes: np.ndarray, name: str) -> None:
    """Warn if sequences were in the training set of a source.

    Parameters
    ----------
    kept : ndarray of uint64
        The smallest hashes of the source's training set, in order.
    hashes : ndarray of uint64
        Those of all sequences.
    name : str
        What the sequences are called.
    """
    if len(kept) == _MAX_HASHES:
        # Larger ones may have been in the training set or not.
        hashes = hashes[hashes <= kept[-1]]
    shared = np.isin(hashes, kept)
    if shared.any():
        warn(
            f"{shared.mean():.1%} of the sequences in {name} were in the training set "
            "of the model passed as pretrained. If those that you will test on are "
            "among them, too, scores will be too high; see 'Mind the overlap' in the "
            "user guide"
        )


def _hash(values: np.ndarray) -> int:
    # Zeros have a sign among floats, which the sum takes away.
    digest = hashlib.blake2b((values + 0).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
