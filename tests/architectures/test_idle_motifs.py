"""Motifs whose weights cannot change a prediction."""

import numpy as np
import pytest
import torch

from sklearn_cnn.architectures._idle_motifs import TOLERANCE, without_idle_motifs
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_bank import MotifBank

# "AC", "G" and "TTT": 1 for the letter, -1 for all others.
MATRICES = 2 * np.eye(4)[[0, 1, 2, 3, 3, 3]] - 1
ONE = torch.ones(1)


def _branch(weights) -> LinearBranch:
    """Scores lie between -2 and 2, -1 and 1, -3 and 3; their means are zero."""
    bank = MotifBank(MATRICES, [2, 1, 3], both_strands=False)
    branch = LinearBranch(bank, 3, len(weights))
    with torch.no_grad():
        branch.linear.weight.copy_(torch.tensor(weights))
        branch.linear.bias.fill_(0.5)
    return branch


def _codes():
    return torch.randint(0, 4, (50, 9), generator=torch.manual_seed(0)).byte()


def _logits(branch):
    columns = torch.cat([torch.eye(4), torch.zeros(1, 4)])
    features = branch.features.features_from_codes(_codes(), columns)
    return branch.logits_from_features(features).detach()


def test_motifs_of_no_weight_are_left_out():
    branch = _branch([[0.0, 1.5, 0.0]])
    smaller = without_idle_motifs(branch, ONE)
    assert smaller.features.widths.tolist() == [1]
    torch.testing.assert_close(
        smaller.features.log_odds, torch.tensor(MATRICES[2:3]).float()
    )
    torch.testing.assert_close(_logits(smaller), _logits(branch), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("share", "n_left"),
    [(0.9, 1), (1.1, 2)],
)
def test_the_sum_of_what_they_could_add_is_bounded(share, n_left):
    """Each of the first two could add half of the tolerance, times the share."""
    half = share * TOLERANCE / 2
    branch = _branch([[half / 2, half / 1, 1.0]])
    smaller = without_idle_motifs(branch, ONE)
    assert len(smaller.features.widths) == n_left
    difference = (_logits(smaller) - _logits(branch)).abs().max()
    assert difference <= TOLERANCE


def test_scales_means_and_stacking_weights_count():
    branch = _branch([[1e-6, 1.0, 1.0]])
    assert len(without_idle_motifs(branch, ONE).mean) == 2
    # Now the first motif could add 2 * 1e-6 * 10.
    assert without_idle_motifs(branch, 10 * ONE) is branch
    branch.scale[0] = 0.1
    assert without_idle_motifs(branch, ONE) is branch
    branch.scale[0], branch.mean[0] = 1, 20.0
    assert without_idle_motifs(branch, ONE) is branch


def test_any_output_counts():
    branch = _branch([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    smaller = without_idle_motifs(branch, torch.ones(2))
    assert smaller.features.widths.tolist() == [1, 3]
    torch.testing.assert_close(_logits(smaller), _logits(branch), rtol=0, atol=0)


def test_one_is_left_where_none_has_weight():
    smaller = without_idle_motifs(_branch([[0.0, 0.0, 0.0]]), ONE)
    assert len(smaller.features.widths) == 1
    assert (_logits(smaller) == 0.5).all()


def test_others_stay_as_they_are():
    branch = LinearBranch(KmerCounts(4, 1, both_strands=False), 4, 1)
    assert without_idle_motifs(branch, ONE) is branch
    branch = _branch([[0.0, 1.0, 1.0]])
    branch.features.windows = "all"
    assert without_idle_motifs(branch, ONE) is branch
