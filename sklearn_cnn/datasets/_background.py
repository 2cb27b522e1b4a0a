"""Backgrounds: the sequence that surrounds the planted sites."""

from dataclasses import dataclass

import numpy as np

from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.preprocessing._codes import encode

# Dinucleotide frequencies of the human genome (hg19), the mean of both strands. Rows:
# first base, columns: second base, both A, C, G, T. G+C is 40.9 %, and CG occurs at
# 0.24 times the rate that its letters alone would give.
HUMAN_DINUCLEOTIDES = np.array(
    [
        [0.0979, 0.0504, 0.0699, 0.0773],
        [0.0726, 0.0521, 0.0099, 0.0699],
        [0.0593, 0.0427, 0.0521, 0.0504],
        [0.0657, 0.0593, 0.0726, 0.0979],
    ]
)


@dataclass(frozen=True, eq=False)
class Background:
    """A stationary first-order Markov chain over A, C, G, T.

    `transitions[a, b]` is the probability of base b after base a; `letters` are the
    frequencies of the bases, at the first position as everywhere.
    """

    letters: np.ndarray
    transitions: np.ndarray

    @classmethod
    def from_dinucleotides(cls, counts: np.ndarray) -> "Background":
        """Chain of the dinucleotide counts (or frequencies) given as (4, 4)."""
        transitions = counts / counts.sum(axis=1, keepdims=True)
        # Stationary frequencies: letters @ transitions = letters, adding up to 1.
        equations = np.vstack([transitions.T - np.eye(4), np.ones(4)])
        target = np.array([0, 0, 0, 0, 1.0])
        letters = np.linalg.lstsq(equations, target, rcond=None)[0]
        return cls(letters, transitions)

    def sample(
        self, n_sequences: int, length: int, rng: np.random.RandomState
    ) -> np.ndarray:
        """Codes of random sequences: uint8 (n_sequences, length)."""
        codes = np.empty((length, n_sequences), dtype=np.uint8)
        codes[0] = sample_letters(self.letters, n_sequences, rng)
        for i in range(1, length):
            codes[i] = sample_letters(self.transitions[codes[i - 1]], n_sequences, rng)
        return np.ascontiguousarray(codes.T)


def resolve_background(background) -> Background:
    """Chain of "uniform", "markov" (human) or sequences (their dinucleotides)."""
    if isinstance(background, str):
        if background == "uniform":
            return Background.from_dinucleotides(np.ones((4, 4)))
        if background == "markov":
            return Background.from_dinucleotides(HUMAN_DINUCLEOTIDES)
        raise ValueError(
            "background must be 'uniform', 'markov' or a container of sequences; got "
            f"{background!r}"
        )
    codes, _, _ = encode(background, DNA, name="background")
    first, second = codes[:, :-1], codes[:, 1:]
    both_known = (first < 4) & (second < 4)
    pairs = 4 * first[both_known].astype(int) + second[both_known]
    # One is added to each count, so that no sequence is impossible.
    counts = np.bincount(pairs, minlength=16).reshape(4, 4) + 1
    return Background.from_dinucleotides(counts)


def sample_letters(
    frequencies: np.ndarray, n: int, rng: np.random.RandomState
) -> np.ndarray:
    """Random codes (n,), by frequencies (4,) or a row of them for each code, (n, 4)."""
    cumulative = np.cumsum(frequencies, axis=-1)
    cumulative /= cumulative[..., -1:]  # no draw falls behind the last possible base
    return (rng.random_sample((n, 1)) >= cumulative[..., :3]).sum(axis=-1)
