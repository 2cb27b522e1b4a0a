"""Tables of layers."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from sklearn.exceptions import NotFittedError
from torch import nn

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.inspection import summary


def _column(table, name):
    return table.layers.set_index("layer")[name]


def _n_parameters(module):
    return sum(parameter.numel() for parameter in module.parameters())


def test_sequences():
    X = ["ACGT" * 50, "TTGA" * 50] * 6
    clf = MotifCNNClassifier(n_filters=(64, 8), kernel_size=(19, 7), max_epochs=1)
    table = summary(clf.fit(X, [0, 1] * 6))
    assert table.input_shape == (4, 200)
    assert _column(table, "parameters").to_dict() == {
        "trunk.0.conv": 4 * 19 * 64,
        "trunk.0.norm": 2 * 64,
        "trunk.0.activation": 0,
        "trunk.1.conv": 64 * 7 * 8,
        "trunk.1.norm": 2 * 8,
        "trunk.1.activation": 0,
        "global_head.pooling": 0,
        "global_head.norm": 2 * 16,
        "global_head.dense.1": 16 * 64 + 64,
        "global_head.dense.2": 0,
        "global_head.dense.4": 64 + 1,
        "position_head.reduce": 8 * 8,
        "position_head.norm": 2 * 8,
        "position_head.bins": 0,
        "position_head.linear": 8 * 100 + 1,
    }
    fields = _column(table, "receptive_field")
    assert fields.dropna().tolist() == [19] * 3 + [25] * 3
    assert fields.dropna().index[-1] == "trunk.1.activation"
    shapes = _column(table, "output_shape")
    assert shapes["trunk.0.conv"] == (64, 200)
    assert shapes["global_head.pooling"] == (2 * 8,)
    assert shapes["position_head.norm"] == (8, 200)
    # 200 positions are two to a bin.
    assert shapes["position_head.bins"] == (100 * 8,)
    assert _column(table, "kind")["position_head.bins"] == "mean of 2"
    assert shapes["position_head.linear"] == (1,)
    assert table.n_parameters == _n_parameters(clf.to_module())
    assert table.parts["weight"].tolist() == [1.0]
    assert repr(table).startswith(f"MotifCNNClassifier: {table.n_parameters:,} param")


def test_what_stands_beside_the_network(classifier):
    table = summary(classifier)
    assert table.n_networks == 3
    assert table.both_strands
    parts = table.parts.set_index("part")
    assert parts.index.tolist() == ["network", "kmers", "places", "motifs"]
    # Of k-mers and their reverse complements: 2, 10, 32, 136; 40 places; 2 matrices.
    assert parts["features"].tolist()[1:] == [2 + 10 + 32 + 136, 4 * 40, 2]
    assert parts["parameters"].tolist() == [3 * table.n_parameters, 181, 161, 3]
    module = classifier.to_module()
    assert parts["parameters"].sum() == _n_parameters(module)
    assert_allclose(parts["weight"], classifier.weights_["stack.weight"][:, 0])
    text = repr(table)
    assert "3 networks of" in text
    assert "both strands" in text
    assert f"{parts['weight']['motifs']:.2f}" in text.splitlines()[-1]
    html = table._repr_html_()
    assert html.count("<table") == 2
    assert "4 x 40" in html


def test_outputs_with_weights_of_their_own(tasks):
    parts = summary(tasks).parts
    assert parts.columns[3:].tolist() == ["weight 0", "weight 1"]
    assert_allclose(parts.iloc[:, 3:], tasks.weights_["stack.weight"])


def test_any_length(ragged):
    assert summary(ragged).input_shape == (4, 1000)
    table = summary(ragged, input_shape=(4, 30))
    assert _column(table, "output_shape")["trunk.0.conv"] == (8, 30)


def test_profile(profile):
    table = summary(profile)
    shapes = _column(table, "output_shape")
    assert shapes.iloc[-1] == (40, 1)
    n_layers = len(profile.n_filters_)
    widths = profile.kernel_size_
    field = sum(widths) - (n_layers - 1)
    assert _column(table, "receptive_field").dropna().iloc[-1] == field
    assert table.n_parameters == _n_parameters(profile.to_module())


def test_signals():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 2, 30)), np.arange(12.0)
    reg = MotifCNNRegressor(n_filters=3, kernel_size=4, max_epochs=1).fit(X, y)
    table = summary(reg)
    assert table.input_shape == (2, 30)
    assert not table.both_strands
    assert _column(table, "parameters")["trunk.0.conv"] == 2 * 4 * 3
    # An even filter gives one value too many, which is cut off.
    assert _column(table, "output_shape")["trunk.0.conv"] == (3, 30)
    assert table.n_parameters == _n_parameters(reg.to_module())


def test_images():
    rng = np.random.default_rng(0)
    clf = ImageCNNClassifier(n_filters=(4, 6), kernel_size=3, max_epochs=1)
    clf.fit(rng.random((12, 8, 8)), np.arange(12) % 3)
    table = summary(clf)
    assert table.input_shape == (1, 8, 8)
    fields = _column(table, "receptive_field")
    assert fields["trunk.0.conv"] == (3, 3)
    assert fields["trunk.0.pool"] == (4, 4)
    # Neighbours are two pixels apart now: 4 + 2 * 2, and 8 + 2 for the next pooling.
    assert fields["trunk.1.conv"] == (8, 8)
    assert fields["trunk.1.pool"] == (10, 10)
    assert _column(table, "output_shape")["trunk.1.pool"] == (6, 2, 2)
    assert _column(table, "parameters")["trunk.1.conv"] == 4 * 3 * 3 * 6
    assert table.n_parameters == _n_parameters(clf.to_module())
    assert "3 x 3" in repr(table)


class Residual(nn.Module):
    """Two paths that meet: one of two convolutions, one of a shortcut with a stride."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv1d(2, 3, 5, stride=2, padding=2)
        self.second = nn.Conv1d(3, 3, 3, padding=2, dilation=2)
        self.shortcut = nn.Conv1d(2, 3, 1, stride=2)
        self.pool = nn.AvgPool1d(3)
        self.attention = nn.MultiheadAttention(3, 1, batch_first=True)
        self.spare = nn.Linear(4, 1)

    def forward(self, x):
        y = self.second(torch.relu(self.first(x)))
        y = self.pool(y + self.shortcut(x))
        return self.attention(*[y.transpose(1, 2)] * 3)[0]


