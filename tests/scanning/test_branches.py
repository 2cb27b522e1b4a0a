"""Sums over windows against the features of each window, by another way."""

import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._side_by_side import SideBySide
from sklearn_cnn.scanning import _branches
from sklearn_cnn.scanning._branches import SharedBranch

MASKS = ((0, 1, 2), (0, 2, 4), (0, 4, 8))
WIDTHS = [3, 3, 5, 30, 9]
LOG_ODDS = np.random.default_rng(0).normal(size=(sum(WIDTHS), 4))


def _gapped(both_strands):
    features = GappedWords(4, MASKS, both_strands)
    generator = torch.Generator().manual_seed(0)
    return features.with_weight(torch.randn(features.n_words, 2, generator=generator))


FEATURES = {
    "k-mers": lambda both: KmerCounts(4, 3, both),
    "proteins": lambda both: KmerCounts(20, 2, False),
    "letters": lambda both: PlacedLetters(4, both),
    "words": lambda both: SideBySide([KmerCounts(4, 2, both), PlacedWords(4, 3)]),
    "gapped": _gapped,
    "motifs": lambda both: MotifBank(LOG_ODDS, WIDTHS, both),
}


@pytest.mark.parametrize("both_strands", [True, False])
@pytest.mark.parametrize("kind", FEATURES)
@pytest.mark.parametrize(
    ("length", "stride", "n"), [(20, 3, 9), (8, 1, 30), (50, 20, 7), (41, 41, 2)]
)
def test_windows_share_features(kind, both_strands, length, stride, n, monkeypatch):
    monkeypatch.setattr(_branches, "_COUNTS", 500)  # Several rounds, ...
    monkeypatch.setattr(_branches, "_PLACES", 30)  # ... of a few places.
    features = FEATURES[kind](both_strands).double()
    generator = torch.Generator().manual_seed(length)
    # Repeats too: the same letters in a row, and pairs of them.
    size = (n - 1) * stride + length
    codes = torch.randint(features.n_symbols, (size,), generator=generator)
    codes[size // 3 : size // 3 + 15] = 1
    codes[size // 2 :: 2] = 2
    columns = torch.eye(features.n_symbols).double()[codes]
    x = torch.stack([columns[i * stride : i * stride + length].T for i in range(n)])
    values = features(x)
    branch = LinearBranch(features, values.shape[1], 2).double()
    for tensor in (branch.mean, branch.linear.weight, branch.linear.bias):
        tensor.data.normal_(generator=generator)
    branch.scale.uniform_(0.5, 2, generator=generator)
    branch.scale[0] = torch.inf  # A constant column.
    branch.requires_grad_(False)
    found = SharedBranch(branch, length, stride)(codes)
    torch.testing.assert_close(found, branch(x), rtol=0, atol=1e-9)


def test_long_windows_average_letters():
    features = PlacedLetters(4, True).double()
    codes = torch.randint(4, (2140,), generator=torch.Generator().manual_seed(0))
    x = torch.stack([torch.eye(4).double()[codes[i : i + 2100]].T for i in (0, 20, 40)])
    values = features(x)
    branch = LinearBranch(features, values.shape[1], 1).double().requires_grad_(False)
    branch.linear.weight.uniform_()
    found = SharedBranch(branch, 2100, 20)(codes)
    torch.testing.assert_close(found, branch(x), rtol=0, atol=1e-9)
