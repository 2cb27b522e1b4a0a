"""Bad input: errors that name argument, place and what is allowed; no harm done."""

from functools import cache

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor

KINDS = [MotifCNNClassifier, MotifCNNRegressor]
both_kinds = pytest.mark.parametrize("kind", KINDS)

X = ["ACGTACGTTA", "TTGACGTAAC", "CCATGGCATT", "GATTACATTC"] * 5
N = len(X)
TARGETS = {
    MotifCNNClassifier: np.array(["a", "b"] * 10),
    MotifCNNRegressor: np.arange(20.0),
}
SIGNALS = np.random.default_rng(0).normal(size=(N, 3, 10))
INDICATORS = np.array([[0, 1], [1, 0], [1, 1], [0, 0]] * 5)


def _small(kind, **kwargs):
    # Plain networks: tests/test_stacking.py has the linear branches.
    plain = {"kmers": None, "motif_bank": None}
    settings = {"n_filters": 8, "kernel_size": 3, "max_epochs": 2, "random_state": 0}
    return kind(**plain | settings | kwargs)


def _outputs(model, X):
    return getattr(model, "decision_function", model.predict)(X)


def _with(values, index, value):
    """The values, with one replaced."""
    values = np.array(values, dtype=object)
    values[index] = value
    return values


@cache
def _fitted(kind):
    """A model fitted on strings; no test leaves a trace in it."""
    return _small(kind).fit(X, TARGETS[kind])


def _assert_refused(model, call, error, match, *, data=X):
    """The call fails as it should; the estimator stays as it was, to the last bit."""
    before, expected = dict(vars(model)), _outputs(model, data)
    with pytest.raises(error, match=match):
        call(model)
    after = vars(model)
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)
    np.testing.assert_array_equal(_outputs(model, data), expected)


DATES = np.full((N, 8), "2020-01-01", dtype="M8[s]")
BAD_NUMBERS = {
    "dates": (DATES, TypeError, "X must hold strings or real numbers; got an array of"),
    "void": (np.zeros((N, 8), "V2"), TypeError, "X must hold strings or real numbers"),
    "complex among signals of unequal lengths": (
        [np.ones(3), np.ones(4) * 1j] * 10,
        ValueError,
        r"X\[1\] does not hold numbers: they are complex",
    ),
    "mixed": ([{}, ("A", "C"), "ACG"], TypeError, r"X\[0\] is of type dict"),
}


def test_dates_are_no_codes():
    clf = _small(MotifCNNClassifier, alphabet="dna")
    with pytest.raises(TypeError, match="X must hold strings or real numbers"):
        clf.fit([list(row) for row in DATES], np.arange(N) % 2)


@pytest.mark.parametrize("alphabet", ["auto", "dna"])
@pytest.mark.parametrize(
    ("data", "error", "match"), BAD_NUMBERS.values(), ids=BAD_NUMBERS
)
def test_odd_numbers(data, error, match, alphabet):
    clf = _small(MotifCNNClassifier, alphabet=alphabet)
    with pytest.raises(error, match=match):
        clf.fit(data, np.arange(len(data)) % 2)