def test_any_module():
    module = Residual()
    module.first.eval()
    table = summary(module, input_shape=(2, 24))
    # 5, then 2 dilated steps of 2 on every second position: 5 + 2 * 2 * 2; the window
    # of three of these adds 2 * 2.
    fields = _column(table, "receptive_field")
    assert fields.index[:4].tolist() == ["first", "second", "shortcut", "pool"]
    assert fields[:4].tolist() == [5, 13, 1, 17]
    assert fields.index[4:].tolist() == ["attention", "(not run)"]
    assert fields[4:].isna().all()
    assert _column(table, "parameters")["attention"] == 4 * 3 * 3 + 4 * 3
    assert _column(table, "parameters")["(not run)"] == 5
    assert table.n_parameters == _n_parameters(module)
    assert table.parts is None
    # The module is as it was.
    assert module.training
    assert not module.first.training
    assert not any(part._forward_hooks for part in module.modules())


def test_a_layer_that_is_run_twice_counts_once():
    layer = nn.Conv1d(2, 2, 3, padding=1)
    table = summary(nn.Sequential(layer, nn.ReLU(), layer), input_shape=[2, 9])
    assert table.layers["parameters"].tolist() == [14, 0, 0]
    assert table.layers["receptive_field"].tolist() == [3, 3, 5]


def test_errors():
    with pytest.raises(ValueError, match=r"input_shape is None, .*\(Conv1d\)"):
        summary(nn.Conv1d(1, 1, 1))
    with pytest.raises(TypeError, match=r"torch.nn.Module; got a list"):
        summary([])
    with pytest.raises(NotFittedError):
        summary(MotifCNNClassifier())


@pytest.mark.parametrize("input_shape", [30, "2", (), (2, 0), (2, 9.0), [2, -1]])
def test_what_is_no_shape_is_refused(input_shape):
    with pytest.raises(ValueError, match="input_shape must be None or a tuple of ints"):
        summary(nn.Conv1d(2, 1, 1), input_shape=input_shape)


def test_a_shape_that_the_network_does_not_read_is_named():
    layer = nn.Conv1d(2, 1, 1)
    message = r"does not read an input of input_shape=\(3, 9\): .* 3 channels"
    with pytest.raises(ValueError, match=message):
        summary(layer, input_shape=(3, 9))
    # Nothing is left behind in the module.
    assert not layer._forward_hooks
    assert layer.training
