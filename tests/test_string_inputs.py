"""What scikit-learn's own suite checks for numbers, checked for strings and signals."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.utils import estimator_checks

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.preprocessing._alphabet import DNA, PROTEIN, RNA
from sklearn_cnn.preprocessing._codes import encode
from sklearn_cnn.preprocessing._onehot import one_hot

KINDS = [MotifCNNClassifier, MotifCNNRegressor]
both_kinds = pytest.mark.parametrize("kind", KINDS)


def _small(kind, **kwargs):
    # Plain networks: tests/test_stacking.py has the linear branches.
    plain = {"kmers": None, "motif_bank": None}
    settings = {"n_filters": 8, "kernel_size": 9, "max_epochs": 2, "random_state": 0}
    return kind(**plain | settings | kwargs)


def _targets(kind, labels):
    """Labels, or a number for each of them."""
    if kind is MotifCNNClassifier:
        return labels
    return np.array(
        [{"bound": 7.0, "none": -1.0, "open": 2.0}[name] for name in labels]
    )


def _outputs(model, X):
    """Logits of a classifier, predictions of a regressor: floats in either case."""
    return getattr(model, "decision_function", model.predict)(X)


def _assert_same_model(model, other):
    assert model.weights_.keys() == other.weights_.keys()
    for name, weights in model.weights_.items():
        np.testing.assert_array_equal(weights, other.weights_[name], err_msg=name)


@pytest.fixture(scope="module")
def small_set(planted):
    """90 sequences of 40 bp: two batches an epoch."""
    X, y = planted
    return X[:90], y[:90]


CONTAINERS = {
    "tuple": tuple,
    "U": np.array,
    "object": lambda X: np.array(X, dtype=object),
    "S": lambda X: np.array(X, dtype="S"),
    "list of bytes": lambda X: [x.encode() for x in X],
    "list of numpy.str_": lambda X: [np.str_(x) for x in X],
    "str and bytes": lambda X: [x.encode() if i % 2 else x for i, x in enumerate(X)],
    "read-only": lambda X: _read_only(np.array(X)),
    "lower case": lambda X: [x.lower() for x in X],
    "pandas object": lambda X: pd.Series(X, dtype=object, index=_index(X)),
    "pandas str": lambda X: pd.Series(X, dtype="str", index=_index(X)),
    "pandas string": lambda X: pd.Series(X, dtype="string", index=_index(X)),
    "pandas category": lambda X: pd.Series(X, dtype="category", index=_index(X)),
    "pandas Index": pd.Index,
    "polars String": lambda X: pl.Series("sequence", X),
    "polars Categorical": lambda X: pl.Series("sequence", X, dtype=pl.Categorical),
    "(n, 1) U": lambda X: np.array(X)[:, None],
    "(n, 1) object": lambda X: np.array(X, dtype=object)[:, None],
    "pandas frame": lambda X: pd.DataFrame({"sequence": X}, index=_index(X)),
    "polars frame": lambda X: pl.DataFrame({"sequence": X}),
}
if hasattr(np.dtypes, "StringDType"):
    CONTAINERS["T"] = lambda X: np.array(X, dtype=np.dtypes.StringDType())


def _index(X):
    """Labels of rows that are not their positions."""
    return range(len(X) + 6, 6, -1)


def _read_only(array):
    array.flags.writeable = False
    return array


class TestContainers:
    @pytest.mark.filterwarnings("ignore:X has feature names")
    @pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
    @both_kinds
    def test_same_predictions(self, small_set, from_list, kind, container):
        X, _ = small_set
        model, expected = from_list(kind, "plain")
        np.testing.assert_array_equal(_outputs(model, container(X)), expected)

    # Rows are picked where some have weight zero, and where some are held out.
    @pytest.mark.parametrize("how", ["plain", "weights", "early stopping"])
    @pytest.mark.parametrize("container", CONTAINERS.values(), ids=CONTAINERS)
    @both_kinds
    def test_same_fit(self, small_set, from_list, kind, container, how):
        X, y = small_set
        model, expected = from_list(kind, how)
        other = _fit(kind, how, container(X), _targets(kind, y))
        _assert_same_model(model, other)
        np.testing.assert_array_equal(_outputs(other, container(X)), expected)

    @pytest.mark.parametrize("container", [np.array, list, pd.Series, pl.Series])
    @both_kinds
    def test_same_fit_of_targets(self, small_set, from_list, kind, container):
        X, y = small_set
        model, _ = from_list(kind, "early stopping")
        y = container(_targets(kind, y).tolist())
        _assert_same_model(model, _fit(kind, "early stopping", X, y))

    @pytest.mark.parametrize(
        "container",
        [
            np.ndarray.tolist,
            np.asfortranarray,
            lambda X: X.astype(np.float32),
            lambda X: X.astype(object),
            pd.DataFrame,
            lambda X: pl.DataFrame(X, schema=[f"t{i}" for i in range(X.shape[1])]),
        ],
    )
    @both_kinds
    def test_same_fit_of_signals(self, small_set, kind, container):
        _, y = small_set
        y = _targets(kind, y)
        # Halves are exact in single precision.
        X = np.random.default_rng(0).integers(-9, 9, size=(90, 30)) / 2
        expected = _small(kind).fit(X, y)
        model = _small(kind).fit(container(X), y)
        _assert_same_model(model, expected)
        np.testing.assert_array_equal(
            _outputs(model, container(X)), _outputs(expected, X)
        )


def _fit(kind, how, X, y):
    weights = np.arange(len(X)) % 3 if how == "weights" else None
    model = _small(kind, early_stopping=how == "early stopping")
    return model.fit(X, y, sample_weight=weights)


@pytest.fixture(scope="module")
def from_list(small_set):
    """Model fitted on a list, and what it predicts for it."""
    X, y = small_set
    fitted = {}

    def fit(kind, how):
        if (kind, how) not in fitted:
            model = _fit(kind, how, X, _targets(kind, y))
            fitted[kind, how] = model, _outputs(model, X)
        return fitted[kind, how]

    return fit


def _equal_lengths(X):
    return X


def _ragged(X):
    return [x[: 40 - i % 23] * (1 + i % 4) for i, x in enumerate(X)]


def _proteins(X):
    return [x.translate(str.maketrans("ACGT", "MKVX")) for x in X]


def _one_signal(X):
    return np.random.default_rng(1).normal(size=(len(X), 50))


def _many_channels(X):
    return np.random.default_rng(1).normal(size=(len(X), 7, 33))


def _soft_columns(X):
    return np.random.default_rng(1).dirichlet(np.ones(4), (len(X), 30)).swapaxes(1, 2)


INPUTS = [
    _equal_lengths,
    _ragged,
    _proteins,
    _one_signal,
    _many_channels,
    _soft_columns,
]


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module", params=INPUTS, ids=lambda inputs: inputs.__name__)
def case(request, kind, planted):
    """Fitted model, inputs, and outputs for all of them at once."""
    X, y = planted
    X = request.param(X)
    if isinstance(X, list):
        X = np.array(X, dtype=object)
    model = _small(kind).fit(X[:90], _targets(kind, y[:90]))
    return model, X, _outputs(model, X)


class TestRows:
    """Predictions for a row depend on that row alone."""

    def test_order(self, case):
        model, X, expected = case
        order = np.random.default_rng(0).permutation(len(X))
        np.testing.assert_array_equal(_outputs(model, X[order]), expected[order])

    @pytest.mark.parametrize("rows", [slice(7, 8), slice(0, 257), slice(5, 300, 3)])
    def test_batch(self, case, rows):
        model, X, expected = case
        np.testing.assert_array_equal(_outputs(model, X[rows]), expected[rows])

    def test_repeated_rows(self, case):
        model, X, expected = case
        rows = np.repeat(np.arange(20), 30)
        np.testing.assert_array_equal(_outputs(model, X[rows]), expected[rows])

    def test_order_in_training(self, kind, planted, case):
        # Up to 64 samples are one batch in double precision: only sums are reordered.
        _, X, _ = case
        X, y = X[:60], _targets(kind, planted[1][:60])
        order = np.random.default_rng(0).permutation(60)
        expected = _outputs(_small(kind).fit(X, y), X)
        np.testing.assert_allclose(
            _outputs(_small(kind).fit(X[order], y[order]), X), expected, rtol=1e-6
        )


@pytest.fixture(scope="module")
def ragged(kind, planted):
    """Model fitted on sequences of unequal lengths, sequences, outputs for them."""
    X, y = planted
    X = _ragged(X)
    model = _small(kind, max_epochs=5).fit(X[:90], _targets(kind, y[:90]))
    return model, X, _outputs(model, X)


class TestUnequalLengths:
    @pytest.mark.parametrize("length", [41, 64, 65, 1_000, 20_000])
    def test_beside_a_longer_one(self, ragged, length):
        model, X, expected = ragged
        outputs = _outputs(model, [*X[:9], "A" * length, *X[9:]])
        np.testing.assert_array_equal(np.delete(outputs, 9, axis=0), expected)

    def test_alone(self, ragged):
        model, X, expected = ragged
        alone = [_outputs(model, [x])[0] for x in X[:30]]
        np.testing.assert_array_equal(alone, expected[:30])

    def test_padding_is_as_the_module_sees_it(self, ragged):
        # By hand: each sequence alone, without any padding.
        model, X, expected = ragged
        module = model.to_module()
        with torch.no_grad():
            outputs = [
                module(torch.from_numpy(one_hot(encode([x], DNA)[0], DNA)))[0]
                for x in X[:30]
            ]
        outputs = torch.stack(outputs).numpy().reshape(expected[:30].shape)
        np.testing.assert_allclose(outputs, expected[:30], atol=1e-5)

    def test_columns_of_zeros_are_padding(self, kind, planted):
        X, y = planted[0][:90], _targets(kind, planted[1][:90])
        X = [x[: 40 - i % 23] for i, x in enumerate(X)]
        padded = one_hot(encode(X, DNA)[0], DNA)
        settings = {"position": False, "max_epochs": 5}
        strings = _small(kind, **settings).fit(X, y)
        columns = _small(kind, **settings).fit(padded, y)
        np.testing.assert_allclose(
            _outputs(columns, padded), _outputs(strings, X), atol=1e-5
        )


class TestOtherLengths:
    def test_signals_are_padded_with_their_mean(self, kind, planted):
        y = _targets(kind, planted[1][:90])
        X = np.random.default_rng(0).normal([[1000.0], [-5.0]], size=(90, 2, 30))
        model = _small(kind).fit(X, y)
        padded = X.copy()
        for part in (padded[..., :3], padded[..., -3:]):
            part[:] = X.mean(axis=(0, 2))[:, None]
        np.testing.assert_allclose(
            _outputs(model, X[..., 3:-3]), _outputs(model, padded), atol=1e-4
        )

    @pytest.mark.filterwarnings("ignore:90 of 90 inputs in X are longer")
    def test_longer_signals_are_cropped(self, kind, planted):
        y = _targets(kind, planted[1][:90])
        X = np.random.default_rng(0).normal(size=(90, 2, 30))
        model = _small(kind).fit(X, y)
        longer = np.pad(X, [(0, 0), (0, 0), (4, 5)], constant_values=99)
        np.testing.assert_array_equal(_outputs(model, longer), _outputs(model, X))


class TestAmbiguity:
    @pytest.mark.parametrize(
        ("letter", "options"),
        DNA.ambiguity,
        ids=[letter for letter, _ in DNA.ambiguity],
    )
    def test_filters_see_the_mean_over_the_options(
        self, small_set, from_list, kind, letter, options
    ):
        X, _ = small_set
        model, _ = from_list(kind, "plain")
        conv = model.to_module("forward").get_submodule(_prefix(kind) + "trunk.0.conv")
        left, right = X[0][:17], X[0][18:]

        def respond(symbols):
            codes = encode([left + symbol + right for symbol in symbols], DNA)[0]
            with torch.no_grad():
                return conv(torch.from_numpy(one_hot(codes, DNA)))

        # A convolution is linear: the response to shares is the mean of responses.
        expected = respond(options).mean(dim=0)
        torch.testing.assert_close(respond(letter)[0], expected, rtol=0, atol=1e-6)

    @pytest.mark.parametrize("alphabet", [DNA, RNA, PROTEIN], ids=lambda a: a.name)
    def test_letters_are_soft_columns(self, small_set, kind, alphabet):
        X, y = small_set
        rng = np.random.default_rng(0)
        symbols = list(alphabet.symbols)
        X = ["".join(rng.choice(symbols, 40)) for _ in X]
        shares = one_hot(encode(X, alphabet)[0], alphabet)
        for i, (letter, options) in enumerate(alphabet.ambiguity):
            X[i] = X[i][:20] + letter + X[i][21:]
            shares[i, :, 20] = [(s in options) / len(options) for s in symbols]
        model = _small(kind, alphabet=alphabet.name).fit(X, _targets(kind, y))
        same = _small(kind, alphabet=alphabet.name).fit(shares, _targets(kind, y))
        _assert_same_model(model, same)
        np.testing.assert_array_equal(_outputs(model, shares), _outputs(model, X))
        with torch.no_grad():
            outputs = model.to_module()(torch.from_numpy(shares)).numpy()
        expected = _outputs(model, X)
        np.testing.assert_allclose(outputs.reshape(expected.shape), expected, atol=1e-5)

    def test_reading_both_strands(self, small_set, from_list, kind):
        # R (A or G) on one strand is Y (T or C) on the other.
        X, _ = small_set
        model, _ = from_list(kind, "plain")
        assert model.reverse_complement_
        forward = [x[:20] + "RNK" + x[23:] for x in X]
        opposite = str.maketrans("ACGTRNK", "TGCAYNM")
        backward = [x.translate(opposite)[::-1] for x in forward]
        np.testing.assert_allclose(
            _outputs(model, backward), _outputs(model, forward), atol=1e-5
        )


def _prefix(kind):
    """Where the first network lies in the module of `to_module`."""
    return "members.0." if kind is MotifCNNClassifier else "network.members.0."


class TestManyChannels:
    def test_the_channel_of_a_peak_is_seen(self, kind):
        rng = np.random.default_rng(0)
        X = rng.normal(size=(300, 7, 33)) * 0.1 + np.arange(7)[:, None] * 100
        y = np.arange(300) % 2
        # Both classes hold the same peak; what differs is the channel.
        for signal, label in zip(X, y, strict=True):
            start = rng.integers(26)
            channel = 3 if label else 5
            signal[channel, start : start + 7] += [0, 0.3, 0.8, 1, 0.8, 0.3, 0]
        model = _small(kind, n_filters=16, max_epochs=40).fit(X[:200], y[:200])
        assert model.n_channels_ == 7
        assert model.weights_["0.trunk.0.conv.weight"].shape == (16, 7, 9)
        assert model.score(X[200:], y[200:]) >= 0.9

    def test_scale_and_offset_of_a_channel_do_not_matter(self, kind, planted):
        y = _targets(kind, planted[1][:60])
        X = np.random.default_rng(0).normal(size=(60, 3, 33))
        scale, offset = np.array([[1e-3], [1.0], [1e4]]), np.array([[5.0], [0], [-1e5]])
        expected = _outputs(_small(kind).fit(X, y), X)
        other = X * scale + offset
        np.testing.assert_allclose(
            _outputs(_small(kind).fit(other, y), other), expected, atol=1e-5
        )


class TestHoldOut:
    """Early stopping scores exactly what the fitted estimator predicts."""

    @pytest.mark.parametrize("position", [True, False])
    @pytest.mark.parametrize("inputs", [_equal_lengths, _ragged, _many_channels])
    def test_loss_of_the_best_epoch(self, planted, kind, inputs, position):
        X, y = inputs(planted[0]), _targets(kind, planted[1])
        if inputs is _ragged and position:
            position = "auto"
        smoothing = {"label_smoothing": 0} if kind is MotifCNNClassifier else {}
        model = _small(kind, position=position, max_epochs=8, **smoothing)
        model.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        best = [record["valid_loss"] for record in model.history_ if record["best"]][-1]
        if kind is MotifCNNClassifier:
            by_hand = log_loss(y[200:], model.predict_proba(X[200:]))
        else:
            errors = (y[200:] - model.predict(X[200:])) / y[:200].std()
            by_hand = np.mean(errors**2)
        assert best == pytest.approx(by_hand, rel=1e-5)

    @pytest.mark.parametrize("length", [39, 40, 64, 65])
    def test_a_part_held_out_of_any_length(self, planted, kind, length):
        X = [(x + x)[:length] for x in planted[0]]
        y = _targets(kind, planted[1])
        seen = []

        def score(model, X, y):
            outputs = _outputs(model, X)
            seen.append((X, outputs))
            return -len(seen)

        settings = {"max_epochs": 3, "early_stopping": True, "monitor": score}
        model = _small(kind, **settings).fit(X, y)
        # The score falls, so the first epoch's weights are those that are kept.
        held_out, outputs = seen[0]
        assert len(held_out) == 30
        np.testing.assert_allclose(_outputs(model, held_out), outputs, atol=1e-5)


@both_kinds
class TestLifeOfAnEstimator:
    def test_clone_is_unfitted_and_fits_the_same(self, small_set, from_list, kind):
        X, y = small_set
        model, _ = from_list(kind, "plain")
        copy = clone(model)
        assert copy.get_params() == model.get_params()
        with pytest.raises(NotFittedError, match="not fitted yet"):
            copy.predict(X)
        _assert_same_model(copy.fit(X, _targets(kind, y)), model)

    @pytest.mark.parametrize("inputs", INPUTS)
    def test_pickle(self, planted, kind, inputs):
        X, y = inputs(planted[0][:90]), _targets(kind, planted[1][:90])
        model = _small(kind, n_estimators=2).fit(X, y)
        again = pickle.loads(pickle.dumps(model))
        _assert_same_model(again, model)
        np.testing.assert_array_equal(_outputs(again, X), _outputs(model, X))
        assert again.history_ == model.history_

    @pytest.mark.slow
    def test_jobs_give_the_same(self, small_set, kind):
        X, y = small_set
        y = _targets(kind, y)
        method = "predict" if kind is MotifCNNRegressor else "decision_function"
        alone, parallel = (
            cross_val_predict(_small(kind), X, y, cv=2, n_jobs=n_jobs, method=method)
            for n_jobs in (None, 2)
        )
        # The number of threads may differ between processes, and with it rounding.
        np.testing.assert_allclose(parallel, alone, atol=1e-4)

    def test_refitting_forgets(self, small_set, kind):
        X, y = small_set
        y = _targets(kind, y)
        model = _small(kind).fit(pd.DataFrame({"sequence": _ragged(X)}), y)
        assert model.alphabet_ == DNA
        assert not model.position_
        assert model.n_features_in_ == 1
        proteins = _proteins(X)
        model.fit(proteins, y)
        fresh = _small(kind).fit(proteins, y)
        assert vars(model).keys() == vars(fresh).keys()
        assert model.alphabet_ == PROTEIN
        assert model.history_ == fresh.history_
        _assert_same_model(model, fresh)

    def test_inputs_stay_as_they_were(self, small_set, kind):
        X, y = np.array(small_set[0]), _targets(kind, small_set[1])
        weight = np.arange(90) % 3
        before = X.copy(), y.copy(), weight.copy()
        _small(kind).fit(X, y, sample_weight=weight).predict(X)
        for array, copy in zip((X, y, weight), before, strict=True):
            np.testing.assert_array_equal(array, copy)

    @pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
    def test_feature_names(self, small_set, kind, frame):
        X, y = small_set
        model = _small(kind).fit(frame({"sequence": X}), _targets(kind, y))
        assert model.n_features_in_ == 1
        assert model.feature_names_in_.tolist() == ["sequence"]
        with pytest.raises(ValueError, match="feature names should match") as error:
            model.predict(frame({"dna": X}))
        assert "- dna" in str(error.value)
        with pytest.warns(UserWarning, match="does not have valid feature names"):
            model.predict(np.array(X)[:, None])
        # A Series is a sequence each, and has no columns to be named.
        assert len(model.predict(frame({"dna": X})["dna"])) == 90

    def test_no_feature_names_without_a_frame(self, small_set, kind):
        X, y = small_set
        model = _small(kind).fit(pd.Series(X, name="sequence"), _targets(kind, y))
        assert not hasattr(model, "feature_names_in_")
        assert not hasattr(model, "n_features_in_")
        column = _small(kind).fit(np.array(X)[:, None], _targets(kind, y))
        assert column.n_features_in_ == 1
        assert not hasattr(column, "feature_names_in_")


@pytest.mark.parametrize(
    "check",
    [
        check
        for name in (
            "check_param_validation",
            "check_dataframe_column_names_consistency",
            "check_estimator_cloneable",
            "check_all_zero_sample_weights_error",
        )
        # Some are younger than the oldest scikit-learn that is supported.
        if (check := getattr(estimator_checks, name, None))
    ],
)
@both_kinds
def test_extra_checks_of_scikit_learn(kind, check):
    check(kind.__name__, _small(kind))


@both_kinds
def test_tags(kind):
    tags = kind().__sklearn_tags__()
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert tags.requires_fit
    assert tags.target_tags.required
    assert tags.input_tags.two_d_array
    assert tags.input_tags.three_d_array
    assert tags.input_tags.string
    assert not tags.input_tags.sparse
    assert not tags.input_tags.allow_nan
    if kind is MotifCNNClassifier:
        assert tags.estimator_type == "classifier"
        assert tags.classifier_tags.multi_label
        assert tags.classifier_tags.multi_class
        assert not tags.classifier_tags.poor_score
    else:
        assert tags.estimator_type == "regressor"
        assert tags.target_tags.multi_output
        assert not tags.regressor_tags.poor_score
