"""Motifs in the forms people have them, as position frequency matrices."""

import os

import numpy as np
from numpy.typing import ArrayLike

from sklearn_cnn.datasets._motif_database import load_jaspar
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._resolve_motifs import is_jaspar
from sklearn_cnn.preprocessing._alphabet import DNA


def as_frequency_matrix(motif: str | ArrayLike, name: str = "motif") -> np.ndarray:
    """Position frequency matrix of a motif: float64 (width, 4), rows sum to 1.

    An array of shape (width, 4), columns A, C, G, T, holds counts or frequencies; each
    row is divided by its sum. A string is read by the first of these rules that fits:

    1. A word of A, C, G and T alone is a consensus ("TGACGTCA").
    2. The id of a matrix in JASPAR 2026 CORE or the name of its TF ("MA0139.2",
       "CTCF"; see `MotifDatabase.find`), with a pseudocount of 0.8.
    3. A word of IUPAC codes is a consensus ("CANNTG"; N gives 1/4 for each base).

    Hence "MYC" and "SRY" are transcription factors although Y, M, S and R are codes,
    while "CG" and "GT" are words although Drosophila has TFs cg and gt (use their ids).

    Parameters
    ----------
    motif : str or array-like
        The motif.
    name : str
        What error messages call it.
    """
    if not isinstance(motif, str):
        return _checked_matrix(motif, name)
    i = _jaspar_index(motif)
    if i is not None:
        return load_jaspar().frequencies(i)
    return _consensus_matrix(motif, name)


def motif_label(motif: str | ArrayLike, name: str = "motif") -> str:
    """Label of a motif in tables: "CTCF_MA0139.2", the consensus, or `name`."""
    if not isinstance(motif, str):
        return name
    i = _jaspar_index(motif)
    return motif.upper() if i is None else load_jaspar().label(i)


def is_motif_set(motif) -> bool:
    """Whether this stands for motifs as `resolve_motifs` takes them.

    A string that is a motif itself is none, even if a file has that name.
    """
    if not isinstance(motif, str):
        return isinstance(motif, (MotifSet, os.PathLike))
    return is_jaspar(motif) or (
        os.path.isfile(motif)
        and _jaspar_index(motif) is None
        and not set(motif.upper()) <= set(DNA.letters)
    )


def _jaspar_index(motif: str) -> int | None:
    """Index of the JASPAR matrix that a string stands for; None for a consensus."""
    if set(motif.upper()) <= set(DNA.symbols):
        return None
    return load_jaspar().lookup(motif)


def _consensus_matrix(motif: str, name: str) -> np.ndarray:
    """Equal shares for the bases that each IUPAC code stands for."""
    if not motif:
        raise ValueError(f"{name} is an empty string")
    codes = [DNA.letters.find(letter) for letter in motif.upper()]
    if -1 in codes:
        position = codes.index(-1)
        try:
            load_jaspar().find(motif)
        except ValueError as error:
            raise ValueError(
                f"{name}={error}. Nor is it a consensus: {motif[position]!r} at "
                f"position {position} is not an IUPAC nucleotide code"
            ) from None
    allowed = DNA.columns[codes] > 0
    return allowed / allowed.sum(axis=1, keepdims=True)


def _checked_matrix(motif: ArrayLike, name: str) -> np.ndarray:
    """Array of counts or frequencies with each row divided by its sum."""
    matrix = np.asarray(motif)
    if matrix.dtype.kind not in "biuf":
        raise TypeError(
            f"{name} must be a string or an array of numbers of shape (width, 4); got "
            f"{type(motif).__name__} of dtype {matrix.dtype}"
        )
    if matrix.ndim != 2 or matrix.shape[1] != 4 or len(matrix) == 0:
        is_transposed = matrix.ndim == 2 and matrix.shape[0] == 4
        hint = f"; transpose it: {name}.T" if is_transposed else ""
        raise ValueError(
            f"{name} must have the shape (width, 4), one row a position and the "
            f"columns A, C, G, T; got {matrix.shape}{hint}"
        )
    matrix = matrix.astype(np.float64)
    wrong = ~(np.isfinite(matrix) & (matrix >= 0))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name} must hold counts or frequencies, finite and not negative (no "
            f"log-odds); got {matrix[row, column]:g} at position {row} for "
            f"{DNA.symbols[column]}"
        )
    sums = matrix.sum(axis=1)
    if (sums == 0).any():
        raise ValueError(f"{name} has no counts at position {sums.argmin()}")
    off = np.abs(sums - 1)
    if matrix.max() <= 1 and np.any(matrix % 1) and off.max() > 0.01:
        raise ValueError(
            f"{name} holds fractions, but its frequencies at position {off.argmax()} "
            f"sum to {sums[off.argmax()]:g}, not to 1"
        )
    return matrix / sums[:, None]
