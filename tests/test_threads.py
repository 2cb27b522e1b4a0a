"""Networks and linear models side by side, in threads of their own."""

import _thread
import signal
import subprocess
import sys
import threading
import time
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from skorch.callbacks import Callback

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor, _defaults
from sklearn_cnn._package import warn
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.preprocessing import _memory
from sklearn_cnn.storage import _checkpoint
from sklearn_cnn.training._stopping import StopTraining
from sklearn_cnn.training._threads import Threads, end_if_stopped

SEQUENCES, LABELS = make_motif_classification(120, length=30, random_state=0)
LEAN = {"n_filters": 4, "kernel_size": 5, "batch_size": 32, "motif_bank": None}
STACK = MotifCNNClassifier(**LEAN, kmers=2, max_epochs=3, random_state=0)
ALONE = MotifCNNClassifier(
    **LEAN, linear_models=None, n_estimators=2, max_epochs=3, random_state=0
)


@pytest.fixture(autouse=True)
def _two_threads():
    n_threads = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(n_threads)


@pytest.fixture
def at_step(monkeypatch):
    """Call a function before a certain step of the optimiser, whoever makes it."""

    def at_step(number, function):
        step, done, lock = torch.optim.AdamW.step, [], threading.Lock()

        def watched(self, *args, **kwargs):
            with lock:
                done.append(threading.current_thread())
                is_it = len(done) == number
            if is_it:
                function()
            return step(self, *args, **kwargs)

        monkeypatch.setattr(torch.optim.AdamW, "step", watched)
        return done

    return at_step


def _assert_same(one, other) -> None:
    assert one.weights_.keys() == other.weights_.keys()
    for key, array in one.weights_.items():
        np.testing.assert_array_equal(array, other.weights_[key], err_msg=key)
    assert one.history_ == other.history_


def _assert_threads_are_as_before() -> None:
    seen = [torch.get_num_threads()]
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert seen == [2, 2]


@pytest.mark.parametrize("estimator", [STACK, ALONE], ids=["stack", "alone"])
def test_the_model_is_that_of_one_thread(estimator, at_step):
    steps = at_step(None, None)
    together = clone(estimator).fit(SEQUENCES, LABELS)
    assert len(set(steps)) == 2
    assert threading.main_thread() not in steps
    _assert_threads_are_as_before()
    torch.set_num_threads(1)
    steps.clear()
    _assert_same(together, clone(estimator).fit(SEQUENCES, LABELS))
    assert set(steps) == {threading.main_thread()}


def test_numbers_of_a_warm_start():
    y = np.linspace(-1, 1, 120)
    reg = MotifCNNRegressor(
        **LEAN, linear_models=None, n_estimators=2, max_epochs=2, random_state=0
    ).set_params(warm_start=True)
    together = clone(reg).fit(SEQUENCES, y).fit(SEQUENCES, y)
    torch.set_num_threads(1)
    _assert_same(together, clone(reg).fit(SEQUENCES, y).fit(SEQUENCES, y))


class _WhoCalls(Callback):
    def on_batch_end(self, net, **kwargs):
        CALLERS.add(threading.current_thread())


CALLERS = set()


@pytest.mark.parametrize(
    "parameters",
    [{"callbacks": [_WhoCalls()]}, {"verbose": 2}],
    ids=["callbacks", "table of epochs"],
)
def test_what_watches_a_fit_changes_no_bit(parameters, at_step, capsys):
    whole = clone(ALONE).fit(SEQUENCES, LABELS)
    steps = at_step(None, None)
    clf = clone(ALONE).set_params(**parameters).fit(SEQUENCES, LABELS)
    assert set(steps) == {threading.main_thread()}
    assert not CALLERS - {threading.main_thread()}
    _assert_same(clf, whole)
    _assert_threads_are_as_before()


def test_memory_that_is_short_changes_no_bit(monkeypatch, at_step):
    whole = clone(ALONE).fit(SEQUENCES, LABELS)
    monkeypatch.setattr(_memory, "_FEW", 0)
    monkeypatch.setattr(_memory, "available_memory", lambda: 1_500_000)
    steps = at_step(None, None)
    clf = clone(ALONE).fit(SEQUENCES, LABELS)
    assert set(steps) == {threading.main_thread()}
    _assert_same(clf, whole)


@pytest.mark.parametrize(
    "parameters",
    [{"early_stopping": True}, {"n_estimators": 1}, {}],
    ids=["early stopping", "one network", "very many samples"],
)
def test_one_network_has_all_threads(parameters, monkeypatch):
    if not parameters:
        monkeypatch.setattr(_defaults, "MAX_BYTES_SIDE_BY_SIDE", 120 * 30 - 1)
    seen, step = set(), torch.optim.AdamW.step

    def watched(self, *args, **kwargs):
        seen.add(torch.get_num_threads())
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    clone(ALONE).set_params(**parameters).fit(SEQUENCES, LABELS)
    assert seen == {2}


