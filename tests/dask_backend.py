"""joblib's Dask backend, with the error where Dask gives up a task."""

from joblib import parallel_config, register_parallel_backend
from joblib._dask import DaskDistributedBackend


class DaskBackend(DaskDistributedBackend):
    """Hands on that the workers of a task have died; joblib's own waits for ever."""

    def submit(self, func, callback=None):
        """Submit a task."""

        def hand_on(future):
            if future.exception() is not None:
                callback(future.exception())

        future = super().submit(func, callback)
        future.add_done_callback(hand_on)
        return future


register_parallel_backend("dask, with errors", DaskBackend)


def on_dask(**settings):
    """Context in which scikit-learn's searches run on the cluster of the client."""
    return parallel_config(backend="dask, with errors", **settings)
