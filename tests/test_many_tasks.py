"""Many tasks at once, some of whose labels may be missing."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import r2_score, roc_auc_score

from sklearn_cnn import (
    ImageCNNClassifier,
    ImageCNNRegressor,
    MotifCNNClassifier,
    MotifCNNRegressor,
)
from sklearn_cnn.preprocessing._strand_test import depends_on_strand

MOTIF = [MotifCNNClassifier, MotifCNNRegressor]
BOTH = [*MOTIF, ImageCNNClassifier, ImageCNNRegressor]


def _small(cls, **kwargs):
    settings = {"n_filters": 8, "max_epochs": 10, "random_state": 0}
    if cls in MOTIF:
        # Plain networks: linear branches have a test of their own.
        settings |= {"kernel_size": 5, "kmers": None, "motif_bank": None}
    return cls(**settings | {"missing_labels": "mask"} | kwargs)


def _data(cls, n=60):
    """Two tasks, of which the first is easy, and what an estimator takes as X."""
    rng = np.random.default_rng(0)
    strings = ["".join(rng.choice(list("ACGT"), 20)) for _ in range(n)]
    X = strings if cls in MOTIF else rng.normal(size=(n, 5, 5))
    if cls in MOTIF:
        first = np.array([x.count("G") + x.count("C") for x in strings]) - 9.5
    else:
        first = X[:, :, 2].sum(axis=1)
    Y = np.column_stack([first, rng.normal(size=n)])
    return X, (Y > 0).astype(float) if "Classifier" in cls.__name__ else 10 + Y


def _outputs(estimator, X):
    predict = getattr(estimator, "decision_function", estimator.predict)
    return predict(X)


@pytest.mark.parametrize("cls", BOTH)
def test_missing_labels_are_refused_by_default(cls):
    X, Y = _data(cls)
    Y[3, 1] = np.nan
    with pytest.raises(
        ValueError, match=r"y\[3, 1\] is missing.*missing_labels='mask'"
    ):
        _small(cls, missing_labels="raise").fit(X, Y)
    with pytest.raises(ValueError, match="missing_labels"):
        _small(cls, missing_labels="drop").fit(X, Y)


@pytest.mark.parametrize("cls", BOTH)
def test_a_sample_without_labels_is_left_out(cls):
    X, Y = _data(cls)
    Y[7] = np.nan
    masked = _small(cls).fit(X, Y)
    kept = np.flatnonzero(np.arange(60) != 7)
    without = _small(cls).fit([X[i] for i in kept], Y[kept])
    np.testing.assert_array_equal(_outputs(masked, X), _outputs(without, X))


@pytest.mark.parametrize("cls", BOTH)
def test_masking_changes_nothing_where_all_is_known(cls):
    X, Y = _data(cls)
    masked = _small(cls).fit(X, Y)
    raising = _small(cls, missing_labels="raise").fit(X, Y)
    np.testing.assert_array_equal(_outputs(masked, X), _outputs(raising, X))


@pytest.mark.parametrize("cls", BOTH)
def test_loss_is_that_of_the_known_labels(cls):
    """At the start of training, with outputs of a network in training mode."""
    X = np.random.default_rng(0).normal(size=(40, 5, 5))
    _, Y = _data(cls, n=40)
    Y[:30, 1] = np.nan
    # One step that changes next to nothing.
    estimator = _small(cls, max_epochs=1, lr=1e-12, weight_decay=0)
    if "Classifier" in cls.__name__:
        estimator.set_params(label_smoothing=0)
    estimator.fit(X, Y)
    module = estimator._model("both").train()
    inputs = torch.tensor(estimator._input.read(X).values)
    with torch.no_grad():
        outputs = module(inputs).numpy()
    if "Classifier" in cls.__name__:
        losses = np.logaddexp(0, outputs) - Y * outputs
    else:
        losses = (outputs - (Y - np.nanmean(Y, 0)) / np.nanstd(Y, 0)) ** 2
    expected = losses[~np.isnan(Y)].mean()
    assert estimator.history_[0]["train_loss"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("cls", MOTIF)
def test_a_task_learns_from_its_known_labels(cls):
    """Half of the labels of the easy task are missing; it is still learned."""
    X, Y = _data(cls, n=400)
    rng = np.random.default_rng(1)
    Y_train = Y[:300].copy()
    Y_train[rng.random(300) < 0.5, 0] = np.nan
    estimator = _small(cls, max_epochs=20).fit(X[:300], Y_train)
    if cls is MotifCNNClassifier:
        assert roc_auc_score(Y[300:, 0], estimator.predict_proba(X[300:])[:, 0]) > 0.95
    else:
        assert r2_score(Y[300:, 0], estimator.predict(X[300:])[:, 0]) > 0.7
        np.testing.assert_allclose(estimator.y_mean_, np.nanmean(Y_train, axis=0))
        np.testing.assert_allclose(estimator.y_scale_, np.nanstd(Y_train, axis=0))


def test_standardisation_of_known_targets_with_weights():
    y = np.array([[1.0, np.nan], [3.0, 5.0], [np.nan, 9.0], [100.0, np.nan]])
    reg = _small(MotifCNNRegressor, max_epochs=1)
    reg.fit(["ACGT", "TTTT", "GGCA", "CCCC"], y, sample_weight=[3, 1, 1, 0])
    np.testing.assert_allclose(reg.y_mean_, [1.5, 7])
    np.testing.assert_allclose(reg.y_scale_, [0.75**0.5, 2])


@pytest.mark.parametrize("cls", MOTIF)
def test_linear_branches(cls):
    X, Y = _data(cls, n=80)
    Y[::3, 1] = np.nan
    Y[::4, 0] = np.nan
    estimator = _small(cls, kmers=2, max_epochs=2).fit(X, Y)
    assert np.isfinite(estimator.weights_["stack.weight"]).all()
    known = ~np.isnan(Y[:, 0])
    outputs = _outputs(estimator, X)[:, 0]
    assert np.corrcoef(outputs[known], Y[known, 0])[0, 1] > 0.7


@pytest.mark.parametrize(
    ("cls", "monitor", "metric"),
    [
        (MotifCNNClassifier, "roc_auc", roc_auc_score),
        (MotifCNNRegressor, "r2", r2_score),
    ],
)
def test_monitored_score_is_the_mean_over_tasks(cls, monitor, metric):
    X, Y = _data(cls, n=120)
    Y[:, 1] = np.where(np.arange(120) % 3, Y[:, 1], np.nan)
    validation = {"X_val": X[80:], "y_val": Y[80:]}
    estimator = _small(cls, monitor=monitor, max_epochs=4)
    estimator.fit(X[:80], Y[:80], **validation)
    predict = getattr(estimator, "predict_proba", estimator.predict)
    predictions = predict(X[80:])
    expected = np.mean(
        [
            metric(Y[80:, task][known], predictions[known, task])
            for task, known in enumerate(~np.isnan(Y[80:].T))
        ]
    )
    best = max(record["valid_score"] for record in estimator.history_)
    assert best == pytest.approx(expected, abs=1e-6)


def test_undefined_score_names_the_parameter():
    X, Y = _data(MotifCNNClassifier)
    Y_val = np.full((10, 2), np.nan)
    Y_val[:, 0] = 1
    clf = _small(MotifCNNClassifier, monitor="roc_auc")
    with pytest.raises(ValueError, match="monitor='roc_auc' is undefined"):
        clf.fit(X, Y, X_val=X[:10], y_val=Y_val)


@pytest.mark.parametrize("cls", MOTIF)
def test_a_task_without_labels_is_named(cls):
    X, Y = _data(cls)
    Y[:, 1] = np.nan
    with pytest.raises(ValueError, match="no known label of task 1"):
        _small(cls).fit(X, Y)
    # The only known labels have weight zero.
    Y[0, 1] = 1
    with pytest.raises(ValueError, match="no known label of task 1"):
        _small(cls).fit(X, Y, sample_weight=[0.0] + [1.0] * 59)
    Y = _data(cls)[1]
    with pytest.raises(ValueError, match="y_val holds no known label"):
        _small(cls).fit(X, Y, X_val=X[:2], y_val=np.full((2, 2), np.nan))


@pytest.mark.parametrize("cls", MOTIF)
def test_groups_and_weights_follow_the_samples_kept(cls):
    X, Y = _data(cls)
    Y[[1, 5]] = np.nan
    weight = np.ones(60)
    weight[[0, 5]] = 0
    kept = np.setdiff1d(np.arange(60), [0, 1, 5])
    groups = np.arange(60) // 2
    settings = {"early_stopping": True, "max_epochs": 2, "n_iter_no_change": 5}
    all_rows = _small(cls, **settings).fit(X, Y, sample_weight=weight, groups=groups)
    some = _small(cls, **settings).fit(
        [X[i] for i in kept], Y[kept], groups=groups[kept]
    )
    np.testing.assert_array_equal(_outputs(all_rows, X), _outputs(some, X))


def test_one_column_stays_an_error():
    X, Y = _data(MotifCNNClassifier)
    Y[2] = np.nan
    for cls in MOTIF:
        with pytest.raises(ValueError, match="contains NaN"):
            _small(cls).fit(X, Y[:, 0])


def test_indicators_hold_nothing_but_0_1_and_nan():
    X, Y = _data(MotifCNNClassifier)
    Y[2, 1], Y[4, 0] = np.nan, 2
    with pytest.raises(ValueError, match=r"y\[4, 0\] is 2; .* holds 0, 1 and"):
        _small(MotifCNNClassifier).fit(X, Y)


def test_frames_with_missing_integers():
    X, Y = _data(MotifCNNClassifier)
    Y[2, 1] = np.nan
    frame = pd.DataFrame(Y, columns=["CTCF", "SPI1"]).astype("Int8")
    of_frame = _small(MotifCNNClassifier, max_epochs=2).fit(X, frame)
    of_array = _small(MotifCNNClassifier, max_epochs=2).fit(X, Y)
    np.testing.assert_array_equal(of_frame.predict_proba(X), of_array.predict_proba(X))


def test_partial_fit():
    X, Y = _data(MotifCNNClassifier)
    Y[::2, 1] = np.nan
    clf = _small(MotifCNNClassifier).partial_fit(X, Y)
    # Later calls may know nothing of a task.
    clf.partial_fit(X[:10:2], Y[:10:2])
    assert np.isfinite(clf.predict_proba(X)).all()


def test_strand_test_leaves_out_unknown_targets():
    rng = np.random.default_rng(0)
    one_hot = np.eye(4)[rng.integers(4, size=(400, 30))].transpose(0, 2, 1)
    skew = one_hot[:, 0].sum(axis=1) - one_hot[:, 3].sum(axis=1)
    unstranded = one_hot[:, 1].sum(axis=1) + one_hot[:, 2].sum(axis=1)
    targets = np.column_stack([skew, unstranded])
    targets[rng.random((400, 2)) < 0.3] = np.nan
    assert depends_on_strand(one_hot, targets)
    assert not depends_on_strand(one_hot, targets[:, 1:])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("cls", "dtype", "factor"),
    [(MotifCNNClassifier, np.int8, 8), (MotifCNNRegressor, np.float32, 6)],
)
def test_memory_is_proportional_to_the_targets(cls, dtype, factor):
    """The width of DeepSEA: 919 tasks; the strings themselves take next to nothing."""
    rng = np.random.default_rng(0)
    X = ["".join(x) for x in rng.choice(list("ACGT"), (20_000, 10))]
    Y = rng.integers(2, size=(20_000, 919)).astype(dtype)
    estimator = _small(cls, n_filters=2, max_epochs=1, batch_size=2000)
    tracemalloc.start()
    estimator.fit(X, Y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{cls.__name__}: {peak / Y.nbytes:.1f} times {Y.nbytes / 1e6:.0f} MB")
    assert peak < factor * Y.nbytes


@pytest.mark.slow
@pytest.mark.parametrize("cls", [MotifCNNClassifier, MotifCNNRegressor])
@pytest.mark.parametrize("missing", [None, pd.NA])
def test_none_and_na_are_missing_labels(cls, missing):
    rng = np.random.default_rng(0)
    X = ["".join(row) for row in rng.choice(list("ACGT"), (12, 15))]
    Y = np.array([[0.0, 1.0], [1.0, 0.0]] * 6)
    Y[3, 0] = np.nan
    rows = Y.tolist()
    rows[3][0] = missing
    settings = {"missing_labels": "mask", "max_epochs": 2, "random_state": 0}
    expected = cls(**settings).fit(X, Y).predict(X)
    for labels in (rows, pd.DataFrame(rows, dtype=object)):
        found = cls(**settings).fit(X, labels).predict(X)
        np.testing.assert_array_equal(found, expected)