BAD_SEQUENCES = {
    "no list": ([], ValueError, "X is empty; at least one sequence is needed"),
    "no tuple": ((), ValueError, "X is empty; at least one sequence"),
    "no array": (np.array([], dtype="U5"), ValueError, "X is empty"),
    "no objects": (np.array([], dtype=object), ValueError, "X is empty"),
    "no Series": (pd.Series([], dtype="str"), ValueError, "X is empty"),
    "no polars": (pl.Series([], dtype=pl.String), ValueError, "X is empty"),
    "empty string": (["ACGT", ""], ValueError, r"X\[1\] is an empty string; each"),
    "empty in array": (
        np.array(["ACGT", "AC", ""]),
        ValueError,
        r"X\[2\] is an empty string",
    ),
    "foreign letter": (
        [*X[:3], "ACGTACG!TA"],
        ValueError,
        r"X\[3\] has the letter '!' at position 7 \(counted from 0\)",
    ),
    "foreign letter in column": (
        pd.DataFrame({"seq": [*X[:2], "A*GT"]}),
        ValueError,
        r"X\[2\] has the letter '\*' at position 1",
    ),
    "line break": (
        ["ACGT", "ACGT\n"],
        ValueError,
        r"X\[1\] has the letter '\\n' at position 4.*White space and line breaks",
    ),
    "umlaut": (
        ["ACGT", "ACÄT"],
        ValueError,
        r"X\[1\] has the letter 'Ä' at position 2.*not an ASCII character",
    ),
    "undecodable bytes": (
        [b"ACGT", b"AC\xffT"],
        ValueError,
        r"X\[1\] has the letter 'ÿ' at position 2.*not an ASCII character",
    ),
    "undecodable bytes in array": (
        np.array([b"ACGT", b"AC\xffT"]),
        ValueError,
        r"X\[1\] has the letter 'ÿ' at position 2",
    ),
    "None": (["ACGT", None], ValueError, r"X\[1\] is missing \(None\); drop or fill"),
    "None first": ([None, "ACGT"], ValueError, r"X\[0\] is missing \(None\)"),
    "nothing but None": ([None, None], ValueError, r"X\[0\] is missing \(None\)"),
    "NaN": (["ACGT", np.nan], ValueError, r"X\[1\] is missing \(nan\)"),
    "NaN in Series": (
        pd.Series(["ACGT", None], index=["p", "q"]),
        ValueError,
        r"X\[1\] is missing \(nan\)|X\[1\] is missing \(None\)",
    ),
    "pandas NA": (
        pd.Series(["ACGT", pd.NA], dtype="string"),
        ValueError,
        r"X\[1\] is missing \(<NA>\)",
    ),
    "polars null": (pl.Series(["ACGT", None]), ValueError, r"X\[1\] is missing"),
    "polars nulls": (
        pl.Series([None, None], dtype=pl.String),
        ValueError,
        r"X\[0\] is missing \(None\)",
    ),
    "number second": (
        ["ACGT", 3],
        TypeError,
        r"X\[1\] is of type int; each entry must be a string",
    ),
    "number first": (
        [3, "ACGT"],
        TypeError,
        r"X\[0\] is of type int; each entry must be a string",
    ),
    "number in objects": (
        np.array([1.5, "ACGT"], dtype=object),
        TypeError,
        r"X\[0\] is of type float; each entry must be a string",
    ),
    "list inside": (
        [["ACGT"], ["ACGA"]],
        TypeError,
        r"X\[0\] is of type list; each entry must be a string",
    ),
    "bare string": ("ACGT", TypeError, r"X is a single str.*wrap it in a list: \[X\]"),
    "None as X": (None, TypeError, "X must be a list, tuple, array.*got NoneType"),
    "dict": ({"a": "ACGT"}, TypeError, "X must be a list, tuple, array.*got dict"),
    "set": ({"ACGT", "CC"}, TypeError, "X must be a list, tuple, array.*got set"),
    "two columns": (
        pd.DataFrame({"a": X, "b": X}),
        ValueError,
        r"X must hold one column of sequences, but its shape is \(n, 2\); select one",
    ),
    "two polars columns": (
        pl.DataFrame({"a": X, "b": range(N)}),
        ValueError,
        r"X must hold one column of sequences, but its shape is \(n, 2\); select one",
    ),
    "two columns of an array": (
        np.array([X, X]).T,
        ValueError,
        r"X must hold one column of sequences.*X\[:, 0\]",
    ),
}

