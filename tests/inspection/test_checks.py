"""Which estimators and outputs can be inspected."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier
from sklearn_cnn.inspection._checks import (
    check_estimator,
    check_image_estimator,
    check_sequence_estimator,
    resolve_target,
)
from sklearn_cnn.targets._labels import Labels


def test_estimators(classifier):
    for check in (check_estimator, check_sequence_estimator):
        check(classifier)
        with pytest.raises(TypeError, match="got a LogisticRegression"):
            check(LogisticRegression())
        with pytest.raises(NotFittedError):
            check(MotifCNNClassifier())
    with pytest.raises(TypeError, match=r"must be ImageCNN.*got a MotifCNNClassifier"):
        check_image_estimator(classifier)
    with pytest.raises(TypeError, match="must be MotifCNNClassifier or"):
        check_sequence_estimator(ImageCNNClassifier())


def test_signals_are_no_sequences():
    X = np.random.default_rng(0).normal(size=(20, 12))
    signals = MotifCNNClassifier(max_epochs=1, random_state=0).fit(X, X[:, 0] > 0)
    check_estimator(signals)
    with pytest.raises(ValueError, match="fitted on numeric signals"):
        check_sequence_estimator(signals)


class _Outputs:
    def __init__(self, n_outputs, classes=None):
        self._task = Labels(n_outputs)
        if classes is not None:
            self.classes_ = np.array(classes)


@pytest.mark.parametrize(
    ("classes", "target", "column"),
    [
        (["a", "b", "c"], "b", 1),
        (["a", "b", "c"], 2, 2),
        ([1, 2, 3], 1, 0),  # A label, where labels are numbers.
        (None, 1, 1),
        (None, np.int64(0), 0),
    ],
)
def test_one_of_several_outputs(classes, target, column):
    assert resolve_target(_Outputs(3, classes), target, 10) == column


@pytest.mark.parametrize(
    ("classes", "target"),
    [(["a", "b", "c"], "d"), (["a", "b", "c"], None), ([1, 2, 3], 0), (None, 3)],
)
def test_unknown_outputs(classes, target):
    with pytest.raises(ValueError, match=r"3 outputs, of which target must name one"):
        resolve_target(_Outputs(3, classes), target, 10)


def test_a_single_output_needs_no_target():
    assert resolve_target(_Outputs(1, ["a", "b"]), None, 10) == 0
    with pytest.raises(ValueError, match="single output; pass None"):
        resolve_target(_Outputs(1, ["a", "b"]), "b", 10)


def test_positions_of_profiles(profile):
    assert resolve_target(profile, None, 40) is None
    assert resolve_target(profile, 39, 40) == 39
    with pytest.raises(ValueError, match="position from 0 to 39"):
        resolve_target(profile, 40, 40)
