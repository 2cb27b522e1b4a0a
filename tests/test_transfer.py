"""Fine-tuning: pretrained=, freeze=."""

import copy

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    MotifCNNRegressor,
    load_model,
    save_model,
)
from sklearn_cnn._fit import shared_branches
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inputs import _training_hashes
from sklearn_cnn.preprocessing import reverse_complement
from sklearn_cnn.transfer import _phases

PLAIN = {"kmers": None, "motif_bank": None, "random_state": 0}


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(400, length=50, motif="TGACGTCA", random_state=0)


@pytest.fixture(scope="module")
def source(data):
    X, y = data
    clf = MotifCNNClassifier(n_filters=8, kernel_size=9, **PLAIN)
    return clf.fit(X[:300], y[:300])


def _trunk(estimator, member=0):
    prefix = f"{member}.trunk."
    return {k: v for k, v in estimator.weights_.items() if k.startswith(prefix)}


def _changed(estimator, source):
    ours, its = _trunk(estimator), _trunk(source)
    assert ours.keys() == its.keys()
    return [k for k in ours if not np.array_equal(ours[k], its[k])]


@pytest.mark.parametrize("n", [40, 100])
def test_a_frozen_trunk_stays_with_its_statistics(data, source, n):
    X, y = data
    clf = MotifCNNClassifier(pretrained=source, freeze="trunk", max_epochs=3, **PLAIN)
    clf.fit(X[300 : 300 + n], y[300 : 300 + n])
    assert _changed(clf, source) == []
    assert clf.n_filters_ == (8,)
    assert clf.kernel_size_ == (9,)


def test_gradual_goes_on_with_all_layers(data, source):
    X, y = data
    clf = MotifCNNClassifier(pretrained=source, max_epochs=5, **PLAIN)
    clf.fit(X[300:], y[300:])
    assert "0.trunk.0.conv.weight" in _changed(clf, source)
    # Half of the epochs each, rounded up, in one history.
    assert [record["epoch"] for record in clf.history_] == [1, 2, 3, 4, 5, 6]


def test_an_int_freezes_the_first_layers(data):
    X, y = data
    deep = MotifCNNClassifier(n_filters=(4, 4), kernel_size=5, max_epochs=2, **PLAIN)
    deep.fit(X[:200], y[:200])
    settings = {"pretrained": deep, "max_epochs": 2, **PLAIN}
    one = MotifCNNClassifier(freeze=1, **settings).fit(X[300:], y[300:])
    assert all("trunk.1." in name for name in _changed(one, deep))
    assert _changed(one, deep)
    none = MotifCNNClassifier(freeze=None, **settings).fit(X[300:], y[300:])
    assert {name.split(".")[2] for name in _changed(none, deep)} == {"0", "1"}
    with pytest.raises(
        ValueError, match=r"freeze=3, but .* has 2 convolutional layers"
    ):
        MotifCNNClassifier(freeze=3, **settings).fit(X[300:], y[300:])


def test_little_data_of_the_same_motif_are_enough(data, source):
    X, y = make_motif_classification(440, length=50, motif="TGACGTCA", random_state=7)
    settings = {"max_epochs": 100, **PLAIN}
    tuned = MotifCNNClassifier(pretrained=source, **settings).fit(X[:40], y[:40])
    scratch = MotifCNNClassifier(n_filters=8, kernel_size=9, **settings)
    scratch.fit(X[:40], y[:40])
    assert tuned.score(X[40:], y[40:]) > 0.95
    assert tuned.score(X[40:], y[40:]) > scratch.score(X[40:], y[40:]) + 0.05


def test_the_head_is_taken_where_the_task_is_the_same(data, source):
    X, y = data
    # But for the statistics of the batch normalisation in the head.
    settings = {"pretrained": source, "lr": 1e-12, "freeze": "trunk", **PLAIN}
    same = MotifCNNClassifier(max_epochs=1, **settings).fit(X[300:], y[300:])
    np.testing.assert_allclose(
        same.decision_function(X[:9]), source.decision_function(X[:9]), atol=0.1
    )
    other = MotifCNNClassifier(max_epochs=1, **settings)
    other.fit(X[300:], np.where(y[300:] == 1, "bound", "free"))
    assert not np.allclose(
        other.decision_function(X[:9]), source.decision_function(X[:9]), atol=1
    )


