import pickle
import re
import sys
from pathlib import Path
from subprocess import run

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks, get_tags

from sklearn_cnn import preprocessing
from sklearn_cnn.preprocessing import SequenceEncoder
from sklearn_cnn.preprocessing._alphabet import DNA, PROTEIN, RNA, resolve_alphabet

N = [0.25] * 4
ZERO = [0.0] * 4
A, C, G, T = np.eye(4).tolist()

frames = pytest.mark.parametrize(
    "frame", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"]
)
encodings = pytest.mark.parametrize("encoding", ["onehot", "codes"])


def test_onehot_by_hand():
    encoder = SequenceEncoder().fit(["ACG", "tn"])
    assert encoder.alphabet_ == DNA
    assert encoder.length_ == 3
    X = encoder.transform(["ACG", "tn"])
    assert X.dtype == np.float32
    np.testing.assert_array_equal(X, [A + C + G, T + N + ZERO])
    np.testing.assert_array_equal(encoder.transform(["R"]), [[0.5, 0, 0.5] + [0] * 9])
    assert encoder.get_feature_names_out().tolist() == [
        "pos0_A", "pos0_C", "pos0_G", "pos0_T",
        "pos1_A", "pos1_C", "pos1_G", "pos1_T",
        "pos2_A", "pos2_C", "pos2_G", "pos2_T",
    ]  # fmt: skip


def test_codes_by_hand():
    encoder = SequenceEncoder(encoding="codes", length=5, dtype=np.int16)
    X = encoder.fit_transform(["ACG", "tn"])
    assert X.dtype == np.int16
    np.testing.assert_array_equal(X, [[0, 1, 2, 15, 15], [3, 14, 15, 15, 15]])
    names = encoder.get_feature_names_out()
    assert names.tolist() == ["pos0", "pos1", "pos2", "pos3", "pos4"]


@pytest.mark.parametrize(
    ("alphabet", "sequences", "expected"),
    [
        ("auto", ["ACGU", "A"], RNA),
        ("auto", ["MKVL"], PROTEIN),
        ("dna", ["RYKM"], DNA),
        ("HEC", ["HHEC", "C"], resolve_alphabet("HEC")),
    ],
)
def test_alphabets(alphabet, sequences, expected):
    encoder = SequenceEncoder(alphabet=alphabet).fit(sequences)
    assert encoder.alphabet_ == expected
    X = encoder.transform(sequences)
    assert X.shape == (len(sequences), 4 * len(expected.symbols))
    assert len(encoder.get_feature_names_out()) == X.shape[1]


def test_alphabet_is_not_inferred_again():
    encoder = SequenceEncoder().fit(["ACGT"])
    with pytest.raises(
        ValueError, match=r"'U' at position 1.*not in the alphabet 'dna'"
    ):
        encoder.transform(["AUG"])


@encodings
@pytest.mark.parametrize(
    "alphabet",
    [DNA, RNA, PROTEIN, resolve_alphabet("HEC")],
    ids=lambda alphabet: alphabet.name,
)
def test_inverse_transform_round_trip(alphabet, encoding):
    rng = np.random.default_rng(3)
    sequences = [
        "".join(rng.choice(list(alphabet.letters), size=length))
        for length in rng.integers(1, 30, size=50)
    ]
    encoder = SequenceEncoder(alphabet=alphabet.name, encoding=encoding)
    restored = encoder.inverse_transform(encoder.fit_transform(sequences))
    assert restored.dtype == object
    assert restored.tolist() == sequences


def test_inverse_transform_gives_the_consensus():
    encoder = SequenceEncoder().fit(["ACG"])
    X = [
        [0.6, 0.1, 0.2, 0.1, 0, 0.4, 0.6, 0, 0, 0.1, 0.2, 0.7],  # largest share
        [0.4, 0.4, 0.2, 0, 2, 2, 2, 2, 0, 0, 0, 0],  # first of a tie; equal; padding
        [3, 0, 0, 0, 0, 2, 0, 2, 0, 0, 0, 5],  # counts: A, C or T in equal parts, T
    ]
    assert encoder.inverse_transform(X).tolist() == ["AGT", "AN", "AYT"]


def test_inverse_transform_without_ambiguity_takes_the_first_symbol():
    encoder = SequenceEncoder(alphabet="HEC").fit(["HE"])
    assert encoder.inverse_transform([[0.5] * 3 + [0, 0.5, 0.5]]).tolist() == ["HE"]


@frames
def test_inverse_transform_of_frames(frame):
    encoder = SequenceEncoder().fit(["ACG", "T"])
    X = frame(encoder.transform(["GCN"]))
    assert encoder.inverse_transform(X).tolist() == ["GCN"]


