import numpy as np

from sklearn_cnn.inspection.motifs._alignment import align, stack


def test_offsets_and_strands_of_parts():
    pattern = np.random.default_rng(0).normal(size=(8, 4))
    whole = np.vstack([np.zeros((3, 4)), pattern, np.zeros((2, 4))])
    matrices = np.stack([whole, whole[::-1, ::-1]])
    similarity, offsets, flipped = align(matrices, pattern, both_strands=True)
    np.testing.assert_allclose(similarity, 1)
    # On the flipped matrix the pattern begins where it does on the first one.
    assert offsets.tolist() == [3, 3]
    assert flipped.tolist() == [False, True]


def test_pattern_beyond_the_end():
    pattern = np.random.default_rng(1).normal(size=(8, 4))
    part = pattern[2:]
    similarity, offsets, flipped = align(part[None], pattern, both_strands=False)
    share = np.linalg.norm(part) / np.linalg.norm(pattern)
    np.testing.assert_allclose(similarity, share)
    assert (offsets[0], flipped[0]) == (-2, False)


def test_stack():
    stacked = stack([np.ones((1, 2)), np.ones((3, 2))])
    np.testing.assert_array_equal(stacked[:, :, 0], [[1, 0, 0], [1, 1, 1]])