BAD_NUMBERS = {
    "no rows": (np.zeros((0, 10)), ValueError, r"0 sample\(s\) \(shape=\(0, 10\)\)"),
    "no columns": (np.zeros((4, 0)), ValueError, r"0 feature\(s\) \(shape=\(4, 0\)\)"),
    "no rows of channels": (np.zeros((0, 3, 10)), ValueError, r"0 sample\(s\)"),
    "no channels": (np.zeros((4, 0, 10)), ValueError, r"X of shape \(4, 0, 10\)"),
    "no positions": (np.zeros((4, 3, 0)), ValueError, r"X of shape \(4, 3, 0\)"),
    "one dimension": (np.zeros(10), ValueError, "Reshape your data"),
    "four dimensions": (np.zeros((4, 1, 3, 3)), ValueError, "X has 4 dimensions"),
    "NaN": (np.full((4, 10), np.nan), ValueError, "Input X contains NaN"),
    "NaN in channels": (np.full((4, 3, 10), np.nan), ValueError, "X contains NaN"),
    "infinity": (np.full((4, 3, 10), np.inf), ValueError, "X contains infinity"),
    "complex": (np.zeros((4, 10)) * 1j, ValueError, "Complex data not supported"),
    "complex channels": (
        np.zeros((4, 3, 10)) * 1j,
        ValueError,
        "Complex data not supported",
    ),
    "sparse matrix": (sparse.csr_matrix(np.eye(10)), TypeError, "Sparse data .* for X"),
    "sparse array": (sparse.coo_array(np.eye(10)), TypeError, "Sparse data .* for X"),
    "symbols last": (
        np.eye(4)[np.zeros((4, 10), int)],
        ValueError,
        r"X of shape \(4, 10, 4\) looks like one-hot seq.*X.transpose\(0, 2, 1\)",
    ),
}
BAD_X = BAD_SEQUENCES | {f"numbers: {name}": case for name, case in BAD_NUMBERS.items()}


@both_kinds
class TestInputs:
    @pytest.mark.parametrize(("bad", "error", "match"), BAD_X.values(), ids=BAD_X)
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_fit(self, kind, method, bad, error, match):
        n = len(bad) if hasattr(bad, "__len__") and not sparse.issparse(bad) else 10
        y = np.resize(TARGETS[kind], max(n, 2))
        _assert_refused(
            _fitted(kind), lambda model: getattr(model, method)(bad, y), error, match
        )

    @pytest.mark.parametrize(("bad", "error", "match"), BAD_X.values(), ids=BAD_X)
    def test_predict(self, kind, bad, error, match):
        _assert_refused(_fitted(kind), lambda model: model.predict(bad), error, match)

    # Errors about validation data do not speak of the training data.
    @pytest.mark.parametrize(
        ("bad", "error", "match"),
        [
            ([], ValueError, "X_val is empty"),
            (["ACGT", ""], ValueError, r"X_val\[1\] is an empty string"),
            (["ACGT", "AC!T"], ValueError, r"X_val\[1\] has the letter '!' at pos.* 2"),
            (["ACGU", "ACGT"], ValueError, r"X_val\[0\] .*'U'.* the alphabet 'dna'"),
            (["ACGT", None], ValueError, r"X_val\[1\] is missing \(None\)"),
            (["ACGT", 3], TypeError, r"X_val\[1\] is of type int"),
            (np.array([["A", "C"]] * 2), ValueError, "X_val must hold one column"),
            (np.zeros((2, 3, 10)), ValueError, "X_val has 3 channels, but .* 4"),
        ],
    )
    def test_validation_data(self, kind, bad, error, match):
        y = TARGETS[kind]
        _assert_refused(
            _fitted(kind),
            lambda model: model.fit(X, y, X_val=bad, y_val=y[: len(bad)]),
            error,
            match,
        )


