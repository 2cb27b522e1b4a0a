"""The estimators inside what scikit-learn composes; each test checks a number."""

from operator import itemgetter, methodcaller

import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, r2_score
from sklearn.model_selection import (
    GroupKFold,
    HalvingGridSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    permutation_test_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.preprocessing import SequenceEncoder

KINDS = [MotifCNNClassifier, MotifCNNRegressor]
FRAMES = [pd.DataFrame, pl.DataFrame]
OUTPUTS = [
    (pd.DataFrame, "default"),
    (pd.DataFrame, "pandas"),
    (pl.DataFrame, "default"),
    (pl.DataFrame, "polars"),
]


def _small(kind, **kwargs):
    # Plain networks: tests/test_stacking.py has the linear branches.
    plain = {"kmers": None, "motif_bank": None}
    settings = {
        "n_filters": 16,
        "kernel_size": 9,
        "dropout": 0.2,
        "position": False,
        "lr": 0.02,
        "max_epochs": 15,
        "random_state": 0,
    }
    return kind(**plain | settings | kwargs)


def _classifier(**kwargs):
    return _small(MotifCNNClassifier, **kwargs)


def _regressor(**kwargs):
    return _small(MotifCNNRegressor, **kwargs)


def _on_column(name, estimator):
    """The estimator, on one column of a frame."""
    return make_pipeline(FunctionTransformer(itemgetter(name)), estimator)


def _folds(n_splits=3):
    return StratifiedKFold(n_splits, shuffle=True, random_state=0)


@pytest.fixture(scope="module")
def two_classes(planted):
    X, y = planted
    keep = np.flatnonzero(y != "open")
    return [X[i] for i in keep], (y[keep] == "bound").astype(int)


@pytest.fixture(scope="module")
def numbers(planted):
    """Targets on two scales: one for "bound" against the rest, one for "open"."""
    X, y = planted
    return X, np.column_stack([(y == "bound") * 5.0, (y == "open") * 2000.0 - 300.0])


@pytest.fixture(scope="module")
def two_halves(two_classes):
    """Columns of which each tells half of the story, and the story.

    The sequence tells whether a motif is there, the value whether it is large.
    """
    X, bound = two_classes
    rng = np.random.default_rng(0)
    value = rng.choice([-1, 1], len(X)) * rng.uniform(0.5, 1.5, len(X))
    return {"seq": X, "value": value}, bound, value


class TestColumns:
    @pytest.fixture(scope="class")
    @staticmethod
    def expected(planted):
        X, y = planted
        return _classifier(max_epochs=2, position="auto").fit(X, y).predict_proba(X)

    @pytest.mark.parametrize(("frame", "output"), OUTPUTS)
    @pytest.mark.parametrize("columns", ["seq", ["seq"]], ids=["column", "frame"])
    def test_column_transformer(self, planted, expected, frame, columns, output):
        X, y = planted
        # Of the many columns, one reaches the network, as codes.
        encoder = SequenceEncoder(encoding="codes", dtype="uint8")
        transformer = ColumnTransformer([("dna", encoder, columns)])
        transformer.set_output(transform=output)
        pipeline = make_pipeline(
            transformer,
            FunctionTransformer(np.asarray),
            _classifier(max_epochs=2, position="auto", alphabet="dna"),
        )
        X = frame({"chrom": ["chr1"] * 300, "seq": X, "score": np.arange(300.0)})
        np.testing.assert_array_equal(pipeline.fit(X, y).predict_proba(X), expected)

    @pytest.mark.parametrize(("frame", "output"), OUTPUTS)
    def test_strings_pass_through(self, planted, expected, frame, output):
        X, y = planted
        transformer = ColumnTransformer(
            [("seq", "passthrough", ["seq"])], verbose_feature_names_out=False
        ).set_output(transform=output)
        pipeline = make_pipeline(
            transformer, _classifier(max_epochs=2, position="auto")
        )
        X = frame({"chrom": ["chr1"] * 300, "seq": X})
        np.testing.assert_array_equal(pipeline.fit(X, y).predict_proba(X), expected)
        assert pipeline[-1].n_features_in_ == 1
        if output != "default":
            assert pipeline[-1].feature_names_in_.tolist() == ["seq"]

    def test_cross_validation_of_frames(self, planted):
        X, y = planted
        settings = {"cv": _folds(), "method": "predict_proba"}
        expected = cross_val_predict(_classifier(), X, y, **settings)
        classes = np.unique(y)
        assert accuracy_score(y, classes[expected.argmax(axis=1)]) >= 0.9
        for frame in FRAMES:
            columns = frame({"chrom": ["chr1"] * 300, "seq": X})
            pipeline = _on_column("seq", _classifier())
            found = cross_val_predict(pipeline, columns, y, **settings)
            np.testing.assert_array_equal(found, expected)


class TestEnsembles:
    @pytest.mark.parametrize("frame", FRAMES)
    def test_stacking_classifier_with_a_tabular_model(self, two_halves, frame):
        columns, bound, value = two_halves
        X, y = frame(columns), 2 * bound + (value > 0)
        members = [
            ("dna", _on_column("seq", _classifier())),
            (
                "table",
                make_pipeline(
                    ColumnTransformer([("value", StandardScaler(), ["value"])]),
                    LogisticRegression(),
                ),
            ),
        ]
        stack = StackingClassifier(members, LogisticRegression(C=100), cv=_folds(2))
        # Either half knows two classes from the other two, and guesses between two.
        for _, member in members:
            assert 0.35 <= cross_val_score(member, X, y, cv=_folds(2)).mean() <= 0.65
        assert cross_val_score(stack, X, y, cv=_folds(2)).mean() >= 0.85

    def test_stacking_regressor_with_a_tabular_model(self, two_halves):
        columns, bound, value = two_halves
        # Variances 25 / 4 and 4 * 13 / 12: shares of 59 and 41 % of the whole.
        X, y = pd.DataFrame(columns), 5 * bound + 2 * value
        members = [
            ("dna", _on_column("seq", _regressor())),
            (
                "table",
                make_pipeline(
                    ColumnTransformer([("value", "passthrough", ["value"])]),
                    LinearRegression(),
                ),
            ),
        ]
        folds = list(_folds(2).split(X, bound))
        alone = [cross_val_score(member, X, y, cv=folds) for _, member in members]
        assert np.mean(alone[0]) <= 0.6
        assert np.mean(alone[1]) <= 0.5
        stack = StackingRegressor(members, LinearRegression(), cv=3)
        assert cross_val_score(stack, X, y, cv=folds).mean() >= 0.75

    def test_voting_is_the_mean_of_probabilities(self, planted):
        X, y = planted
        members = [(str(seed), _classifier(random_state=seed)) for seed in range(2)]
        vote = VotingClassifier(members, voting="soft").fit(X[:200], y[:200])
        alone = [clone(m).fit(X[:200], y[:200]).predict_proba(X) for _, m in members]
        np.testing.assert_array_equal(vote.predict_proba(X), np.mean(alone, axis=0))
        assert vote.score(X[200:], y[200:]) >= 0.9

    def test_isotonic_calibration_keeps_the_share_of_positives(self, two_classes):
        X, y = two_classes
        # Every other sample is of the same class: each gets as many wrong labels.
        noisy = np.where(np.arange(200) % 8 < 2, 1 - y, y)
        clf = FrozenEstimator(_classifier().fit(X[:100], y[:100]))
        calibrated = CalibratedClassifierCV(clf, method="isotonic").fit(X, noisy)
        probabilities = calibrated.predict_proba(X)[:, 1]
        # Isotonic regression is a mean over blocks of samples ...
        assert probabilities.mean() == pytest.approx(noisy.mean())
        # ... in the order of the logits,
        order = np.argsort(clf.decision_function(X))
        assert np.all(np.diff(probabilities[order]) >= 0)
        # and a quarter of the labels of either class are wrong.
        for label in (0, 1):
            share = probabilities[y == label].mean()
            assert share == pytest.approx(0.75 if label else 0.25, abs=0.05)

    def test_sigmoid_calibration_mends_smoothed_labels(self, two_classes):
        X, y = two_classes
        # Smoothing by 0.5 teaches 3 to 1: to be sure is a loss of log(4/3) then.
        smoothed = _classifier(label_smoothing=0.5)
        raw = cross_val_predict(smoothed, X, y, cv=_folds(), method="predict_proba")
        calibrated = CalibratedClassifierCV(smoothed, cv=3, ensemble=False)
        mended = cross_val_predict(
            calibrated, X, y, cv=_folds(), method="predict_proba"
        )
        assert log_loss(y, raw) == pytest.approx(np.log(4 / 3), abs=0.08)
        assert log_loss(y, mended) <= 0.7 * log_loss(y, raw)


class TestModelSelection:
    def test_halving_over_samples(self, two_classes):
        X, y = two_classes
        search = HalvingGridSearchCV(
            _classifier(max_epochs=40),
            {"kernel_size": [1, 9]},
            factor=2,
            cv=_folds(2),
            min_resources=100,
            random_state=0,
        ).fit(X, y)
        assert search.n_resources_ == [100, 200]
        assert search.best_params_ == {"kernel_size": 9}
        assert search.best_score_ >= 0.9

    def test_halving_over_epochs(self, two_classes):
        X, y = two_classes
        search = HalvingGridSearchCV(
            _classifier(),
            {"kernel_size": [1, 9]},
            factor=2,
            cv=_folds(2),
            resource="max_epochs",
            min_resources=8,
            max_resources=16,
        ).fit(X, y)
        assert search.n_resources_ == [8, 16]
        assert search.best_estimator_.n_iter_ == 16
        assert search.best_params_ == {"kernel_size": 9, "max_epochs": 16}

    @pytest.mark.parametrize("kind", KINDS)
    def test_out_of_fold_predictions_are_those_of_a_loop(self, planted, numbers, kind):
        X, y = planted if kind is MotifCNNClassifier else numbers
        found = cross_val_predict(_small(kind, max_epochs=2), X, y, cv=(folds := 3))
        model = _small(kind, max_epochs=2)
        by_hand = np.empty_like(found)
        splitter = sklearn.model_selection.check_cv(
            folds, y, classifier=kind is MotifCNNClassifier
        )
        for train, test in splitter.split(X, y):
            model.fit([X[i] for i in train], y[train])
            by_hand[test] = model.predict([X[i] for i in test])
        np.testing.assert_array_equal(found, by_hand)

    def test_permuted_labels_give_chance(self, two_classes):
        X, y = two_classes
        score, permuted, p_value = permutation_test_score(
            _classifier(), X, y, cv=_folds(2), n_permutations=5, random_state=0
        )
        assert score >= 0.85
        assert 0.35 <= permuted.mean() <= 0.65
        assert p_value == 1 / 6

    def test_unseen_chromosomes(self, two_classes):
        X, _ = two_classes
        # Each chromosome has a mark of its own and labels of its own.
        rng = np.random.default_rng(0)
        chromosome = np.arange(200) % 4
        marks = ["TGACGTAA", "CCAATGGC", "GTCTAGAC", "AACCGGTA"]
        X = [
            x[:start] + marks[i] + x[start + 8 :]
            for x, i, start in zip(
                X, chromosome, rng.integers(32, size=200), strict=True
            )
        ]
        y = chromosome % 2
        clf = _classifier()
        known = cross_val_score(clf, X, y, cv=_folds())
        unseen = cross_val_score(clf, X, y, cv=GroupKFold(4), groups=chromosome)
        assert known.mean() >= 0.9
        assert unseen.mean() <= 0.6

    def test_learning_curve_climbs(self, two_classes):
        X, y = two_classes
        sizes, _, scores = learning_curve(
            _classifier(),
            X,
            y,
            train_sizes=[16, 130],
            cv=_folds(),
            shuffle=True,
            random_state=0,
        )
        few, many = scores.mean(axis=1)
        assert sizes.tolist() == [16, 130]
        assert few <= 0.8
        assert many >= 0.9


class TestTargets:
    def test_transformed_target(self, numbers):
        X, y = numbers[0], np.exp(numbers[1][:, 0])
        composed = TransformedTargetRegressor(
            _regressor(), func=np.log, inverse_func=np.exp
        )
        direct = _regressor().fit(X[:200], np.log(y[:200]))
        found = composed.fit(X[:200], y[:200]).predict(X)
        np.testing.assert_allclose(found, np.exp(direct.predict(X)), rtol=1e-6)
        assert r2_score(np.log(y[200:]), np.log(found[200:])) >= 0.6

    def test_many_targets_at_once(self, numbers):
        X, y = numbers
        found = cross_val_predict(_regressor(), X, y, cv=3)
        assert found.shape == (300, 2)
        assert r2_score(y, found, multioutput="raw_values").min() >= 0.6

    def test_a_target_alone_is_a_vector_or_a_column(self, numbers):
        X, y = numbers[0], numbers[1][:, 0]
        vector, column = (
            cross_val_predict(_regressor(max_epochs=2), X, target, cv=2)
            for target in (y, y[:, None])
        )
        assert vector.shape == (300,)
        np.testing.assert_array_equal(column, vector[:, None])


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


def _without_gaps(X):
    return [x.replace("-", "") for x in X]


@pytest.mark.usefixtures("routing")
class TestMetadata:
    @pytest.mark.parametrize("kind", KINDS)
    def test_validation_data_arrive_transformed(self, planted, numbers, kind):
        X, y = planted if kind is MotifCNNClassifier else numbers
        gapped = [x[:9] + "--" + x[9:] for x in X]
        model = _small(kind, max_epochs=4).set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline(
            [("gaps", FunctionTransformer(_without_gaps)), ("cnn", model)],
            transform_input=["X_val"],
        )
        pipeline.fit(gapped[:200], y[:200], X_val=gapped[200:], y_val=y[200:])
        direct = _small(kind, max_epochs=4)
        direct.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        # As they were, they would not do: "-" is no letter.
        with pytest.raises(ValueError, match=r"has the letter '-' at position 9"):
            direct.fit(X[:200], y[:200], X_val=gapped[200:], y_val=y[200:])
        assert "valid_loss" in direct.history_[0]
        assert pipeline["cnn"].history_ == direct.history_

    def test_validation_data_are_scaled_as_the_training_data(self, planted):
        _, y = planted
        X = np.random.default_rng(0).normal(size=(300, 40)) * 7 + 100
        model = _classifier(max_epochs=4).set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline(
            [("scale", StandardScaler()), ("cnn", model)], transform_input=["X_val"]
        )
        pipeline.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        mean, scale = X[:200].mean(axis=0), X[:200].std(axis=0)
        X = (X - mean) / scale
        direct = _classifier(max_epochs=4)
        direct.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        losses, by_hand = (
            [record["valid_loss"] for record in fitted.history_]
            for fitted in (pipeline["cnn"], direct)
        )
        np.testing.assert_allclose(losses, by_hand, rtol=1e-5)

    @pytest.mark.parametrize("kind", KINDS)
    def test_weights_of_validation_data(self, planted, numbers, kind):
        X, y = planted if kind is MotifCNNClassifier else numbers
        model = _small(kind, max_epochs=4).set_fit_request(
            X_val=True, y_val=True, sample_weight_val=True
        )
        pipeline = Pipeline(
            [("gaps", FunctionTransformer(_without_gaps)), ("cnn", model)],
            transform_input=["X_val"],
        )
        # Wrong targets of weight zero are as if they were not there.
        wrong = np.concatenate([y[200:], np.roll(y[200:], 1, axis=0)])
        pipeline.fit(
            X[:200],
            y[:200],
            X_val=X[200:] * 2,
            y_val=wrong,
            sample_weight_val=np.repeat([1.0, 0.0], 100),
        )
        direct = _small(kind, max_epochs=4)
        direct.fit(X[:200], y[:200], X_val=X[200:], y_val=y[200:])
        assert pipeline["cnn"].history_ == direct.history_

    def test_sample_weight(self, two_classes):
        X, y = two_classes
        wrong = np.arange(200) % 3 == 0
        noisy = np.where(wrong, 1 - y, y)
        clf = _classifier().set_fit_request(sample_weight=True)
        pipeline = make_pipeline(FunctionTransformer(methodcaller("copy")), clf)
        scores = {}
        for name, weight in {"all": np.ones(200), "right": 1.0 - wrong}.items():
            found = cross_val_predict(
                pipeline, X, noisy, cv=_folds(), params={"sample_weight": weight}
            )
            scores[name] = accuracy_score(y, found)
        assert scores["right"] >= 0.9
        assert scores["all"] < scores["right"] - 0.05

    @pytest.mark.parametrize("kind", KINDS)
    def test_groups_stay_on_one_side(self, planted, numbers, kind):
        X, y = planted if kind is MotifCNNClassifier else numbers
        groups = np.array([f"chr{i}" for i in np.arange(300) // 3 % 10])
        group_of = dict(zip(X, groups, strict=True))
        sets = []

        def keep(model, X, y):
            sets.append((X, y))
            return 0.0

        settings = {"max_epochs": 1, "early_stopping": True, "monitor": keep}
        model = _small(kind, **settings, validation_fraction=0.25)
        pipeline = make_pipeline(
            FunctionTransformer(_without_gaps), model.set_fit_request(groups=True)
        )
        result = cross_validate(
            pipeline,
            X,
            y,
            cv=GroupKFold(5),
            params={"groups": groups},
            return_indices=True,
        )
        # Of 10 groups of 30, a fold trains on 8, of which a quarter is held out.
        assert len(sets) == 5
        for (held_out, labels), train in zip(
            sets, result["indices"]["train"], strict=True
        ):
            assert len(held_out) == 60
            assert len({group_of[x] for x in held_out}) == 2
            assert set(held_out) <= {X[i] for i in train}
            np.testing.assert_array_equal(labels, y[[X.index(x) for x in held_out]])