@pytest.fixture
def ctrl_c():
    """Interrupt the main thread; workers of pytest ignore interrupts otherwise."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield _thread.interrupt_main
    signal.signal(signal.SIGINT, before)


class _Weights(Callback):
    """Note weights after each epoch, and stop after some."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def on_epoch_end(self, net, **kwargs):
        weight = net.module_.trunk[0].conv.weight
        SEEN.append(weight.detach().clone().numpy())
        if len(net.history) == self.n_epochs:
            raise StopTraining


SEEN = []


def test_ctrl_c_keeps_whole_epochs_of_both(at_step, ctrl_c):
    at_step(100, ctrl_c)  # Four steps are an epoch of a network.
    clf = clone(ALONE).set_params(max_epochs=300)
    match = r"interrupted in network 1 of 2, after \d+ epochs?, and in network 2 of 2"
    with pytest.warns(UserWarning, match=match) as caught:
        clf.fit(SEQUENCES, LABELS)
    assert caught[0].filename == __file__
    _assert_threads_are_as_before()
    n_epochs = [sum(r["member"] == k for r in clf.history_) for k in (0, 1)]
    SEEN.clear()
    clone(clf).set_params(callbacks=[_Weights(max(n_epochs))]).fit(SEQUENCES, LABELS)
    for k, n in enumerate(n_epochs):
        assert f"in network {k + 1} of 2, after {n} epoch" in str(caught[0].message)
        kept = clf.weights_[f"{k}.trunk.0.conv.weight"]
        np.testing.assert_array_equal(kept, SEEN[k * max(n_epochs) + n - 1])


def test_ctrl_c_in_the_linear_models(monkeypatch, ctrl_c):
    from sklearn_cnn.stacking import _fit_stack

    fit_branch = _fit_stack.fit_branch

    def interrupted(*args):
        assert threading.current_thread() is not threading.main_thread()
        ctrl_c()
        time.sleep(0.5)  # Until the main thread has seen it.
        return fit_branch(*args)

    monkeypatch.setattr(_fit_stack, "fit_branch", interrupted)
    clf = clone(STACK).set_params(n_estimators=3)
    with pytest.warns(UserWarning, match="without linear models beside them"):
        clf.fit(SEQUENCES, LABELS)
    assert not [key for key in clf.weights_ if key.startswith("stack")]
    assert np.isfinite(clf.decision_function(SEQUENCES)).all()


def test_before_an_epoch_ends_the_old_state_stays(at_step):
    clf = clone(ALONE).fit(SEQUENCES, LABELS)
    weights = clf.weights_

    def interrupted():
        raise KeyboardInterrupt

    at_step(1, interrupted)
    clf.set_params(batch_size=2)  # So that the other one has no whole epoch either.
    with pytest.raises(KeyboardInterrupt):
        clf.fit(SEQUENCES, LABELS)
    assert clf.weights_ is weights


class Killed(BaseException):
    """Stands in for the end of the process."""


def _killed():
    raise Killed


@pytest.mark.parametrize("number", [9, 15, 22, 27])
def test_a_killed_fit_goes_on_bit_by_bit(number, tmp_path, monkeypatch, at_step):
    monkeypatch.setattr(_checkpoint, "_INTERVAL", 0)
    whole = clone(STACK).fit(SEQUENCES, LABELS)
    at_step(number, _killed)
    clf = clone(STACK).set_params(checkpoint=tmp_path)
    with pytest.raises(Killed):
        clf.fit(SEQUENCES, LABELS)
    steps = at_step(None, None)
    _assert_same(clf.fit(SEQUENCES, LABELS), whole)
    assert len(steps) < 3 * 3 * 3


def test_an_error_in_a_thread():
    clf = clone(ALONE).set_params(lr=1e30)
    with pytest.raises(FloatingPointError, match="in the first epoch; lower lr"):
        clf.fit(SEQUENCES, LABELS)
    assert not hasattr(clf, "weights_")
    _assert_threads_are_as_before()


def test_a_warning_points_to_the_line_of_the_caller(monkeypatch):
    from sklearn_cnn.training import _divergence_guard

    seen = {}

    def is_finite(net):
        seen[net] = seen.get(net, 0) + 1
        return seen[net] < 3

    monkeypatch.setattr(_divergence_guard, "_is_finite", is_finite)
    with pytest.warns(ConvergenceWarning, match="in epoch 3; the model keeps") as them:
        clf = clone(ALONE).fit(SEQUENCES, LABELS)
    assert [warning.filename for warning in them] == [__file__, __file__]
    assert clf.n_iter_ == 2