def test_another_task_length_and_number_of_outputs(data, source):
    X, y = data
    numbers = np.column_stack([y, 1 - y, y]) * 3.0 + 1
    longer = ["ACGT" + x for x in X]
    settings = {"freeze": "trunk", "max_epochs": 2, **PLAIN}
    reg = MotifCNNRegressor(pretrained=source, **settings)
    reg.fit(longer[300:], numbers[300:])
    assert reg.predict(longer[:5]).shape == (5, 3)
    assert _changed(reg, source) == []
    profile = MotifCNNRegressor(pretrained=source, output="profile", **settings)
    profile.fit(X[300:], np.zeros((100, 50)) + y[300:, None])
    assert profile.predict(X[:2]).shape == (2, 50)


def test_with_linear_branches(data, source):
    X, y = data
    settings = {"freeze": "trunk", "max_epochs": 3, "random_state": 0}
    clf = MotifCNNClassifier(pretrained=source, **settings).fit(X[300:], y[300:])
    assert "stack.weight" in clf.weights_
    assert _changed(clf, source) == []


def test_linear_models_of_the_source_count_where_the_task_is_the_same(data):
    X, y = data
    settings = {"n_filters": 4, "max_epochs": 1, "motif_bank": None, "random_state": 0}
    source = MotifCNNClassifier(kmers=3, n_estimators=1, **settings)
    source.fit(X[:300], y[:300])
    few = MotifCNNClassifier(kmers=3, **settings).fit(X[300:], y[300:])
    tuned = clone(few).set_params(pretrained=source).fit(X[300:], y[300:])
    weights = [e.weights_["stack.branches.kmers.linear.weight"] for e in (few, tuned)]
    assert not np.allclose(*weights)
    work = copy.copy(tuned)
    features = work._features.build({})
    assert set(shared_branches(work, source, features)) == {"kmers", "places"}
    # Other features, or other classes: nothing to take over.
    work.kmers_ = 2
    assert set(shared_branches(work, source, work._features.build({}))) == {"places"}
    work.classes_ = np.array(["a", "b"])
    assert shared_branches(work, source, features) == {}


def test_same_seed_same_result(data, source):
    X, y = data
    clf = MotifCNNClassifier(pretrained=source, max_epochs=2, **PLAIN)
    first = clf.fit(X[300:], y[300:]).decision_function(X[:5])
    again = clone(clf).fit(X[300:], y[300:]).decision_function(X[:5])
    np.testing.assert_array_equal(first, again)


def test_clones_and_searches_keep_the_source_fitted(data, source):
    X, y = data
    clf = MotifCNNClassifier(pretrained=source, max_epochs=1, **PLAIN)
    assert clone(clf).pretrained is source
    assert not any("__" in name for name in clf.get_params())
    grid = {"freeze": ["trunk", None], "lr": [1e-3, 1e-2]}
    search = GridSearchCV(clf, grid, cv=2).fit(X[300:], y[300:])
    assert search.best_estimator_.pretrained is source
    grid = {"pretrained": [None, FrozenEstimator(source)]}
    search = GridSearchCV(clf, grid, cv=2).fit(X[300:], y[300:])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.raises(NotFittedError, match="FrozenEstimator"):
        clone(clf).set_params(pretrained=clone(source)).fit(X, y)


def test_from_a_file_and_to_a_file(data, source, tmp_path):
    X, y = data
    save_model(source, tmp_path / "source.safetensors")
    settings = {"max_epochs": 2, **PLAIN}
    of_file = MotifCNNClassifier(pretrained=tmp_path / "source.safetensors", **settings)
    clf = MotifCNNClassifier(pretrained=source, **settings).fit(X[300:], y[300:])
    expected = clf.decision_function(X[:9])
    of_file.fit(X[300:], y[300:])
    np.testing.assert_array_equal(of_file.decision_function(X[:9]), expected)
    save_model(clf, tmp_path / "tuned.safetensors")
    again = load_model(tmp_path / "tuned.safetensors")
    assert again.pretrained is None
    np.testing.assert_array_equal(again.decision_function(X[:9]), expected)