@both_kinds
class TestAnotherKindOfInput:
    @pytest.mark.parametrize(
        ("bad", "match"),
        [
            (
                ["ACGUACGUUA"],
                r"X\[0\] has the letter 'U' at position 3.*alphabet 'dna'; allowed: "
                "A C G T",
            ),
            (["ACGTACGTTA", "MKLE"], r"X\[1\] .*'L' at position 2.*'dna'; allowed"),
            (SIGNALS, "X has 3 channels, but .* fitted on 4"),
            (SIGNALS[:, 0], "X has 1 channels, but .* fitted on 4"),
        ],
    )
    @pytest.mark.parametrize("method", ["predict", "score", "partial_fit"])
    def test_after_sequences(self, kind, method, bad, match):
        y = TARGETS[kind][: len(bad)]
        arguments = () if method == "predict" else (y,)
        _assert_refused(
            _fitted(kind),
            lambda model: getattr(model, method)(bad, *arguments),
            ValueError,
            match,
        )

    @pytest.mark.parametrize(
        ("fitted_on", "bad", "match"),
        [
            (SIGNALS, X, "X holds strings, but the estimator was fitted on numeric"),
            (SIGNALS, SIGNALS[:, :2], "X has 2 channels, but .* was fitted on 3"),
            (SIGNALS, SIGNALS[:, 0], "X has 1 channels, but .* was fitted on 3"),
            (SIGNALS[:, 0], SIGNALS[:, 0, :9], "X has 9 features, but .* expecting 10"),
            (SIGNALS[:, 0], X, "X holds strings, but the estimator was fitted on num"),
        ],
    )
    def test_after_signals(self, kind, fitted_on, bad, match):
        model = _small(kind).fit(fitted_on, TARGETS[kind])
        _assert_refused(
            model,
            lambda model: model.predict(bad),
            ValueError,
            match,
            data=fitted_on,
        )

    @pytest.mark.parametrize("length", [1, 7, 11, 30])
    @pytest.mark.filterwarnings("ignore:5 of 5 inputs in X are longer")
    def test_another_length_of_an_array_is_no_error(self, kind, length):
        # Documented: centred by padding or cropping at both ends.
        model = _small(kind).fit(SIGNALS, TARGETS[kind])
        other = np.resize(SIGNALS, (5, 3, length))
        assert np.isfinite(_outputs(model, other)).all()
        assert model.length_ == 10


BAD_TARGETS = {
    "None": (None, ValueError, "requires y to be passed, but the target y is None"),
    "too few": (np.arange(19) % 2, ValueError, r"number.* of samples: \[20, 19\]"),
    "scalar": (3, (TypeError, ValueError), "array-like"),
    "three dimensions": (np.zeros((N, 2, 2)), ValueError, r"y has shape \(20, 2, 2\)"),
    "complex": (np.ones(N) * 1j, ValueError, "Complex data not supported"),
}
BAD_LABELS = {
    "NaN": (_with(["a", "b"] * 10, 3, np.nan), ValueError, r"y\[3\] is missing"),
    "None": (_with(["a", "b"] * 10, 3, None), ValueError, r"y\[3\] is missing"),
    "pandas NA": (
        pd.Series(["a", "b"] * 9 + ["a", pd.NA], dtype="string"),
        ValueError,
        r"y\[19\] is missing \(<NA>\)",
    ),
    "NaN among numbers": ([0, 1] * 9 + [0, np.nan], ValueError, "y contains NaN"),
    "infinity": ([0, 1] * 9 + [0, np.inf], ValueError, "y contains infinity"),
    "mixed types": (
        _with(["a", "b"] * 10, 3, 7),
        TypeError,
        "y mixes labels of the types int, str",
    ),
    "one class": (["a"] * N, ValueError, "y holds one class only, 'a'; .* two"),
    "numbers": (np.linspace(0, 1, N), ValueError, "Unknown label type: continuous"),
    "many labels each": (np.arange(40).reshape(N, 2), ValueError, r"shape \(20, 2\)"),
}
BAD_VALUES = {
    "NaN": (_with(np.arange(20.0), 3, np.nan), ValueError, "Input y contains NaN"),
    "None": (_with(np.arange(20.0), 3, None), ValueError, "Input y contains NaN"),
    "infinity": (np.full(N, np.inf), ValueError, "Input y contains infinity"),
    "words": (["a", "b"] * 10, ValueError, "could not convert string to float: 'a'"),
    "NaN in one target": (np.full((N, 2), np.nan), ValueError, "y contains NaN"),
    "three dimensions": (
        np.zeros((N, 2, 2)),
        ValueError,
        r"y has shape \(20, 2, 2\); regression targets are \(n,\) or \(n, n_targets\)",
    ),
    "sparse": (sparse.csr_matrix(np.eye(N)), TypeError, "Sparse data was .* for y"),
}


