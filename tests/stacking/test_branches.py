import torch
from torch import nn

from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.stacking._branches import _as_fit, merge_branches


def _random_branch(n_features, n_outputs):
    branch = LinearBranch(nn.Identity(), n_features, n_outputs)
    nn.init.normal_(branch.linear.weight)
    nn.init.normal_(branch.linear.bias)
    return branch


def test_merged_branches_give_the_same_stack():
    torch.manual_seed(0)
    x = torch.randn(6, 4)
    branches = {
        "one": _random_branch(4, 3),
        "twice": _random_branch(4, 2 * 3),
    }
    branches["twice"].mean.copy_(torch.arange(4.0))
    weight = torch.rand(1 + 3, 3)
    one, twice = (
        branches["one"].logits_from_features(x),
        branches["twice"].logits_from_features(x),
    )
    expected = weight[1] * one + weight[2] * twice[:, :3] + weight[3] * twice[:, 3:]
    merged, of_branches = merge_branches(branches, weight)
    stacked = sum(
        w * branch.logits_from_features(x)
        for w, branch in zip(of_branches[1:], merged.values(), strict=True)
    )
    torch.testing.assert_close(stacked, expected)
    torch.testing.assert_close(
        of_branches, torch.stack([weight[0], weight[1], weight[2] + weight[3]])
    )


def test_a_branch_that_counts_nothing():
    branch = LinearBranch(nn.Identity(), 4, 2)
    merged, weight = merge_branches({"twice": branch}, torch.zeros(3, 1))
    assert not weight.any()
    assert merged["twice"].logits_from_features(torch.ones(1, 4)).isfinite().all()


def test_a_branch_of_the_source_is_one_of_the_fits():
    torch.manual_seed(0)
    x = torch.randn(40, 5)
    x[:, 2] = 1.0  # Constant here, and not where the source was trained.
    source = _random_branch(5, 1)
    source.mean.copy_(torch.arange(5.0))
    source.scale.copy_(torch.tensor([1.0, 2.0, 3.0, torch.inf, 5.0]))
    matrix, mean = x - x.mean(0), x.mean(0)
    scale = matrix.square().mean(0).sqrt()
    scale[2] = torch.inf
    fit = _as_fit(source, matrix / scale, mean, scale)
    torch.testing.assert_close(fit.out_of_fold, source.logits_from_features(x))
    branch = LinearBranch(nn.Identity(), 5, 1)
    branch.mean.copy_(mean)
    branch.scale.copy_(scale)
    with torch.no_grad():
        branch.linear.weight.copy_(fit.weight)
        branch.linear.bias.copy_(fit.bias)
    torch.testing.assert_close(
        branch.logits_from_features(x), source.logits_from_features(x)
    )