def test_the_source_stays_as_it_was(data, source):
    X, y = data
    before = {k: v.copy() for k, v in source.weights_.items()}
    MotifCNNClassifier(pretrained=source, max_epochs=2, **PLAIN).fit(X[300:], y[300:])
    assert all(np.array_equal(before[k], v) for k, v in source.weights_.items())


def test_partial_fit_and_warm_start_begin_at_the_source(data, source):
    X, y = data
    clf = MotifCNNClassifier(pretrained=source, freeze="trunk", **PLAIN)
    clf.partial_fit(X[300:], y[300:], classes=[0, 1]).partial_fit(X[300:], y[300:])
    assert _changed(clf, source) == []
    warm = MotifCNNClassifier(
        pretrained=source, freeze="trunk", warm_start=True, max_epochs=1, **PLAIN
    )
    warm.fit(X[300:], y[300:]).fit(X[300:], y[300:])
    assert _changed(warm, source) == []
    assert warm.n_iter_ == 2


def test_sources_that_do_not_fit(data, source):
    X, y = data
    clf = MotifCNNClassifier(pretrained=source, **PLAIN)
    with pytest.raises(ValueError, match="kernel_size"):
        clone(clf).set_params(kernel_size=7).fit(X[300:], y[300:])
    with pytest.raises(ValueError, match="n_filters"):
        clone(clf).set_params(n_filters=16).fit(X[300:], y[300:])
    with pytest.raises(ValueError, match="alphabet"):
        clone(clf).set_params(alphabet="protein").fit(X[300:], y[300:])
    signals = np.random.default_rng(0).normal(size=(30, 50))
    with pytest.raises(ValueError, match="alphabet"):
        clone(clf).fit(signals, np.arange(30) % 2)
    with pytest.raises(TypeError, match="fitted MotifCNNClassifier or MotifCNNRegr"):
        clone(clf).set_params(pretrained=FrozenEstimator(GridSearchCV(clf, {}))).fit(
            X, y
        )
    with pytest.raises(FileNotFoundError):
        clone(clf).set_params(pretrained="no_such_file.safetensors").fit(X, y)
    images = ImageCNNClassifier(pretrained=source)
    with pytest.raises(TypeError, match="fitted ImageCNNClassifier or ImageCNNRegr"):
        images.fit(np.zeros((10, 8, 8)), np.arange(10) % 2)


@pytest.mark.filterwarnings("ignore:.*the sequences in X_val were in the training set")
def test_the_best_weights_may_be_those_of_the_first_phase(data, source, monkeypatch):
    # Far too high a learning rate, so that tuning all layers does harm.
    monkeypatch.setattr(_phases, "_GENTLE", 100.0)
    X, y = data
    clf = MotifCNNClassifier(
        pretrained=source, max_epochs=4, label_smoothing=0.0, **PLAIN
    )
    clf.fit(X[300:], y[300:], X_val=X[:50], y_val=y[:50])
    losses = [record["valid_loss"] for record in clf.history_]
    assert np.argmin(losses) < 2 < len(losses)
    best = log_loss(y[:50], clf.predict_proba(X[:50]))
    assert best == pytest.approx(min(losses), rel=1e-4)


def test_images():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 8, 8)), np.arange(40) % 2
    X[y == 1, 2:4, :] += 2
    settings = {"random_state": 0, "max_epochs": 3}
    source = ImageCNNClassifier(n_filters=(4, 4), activation="exponential", **settings)
    source.fit(X, y)
    clf = ImageCNNClassifier(pretrained=source, freeze="trunk", **settings)
    clf.fit(X[:20], y[:20])
    assert (clf.n_filters_, clf.activation_) == ((4, 4), "exponential")
    assert _changed(clf, source) == []
    for name, value in (("n_filters", 32), ("kernel_size", 5), ("activation", "relu")):
        with pytest.raises(ValueError, match=name):
            clone(clf).set_params(**{name: value}).fit(X, y)


