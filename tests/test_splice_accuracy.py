"""The main job, as the README runs it."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import load_splice_junctions
from sklearn_cnn.preprocessing import SequenceEncoder


@pytest.mark.slow
def test_defaults_beat_one_hot_logistic_regression():
    X, y = load_splice_junctions(return_X_y=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    linear = make_pipeline(SequenceEncoder(), LogisticRegression(max_iter=1000))
    baseline = cross_val_score(linear, X, y, cv=folds).mean()
    accuracy = cross_val_score(MotifCNNClassifier(random_state=0), X, y, cv=folds)
    assert 0.94 <= baseline <= 0.96
    assert accuracy.mean() >= 0.965
