"""Searches and predictions on a cluster of Dask, of which workers die."""

import os
import runpy
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, cross_val_score

from sklearn_cnn import MotifCNNClassifier, PretrainedFeatureExtractor
from sklearn_cnn.datasets import make_motif_classification

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

RECIPE = runpy.run_path(str(Path(__file__).with_name("dask_backend.py")))
X, Y = make_motif_classification(90, length=30, random_state=0)
SETTINGS = {
    # Tasks whose workers have died twice are given up.
    "distributed.scheduler.allowed-failures": 1,
    "distributed.scheduler.no-workers-timeout": "5s",
    # For machines that do much else at the time.
    "distributed.comm.timeouts.connect": "60s",
}
# Dask's errors, of which the first to come depends on who starts anew sooner.
LOST = "workers died|without any running workers"


@pytest.fixture(scope="module")
def cluster():
    with (
        dask.config.set(SETTINGS),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
    ):
        yield cluster


@pytest.fixture
def client(cluster):
    cluster.scale(2)
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2, timeout=60)
        yield client


@pytest.fixture(scope="module")
def classifier():
    return MotifCNNClassifier(
        n_filters=4,
        max_epochs=2,
        linear_models=None,
        precision="float64",
        random_state=0,
    )


def _grid(classifier, scoring="neg_log_loss"):
    sizes = {"kernel_size": [5, 9]}
    return GridSearchCV(classifier, sizes, cv=3, scoring=scoring, error_score="raise")


# Functions inside of functions are sent to workers as they are.


def _scorer_that_kills(once: Path | None = None):
    """Score that kills its worker; with a path, the first time."""
    client = os.getpid()

    def score(estimator, X, y):
        if once is None or not once.exists():
            if once is not None:
                once.touch()
            # With one core left, joblib computes in the process of the client.
            assert os.getpid() != client
            os.kill(os.getpid(), signal.SIGKILL)
        return np.log(estimator.predict_proba(X)[np.arange(len(X)), y]).mean()

    return score


def _scorer_that_waits(begun: Path):
    def score(estimator, X, y):
        begun.touch()
        time.sleep(300)

    return score


@pytest.mark.parametrize("backend", ["dask", "dask, with errors"])
def test_a_worker_dies_and_the_result_is_that_of_one_process(
    backend, classifier, client, tmp_path
):
    died = tmp_path / "died"
    serial = _grid(classifier).fit(X, Y)
    before = set(client.scheduler_info(n_workers=-1)["workers"])
    with parallel_config(backend=backend):
        grid = _grid(classifier, _scorer_that_kills(died)).fit(X, Y)
    assert died.exists()
    for key in ("split0_test_score", "split1_test_score", "split2_test_score"):
        np.testing.assert_allclose(grid.cv_results_[key], serial.cv_results_[key])
    assert grid.best_params_ == serial.best_params_
    for key, array in serial.best_estimator_.weights_.items():
        np.testing.assert_allclose(grid.best_estimator_.weights_[key], array, 1e-6)
    client.wait_for_workers(2, timeout=60)
    assert set(client.scheduler_info(n_workers=-1)["workers"]) - before


def test_an_error_of_a_fit_comes_through(classifier, client):
    bad = classifier.__class__(n_filters=-1)
    with RECIPE["on_dask"](), pytest.raises(ValueError, match="n_filters"):
        cross_val_score(bad, X, Y, cv=3, error_score="raise")


def test_a_fit_that_kills_all_its_workers_is_an_error(classifier, client):
    grid = _grid(classifier, _scorer_that_kills())
    with (
        RECIPE["on_dask"](),
        pytest.raises(Exception, match=LOST),
    ):
        grid.fit(X, Y)


def test_all_workers_are_lost_in_the_middle(classifier, client, cluster, tmp_path):
    begun = tmp_path / "begun"

    def lose_all():
        while not begun.exists():
            time.sleep(0.05)
        cluster.scale(0)

    losing = threading.Thread(target=lose_all)
    losing.start()
    grid = _grid(classifier, _scorer_that_waits(begun))
    try:
        with (
            RECIPE["on_dask"](),
            pytest.raises(Exception, match=LOST),
        ):
            grid.fit(X, Y)
    finally:
        begun.touch()
        losing.join()


def test_no_workers_at_all(classifier, cluster):
    cluster.scale(0)
    with distributed.Client(cluster) as client:
        while client.scheduler_info()["workers"]:
            time.sleep(0.05)
        # Of joblib or of Dask, whichever has waited long enough.
        message = "no worker after 1 seconds|without any running workers"
        with (
            parallel_config(backend="dask", wait_for_workers_timeout=1),
            pytest.raises(Exception, match=message),
        ):
            _grid(classifier).fit(X, Y)


def test_partitions_are_predicted_as_the_whole(classifier):
    frames = pytest.importorskip("dask.dataframe")
    fitted = classifier.fit(X, Y)
    motifs = PretrainedFeatureExtractor("jaspar").set_output(transform="pandas")
    motifs.fit(X)
    whole = pd.DataFrame({"sequence": X, "label": Y, "number": range(len(X))})
    parts = frames.from_pandas(whole, npartitions=3)

    def score(part):
        scores = fitted.decision_function(part["sequence"]) if len(part) else 0.0
        return part.assign(score=scores)

    scored = parts.map_partitions(score, meta=parts._meta.assign(score=0.0))
    expected = fitted.decision_function(X)
    np.testing.assert_allclose(scored.compute()["score"], expected, atol=1e-6)
    # Filters leave empty parts.
    few = parts[parts["number"] < 10].map_partitions(score, meta=scored._meta)
    np.testing.assert_allclose(few.compute()["score"], expected[:10], atol=1e-6)
    scan = parts["sequence"].map_partitions(
        motifs.transform, meta=motifs.transform(X[:1]).iloc[:0]
    )
    pd.testing.assert_frame_equal(
        scan.compute(), motifs.transform(whole["sequence"]), atol=1e-4
    )