@pytest.fixture(scope="module")
def small_source(data):
    X, y = data
    return MotifCNNClassifier(n_filters=2, max_epochs=1, **PLAIN).fit(X[:30], y[:30])


@pytest.mark.parametrize("from_file", [False, True])
def test_a_warning_of_sequences_that_the_source_has_seen(
    data, small_source, tmp_path, from_file
):
    X, y = data
    source = small_source
    if from_file:
        source = tmp_path / "source.safetensors"
        save_model(small_source, source)
    clf = MotifCNNClassifier(pretrained=source, max_epochs=1, **PLAIN)
    # The opposite strand of DNA is the same sequence.
    shared = [*X[:5], *reverse_complement(X[5:10])]
    match = r"^33\.3% of the sequences in X were in the training set of the model"
    with pytest.warns(UserWarning, match=match) as caught:
        clf.fit([*shared, *X[30:50]], y[:30])
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match=match):
        clone(clf).partial_fit([*shared, *X[30:50]], y[:30], classes=[0, 1])
    match = r"50\.0% of the sequences in X_val"
    with pytest.warns(UserWarning, match=match):
        clf.fit(X[30:60], y[30:60], X_val=X[20:40], y_val=y[20:40])


def test_a_fine_tuned_model_knows_the_sequences_of_its_source(data, small_source):
    X, y = data
    clf = MotifCNNClassifier(pretrained=small_source, max_epochs=1, **PLAIN)
    clf.fit(X[30:50], y[30:50])
    assert len(clf.training_hashes_) == 50
    again = MotifCNNClassifier(pretrained=clf, max_epochs=1, **PLAIN)
    with pytest.warns(UserWarning, match=r"10\.0% of the sequences in X "):
        again.fit([X[0], *X[50:59]], y[:10])


def test_what_is_not_known_gives_no_warning(data, small_source):
    X, y = data
    clf = MotifCNNClassifier(pretrained=small_source, max_epochs=1, **PLAIN)
    # Other sequences, if by a letter.
    clf.fit([x[1:] for x in X[:20]], y[:20])
    older = copy.copy(small_source)
    del older.training_hashes_
    clf.set_params(pretrained=older).fit(X[:20], y[:20])
    signals = MotifCNNRegressor(n_filters=2, max_epochs=1, random_state=0)
    signals.fit(np.eye(6), np.arange(6))
    assert not hasattr(signals, "training_hashes_")
    signals.set_params(pretrained=clone(signals).fit(np.eye(6), np.arange(6)))
    signals.fit(np.eye(6), np.arange(6))


def test_strands_of_rna_differ():
    X, y = ["ACGUUU", "GGGUUC"] * 4, [0, 1] * 4
    settings = {"alphabet": "rna", "max_epochs": 1, "n_filters": 2, **PLAIN}
    source = MotifCNNClassifier(**settings).fit(X, y)
    assert len(source.training_hashes_) == 2
    clf = MotifCNNClassifier(pretrained=source, **settings)
    clf.fit(reverse_complement(X), y)
    with pytest.warns(UserWarning, match=r"100\.0%"):
        clf.fit(X, y)


def test_a_sample_of_many_hashes(monkeypatch):
    """Those kept are the smallest, of which both sides have the same."""
    monkeypatch.setattr(_training_hashes, "_MAX_HASHES", 100)
    hashes = np.random.default_rng(0).permutation(10_000).astype(np.uint64)
    none = np.array([], dtype=np.uint64)
    kept = _training_hashes.add_hashes(none, hashes[:4000])
    kept = _training_hashes.add_hashes(kept, hashes[4000:5000])
    np.testing.assert_array_equal(kept, np.sort(hashes[:5000])[:100])
    # Of the others that could have been kept, a third is.
    with pytest.warns(UserWarning, match=r"(2\d|3\d|4\d)\.\d% of the sequences in X "):
        _training_hashes.warn_of_overlap(kept, hashes[2500:10_000], "X")
    _training_hashes.warn_of_overlap(kept, hashes[5000:], "X")
