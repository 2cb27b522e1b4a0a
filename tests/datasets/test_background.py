import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import chisquare

from sklearn_cnn.datasets._background import (
    Background,
    resolve_background,
    sample_letters,
)


def dinucleotide_frequencies(codes):
    pairs = 4 * codes[:, :-1].astype(int) + codes[:, 1:]
    counts = np.bincount(pairs.ravel(), minlength=16)
    return counts.reshape(4, 4) / counts.sum()


def test_uniform():
    background = resolve_background("uniform")
    assert_allclose(background.letters, 0.25)
    assert_allclose(background.transitions, 0.25)


def test_markov_is_like_the_human_genome():
    background = resolve_background("markov")
    # 40.9 % G+C; both strands alike.
    assert_allclose(background.letters, [0.2955, 0.2045, 0.2045, 0.2955])
    joint = background.letters[:, None] * background.transitions
    assert_allclose(joint, joint[::-1, ::-1].T)
    assert_allclose(joint[1, 2], 0.0099)  # CG
    assert_allclose(joint[1, 2] / 0.2045**2, 0.24, atol=0.005)


def test_chain_of_sequences():
    # AA once, AC twice, CA once, and one added to each of the 16 counts; N is skipped.
    background = resolve_background(["AACA", "ACNGNT"])
    assert_allclose(background.transitions[0], np.array([2, 3, 1, 1]) / 7)
    assert_allclose(background.transitions[1], np.array([2, 1, 1, 1]) / 5)
    assert_allclose(background.transitions[2:], 0.25)


def test_sequences_in_a_series():
    sequences = ["ACGTAA", "ggc"]
    expected = resolve_background(sequences).transitions
    assert_array_equal(resolve_background(pd.Series(sequences)).transitions, expected)


def test_letters_are_stationary():
    counts = np.random.RandomState(0).randint(1, 100, size=(4, 4))
    background = Background.from_dinucleotides(counts)
    assert_allclose(background.letters @ background.transitions, background.letters)
    assert_allclose(background.letters.sum(), 1)


def test_sample():
    background = resolve_background("markov")
    codes = background.sample(2000, 50, np.random.RandomState(0))
    assert codes.shape == (2000, 50)
    assert codes.dtype == np.uint8
    joint = background.letters[:, None] * background.transitions
    assert_allclose(dinucleotide_frequencies(codes), joint, atol=0.003)
    first = np.bincount(codes[:, 0], minlength=4)
    assert chisquare(first, 2000 * background.letters).pvalue > 0.001


def test_sample_letters_leaves_out_what_is_impossible():
    rng = np.random.RandomState(0)
    third = np.array([1 / 3, 1 / 3, 1 / 3, 0])
    counts = np.bincount(sample_letters(third, 30_000, rng), minlength=4)
    assert counts[3] == 0
    assert chisquare(counts[:3]).pvalue > 0.001
    rows = np.array([[0, 0, 1.0, 0], [0, 0, 0, 1], [1, 0, 0, 0]])
    assert_array_equal(sample_letters(rows, 3, rng), [2, 3, 0])


@pytest.mark.parametrize(
    ("background", "error", "message"),
    [
        ("human", ValueError, "background must be 'uniform', 'markov' or a container "
         "of sequences; got 'human'"),
        (["ACGT", "MKV!"], ValueError, "background[1] has the letter '!'"),
        ([], ValueError, "background is empty"),
        (None, TypeError, "background must be a list, tuple, array"),
    ],
)  # fmt: skip
def test_errors(background, error, message):
    with pytest.raises(error, match=re.escape(message)):
        resolve_background(background)
