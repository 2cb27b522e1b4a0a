"""Processes that train one network together, started by `accelerate launch`.

All of them run the same script on the same samples with the same random numbers. Each
batch is divided among them: each computes the loss and the gradients of its own rows,
and these are added up. So are the sums behind batch normalisation. The steps are then
those of one process, and so is all that follows from them.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process

import joblib
import torch
from torch import distributed, nn

from sklearn_cnn.architectures._batch_norm import WeightedBatchNorm
from sklearn_cnn.architectures._dropout import Dropout

# What `accelerate launch` sets.
_LAUNCHED = {"ACCELERATE_MIXED_PRECISION", "ACCELERATE_USE_CPU"}


class Processes:
    """The processes of a fit; one by itself has nobody to talk to.

    All methods but `divide` must be called by all processes, in the same order.

    Parameters
    ----------
    n, rank : int
        Number of processes, and the number of this one, from 0.

    Attributes
    ----------
    n_rows : int
        Number of rows of the batch that was divided last.
    rows : slice
        Those of this process.
    """

    def __init__(self, n: int = 1, rank: int = 0):
        self.n = n
        self.rank = rank
        self.n_rows, self.rows = 0, slice(0)

    def divide(self, n_rows: int) -> slice:
        """Divide a batch into parts of nearly equal size; return this process's rows.

        Raises
        ------
        ValueError
            If a process would have no row.
        """
        if n_rows < self.n:
            raise ValueError(
                f"a batch of {n_rows} rows cannot be divided among {self.n} "
                "processes; start fewer, raise batch_size, or give more samples"
            )
        self.n_rows = n_rows
        bounds = [n_rows * rank // self.n for rank in (self.rank, self.rank + 1)]
        self.rows = slice(*bounds)
        return self.rows

    def sum(self, tensor: torch.Tensor) -> torch.Tensor:
        """Sum of the tensors of all processes; gradients flow back to all of them."""
        return _Sum.apply(tensor)

    def add_up(self, tensors: list[torch.Tensor]) -> None:
        """Replace each tensor by its sum over the processes, in one message."""
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        _add_up(flat)
        parts = flat.split([tensor.numel() for tensor in tensors])
        for tensor, part in zip(tensors, parts, strict=True):
            tensor.copy_(part.view_as(tensor))

    def from_first(self, value):
        """The value that the first process has."""
        if self.n == 1:
            return value
        values = [value]
        with _loss_reported():
            distributed.broadcast_object_list(values, src=0)
        return values[0]

    def check_alike(self, *values) -> None:
        """Raise if the processes were not given the same samples and seeds."""
        if self.n == 1:
            return
        hashes = [None] * self.n
        with _loss_reported():
            distributed.all_gather_object(hashes, joblib.hash(values))
        if len(set(hashes)) > 1:
            raise ValueError(
                "the processes of `accelerate launch` do not fit the same model: X, y, "
                "weights, groups or seeds differ between them. Give all of them the "
                "same data, in the same order, and an integer as random_state"
            )

    def lend_to(self, network: nn.Module) -> None:
        """Let the layers that look at a whole batch know who has the other rows."""
        if self.n == 1:
            return
        for module in network.modules():
            if isinstance(module, (Dropout, WeightedBatchNorm)):
                module.processes = self


def processes_of_fit(device: torch.device) -> Processes:
    """The processes that `accelerate launch` has started; else this one alone.

    Workers that one of them starts (joblib's), and threads, fit by themselves.

    Raises
    ------
    ImportError
        If accelerate is not installed.
    """
    is_worker = parent_process() is not None
    in_thread = threading.current_thread() is not threading.main_thread()
    if is_worker or in_thread or not _LAUNCHED & os.environ.keys():
        return Processes()
    try:
        from accelerate import PartialState
    except ImportError:
        raise ImportError(
            "the environment is that of `accelerate launch`, but accelerate is not "
            "installed: pip install 'sklearn-cnn[accelerate]'"
        ) from None
    # It joins the others at the first call.
    state = PartialState(cpu=device.type == "cpu")
    return Processes(state.num_processes, state.process_index)


class _Sum(torch.autograd.Function):
    @staticmethod
    def forward(ctx, tensor):
        return _add_up(tensor.clone())

    @staticmethod
    def backward(ctx, gradient):
        return _add_up(gradient.clone())


def _add_up(tensor: torch.Tensor) -> torch.Tensor:
    """Sum over the processes, in place."""
    with _loss_reported():
        distributed.all_reduce(tensor)
    return tensor


@contextmanager
def _loss_reported() -> Iterator[None]:
    """Say what it means that the others do not answer."""
    try:
        yield
    except RuntimeError as error:
        raise RuntimeError(
            "a process of `accelerate launch` has ended or does not answer, so that "
            "the fit cannot go on. Its own error says why. With checkpoint=FOLDER, the "
            f"same fit goes on from its last checkpoint ({error})"
        ) from error
