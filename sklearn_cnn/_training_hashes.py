"""Hashes of training sequences, by which a model knows them again."""

import hashlib
import warnings
from itertools import repeat

import numpy as np

from sklearn_cnn.training._inputs import Inputs

# So many of the smallest hashes are kept, which are a fair sample of all.
_MAX_HASHES = 10_000


def hash_sequences(inputs: Inputs) -> np.ndarray:
    """Hash (n,) of each sequence; those of DNA are the same for both strands."""
    complement = inputs.alphabet.complement if inputs.alphabet.name == "dna" else None
    lengths = repeat(None) if inputs.lengths is None else inputs.lengths
    hashes = np.empty(len(inputs), dtype=np.uint64)
    for i, (codes, length) in enumerate(zip(inputs.values, lengths, strict=False)):
        strands = [codes[:length]]
        if complement is not None:
            strands.append(complement[strands[0][::-1]])
        hashes[i] = min(map(_hash, strands))
    return hashes


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
        warnings.warn(
            f"{shared.mean():.1%} of the sequences in {name} were in the training set "
            "of the model passed as pretrained. If those that you will test on are "
            "among them, too, scores will be too high; see 'Mind the overlap' in the "
            "user guide",
            UserWarning,
            stacklevel=7,  # The line that calls fit.
        )


def _hash(codes: np.ndarray) -> int:
    digest = hashlib.blake2b(codes.tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
