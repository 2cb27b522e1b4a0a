"""What would train without an error, but hardly means what was meant."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.preprocessing import SequenceEncoder
from sklearn_cnn.preprocessing._alphabet import DNA

N = 30
RNG = np.random.default_rng(0)
SEQUENCES = ["".join(x) for x in RNG.choice(list("ACGT"), (N, 12))]
RAGGED = [x[: 8 + i % 5] for i, x in enumerate(SEQUENCES)]
CLASSES = np.arange(N) % 2
PROFILES = RNG.random((N, 12))


def _small(kind=MotifCNNClassifier, **kwargs):
    plain = {"n_filters": 2, "kernel_size": 3, "kmers": None, "motif_bank": None}
    return kind(**plain | {"max_epochs": 1, "random_state": 0} | kwargs)


@pytest.fixture(scope="module")
def fitted():
    return _small().fit(SEQUENCES, CLASSES)


class TestLengths:
    def test_longer_ones_are_cropped_and_counted(self, fitted):
        X = [*SEQUENCES[:3], "A" + SEQUENCES[3], "AC" + SEQUENCES[4] + "GT", "ACG"]
        message = (
            "2 of 6 inputs in X are longer than the 12 positions that "
            "MotifCNNClassifier was fitted on (up to 16) and are cropped"
        )
        with pytest.warns(UserWarning, match=re.escape(message)) as caught:
            outputs = fitted.decision_function(X)
        assert len(caught) == 1
        expected = fitted.decision_function(SEQUENCES[4:5])
        np.testing.assert_array_equal(outputs[4:5], expected)

    def test_an_array_and_validation_data(self):
        signals = RNG.normal(size=(N, 2, 12))
        longer = np.pad(signals, [(0, 0), (0, 0), (1, 1)])
        with pytest.warns(UserWarning, match="30 of 30 inputs in X_val are longer"):
            _small().fit(signals, CLASSES, X_val=longer, y_val=CLASSES)

    def test_silence_where_nothing_is_cropped(self, fitted):
        fitted.predict([x[2:] for x in SEQUENCES])
        clf = _small(position=False).fit(SEQUENCES, CLASSES)
        clf.predict([x * 3 for x in SEQUENCES])


class TestTargets:
    @pytest.mark.parametrize("X", [SEQUENCES, PROFILES], ids=["strings", "signals"])
    def test_as_many_as_positions(self, X):
        match = r"y of shape \(30, 12\).*as many targets as X has positions.*'profile'"
        with pytest.warns(UserWarning, match=match):
            _small(MotifCNNRegressor).fit(X, PROFILES)
        with pytest.warns(UserWarning, match=match):
            _small().fit(X, (PROFILES > 0.5).astype(int))

    def test_silence(self):
        _small(MotifCNNRegressor).fit(SEQUENCES, PROFILES[:, :11])
        _small(MotifCNNRegressor, output="profile").fit(SEQUENCES, PROFILES)
        # So few positions may well have as many targets.
        _small(MotifCNNRegressor).fit([x[:4] for x in SEQUENCES], PROFILES[:, :4])

    @pytest.mark.parametrize("output", ["auto", "profile"])
    def test_transposed_ones(self, output):
        match = r"y has shape \(12, 30\), but there are 30 samples.*pass y\.T"
        for y in (PROFILES.T, pd.DataFrame(PROFILES.T), PROFILES.T.tolist()):
            with pytest.raises(ValueError, match=match):
                _small(MotifCNNRegressor, output=output).fit(SEQUENCES, y)
        match = r"y_val has shape \(12, 30\).*pass y_val\.T"
        reg = _small(MotifCNNRegressor, output="profile")
        with pytest.raises(ValueError, match=match):
            reg.fit(SEQUENCES, PROFILES, X_val=SEQUENCES, y_val=PROFILES.T)


class TestChannels:
    @pytest.mark.parametrize("shape", [(N, 100, 6), (N, 12, 3), (N, 20, 1)])
    def test_last(self, shape):
        X = RNG.normal(size=shape)
        match = f"{shape[1]} positions of {shape[2]} channels, pass X.transpose"
        with pytest.warns(UserWarning, match=match):
            _small().fit(X, CLASSES)
        _small().fit(X.transpose(0, 2, 1), CLASSES)

    def test_last_of_unequal_lengths(self):
        X = [RNG.normal(size=(20, 2 + i % 2)) for i in range(N)]
        with pytest.warns(UserWarning, match="20 channels of 3 positions"):
            _small().fit(X, CLASSES)

    @pytest.mark.parametrize(
        ("alphabet", "n_symbols", "n_tracks"),
        [("auto", 4, 0), ("dna", 4, 0), ("dna", 4, 2), ("protein", 20, 0)],
    )
    @pytest.mark.parametrize("length", [20, 30])
    def test_symbols_last(self, alphabet, n_symbols, n_tracks, length):
        X = np.eye(n_symbols)[RNG.integers(0, n_symbols, (N, length))]
        X = np.concatenate([X, RNG.normal(size=(N, length, n_tracks))], axis=2)
        match = r"with the symbols last; .* pass X\.transpose\(0, 2, 1\)"
        with pytest.raises(ValueError, match=match):
            _small(alphabet=alphabet).fit(X, CLASSES)
        clf = _small(alphabet=alphabet).fit(X.transpose(0, 2, 1), CLASSES)
        assert clf.alphabet_ is not None

    def test_one_hot_without_an_alphabet(self):
        X = np.eye(20)[RNG.integers(0, 20, (N, 30))].transpose(0, 2, 1)
        with pytest.warns(UserWarning, match="one-hot columns of 20 symbols.*alphabet"):
            _small().fit(X, CLASSES)
        # A channel alone of ones is no sequence.
        _small().fit(np.ones((N, 1, 12)), CLASSES)


class TestOneHotColumns:
    """What `SequenceEncoder` gives."""

    def test_without_an_alphabet(self):
        pipe = make_pipeline(SequenceEncoder(), _small())
        with pytest.warns(UserWarning, match="one-hot columns of sequences of 4 symb"):
            pipe.fit(SEQUENCES, CLASSES)
        assert pipe[-1].alphabet_ is None

    @pytest.mark.parametrize("transform", ["default", "pandas", "polars"])
    @pytest.mark.parametrize("X", [SEQUENCES, RAGGED], ids=["equal", "unequal"])
    def test_with_an_alphabet_they_are_letters(self, X, transform):
        encoder = SequenceEncoder().set_output(transform=transform)
        clf = _small(alphabet="dna").fit(encoder.fit_transform(X), CLASSES)
        assert clf.alphabet_ == DNA
        assert (clf.n_features_in_, clf.n_channels_, clf.length_) == (48, 4, 12)
        columns = SequenceEncoder().fit_transform(X).reshape(N, 12, 4)
        expected = _small().fit(columns.transpose(0, 2, 1), CLASSES)
        outputs = clf.decision_function(encoder.transform(X))
        np.testing.assert_array_equal(
            outputs, expected.decision_function(columns.transpose(0, 2, 1))
        )

    def test_flattened_with_the_symbols_first(self):
        """Without a word, the 48 numbers would be codes of A and C."""
        columns = SequenceEncoder().fit_transform(SEQUENCES).reshape(N, 12, 4)
        rows = columns.transpose(0, 2, 1).reshape(N, -1)
        with pytest.warns(UserWarning, match="one-hot columns of sequences of 4 symb"):
            _small().fit(rows, CLASSES)
        remedy = re.escape("that were flattened; pass X.reshape(len(X), 4, -1)")
        with pytest.raises(ValueError, match=remedy):
            _small(alphabet="dna").fit(rows, CLASSES)

    def test_later_ones_are_read_as_those_of_the_fit(self):
        """Permuted columns are no letters, but columns all the same."""
        columns = SequenceEncoder().fit_transform(SEQUENCES)
        clf = _small(alphabet="dna").fit(columns, CLASSES)
        permuted = columns[:, np.random.default_rng(0).permutation(48)]
        as_channels = permuted.reshape(N, 12, 4).transpose(0, 2, 1)
        np.testing.assert_array_equal(
            clf.decision_function(permuted), clf.decision_function(as_channels)
        )


class TestCodes:
    @pytest.mark.parametrize(
        "container",
        [
            lambda c: c,
            lambda c: c.astype(int),
            lambda c: c.astype(float),
            lambda c: c.astype(object),
            lambda c: c.tolist(),
            pd.DataFrame,
            lambda c: pd.DataFrame(c).astype("Int64"),
        ],
    )
    @pytest.mark.parametrize("X", [SEQUENCES, RAGGED], ids=["equal", "unequal"])
    def test_any_whole_numbers(self, X, container):
        encoder = SequenceEncoder(encoding="codes", dtype="uint8")
        codes = container(encoder.fit_transform(X))
        clf = _small(alphabet="dna", early_stopping=True).fit(codes, CLASSES)
        expected = _small(alphabet="dna", early_stopping=True).fit(X, CLASSES)
        assert clf.position_ is expected.position_ is (X is SEQUENCES)
        np.testing.assert_array_equal(
            clf.decision_function(codes), expected.decision_function(X)
        )
        # A model of codes reads strings, and one of strings codes.
        np.testing.assert_array_equal(
            expected.decision_function(codes), clf.decision_function(X)
        )

    def test_what_are_neither_codes_nor_columns(self):
        match = r"X\[0, 0\] is .*read as codes, .*or as one-hot columns"
        with pytest.raises(ValueError, match=match):
            _small(alphabet="dna").fit(PROFILES, CLASSES)

    def test_without_an_alphabet_they_are_signals(self):
        codes = SequenceEncoder(encoding="codes").fit_transform(SEQUENCES)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert _small().fit(codes, CLASSES).alphabet_ is None
