"""Parts of a fit side by side, each in a thread of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context

import torch
from sklearn import config_context, get_config
from skorch.callbacks import Callback

from sklearn_cnn._package import warn, warnings_kept
from sklearn_cnn.training._plain_torch import in_plain_torch

# Held while PyTorch's number for new threads is another than the caller's.
_LOCK = threading.Lock()


class Threads:
    """Runs functions side by side, each with its share of PyTorch's threads.

    PyTorch divides the work of each operation among threads. The operations of a small
    network are so short that this gains little: two networks at a time, with one thread
    each, are ready sooner than one after the other with two threads.

    Parameters
    ----------
    n : int
        How many shares there are. Results round by the number of threads, and so by
        this one.
    n_at_once : int
        How many functions run at a time, at most `n`; with one, in the caller's thread.
    """

    def __init__(self, n: int, n_at_once: int):
        self.n = n
        self.n_at_once = n_at_once
        self._is_stopped = threading.Event()

    def stop(self) -> None:
        """Let no other function begin, and let those that run end at the next check."""
        self._is_stopped.set()

    def check(self) -> None:
        """Raise a KeyboardInterrupt if the functions are to end."""
        if self._is_stopped.is_set():
            raise KeyboardInterrupt

    def run(self, functions: list[Callable]) -> list:
        """Results of the functions.

        Returns
        -------
        results : list
            None for a function that has not begun when another was interrupted, or that
            has ended by a KeyboardInterrupt.

        Raises
        ------
        BaseException
            The first other error of a function, in their order.
        """
        n_threads = torch.get_num_threads()
        share = max(1, n_threads // self.n)
        if self.n_at_once == 1:
            try:
                _set_number_of_threads(share, for_new_ones=n_threads)
                return [self._run_one(function) for function in functions]
            finally:
                _set_number_of_threads(n_threads, for_new_ones=n_threads)
        pool = ThreadPoolExecutor(
            self.n_at_once,
            "sklearn_cnn",
            lambda: _set_number_of_threads(share, for_new_ones=n_threads),
        )
        run, config = self._run_in_thread, get_config()
        futures = [
            pool.submit(copy_context().run, run, function, config)
            for function in functions
        ]
        pool.shutdown(wait=False)  # When all have run.
        try:
            # With a limit, since Windows interrupts no wait without one.
            while wait(futures, timeout=0.1).not_done:
                pass
        except KeyboardInterrupt:
            self.stop()
            wait(futures)
        # Here, where a warning can point to the caller's line.
        for future in futures:
            if future.exception() is None:
                for message, category in future.result()[1]:
                    warn(message, category)
        return [future.result()[0] for future in futures]

    @in_plain_torch
    def _run_in_thread(self, function: Callable, config: dict) -> tuple:
        with config_context(**config), warnings_kept() as kept:
            return self._run_one(function), kept

    def _run_one(self, function: Callable):
        if self._is_stopped.is_set():
            return None
        try:
            return function()
        except KeyboardInterrupt:
            self.stop()
            return None
        except BaseException:
            self.stop()
            raise


class EndWithOthers(Callback):
    """End a training where the functions beside it are to end."""

    def __init__(self, threads: Threads):
        self.threads = threads

    def on_batch_begin(self, net, **kwargs):
        """Look before each batch."""
        self.threads.check()


def _set_number_of_threads(n: int, *, for_new_ones: int) -> None:
    """Set how many threads PyTorch takes in this thread, and in those that are new."""
    # A thread looks at the number for new ones in its first call.
    if torch.get_num_threads() == n:
        return
    with _LOCK:
        torch.set_num_threads(n)
        # That was for new ones, too; what another thread sets is not for this one.
        other = threading.Thread(target=torch.set_num_threads, args=[for_new_ones])
        other.start()
        other.join()
