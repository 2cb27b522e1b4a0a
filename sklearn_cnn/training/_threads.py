"""Parts of a fit side by side, each in a thread of its own."""

import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar, copy_context

import torch
from sklearn import config_context, get_config

from sklearn_cnn._package import warn, warnings_kept
from sklearn_cnn.training._plain_torch import NUMBER_OF_THREADS, in_plain_torch

# Set, in a thread that runs functions, when they are to end.
_STOP: ContextVar[threading.Event | None] = ContextVar("_STOP", default=None)


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

    def run(self, functions: list[Callable]) -> list:
        """Results of the functions.

        Returns
        -------
        results : list
            None for a function that a KeyboardInterrupt has ended, or that has not
            begun when there was one.

        Raises
        ------
        BaseException
            The first other error of a function, in their order; and any other in the
            caller's thread, after all functions have ended.
        """
        tasks = [_Task(function) for function in functions]
        n_threads = torch.get_num_threads()
        share = max(1, n_threads // self.n)
        if self.n_at_once == 1 or not _run_in_threads(tasks, self.n_at_once, share):
            stop = threading.Event()
            try:
                _set_number_of_threads(share)
                for task in tasks:
                    task.run(stop)
            finally:
                _set_number_of_threads(n_threads)
        # Here, where a warning can point to the caller's line.
        for message, category in [kept for task in tasks for kept in task.warnings]:
            warn(message, category)
        error = next((task.error for task in tasks if task.error is not None), None)
        try:
            if error is not None:
                raise error
            return [task.result for task in tasks]
        finally:
            # What they hold, and a traceback does, would stay in a cycle.
            del error, tasks


def end_if_stopped() -> None:
    """Raise a KeyboardInterrupt in a thread whose function is to end."""
    stop = _STOP.get()
    if stop is not None and stop.is_set():
        raise KeyboardInterrupt


class _Task:
    """A function, and what came of it."""

    def __init__(self, function: Callable):
        self.function = function
        self.result, self.error, self.warnings = None, None, []

    def run(self, stop: threading.Event) -> None:
        """Run the function, unless others are to end; see that they do if it fails."""
        if stop.is_set():
            return
        try:
            self.result = self.function()
        except KeyboardInterrupt:
            stop.set()
        except BaseException as error:
            self.error = error
            stop.set()

    @in_plain_torch
    def run_in_thread(self, stop: threading.Event, config: dict) -> None:
        """Run the function with scikit-learn's settings of the caller."""
        _STOP.set(stop)
        with config_context(**config), warnings_kept(self.warnings):
            self.run(stop)


def _run_in_threads(tasks: list[_Task], n_at_once: int, share: int) -> bool:
    """Run tasks in new threads; return whether there were any."""
    # The first optimiser imports modules, which two threads had better not do at once.
    torch.optim.AdamW([torch.zeros(1, requires_grad=True)])
    stop, config = threading.Event(), get_config()
    # Each in a copy of the caller's context, where NumPy's error state is.
    waiting = iter([(copy_context(), task) for task in tasks])
    lock = threading.Lock()
    # Not `Thread.join`: an interrupt in it can make a thread seem to have ended.
    ends = []

    def work(end: threading.Event) -> None:
        try:
            _set_number_of_threads(share)
            for context, task in _taken_one_by_one(waiting, lock):
                context.run(task.run_in_thread, stop, config)
        finally:
            end.set()

    try:
        for _ in range(n_at_once):
            # They do not keep the process alive.
            worker = threading.Thread(
                target=work, args=[end := threading.Event()], daemon=True
            )
            ends.append(end)
            if not _begins(worker):
                ends.remove(end)
        _wait(ends)
    except BaseException as error:
        stop.set()
        _wait(ends)
        if not isinstance(error, KeyboardInterrupt):
            raise
        return True
    return bool(ends)


def _begins(thread: threading.Thread) -> bool:
    """Start a thread; return whether that was possible."""
    try:
        thread.start()
    except RuntimeError:
        return False  # At the end of a process there are no new ones.
    return True


def _taken_one_by_one(items: Iterator, lock: threading.Lock) -> Iterator:
    """Items that no other thread has taken."""
    while True:
        with lock:
            item = next(items, None)
        if item is None:
            return
        yield item


def _wait(ends: list[threading.Event]) -> None:
    """Wait until all have come."""
    for end in ends:
        while not end.is_set():
            # With a limit, since Windows interrupts no wait without one.
            end.wait(0.1)


def _set_number_of_threads(n: int) -> None:
    """Set how many threads PyTorch takes in this thread.

    PyTorch sets the number for new threads, too. Another thread, which has looked at it
    before, puts it back.
    """
    if torch.get_num_threads() == n:
        return
    has_looked, is_set = threading.Event(), threading.Event()

    def put_back() -> None:
        for_new_ones = torch.get_num_threads()
        has_looked.set()
        is_set.wait()
        torch.set_num_threads(for_new_ones)

    with NUMBER_OF_THREADS:
        other = threading.Thread(target=put_back, daemon=True)
        if not _begins(other):
            torch.set_num_threads(n)
            return
        try:
            has_looked.wait()
            torch.set_num_threads(n)
        finally:
            is_set.set()
            other.join()
