"""How training is steered: early stopping, continuing, ensembles, callbacks."""

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import (
    average_precision_score,
    log_loss,
    make_scorer,
    max_error,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV
from skorch.callbacks import (
    Callback,
    EarlyStopping,
    EpochTimer,
    Freezer,
    GradientNormClipping,
    LRScheduler,
    PrintLog,
)

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.training._hold_out import hold_out

FIRST_LAYER = "0.trunk.0.conv.weight"


def _small(**kwargs):
    # Plain networks: tests/test_stacking.py has the linear branches.
    plain = {"kmers": None, "motif_bank": None}
    settings = {"n_filters": 8, "kernel_size": 9, "max_epochs": 3, "random_state": 0}
    return MotifCNNClassifier(**plain | settings | kwargs)


@pytest.fixture(scope="module")
def noise():
    """Sequences without any signal: validation can only get worse."""
    rng = np.random.default_rng(0)
    X = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(200)]
    return X, rng.integers(2, size=200)


class TestEarlyStopping:
    def test_best_weights_are_restored(self, noise):
        X, y = noise
        val = {"X_val": X[150:], "y_val": y[150:]}
        clf = _small(max_epochs=60, n_iter_no_change=5, label_smoothing=0.0)
        clf.fit(X[:150], y[:150], **val)
        losses = [record["valid_loss"] for record in clf.history_]
        best = int(np.argmin(losses))
        assert clf.n_iter_ == len(losses) == best + 1 + 5 < 60
        assert [r["best"] for r in clf.history_][best:] == [True] + [False] * 5
        value = log_loss(y[150:], clf.predict_proba(X[150:]))
        assert value == pytest.approx(losses[best], rel=1e-5)

    def test_monitored_score(self, noise):
        X, y = noise
        val = {"X_val": X[150:], "y_val": y[150:]}
        named = _small(monitor="roc_auc", max_epochs=5).fit(X[:150], y[:150], **val)
        scores = [record["valid_score"] for record in named.history_]
        value = roc_auc_score(y[150:], named.decision_function(X[150:]))
        assert value == pytest.approx(max(scores), abs=1e-12)
        scorer = make_scorer(roc_auc_score, response_method="predict_proba")
        own = _small(monitor=scorer, max_epochs=5).fit(X[:150], y[:150], **val)
        assert [r["valid_score"] for r in own.history_] == scores

    def test_monitored_score_of_a_regressor(self, noise):
        X, y = noise
        reg = MotifCNNRegressor(
            n_filters=8, max_epochs=3, kmers=None, motif_bank=None, monitor="r2",
            early_stopping=True, random_state=0,
        ).fit(X, 100.0 * y)  # fmt: skip
        assert all(-1 < record["valid_score"] < 1 for record in reg.history_)

    def test_weights_of_validation_samples_reach_the_score(self, noise):
        X, y = noise
        weight = np.where(np.arange(50) < 20, 3.0, 0.5)
        val = {"X_val": X[150:], "y_val": y[150:]}
        clf = _small(max_epochs=1, monitor="roc_auc")
        clf.fit(X[:150], y[:150], **val, sample_weight_val=weight)
        logits = clf.decision_function(X[150:])
        value = roc_auc_score(y[150:], logits, sample_weight=weight)
        assert clf.history_[0]["valid_score"] == pytest.approx(value, abs=1e-12)
        assert value != pytest.approx(roc_auc_score(y[150:], logits), abs=1e-3)

    def test_weights_of_held_out_samples_reach_the_score(self, noise):
        X, y = noise
        weight = np.r_[0.0, 1 + np.arange(199)]
        weight_of = dict(zip(X, weight, strict=True))
        seen = []

        def monitor(estimator, X, y, sample_weight):
            assert sample_weight.tolist() == [weight_of[x] for x in X]
            seen.append(len(X))
            return 0.0

        # Weights of classes are for the loss alone.
        clf = _small(monitor=monitor, early_stopping=True, class_weight={0: 1, 1: 5})
        clf.set_params(max_epochs=1).fit(X, y, weight)
        assert seen == [20]

    @pytest.mark.parametrize(
        "monitor",
        [
            make_scorer(max_error, greater_is_better=False),
            lambda reg, X, y: -abs(reg.predict(X) - y).max(),
        ],
    )
    def test_a_score_without_weights(self, noise, monitor):
        X, y = noise
        reg = MotifCNNRegressor(n_filters=2, max_epochs=1, random_state=0)
        reg.set_params(monitor=monitor, early_stopping=True, kmers=None)
        reg.set_params(motif_bank=None).fit(X, y, np.arange(1, 201))
        assert -9 < reg.history_[0]["valid_score"] < 0

    def test_weights_and_missing_labels(self, noise):
        X, y = noise
        Y = np.column_stack([y, 1 - y]).astype(float)
        Y[::3, 0] = np.nan
        weight = 1 + np.arange(200) % 4
        clf = _small(max_epochs=1, missing_labels="mask", monitor="average_precision")
        clf.fit(X, Y, X_val=X, y_val=Y, sample_weight_val=weight)
        logits, known = clf.decision_function(X), ~np.isnan(Y)
        values = [
            average_precision_score(
                Y[rows, task], logits[rows, task], sample_weight=weight[rows]
            )
            for task, rows in enumerate(known.T)
        ]
        value = clf.history_[0]["valid_score"]
        assert value == pytest.approx(np.mean(values), abs=1e-12)

    @pytest.mark.parametrize("masked", [False, True])
    def test_a_monitor_of_other_data(self, noise, masked):
        X, y = noise
        Y = np.column_stack([y, 1 - y]).astype(float)
        if masked:
            Y[:3, 0] = np.nan
        seen = []

        def monitor(estimator, _X, _y):
            # Not the data held out, but some of its own.
            seen.append(estimator.decision_function(X[:7]))
            return 0.0

        clf = _small(max_epochs=1, early_stopping=True, monitor=monitor)
        clf.set_params(missing_labels="mask").fit(X, Y, X_val=X, y_val=Y)
        logits = clf.decision_function(X[:7])
        expected = logits.T if masked else [logits]
        for values, right in zip(seen, expected, strict=True):
            np.testing.assert_allclose(values, right, atol=1e-6)

    @pytest.mark.filterwarnings("ignore:Only one class is present")
    def test_a_score_that_is_undefined_is_said(self, noise):
        X, y = noise
        clf = _small(monitor="roc_auc", n_iter_no_change=2)
        with pytest.warns(UserWarning, match="NaN for the held-out .* after 2 of them"):
            clf.fit(X, y, X_val=X[:5], y_val=np.ones(5, int))
        assert len(clf.history_) == 2

    def test_auto_holds_out_where_there_is_enough(self, noise, monkeypatch):
        X, y = noise
        monkeypatch.setattr("sklearn_cnn._defaults.ENOUGH_TO_HOLD_OUT", 201)
        assert "valid_loss" not in _small().fit(X, y).history_[0]
        monkeypatch.setattr("sklearn_cnn._defaults.ENOUGH_TO_HOLD_OUT", 200)
        assert "valid_loss" in _small().fit(X, y).history_[0]
        off = _small(early_stopping=False).fit(X, y)
        assert "valid_loss" not in off.history_[0]
        # Networks beside linear models leave out folds.
        beside = _small(kmers=2, linear_models="auto").fit(X, y)
        assert "valid_loss" not in beside.history_[0]
        assert {record["member"] for record in beside.history_} == {0, 1, 2}

    def test_weights_of_validation_samples(self, noise):
        X, y = noise
        weight = np.arange(50) % 3
        clf = _small(max_epochs=1, label_smoothing=0.0).fit(
            X[:150], y[:150], X_val=X[150:], y_val=y[150:], sample_weight_val=weight
        )
        value = log_loss(y[150:], clf.predict_proba(X[150:]), sample_weight=weight)
        assert clf.history_[0]["valid_loss"] == pytest.approx(value, rel=1e-5)

    def test_hold_out_is_stratified(self, noise):
        _, y = noise
        train, held_out = hold_out(
            200, fraction=0.25, labels=y, groups=None, random_state=0
        )
        assert len(held_out) == 50
        assert sorted([*train, *held_out]) == [*range(200)]
        assert abs(y[held_out].mean() - y.mean()) <= 0.02

    @pytest.mark.parametrize("labels", [None, np.arange(100) % 2])
    def test_groups_stay_on_one_side(self, labels):
        groups = np.repeat(np.arange(20), 5)
        train, held_out = hold_out(
            100, fraction=0.2, labels=labels, groups=groups, random_state=0
        )
        assert len(held_out) == 20
        assert not set(groups[train]) & set(groups[held_out])

    def test_a_class_of_one_member_can_be_held_out(self):
        labels = np.r_[np.zeros(9, int), 1]
        train, held_out = hold_out(
            10, fraction=0.2, labels=labels, groups=None, random_state=0
        )
        assert len(train) == 8
        assert len(held_out) == 2

    def test_one_group_cannot_be_held_out(self, noise):
        X, y = noise
        with pytest.raises(ValueError, match="groups holds one group only"):
            _small(early_stopping=True).fit(X, y, groups=np.zeros(200))

    def test_groups_reach_the_hold_out(self, noise, monkeypatch):
        X, y = noise
        seen = {}

        def spy(n_samples, **kwargs):
            seen.update(kwargs)
            return hold_out(n_samples, **kwargs)

        monkeypatch.setattr("sklearn_cnn._base.hold_out", spy)
        groups, weight = np.arange(200) // 4, np.ones(200)
        weight[:8] = 0
        clf = _small(early_stopping=True, validation_fraction=0.2)
        clf.fit(X, y, weight, groups=groups)
        np.testing.assert_array_equal(seen["groups"], groups[8:])
        assert seen["fraction"] == 0.2