def test_float16():
    encoder = SequenceEncoder(alphabet="dna", dtype=np.float16)
    X = encoder.fit_transform([DNA.letters])
    assert X.dtype == np.float16
    assert encoder.inverse_transform(X).tolist() == [DNA.letters]


def test_inverse_transform_errors():
    encoder = SequenceEncoder().fit(["ACG"])
    message = "X has 11 columns, but transform gives 12 for sequences of length_=3"
    with pytest.raises(ValueError, match=message):
        encoder.inverse_transform(np.zeros((1, 11)))
    encoder = SequenceEncoder(encoding="codes").fit(["ACG"])
    with pytest.raises(ValueError, match="X holds fractions; codes are whole numbers"):
        encoder.inverse_transform([[0, 0.5, 1]])
    with pytest.raises(ValueError, match="codes must lie between 0 and 15"):
        encoder.inverse_transform([[0, 16, 1]])


def test_too_long():
    message = re.escape(
        "X[1] has 4 letters, but the encoder has 3 positions; crop the sequence or fit "
        "with a larger length="
    )
    with pytest.raises(ValueError, match=message):
        SequenceEncoder().fit(["ACG"]).transform(["AC", "ACGT", "ACGTA"])
    with pytest.raises(ValueError, match=message):
        SequenceEncoder(length=3).fit(["AC", "ACGT"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            {"alphabet": 3},
            "'alphabet' parameter of SequenceEncoder must be an instance",
        ),
        ({"alphabet": "AA"}, "alphabet must be 'dna'.*'A' is repeated"),
        ({"encoding": "hot"}, "'encoding' parameter of SequenceEncoder must be a str"),
        ({"length": 0}, "'length' parameter of SequenceEncoder must be an int"),
        ({"dtype": np.uint8}, "dtype must be a floating type for encoding='onehot'"),
        (
            {"dtype": bool, "encoding": "codes"},
            "dtype must be a floating or integer type for encoding='codes'",
        ),
    ],
)
def test_parameter_errors(parameters, message):
    with pytest.raises(ValueError, match=message):
        SequenceEncoder(**parameters).fit(["ACGT"])


@pytest.mark.parametrize("X", [["AC", None], ["AC", ""], [], np.array([["A", "C"]])])
def test_failed_fit_leaves_nothing_behind(X):
    encoder = SequenceEncoder()
    with pytest.raises(ValueError, match="X"):
        encoder.fit(X)
    assert vars(encoder) == vars(SequenceEncoder())


@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_not_fitted(method):
    with pytest.raises(NotFittedError):
        getattr(SequenceEncoder(), method)(["ACGT"])
    with pytest.raises(NotFittedError):
        SequenceEncoder().get_feature_names_out()


# ------------------------------------------------------- scikit-learn contracts


def test_check_estimator():
    # scikit-learn has no data of strings: it checks cloning and skips the rest.
    with pytest.warns(SkipTestWarning, match="Can't test estimator"):
        results = estimator_checks.check_estimator(SequenceEncoder())
    assert results
    assert all(result["status"] == "passed" for result in results)


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_estimator_tags_renamed,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_estimators_unfitted,
        estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
        estimator_checks.check_mixin_order,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
    ],
    ids=lambda check: check.__name__,
)
def test_estimator_checks_without_data(check):
    check("SequenceEncoder", SequenceEncoder())


def test_tags():
    tags = get_tags(SequenceEncoder())
    assert tags.input_tags.string
    assert tags.input_tags.one_d_array
    assert not tags.input_tags.two_d_array
    assert tags.requires_fit
    assert not tags.no_validation


def test_fit_returns_self_and_changes_no_parameter():
    encoder = SequenceEncoder(length=6)
    before = encoder.get_params()
    assert encoder.fit(["ACGT"], y=[1]) is encoder
    assert encoder.get_params() == before


def test_clone_and_pickle():
    encoder = SequenceEncoder(encoding="codes", length=6, dtype=np.uint8).fit(["ACGT"])
    copy = clone(encoder)
    assert copy.get_params() == encoder.get_params()
    assert not hasattr(copy, "alphabet_")
    restored = pickle.loads(pickle.dumps(encoder))
    assert restored.alphabet_ == encoder.alphabet_
    np.testing.assert_array_equal(restored.transform(["ACN"]), [[0, 1, 14, 15, 15, 15]])