def test_functions_run_as_the_caller_s():
    torch.set_default_dtype(torch.float64)
    try:
        with config_context(assume_finite=True), np.errstate(divide="raise"):
            seen = Threads(2, 2).run(
                [
                    lambda: get_config()["assume_finite"],
                    lambda: np.geterr()["divide"],
                    lambda: torch.zeros(1).dtype,
                    torch.get_num_threads,
                ]
            )
    finally:
        torch.set_default_dtype(torch.float32)
    assert seen == [True, "raise", torch.float32, 1]


@pytest.mark.parametrize("n_at_once", [1, 2])
def test_after_a_stop_nothing_begins(n_at_once):
    begun = []

    def interrupted():
        raise KeyboardInterrupt

    def begins():
        begun.append(1)
        time.sleep(1e-3)

    functions = [interrupted, *[begins] * 99]
    assert Threads(2, n_at_once).run(functions) == [None] * 100
    assert len(begun) < 99


def test_a_function_that_runs_ends_at_its_next_look():
    begun = threading.Event()

    def looks():
        begun.set()
        while True:
            end_if_stopped()

    def interrupted():
        begun.wait()
        raise KeyboardInterrupt

    assert Threads(2, 2).run([looks, interrupted]) == [None, None]
    end_if_stopped()  # Nobody stops this thread.


@pytest.mark.parametrize("n_at_once", [1, 2])
def test_the_first_error_is_raised_after_the_warnings(n_at_once):
    def warns_and_fails():
        warn("look at X")
        raise ValueError("the second")

    functions = [lambda: 1, warns_and_fails, lambda: 2]
    with (
        pytest.warns(UserWarning, match="look at X"),
        pytest.raises(ValueError, match="the second"),
    ):
        Threads(2, n_at_once).run(functions)
    _assert_threads_are_as_before()


class _TooLate(Exception):  # noqa: N818
    """What a handler of another signal raises."""


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="there is no SIGALRM here")
def test_any_error_in_the_main_thread_ends_all(at_step):
    def handler(*_):
        raise _TooLate

    before = signal.signal(signal.SIGALRM, handler)
    try:
        steps = at_step(10, partial(signal.setitimer, signal.ITIMER_REAL, 1e-3))
        with pytest.raises(_TooLate):
            clone(ALONE).set_params(max_epochs=2000).fit(SEQUENCES, LABELS)
    finally:
        signal.signal(signal.SIGALRM, before)
    n_steps = len(steps)
    time.sleep(0.05)
    assert len(steps) == n_steps
    _assert_threads_are_as_before()


def test_the_number_of_new_threads_stays_another():
    # The caller's own number is 2.
    other = threading.Thread(target=torch.set_num_threads, args=[3])
    other.start()
    other.join()
    seen = []
    clone(ALONE).fit(SEQUENCES, LABELS)
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert seen == [3]
    assert torch.get_num_threads() == 2


_LATE = """
import threading
import time
import torch
torch.set_num_threads(2)
from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification

X, y = make_motif_classification(60, length=30, random_state=0)
clf = MotifCNNClassifier(
    n_filters=4, n_estimators=2, linear_models=None, max_epochs=2
)

def fit():
    time.sleep(0.5)
    clf.fit(X, y)
    print("fitted")

threading.Thread(target=fit).start()
"""


@pytest.mark.slow
def test_a_fit_after_the_end_of_the_main_thread():
    # Some versions of Python begin no threads then.
    run = subprocess.run(
        [sys.executable, "-c", _LATE], capture_output=True, text=True, timeout=60
    )
    assert (run.returncode, run.stdout) == (0, "fitted\n"), run.stderr


def test_where_no_thread_can_begin_the_caller_s_does_all(monkeypatch, at_step):
    whole = clone(ALONE).fit(SEQUENCES, LABELS)

    def start(self):
        raise RuntimeError("can't start new thread")

    steps = at_step(None, None)
    monkeypatch.setattr(threading.Thread, "start", start)
    clf = clone(ALONE).fit(SEQUENCES, LABELS)
    assert set(steps) == {threading.main_thread()}
    _assert_same(clf, whole)
    assert torch.get_num_threads() == 2


def test_warnings_of_a_function_come_once_and_in_order():
    functions = [lambda k=k: warn(f"of {k}") for k in range(4)]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Threads(2, 2).run(functions)
    assert [str(warning.message) for warning in caught] == [f"of {k}" for k in range(4)]