class TestContinuing:
    def test_warm_start_goes_on(self, noise):
        X, y = noise
        clf = _small(warm_start=True).fit(X, y)
        first, weights = clf.history_, clf.weights_[FIRST_LAYER]
        clf.fit(X, y)
        assert clf.history_[:3] == first
        assert [record["epoch"] for record in clf.history_] == [1, 2, 3, 4, 5, 6]
        assert clf.n_iter_ == 6
        cold = _small().fit(X, y)
        np.testing.assert_array_equal(cold.weights_[FIRST_LAYER], weights)
        assert not np.array_equal(clf.weights_[FIRST_LAYER], weights)

    def test_warm_start_with_a_zero_rate_changes_nothing(self, noise):
        X, y = noise
        clf = _small(warm_start=True, max_epochs=1).fit(X, y)
        weights = clf.weights_[FIRST_LAYER]
        clf.set_params(lr=1e-30, weight_decay=0).fit(X, y)
        np.testing.assert_array_equal(clf.weights_[FIRST_LAYER], weights)

    def test_warm_start_keeps_the_architecture(self, noise):
        X, y = noise
        clf = _small(warm_start=True).fit(X, y).set_params(n_filters=9)
        with pytest.raises(ValueError, match=r"keeps its architecture, but n_filters"):
            clf.fit(X, y)
        with pytest.raises(ValueError, match=r"class 2, which is not among .*0, 1"):
            clf.set_params(n_filters=8).fit(X, y + 1)

    def test_partial_fit_learns(self, planted):
        X, y = planted
        clf = _small(n_filters=16)
        for _ in range(40):
            clf.partial_fit(X[:240], y[:240], classes=["bound", "none", "open"])
        assert clf.n_iter_ == 40
        assert clf.score(X[240:], y[240:]) >= 0.9

    def test_partial_fit_in_parts_keeps_the_moments(self, noise):
        X, y = noise
        clf = _small().partial_fit(X[:60], y[:60], classes=[0, 1])
        for _ in range(2):
            clf.partial_fit(X[:60], y[:60])
        # Full batches, free of chance: three calls are three steps of AdamW.
        assert clf.optimizer_state_["0.step.trunk.0.conv.weight"] == 3
        clf.set_params(warm_start=True, max_epochs=1).fit(X, y)
        assert "optimizer_state_" not in vars(clf)

    def test_partial_fit_of_a_regressor_keeps_the_scale(self, noise):
        X, y = noise
        reg = MotifCNNRegressor(n_filters=8, random_state=0).partial_fit(X, 10.0 * y)
        mean = reg.y_mean_
        reg.partial_fit(X[:50], 20.0 * y[:50], sample_weight=np.ones(50))
        assert reg.y_mean_ == mean
        with pytest.raises(ValueError, match=r"y has shape \(200, 2\), but .* \(n,\)"):
            reg.partial_fit(X, np.zeros((200, 2)))

    def test_partial_fit_of_labels(self, noise):
        X, y = noise
        Y = np.column_stack([y, 1 - y, y])
        clf = _small().partial_fit(X, Y).partial_fit(X[:20], Y[:20])
        assert clf.predict(X).shape == (200, 3)
        with pytest.raises(ValueError, match=r"y has 2 labels, but .* fitted on 3"):
            clf.partial_fit(X, Y[:, :2])
        with pytest.raises(ValueError, match="changed between class labels"):
            clf.partial_fit(X, y)

    def test_partial_fit_needs_classes_first(self, noise):
        X, y = noise
        with pytest.raises(ValueError, match="classes must be passed on the first"):
            _small().partial_fit(X, y)
        clf = _small().partial_fit(X[:9], y[:9], classes=[0, 1, 2])
        assert clf.predict_proba(X).shape == (200, 3)
        with pytest.raises(ValueError, match=r"differs from those of the first call"):
            clf.partial_fit(X, y, classes=[0, 1])

    @pytest.mark.parametrize("yes", [True, np.True_])
    def test_partial_fit_has_nothing_to_stop(self, noise, yes):
        X, y = noise
        with pytest.raises(ValueError, match="does not support early_stopping=True"):
            _small(early_stopping=yes).partial_fit(X, y, classes=[0, 1])

    @pytest.mark.parametrize("no", [False, np.False_])
    def test_data_to_stop_by_without_early_stopping(self, noise, no):
        X, y = noise
        with pytest.raises(ValueError, match="but early_stopping=False"):
            _small(early_stopping=no).fit(X, y, X_val=X, y_val=y)


