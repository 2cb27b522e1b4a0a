"""Warnings point at the line that called, whatever lies in between."""

import inspect

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch.callbacks import Callback

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn._package import warn


class Explode(Callback):
    """Makes the second epoch of a training diverge."""

    def on_epoch_begin(self, net, **kwargs):
        if len(net.history) == 2:
            with torch.no_grad():
                next(net.module_.parameters()).fill_(torch.nan)


def _line() -> int:
    """The line that calls this."""
    return inspect.currentframe().f_back.f_lineno


X, Y = np.random.default_rng(0).normal(size=(12, 8)), np.arange(12) % 2
CLF = MotifCNNClassifier(
    n_filters=2, max_epochs=2, random_state=0, callbacks=[Explode()]
)


@pytest.mark.parametrize(
    "call",
    [
        lambda: (CLF.fit(X, Y), _line()),
        lambda: (make_pipeline(StandardScaler(), CLF).fit(X, Y), _line()),
        lambda: (GridSearchCV(CLF, {"lr": [0.1]}, cv=2).fit(X, Y), _line()),
        lambda: (cross_val_score(CLF, X, Y, cv=2), _line()),
        lambda: (MultiOutputClassifier(CLF).fit(X, np.c_[Y, 1 - Y]), _line()),
    ],
    ids=["fit", "pipeline", "search", "cross-validation", "multi-output"],
)
def test_a_warning_of_a_fit(call):
    with pytest.warns(ConvergenceWarning, match="in epoch 2") as caught:
        _, line = call()
    assert {(w.filename, w.lineno) for w in caught} == {(__file__, line)}


def test_a_warning_of_targets():
    clf = clone(CLF).set_params(callbacks=None)
    with pytest.warns(DataConversionWarning, match=r"pass y_val.ravel\(\)") as caught:
        clf.fit(X, Y, X_val=X, y_val=Y[:, None])
    with pytest.warns(
        DataConversionWarning, match=r"y was .*pass y.ravel\(\)"
    ) as other:
        clf.partial_fit(X, Y[:, None])
    assert {warning.filename for warning in (*caught, *other)} == {__file__}


def test_no_callers_line_at_all(monkeypatch):
    # A worker process of joblib holds frames of libraries alone.
    monkeypatch.setattr("sklearn_cnn._package._is_passed_through", lambda frame: True)
    with pytest.warns(UserWarning, match="hello"):
        warn("hello")
