"""Hashes of inputs: to find equal ones, and to recognise training sequences."""

import hashlib
from itertools import repeat

import numpy as np

from sklearn_cnn._package import warn
from sklearn_cnn.inputs._inputs import Inputs

# Only so many of the smallest hashes are stored: a random sample of the sequences.
_MAX_HASHES = 10_000


def hash_inputs(inputs: Inputs, strand_order: list[int] | None) -> np.ndarray:
    """Hash (n,) of each input; equal inputs have equal hashes.

    `strand_order` is the order of the channels on the opposite strand. With it, a
    sequence and its reverse complement have equal hashes too.
    """
    hashes = np.empty(len(inputs), dtype=np.uint64)
    for rows, part in inputs.parts():
        hashes[rows] = _hash_part(part, strand_order)
    return hashes


def _hash_part(inputs: Inputs, strand_order: list[int] | None) -> list[int]:
    """Hashes of inputs in memory."""
    lengths = repeat(None) if inputs.lengths is None else inputs.lengths
    hashes = []
    for values, length in zip(inputs.values, lengths, strict=False):
        strands = [values[..., :length]]
        if strand_order is not None and inputs.alphabet is not None:
            strands.append(inputs.alphabet.complement[strands[0][::-1]])
        elif strand_order is not None:
            strands.append(strands[0][strand_order, ::-1])
        hashes.append(min(map(_hash, strands)))
    return hashes


def groups_of_equal(hashes: np.ndarray) -> np.ndarray | None:
    """Group (n,) of each input, equal ones together; None if none are equal."""
    return hashes if len(np.unique(hashes)) < len(hashes) else None


def add_hashes(kept: np.ndarray, more: np.ndarray) -> np.ndarray:
    """The smallest hashes out of both, sorted, each once."""
    return np.union1d(kept, more)[:_MAX_HASHES]


def warn_of_overlap(kept: np.ndarray, hashes: np.ndarray, name: str) -> None:
    """Warn if sequences were in the training set of the source.

    Parameters
    ----------
    kept : ndarray of uint64
        The smallest hashes of the source's training set, sorted.
    hashes : ndarray of uint64
        Hashes of the sequences.
    name : str
        What the warning calls the sequences.
    """
    if len(kept) == _MAX_HASHES:
        # Of larger hashes nothing is known.
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
    # The sum makes 0.0 of -0.0.
    digest = hashlib.blake2b((values + 0).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