class TestTargets:
    @pytest.mark.parametrize(
        ("y", "error", "match"), BAD_TARGETS.values(), ids=BAD_TARGETS
    )
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    @both_kinds
    def test_of_both(self, kind, method, y, error, match):
        _assert_refused(
            _fitted(kind), lambda model: getattr(model, method)(X, y), error, match
        )

    @pytest.mark.parametrize(
        ("y", "error", "match"), BAD_LABELS.values(), ids=BAD_LABELS
    )
    def test_of_classifiers(self, y, error, match):
        _assert_refused(
            _fitted(MotifCNNClassifier), lambda model: model.fit(X, y), error, match
        )

    @pytest.mark.parametrize(
        ("y", "error", "match"), BAD_VALUES.values(), ids=BAD_VALUES
    )
    def test_of_regressors(self, y, error, match):
        _assert_refused(
            _fitted(MotifCNNRegressor), lambda model: model.fit(X, y), error, match
        )

    @pytest.mark.parametrize(
        ("y_val", "match"),
        [
            (["a", "c"] * 10, "y_val holds the class 'c', which is not .*'a', 'b'"),
            ([0, 1] * 10, "y_val holds the class 0, which is not among the classes"),
            (["a"] * 19, r"number.* of samples: \[20, 19\]"),
            (_with(["a", "b"] * 10, 2, None), r"y_val\[2\] is missing"),
            (INDICATORS, "y_val changed between class labels and a multilabel"),
        ],
    )
    def test_validation_labels(self, y_val, match):
        y = TARGETS[MotifCNNClassifier]
        _assert_refused(
            _fitted(MotifCNNClassifier),
            lambda model: model.fit(X, y, X_val=X, y_val=y_val),
            ValueError,
            match,
        )

    @pytest.mark.parametrize(
        ("y_val", "match"),
        [
            (_with(np.arange(20.0), 3, np.nan), "y_val contains NaN"),
            (np.zeros((N, 2)), r"y_val has shape \(20, 2\), but .* fitted on \(n,\)"),
            (np.zeros(19), r"number.* of samples: \[20, 19\]"),
        ],
    )
    def test_validation_values(self, y_val, match):
        _assert_refused(
            _fitted(MotifCNNRegressor),
            lambda model: model.fit(X, np.arange(20), X_val=X, y_val=y_val),
            ValueError,
            match,
        )

    @pytest.mark.parametrize(
        ("y", "match"),
        [
            (np.zeros((N, 2)), r"y has shape \(20, 2\), but .* fitted on \(n,\)"),
            (np.zeros((N, 1)), r"y has shape \(20, 1\), but .* fitted on \(n,\)"),
        ],
    )
    def test_number_of_targets_at_partial_fit(self, y, match):
        _assert_refused(
            _fitted(MotifCNNRegressor),
            lambda model: model.partial_fit(X, y),
            ValueError,
            match,
        )

    @pytest.mark.parametrize(
        ("y", "match"),
        [
            (np.zeros(N), r"y has shape \(20,\), but .* fitted on \(n, 2\)"),
            (np.zeros((N, 3)), r"y has shape \(20, 3\), but .* fitted on \(n, 2\)"),
        ],
    )
    def test_many_targets_at_partial_fit(self, y, match):
        _assert_refused(
            _small(MotifCNNRegressor).fit(X, np.arange(40.0).reshape(N, 2)),
            lambda model: model.partial_fit(X, y),
            ValueError,
            match,
        )

    @pytest.mark.parametrize(
        ("y", "classes", "match"),
        [
            (["a", "c"] * 10, None, "y holds the class 'c', which is not among"),
            (["a", "b"] * 10, ["a", "c"], r"classes=\['a', 'c'\] differs from those"),
            (INDICATORS, None, "y changed between class labels and a multilabel"),
        ],
    )
    def test_classes_at_partial_fit(self, y, classes, match):
        _assert_refused(
            _fitted(MotifCNNClassifier),
            lambda model: model.partial_fit(X, y, classes),
            ValueError,
            match,
        )

    @pytest.mark.parametrize(
        ("y", "match"),
        [
            (["a", "b"] * 10, "y changed between class labels and a multilabel"),
            (np.tile(INDICATORS, 2), "y has 4 labels, but .* was fitted on 2"),
        ],
    )
    def test_labels_after_a_multilabel_problem(self, y, match):
        _assert_refused(
            _small(MotifCNNClassifier).fit(X, INDICATORS),
            lambda model: model.partial_fit(X, y),
            ValueError,
            match,
        )

    @pytest.mark.parametrize(
        ("y", "classes", "match"),
        [
            (["a", "b"] * 10, None, "classes must be passed on the first call"),
            (["a", "b"] * 10, ["a"], "one class only, 'a'"),
            (["a", "b"] * 10, ["a", "c"], r"y holds the class 'b'.*\['a', 'c'\]"),
            (None, ["a", "b"], "requires y to be passed, but the target y is None"),
        ],
    )
    def test_first_partial_fit(self, y, classes, match):
        clf = _small(MotifCNNClassifier)
        before = dict(vars(clf))
        with pytest.raises(ValueError, match=match):
            clf.partial_fit(X, y, classes)
        assert vars(clf) == before

    def test_unknown_class_in_class_weight(self):
        y = TARGETS[MotifCNNClassifier]
        clf = _small(MotifCNNClassifier, class_weight={"a": 2.0}).fit(X, y)
        _assert_refused(
            clf.set_params(class_weight={"q": 2.0}),
            lambda model: model.fit(X, y),
            ValueError,
            r"\['a', 'b'\], are not in class_weight",
        )