class TestEnsembles:
    def test_outputs_are_averaged(self, noise):
        X, y = noise
        both = _small(n_estimators=2).fit(X, y)
        assert {record["member"] for record in both.history_} == {0, 1}
        assert len(both.history_) == 6
        assert both.n_iter_ == 3
        members = []
        for member in "01":
            alone = _small().fit(X, y)
            alone.weights_ = {
                key.replace(f"{member}.", "0.", 1): array
                for key, array in both.weights_.items()
                if key.startswith(f"{member}.")
            }
            members.append(alone.decision_function(X))
        assert not np.allclose(*members)
        np.testing.assert_allclose(
            both.decision_function(X), np.mean(members, axis=0), atol=1e-6
        )

    def test_the_first_member_is_the_single_network(self, noise):
        X, y = noise
        single, both = (_small(n_estimators=n).fit(X, y) for n in (1, 2))
        np.testing.assert_array_equal(
            both.weights_[FIRST_LAYER], single.weights_[FIRST_LAYER]
        )


class _Recorder(Callback):
    def __init__(self, epochs):
        self.epochs = epochs

    def on_epoch_end(self, net, **kwargs):
        self.epochs.append(net.history[-1, "train_loss"])


class TestSkorchCallbacks:
    def test_own_callbacks_see_every_epoch(self, noise):
        X, y = noise
        epochs = []
        clf = _small(callbacks=[_Recorder(epochs)]).fit(X, y)
        assert epochs == [record["train_loss"] for record in clf.history_]

    def test_early_stopping_on_the_training_loss(self, noise):
        X, y = noise
        stop = EarlyStopping(
            monitor="train_loss", patience=2, threshold=10, threshold_mode="abs"
        )
        stop.sink = lambda message: None
        clf = _small(max_epochs=9, callbacks=[stop]).fit(X, y)
        # No epoch improves by 10, so two misses after the first end it.
        assert clf.n_iter_ == 3
        assert stop.misses_ == 0

    def test_schedule_replaces_one_cycle(self, noise):
        X, y = noise
        rates = []

        class Rates(Callback):
            def on_epoch_end(self, net, **kwargs):
                rates.append(net.optimizer_.param_groups[0]["lr"])

        halving = LRScheduler(torch.optim.lr_scheduler.StepLR, step_size=1, gamma=0.5)
        _small(callbacks=[halving, Rates()], lr=0.004).fit(X, y)
        assert rates == [0.002, 0.001, 0.0005]

    def test_freezer_keeps_the_filters(self, noise):
        X, y = noise
        seen = []

        class Filters(Callback):
            def on_epoch_end(self, net, **kwargs):
                seen.append(net.module_.trunk[0].conv.weight.detach().clone())

        clf = _small(callbacks=[Freezer("trunk.0.conv.*"), Filters()]).fit(X, y)
        assert torch.equal(seen[0], seen[2])
        np.testing.assert_array_equal(clf.weights_[FIRST_LAYER], seen[0])

    def test_timer_log_and_clipping(self, noise, capfd):
        X, y = noise
        callbacks = [EpochTimer(), ("log", PrintLog()), GradientNormClipping(1e-12)]
        clf = _small(callbacks=callbacks, weight_decay=0.0).fit(X, y)
        assert all(record["dur"] > 0 for record in clf.history_)
        # PrintLog follows verbose, which is 0.
        assert capfd.readouterr().out == ""

    @pytest.mark.parametrize("callback", [print, EpochTimer, ("name", 3)])
    def test_what_is_no_callback(self, noise, callback):
        X, y = noise
        with pytest.raises(TypeError, match=r"instances of skorch.* got .* in it"):
            _small(callbacks=[callback]).fit(X, y)

    def test_interrupts_of_other_callbacks_are_the_users(self, noise):
        X, y = noise

        class Interrupt(Callback):
            def on_epoch_end(self, net, **kwargs):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            _small(callbacks=[Interrupt()]).fit(X, y)

    def test_grid_search_clones_callbacks(self, noise):
        X, y = noise
        clf = _small(callbacks=[EpochTimer()], max_epochs=1)
        search = GridSearchCV(clf, {"lr": [1e-3, 1e-2]}, cv=2).fit(X, y)
        assert "dur" in search.best_estimator_.history_[0]


