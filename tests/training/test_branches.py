import torch
from torch import nn

from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.training._branches import merge_branches


def test_merged_branches_give_the_same_stack():
    torch.manual_seed(0)
    x = torch.randn(6, 4)
    branches = {
        "one": LinearBranch(nn.Identity(), 4, 3),
        "twice": LinearBranch(nn.Identity(), 4, 2 * 3),
    }
    branches["twice"].mean.copy_(torch.arange(4.0))
    weight = torch.rand(1 + 3, 3)
    one, twice = branches["one"](x), branches["twice"](x)
    expected = weight[1] * one + weight[2] * twice[:, :3] + weight[3] * twice[:, 3:]
    merged, of_branches = merge_branches(branches, weight)
    stacked = sum(
        w * branch(x)
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
    assert merged["twice"](torch.ones(1, 4)).isfinite().all()
