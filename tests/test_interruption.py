"""Ctrl-C in a fit: what is finished stays, and a warning says what is missing."""

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import Callback

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.stacking import _fit_stack
from sklearn_cnn.training import _train

QUICK = {"n_filters": 4, "kernel_size": 9, "motif_bank": None, "random_state": 0}
ALONE = QUICK | {"kmers": None, "linear_models": None, "batch_size": 32}


@pytest.fixture(scope="module")
def data():
    return make_motif_classification(120, length=30, motif="TGACGTCA", random_state=0)


@pytest.fixture
def interrupt_after(monkeypatch, one_thread):
    """Interrupt fits by a KeyboardInterrupt at a certain step of the optimiser."""

    def interrupt_after(n_steps):
        step, done = torch.optim.AdamW.step, []

        def interrupted(self, *args, **kwargs):
            done.append(1)
            if len(done) == n_steps + 1:
                raise KeyboardInterrupt
            return step(self, *args, **kwargs)

        monkeypatch.setattr(torch.optim.AdamW, "step", interrupted)

    return interrupt_after


def test_the_last_whole_epoch_stays(data, interrupt_after):
    # 4 steps an epoch: the interrupt comes in the third.
    settings = ALONE | {"n_estimators": 1, "early_stopping": False, "max_epochs": 5}
    interrupt_after(10)
    clf = MotifCNNClassifier(**settings)
    match = r"interrupted in network 1 of 1, after 2 epochs.* it has 1 network\. Fit"
    with pytest.warns(UserWarning, match=match) as caught:
        assert clf.fit(*data) is clf
    assert caught[0].filename == __file__
    assert clf.n_iter_ == len(clf.history_) == 2
    assert np.isfinite(clf.decision_function(data[0])).all()


class _Weights(Callback):
    def on_epoch_end(self, net, **kwargs):
        weight = net.module_.trunk[0].conv.weight
        SEEN.append(weight.detach().clone().numpy())


SEEN = []


def test_weights_are_those_of_the_last_whole_epoch(data, interrupt_after):
    SEEN.clear()
    interrupt_after(10)
    clf = MotifCNNClassifier(
        **ALONE, n_estimators=1, max_epochs=5, callbacks=[_Weights()]
    )
    with pytest.warns(UserWarning, match="interrupted"):
        clf.fit(*data)
    np.testing.assert_array_equal(clf.weights_["0.trunk.0.conv.weight"], SEEN[-1])


def test_the_best_weights_of_early_stopping_stay(data, interrupt_after):
    settings = ALONE | {"early_stopping": True, "max_epochs": 8, "lr": 0.1}
    interrupt_after(21)
    clf = MotifCNNClassifier(**settings)
    with pytest.warns(UserWarning, match="interrupted"):
        clf.fit(data[0], data[1], X_val=data[0], y_val=data[1])
    losses = [record["valid_loss"] for record in clf.history_]
    assert len(losses) == 5
    margins = clf.decision_function(data[0]) * (1 - 2 * data[1])
    smooth = np.logaddexp(0, margins) * 0.975 + np.logaddexp(0, -margins) * 0.025
    np.testing.assert_allclose(smooth.mean(), min(losses), rtol=1e-4)


def test_finished_networks_stay(data, interrupt_after):
    whole = MotifCNNClassifier(**ALONE, n_estimators=3, max_epochs=2).fit(*data)
    interrupt_after(2 * 8 + 2)
    clf = MotifCNNClassifier(**ALONE, n_estimators=3, max_epochs=2)
    match = r"in network 3 of 3, after 0 epochs.* it has 2 networks\."
    with pytest.warns(UserWarning, match=match):
        clf.fit(*data)
    assert clf.weights_.keys() == {k for k in whole.weights_ if k[0] != "2"}
    for key, array in clf.weights_.items():
        np.testing.assert_array_equal(array, whole.weights_[key])


@pytest.mark.parametrize("n_steps", [0, 3])
def test_before_the_first_epoch_ends_the_old_state_stays(
    data, interrupt_after, n_steps
):
    clf = MotifCNNClassifier(**ALONE, n_estimators=1, max_epochs=1).fit(*data)
    weights = clf.weights_
    interrupt_after(n_steps)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*data)
    assert clf.weights_ is weights


def test_a_warm_start_keeps_what_it_had(data, interrupt_after):
    clf = MotifCNNClassifier(**ALONE, n_estimators=2, max_epochs=1, warm_start=True)
    first = clf.fit(*data).weights_
    interrupt_after(5)
    with pytest.warns(UserWarning, match="network 2 of 2, after 0 epochs"):
        clf.fit(*data)
    assert clf.weights_.keys() == first.keys()
    key = "trunk.0.conv.weight"
    assert not np.array_equal(clf.weights_[f"0.{key}"], first[f"0.{key}"])
    np.testing.assert_array_equal(clf.weights_[f"1.{key}"], first[f"1.{key}"])


@pytest.mark.parametrize("where", ["networks", "linear models"])
def test_without_linear_models(data, monkeypatch, interrupt_after, where):
    settings = QUICK | {"kmers": 2, "max_epochs": 2, "batch_size": 32}
    if where == "networks":
        interrupt_after(5)
    else:

        def interrupted(*args, **kwargs):
            raise KeyboardInterrupt

        monkeypatch.setattr(_fit_stack, "fit_branch", interrupted)
    clf = MotifCNNClassifier(**settings)
    with pytest.warns(UserWarning, match="without linear models beside them"):
        clf.fit(*data)
    assert clf.kmers_ is None
    assert not [key for key in clf.weights_ if key.startswith("stack")]
    n_networks = {"networks": 1, "linear models": 3}[where]
    assert {key[0] for key in clf.weights_} == set("012"[:n_networks])
    assert clf.predict(data[0]).shape == (120,)


def test_a_second_interrupt_passes_through(data, monkeypatch, interrupt_after):
    clf = MotifCNNClassifier(**ALONE, n_estimators=1, max_epochs=3).fit(*data)
    weights = clf.weights_
    interrupt_after(6)

    def interrupted(self, net, **kwargs):
        if net.interrupted_:
            raise KeyboardInterrupt

    monkeypatch.setattr(_train.DivergenceGuard, "on_train_end", interrupted)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(*data)
    assert clf.weights_ is weights


def test_a_call_of_partial_fit_is_one_epoch(data, interrupt_after):
    clf = MotifCNNClassifier(**ALONE).partial_fit(*data, classes=[0, 1])
    weights = clf.weights_
    interrupt_after(2)
    with pytest.raises(KeyboardInterrupt):
        clf.partial_fit(*data)
    assert clf.weights_ is weights


def test_the_fold_of_a_search_counts(data, interrupt_after):
    clf = MotifCNNClassifier(**ALONE, n_estimators=1, max_epochs=3)
    interrupt_after(4)
    with pytest.warns(UserWarning, match="interrupted"):
        search = GridSearchCV(clf, {"lr": [1e-3]}, cv=2).fit(*data)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_networks_that_partial_fit_did_not_reach_keep_their_moments(
    data, interrupt_after
):
    clf = MotifCNNClassifier(**ALONE, n_estimators=2)
    clf.partial_fit(*data, classes=[0, 1])
    before = clf.optimizer_state_
    interrupt_after(5)  # Four steps a network.
    with pytest.warns(UserWarning, match="network 2 of 2"):
        clf.partial_fit(*data)
    assert clf.optimizer_state_.keys() == before.keys()
    step = "step.trunk.0.conv.weight"
    steps = [clf.optimizer_state_[f"{member}.{step}"] for member in (0, 1)]
    assert steps == [8, 4]