@pytest.mark.skipif(
    not hasattr(sklearn, "callback")
    and tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 9),
    reason="scikit-learn's callbacks came with version 1.9",
)
class TestSklearnCallbacks:
    class Monitor:
        """Follows a fit; stops after `stop_after` epochs."""

        def __init__(self, stop_after=None):
            self.stop_after = stop_after
            self.scores, self.events = [], []

        def setup(self, estimator, context):
            self.events.append("setup")

        def on_fit_task_begin(self, estimator, context):
            self.events.append(f"begin {context.task_name}")

        def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
            self.events.append(f"end {context.task_name}")
            if context.task_name == "epoch":
                self.scores.append(fitted_estimator.score(X, y))
            return len(self.scores) == self.stop_after

        def teardown(self, estimator, context):
            self.events.append("teardown")

    def test_epochs_are_followed(self, noise):
        X, y = noise
        monitor = self.Monitor()
        clf = _small().set_callbacks(monitor).fit(X, y)
        epoch = ["begin epoch", "end epoch"]
        assert monitor.events == [
            *["setup", "begin fit"],
            *epoch * 3,
            *["end fit", "teardown"],
        ]
        assert monitor.scores[-1] == clf.score(X, y)

    def test_a_callback_can_stop(self, noise):
        X, y = noise
        monitor = self.Monitor(stop_after=2)
        clf = _small(max_epochs=9).set_callbacks(monitor).fit(X, y)
        assert clf.n_iter_ == 2

    def test_callbacks_know_their_estimator_again(self, noise):
        X, y = noise
        seen, weights = [], np.arange(200.0)

        class Spy(self.Monitor):
            def on_fit_task_begin(self, estimator, context, *, metadata):
                seen.append((estimator, metadata))

            def on_fit_task_end(self, estimator, context, *, X, y, metadata):
                assert len(X) == len(y) == len(metadata["sample_weight"])
                seen.append((estimator, metadata))

        clf = _small(max_epochs=1).set_callbacks(Spy())
        clf.fit(X, y, weights, groups=np.arange(200), X_val=X, y_val=y)
        assert len(seen) == 4
        assert all(estimator is clf for estimator, _ in seen)
        assert {tuple(metadata) for _, metadata in seen} == {("sample_weight",)}
        # A sample of weight 0 is left out in training.
        assert seen[2][1]["sample_weight"].tolist() == weights[1:].tolist()

    def test_a_score_an_epoch(self, noise):
        from sklearn.callback import ScoringMonitor

        X, y = noise
        weights = 1.0 + np.arange(200) % 5
        monitor = ScoringMonitor(scoring="roc_auc")
        clf = _small(max_epochs=2).set_callbacks(monitor)
        clf.fit(X, y, weights, groups=np.arange(200))
        logs = monitor.get_logs().data_as_pandas
        value = roc_auc_score(y, clf.decision_function(X), sample_weight=weights)
        assert logs["task_name"].tolist() == ["fit", "epoch", "epoch"]
        assert logs["roc_auc"][[0, 2]].tolist() == pytest.approx([value, value])
        search = GridSearchCV(clf.set_callbacks(), {"lr": [1e-3, 1e-2]}, cv=2)
        search.estimator.set_callbacks(ScoringMonitor(scoring="accuracy"))
        search.fit(X, y)

    def test_what_an_earlier_fit_has_set_does_not_stay(self, noise):
        X, y = noise
        monitor = self.Monitor()
        clf = _small().fit(pd.DataFrame({"sequence": X}), y).set_callbacks(monitor)
        # Names of columns would call for a frame.
        clf.fit(np.arange(2400.0).reshape(200, 12) % 7, y)
        assert len(monitor.scores) == 3

    def test_teardown_after_an_error(self, noise):
        X, y = noise
        monitor = self.Monitor()
        with pytest.raises(ValueError, match="inconsistent numbers"):
            _small().set_callbacks(monitor).fit(X, y[:-1])
        assert monitor.events[-1] == "teardown"