def _weights(value):
    return _with(np.ones(N), 3, value).astype(float)


BAD_WEIGHTS = {
    "negative": (_weights(-1), r"Negative values in {0}: {0}\[3\] is -1.0; .*zero or"),
    "all zero": (np.zeros(N), "{0} is all zero.*non-zero"),
    "NaN": (_weights(np.nan), "Input {0} contains NaN"),
    "infinity": (_weights(np.inf), "Input {0} contains infinity"),
    "too few": (np.ones(19), r"{0}.*\(19,\).*20"),
    "two dimensions": (np.ones((N, 2)), r"{0}.*\(20, 2\)"),
    "words": (["a"] * N, "could not convert string to float"),
}


@both_kinds
class TestWeights:
    @pytest.mark.parametrize(
        ("weights", "match"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS
    )
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_weights(self, kind, method, weights, match):
        _assert_refused(
            _fitted(kind),
            lambda model: getattr(model, method)(
                X, TARGETS[kind], sample_weight=weights
            ),
            ValueError,
            match.format("sample_weight"),
        )

    @pytest.mark.parametrize(
        ("weights", "match"), BAD_WEIGHTS.values(), ids=BAD_WEIGHTS
    )
    def test_validation_weights(self, kind, weights, match):
        y = TARGETS[kind]
        _assert_refused(
            _fitted(kind),
            lambda model: model.fit(X, y, X_val=X, y_val=y, sample_weight_val=weights),
            ValueError,
            match.format("sample_weight_val"),
        )


def test_weights_that_leave_one_class():
    _assert_refused(
        _fitted(MotifCNNClassifier),
        lambda model: model.fit(X, ["a", "b"] * 10, sample_weight=[0, 1] * 10),
        ValueError,
        "y holds one class only, 'b'.*among the samples of non-zero weight",
    )


@both_kinds
class TestArgumentsOfEarlyStopping:
    @pytest.mark.parametrize(
        ("names", "params", "match"),
        [
            (
                ["X_val"],
                {},
                "requires y_val to be passed, but the target y_val is None",
            ),
            (["y_val"], {}, "y_val and sample_weight_val need X_val, which is None"),
            (["sample_weight_val"], {}, "sample_weight_val need X_val, which is None"),
            (
                ["y_val"],
                {"early_stopping": True},
                "y_val and sample_weight_val need X_val, which is None",
            ),
            (
                ["X_val", "y_val"],
                {"early_stopping": False},
                "X_val and y_val are for early stopping, but early_stopping=False",
            ),
        ],
    )
    def test_what_belongs_together(self, kind, names, params, match):
        y = TARGETS[kind]
        values = {"X_val": X, "y_val": y, "sample_weight_val": np.ones(N)}
        given = {name: values[name] for name in names}
        model = _small(kind).fit(X, y).set_params(**params)
        _assert_refused(
            model, lambda model: model.fit(X, y, **given), ValueError, match
        )

    @pytest.mark.parametrize(
        ("groups", "match"),
        [
            (np.arange(19), r"groups.*19.*20"),
            (np.zeros((N, 2)), r"groups.*\(20, 2\)"),
            (["chr1"] * N, "groups holds one group only; early stopping needs .* two"),
            (_with(["chr1", "chr2"] * 10, 4, None), r"groups\[4\] is missing"),
            (_with(np.arange(20.0), 4, np.nan), r"groups\[4\] is missing"),
        ],
    )
    def test_groups(self, kind, groups, match):
        y = TARGETS[kind]
        model = _small(kind).fit(X, y).set_params(early_stopping=True)
        _assert_refused(
            model, lambda model: model.fit(X, y, groups=groups), ValueError, match
        )

    def test_groups_of_the_wrong_length_without_early_stopping(self, kind):
        _assert_refused(
            _fitted(kind),
            lambda model: model.fit(X, TARGETS[kind], groups=np.arange(19)),
            ValueError,
            r"groups.*19.*20",
        )

    def test_partial_fit_does_not_stop_early(self, kind):
        model = _small(kind, early_stopping=True)
        with pytest.raises(ValueError, match="does not support early_stopping=True"):
            model.partial_fit(X, TARGETS[kind])
        assert not hasattr(model, "weights_")


class TestFewInTheRarestClass:
    """A hold-out is found for classes and groups of any size."""

    # X holds four sequences, five times each.
    @pytest.mark.filterwarnings("ignore:25% of the samples are held out")
    @pytest.mark.parametrize("n_rare", [1, 2, 5])
    @pytest.mark.parametrize("n_groups", [None, 10])
    def test_no_warning(self, n_rare, n_groups):
        y = np.arange(N) < n_rare
        groups = None if n_groups is None else np.arange(N) % n_groups
        clf = _small(MotifCNNClassifier, early_stopping=True)
        clf.fit(X, y, groups=groups)
        assert "valid_loss" in clf.history_[0]


@both_kinds
class TestWarmStart:
    @pytest.mark.parametrize(
        "params",
        [
            {"n_filters": 16},
            {"n_filters": (8, 8)},
            {"kernel_size": 5},
            {"pool_size": 2},
            {"pooling": "max"},
            {"dense_units": None},
            {"activation": "relu"},
        ],
        ids=str,
    )
    @pytest.mark.parametrize("method", ["fit", "partial_fit"])
    def test_another_architecture(self, kind, params, method):
        model = _small(kind, warm_start=True).fit(X, TARGETS[kind])
        expected, weights = _outputs(model, X), model.weights_
        match = f"keeps its architecture, but {next(iter(params))} has changed"
        with pytest.raises(ValueError, match=match):
            getattr(model.set_params(**params), method)(X, TARGETS[kind])
        # Parameters are those of the next fit, predictions those of the last.
        assert model.weights_ is weights
        np.testing.assert_array_equal(_outputs(model, X), expected)

    def test_without_it_a_fit_starts_anew(self, kind):
        model = _small(kind).fit(X, TARGETS[kind]).set_params(n_filters=16)
        model.fit(X, TARGETS[kind])
        assert model.weights_["0.trunk.0.conv.weight"].shape == (16, 4, 3)

    @pytest.mark.parametrize(
        ("data", "match"),
        [
            ([x.replace("T", "U") for x in X], r"X\[0\] has the letter 'U'.*'dna'"),
            (SIGNALS, "X has 3 channels, but .* was fitted on 4"),
        ],
    )
    def test_other_inputs(self, kind, data, match):
        _assert_refused(
            _small(kind, warm_start=True).fit(X, TARGETS[kind]),
            lambda model: model.fit(data, TARGETS[kind]),
            ValueError,
            match,
        )

    def test_other_targets(self, kind):
        if kind is MotifCNNClassifier:
            y, match = ["c", "d"] * 10, "y holds the class 'c', which is not among"
        else:
            y, match = np.zeros((N, 2)), r"y has shape \(20, 2\), but .* on \(n,\)"
        _assert_refused(
            _small(kind, warm_start=True).fit(X, TARGETS[kind]),
            lambda model: model.fit(X, y),
            ValueError,
            match,
        )
