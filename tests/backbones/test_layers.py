"""Layers of modules whose outputs are hard to get hold of."""

import numpy as np
import pytest
import torch
from torch import nn

from sklearn_cnn import PretrainedFeatureExtractor

X = np.array([[1.0, 2.0], [-3.0, 0.5]])


def _double(**kwargs):
    """Twice the numbers; negative ones stay negative."""
    linear = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        linear.weight.copy_(2 * torch.eye(2))
    return linear


def _features(module, layer=None, **kwargs):
    return PretrainedFeatureExtractor(module, layer=layer, **kwargs).fit_transform(X)


class InPlace(nn.Module):
    """Adds to what its layer has given, as residual blocks do."""

    def __init__(self):
        super().__init__()
        self.layer = _double()

    def forward(self, x):
        out = self.layer(x)
        out += 100
        return out


class Together(nn.Module):
    """A layer that returns several tensors."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        return (x, x + 1) if self.kind is tuple else {"x": x}


class First(nn.Module):
    """Returns one of them."""

    def __init__(self, kind):
        super().__init__()
        self.both = Together(kind)

    def forward(self, x):
        both = self.both(x)
        return both[0] if self.both.kind is tuple else both["x"]


class Twice(nn.Module):
    """Calls one layer at two places."""

    def __init__(self):
        super().__init__()
        self.layer, self.act = _double(), nn.ReLU()

    def forward(self, x):
        return self.act(self.layer(self.act(x)))


def test_outputs_before_a_change_in_place():
    module = nn.Sequential(_double(), nn.ReLU(inplace=True))
    np.testing.assert_array_equal(_features(module, "0"), 2 * X)
    np.testing.assert_array_equal(_features(module, "1"), np.maximum(2 * X, 0))
    np.testing.assert_array_equal(_features(InPlace(), "layer"), 2 * X)
    both = _features(module, ("0", "1"))
    np.testing.assert_array_equal(both, np.hstack([2 * X, np.maximum(2 * X, 0)]))


@pytest.mark.parametrize("kind", [tuple, dict])
def test_several_tensors(kind):
    np.testing.assert_array_equal(_features(First(kind)), X)
    match = rf"layer 'both' returns a {kind.__name__}; .*name one inside .*wrap"
    with pytest.raises(ValueError, match=match):
        _features(First(kind), "both")


def test_a_layer_that_is_called_twice():
    np.testing.assert_array_equal(_features(Twice(), "layer"), np.maximum(2 * X, 0))
    match = "calls its layer 'act' 2 times .*; name a layer that is called once"
    with pytest.raises(ValueError, match=match):
        _features(Twice(), "act")


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.slow  # The first import of PyTorch's compiler takes seconds.
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("layer", [None, "0"])
def test_compiled_modules_are_read_as_they_were_written(nested, layer):
    module = nn.Sequential(_double(), nn.ReLU(inplace=True))
    if nested:
        compiled = nn.Sequential(torch.compile(module[0]), module[1])
    else:
        compiled = torch.compile(module)
    np.testing.assert_array_equal(_features(compiled, layer), _features(module, layer))
    assert [name for name, _ in compiled.named_children()] == (
        ["0", "1"] if nested else ["_orig_mod"]
    )
    module.compile()
    np.testing.assert_array_equal(_features(module, "0"), 2 * X)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("kind", ["scripted", "traced", "inside"])
def test_scripted_modules_are_refused(kind):
    if kind == "traced":
        module = torch.jit.trace(_double(), torch.ones(1, 2))
    else:
        module = torch.jit.script(_double())
    where = "it is scripted"
    if kind == "inside":
        module, where = nn.Sequential(module), "its layer '0' is scripted"
    with pytest.raises(ValueError, match=rf"{where} \(torch.jit\).*eager module"):
        _features(module)


def test_lazy_modules_are_refused():
    with pytest.raises(ValueError, match="lazy layers without weights; run it once"):
        _features(nn.LazyLinear(2))


@pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
def test_weights_that_are_computed():
    module = nn.utils.weight_norm(_double())
    expected = module(torch.tensor(X, dtype=torch.float32)).detach()
    np.testing.assert_allclose(_features(module), expected, rtol=1e-6)


def test_double_precision_in_training_mode():
    """Batch normalisation uses what it has learned, and learns nothing here."""
    norm = nn.BatchNorm1d(2, eps=0).double().train()
    norm.running_mean.fill_(1)
    norm.running_var.fill_(4)
    np.testing.assert_array_equal(_features(norm), ((X - 1) / 2).astype(np.float32))
    assert norm.training
    assert norm.running_mean.tolist() == [1, 1]


class Shapes(nn.Module):
    """Notes the shapes of batches."""

    seen = []  # Of the class, as the module is copied to be run.

    def forward(self, x):
        Shapes.seen.append(tuple(x.shape))
        return x.flatten(1)[:, :1]


@pytest.mark.parametrize(
    ("n", "length", "batch_size", "expected"),
    [
        (3, 5, "auto", [64]),
        (3, 5, 10**9, [64]),
        (100, 5, 10**9, [100]),
        (100, 5, 40, [40, 40, 40]),
        # 8 * 200,000 positions, but four rows at least.
        (20, 100_000, "auto", [16, 16]),
        (5, 600_000, "auto", [4, 4]),
        (5, 600_000, 1, [1] * 5),
    ],
)
def test_rows_of_a_batch(n, length, batch_size, expected):
    x = np.zeros((n, 1, length), dtype=np.uint8)
    extractor = PretrainedFeatureExtractor(Shapes(), batch_size=batch_size).fit(x)
    Shapes.seen = []
    extractor.transform(x)
    assert [shape[0] for shape in Shapes.seen] == expected