class Poison(Callback):
    """Spoils the weights at the beginning of an epoch."""

    active = True

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, net, **kwargs):
        if self.active and len(net.history) == self.epoch:
            with torch.no_grad():
                net.module_.trunk[0].conv.weight.fill_(torch.nan)


def _state(net):
    return {name: t.clone() for name, t in net.module_.state_dict().items()}


class TestDivergence:
    def test_first_epoch(self, noise):
        X, y = noise
        clf = _small().fit(X, y)
        weights = clf.weights_
        clf.set_params(lr=1e38)
        with pytest.raises(FloatingPointError, match="first epoch; lower lr"):
            clf.fit(X, y)
        assert clf.weights_ is weights

    def test_later_epochs_keep_the_last_good_weights(self, noise):
        X, y = noise
        good = {}

        class Keep(Callback):
            def on_epoch_end(self, net, **kwargs):
                if len(net.history) == 2:
                    good.update(_state(net))

        clf = _small(max_epochs=9, callbacks=[Keep(), Poison(epoch=3)])
        with pytest.warns(ConvergenceWarning, match=r"in epoch 3; .* of epoch 2"):
            clf.fit(X, y)
        assert clf.n_iter_ == 2
        np.testing.assert_array_equal(
            clf.weights_[FIRST_LAYER], good["trunk.0.conv.weight"]
        )
        assert np.isfinite(clf.decision_function(X)).all()

    def test_the_second_phase_keeps_the_first(self, noise):
        X, y = noise
        good = {}

        class PoisonSecondPhase(Poison):
            def on_train_begin(self, net, **kwargs):
                self.active = net.module_.trunk[0].conv.weight.requires_grad

            def on_train_end(self, net, **kwargs):
                if not self.active:
                    good.update(_state(net))

        source = _small(n_filters=2, max_epochs=1).fit(X, y)
        clf = _small(n_filters="auto", kernel_size="auto", max_epochs=4)
        clf.set_params(pretrained=source, callbacks=[PoisonSecondPhase(epoch=1)])
        match = r"in epoch 3; the model keeps the weights of epoch 2"
        with (
            pytest.warns(UserWarning, match="in the training set"),
            pytest.warns(ConvergenceWarning, match=match),
        ):
            clf.fit(X, y)
        assert [record["phase"] for record in clf.history_] == [1, 1]
        for name, array in good.items():
            np.testing.assert_array_equal(clf.weights_[f"0.{name}"], array)

    def test_with_early_stopping_the_best_weights_stay(self, noise):
        X, y = noise
        clf = _small(max_epochs=9, early_stopping=True, n_iter_no_change=9)
        clf.set_params(callbacks=[Poison(epoch=4)])
        with pytest.warns(ConvergenceWarning, match="in epoch 4"):
            clf.fit(X, y, X_val=X, y_val=y)
        losses = [record["valid_loss"] for record in clf.history_]
        assert len(losses) == 3
        clf.set_params(callbacks=None, label_smoothing=0.0)
        loss = log_loss(y, clf.predict_proba(X))
        # Labels are smoothed in what is monitored.
        assert loss == pytest.approx(min(losses), abs=0.02)

    @pytest.mark.parametrize("partial", [False, True])
    def test_what_goes_on_keeps_the_weights_that_it_had(self, noise, partial):
        X, y = noise
        clf = _small(warm_start=True, max_epochs=1, n_estimators=2)
        train = clf.partial_fit if partial else clf.fit
        train(X, y, **({"classes": [0, 1]} if partial else {}))
        before = pickle.dumps(
            [clf.weights_, clf.history_, getattr(clf, "optimizer_state_", None)]
        )
        clf.set_params(callbacks=[Poison(epoch=1)])
        match = "in epoch 1; the model keeps the weights that it had before"
        with pytest.warns(ConvergenceWarning, match=match) as caught:
            train(X, y)
        assert {warning.filename for warning in caught} == {__file__}
        after = pickle.loads(before)
        np.testing.assert_equal(
            [clf.weights_, clf.history_, getattr(clf, "optimizer_state_", None)], after
        )
        # It can be trained on.
        clf.set_params(callbacks=None)
        train(X, y)
        assert clf.n_iter_ == 2

    def test_a_network_that_joins_has_no_good_weights_yet(self, noise):
        X, y = noise

        class PoisonNew(Poison):
            def on_train_begin(self, net, **kwargs):
                trained = net.module_.trunk[0].norm.num_batches_tracked > 0
                self.active = not trained

        clf = _small(warm_start=True, max_epochs=1).fit(X, y)
        clf.set_params(n_estimators=2, callbacks=[PoisonNew(epoch=1)])
        with pytest.raises(FloatingPointError, match="first epoch"):
            clf.fit(X, y)
        assert clf.n_iter_ == 1

    def test_the_first_call_of_partial_fit(self, noise):
        X, y = noise
        clf = _small(callbacks=[Poison(epoch=1)])
        with pytest.raises(FloatingPointError, match="first epoch; lower lr"):
            clf.partial_fit(X, y, classes=[0, 1])
        assert not hasattr(clf, "weights_")


def test_history_makes_a_frame(noise):
    X, y = noise
    clf = _small(early_stopping=True, n_estimators=2).fit(X, y)
    frame = pd.DataFrame(clf.history_)
    assert frame.columns.tolist() == [
        *["member", "epoch", "train_loss", "valid_loss", "best"]
    ]
    assert len(frame) == 6