def test_features_in_of_frames():
    encoder = SequenceEncoder().fit(["ACGT"])
    assert not hasattr(encoder, "n_features_in_")
    assert not hasattr(encoder, "feature_names_in_")

    encoder.fit(np.array([["ACGT"]]))
    assert encoder.n_features_in_ == 1
    assert not hasattr(encoder, "feature_names_in_")

    for frame in (pd.DataFrame, pl.DataFrame):
        encoder.fit(frame({"seq": ["ACGT"]}))
        assert encoder.n_features_in_ == 1
        assert encoder.feature_names_in_.tolist() == ["seq"]

    encoder.fit(["ACGT"])
    assert not hasattr(encoder, "n_features_in_")
    assert not hasattr(encoder, "feature_names_in_")


@frames
def test_feature_names_are_checked(frame):
    encoder = SequenceEncoder().fit(frame({"seq": ["ACGT"]}))
    with pytest.raises(ValueError, match="feature names should match"):
        encoder.transform(frame({"sequence": ["ACGT"]}))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        encoder.transform(np.array([["ACGT"]]))
    with pytest.raises(ValueError, match="input_features is not equal"):
        encoder.get_feature_names_out(["sequence"])
    assert encoder.get_feature_names_out(["seq"])[0] == "pos0_A"
    # 1-D input has no names to compare.
    np.testing.assert_array_equal(encoder.transform(["A"])[0], A + ZERO * 3)


def test_several_columns():
    X = pd.DataFrame({"seq": ["ACGT"], "other": ["ACGT"]})
    with pytest.raises(ValueError, match=re.escape("its shape is (n, 2)")):
        SequenceEncoder().fit(X)
    encoder = SequenceEncoder().fit(X[["seq"]])
    with pytest.raises(ValueError, match="feature names should match"):
        encoder.transform(X)


@encodings
def test_set_output_pandas(encoding):
    X = pd.DataFrame({"seq": ["AC", "GT"]}, index=[5, 3])
    encoder = SequenceEncoder(encoding=encoding)
    expected = pd.DataFrame(
        encoder.fit_transform(X),
        index=[5, 3],
        columns=encoder.get_feature_names_out(),
    )
    result = encoder.set_output(transform="pandas").fit_transform(X)
    pd.testing.assert_frame_equal(result, expected)


@encodings
def test_set_output_polars(encoding):
    X = pl.Series(["AC", "GT"])
    encoder = SequenceEncoder(encoding=encoding)
    expected = encoder.fit_transform(X)
    result = encoder.set_output(transform="polars").fit_transform(X)
    assert isinstance(result, pl.DataFrame)
    assert result.columns == encoder.get_feature_names_out().tolist()
    np.testing.assert_array_equal(result.to_numpy(), expected)


@frames
@pytest.mark.parametrize("column", ["seq", ["seq"]], ids=["1-D", "2-D"])
@pytest.mark.parametrize("output", ["default", "pandas", "polars"])
def test_column_transformer(frame, column, output):
    X = frame({"seq": ["AC", "GT"], "gc": [0.5, 0.25]})
    transformer = ColumnTransformer(
        [("dna", SequenceEncoder(), column), ("rest", "passthrough", ["gc"])]
    ).set_output(transform=output)
    result = transformer.fit_transform(X)
    np.testing.assert_array_equal(np.asarray(result), [[*A, *C, 0.5], [*G, *T, 0.25]])
    names = transformer.get_feature_names_out().tolist()
    assert names[0] == "dna__pos0_A"
    assert names[7:] == ["dna__pos1_T", "rest__gc"]
    if output != "default":
        assert list(result.columns) == names


def test_pipeline_and_grid_search():
    rng = np.random.default_rng(4)
    X = ["".join(row) for row in rng.choice(list("ACGT"), size=(80, 6))]
    y = np.array(["bound" if sequence[2] == "G" else "free" for sequence in X])
    model = make_pipeline(SequenceEncoder(), LogisticRegression())
    model.fit(X[:60], y[:60])
    assert model.score(X[60:], y[60:]) == 1
    names = model[:-1].get_feature_names_out()
    assert names[model[-1].coef_[0].argmin()] == "pos2_G"

    search = GridSearchCV(
        model, {"sequenceencoder__encoding": ["onehot", "codes"]}, cv=3
    )
    search.fit(X, y)
    assert search.best_params_ == {"sequenceencoder__encoding": "onehot"}


def test_torch_and_polars_are_not_imported():
    # An empty parent package keeps the estimators, which do import torch, out of this.
    code = (
        "import sys, types; "
        "package = types.ModuleType('sklearn_cnn'); "
        f"package.__path__ = [{str(Path(preprocessing.__file__).parents[1])!r}]; "
        "sys.modules['sklearn_cnn'] = package; "
        "from sklearn_cnn.preprocessing import SequenceEncoder; "
        "SequenceEncoder().fit_transform(['ACGT']); "
        "assert not {'torch', 'polars'} & set(sys.modules)"
    )
    run([sys.executable, "-c", code], check=True)
