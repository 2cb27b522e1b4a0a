"""Steps of a training that a GPU repeats by itself, as CUDA graphs."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import nn
from torch.utils._pytree import tree_flatten, tree_map

from sklearn_cnn._package import warn

# Batches of more shapes (sequences of unequal lengths) are not captured: each graph
# has memory of its own.
_MOST_SHAPES = 2
# Distance of what a graph gives, relative to its norm. The same kernels give the same
# numbers, but for the order in which some of them add up.
_TOLERANCE = 1e-2
_LOCK = threading.Lock()


@dataclass(frozen=True)
class _Graph:
    """One captured step.

    Parameters
    ----------
    batch : tuple
        What the step reads; a batch is copied there.
    replay : callable
        Computes all results anew, where they lie.
    step : dict
        What the step returned.
    gradients : list of torch.Tensor or None
        One a parameter.
    """

    batch: tuple
    replay: Callable[[], None]
    step: dict
    gradients: list


class CUDAGraphs:
    """Computes gradients of batches by CUDA graphs.

    A GPU computes the many kernels of a small network faster than Python starts them. A
    graph starts all of them at once: batches of the shapes that the first epoch has are
    captured before the second, and replayed from then on.

    The optimiser's step is not in it, so that learning rates may change. A graph is
    taken only if it gives the gradients and statistics that the network itself gives;
    where it does not, or cannot be captured, a warning says so, and the training goes
    on without.

    Parameters
    ----------
    network : torch.nn.Module
        What is trained.
    compute : callable
        Takes a batch; computes the gradients of the network, and returns a dict of
        tensors. It must not look at values.
    generator : torch.Generator
        What is random in the network draws from it.

    References
    ----------
    .. [1] PyTorch's documentation, "CUDA semantics", section "CUDA Graphs".
    """

    def __init__(
        self,
        network: nn.Module,
        compute: Callable[[tuple], dict],
        generator: torch.Generator,
    ):
        self.network = network
        self.compute = compute
        self.generator = generator
        self.seen, self.graphs = {}, {}
        self.n_epochs = 0

    def begin_epoch(self) -> None:
        """Capture the steps of the first epoch, when it has ended."""
        self.n_epochs += 1
        if self.n_epochs == 2 and len(self.seen) <= _MOST_SHAPES:
            before = self._state()
            try:
                # While one thread captures, no other may begin to.
                with _LOCK:
                    self.graphs = self._capture()
            except RuntimeError as error:
                # The first of two errors says why.
                warn(
                    "the training could not be captured as CUDA graphs ("
                    f"{error.__context__ or error}); it goes on without them, with the "
                    "same results, but more slowly"
                )
            finally:
                self._set_state(before)
        self.seen = {}

    def step(self, batch: tuple) -> dict | None:
        """Gradients of a batch, in the parameters, and what `compute` returns.

        None where there is no graph: then nothing was done.
        """
        shapes = tuple(tensor.shape for tensor in _tensors(batch))
        if shapes not in self.graphs:
            if self.n_epochs == 1 and len(self.seen) <= _MOST_SHAPES:
                self.seen[shapes] = batch
            return None
        graph = self.graphs[shapes]
        for to, values in zip(*map(_tensors, (graph.batch, batch)), strict=True):
            to.copy_(values)
        graph.replay()
        parameters = self.network.parameters()
        for parameter, gradient in zip(parameters, graph.gradients, strict=True):
            parameter.grad = gradient
        # The next replay writes over the results.
        return tree_map(torch.clone, graph.step)

    def _capture(self) -> dict[tuple, _Graph]:
        """The graph of each shape. Statistics and random numbers have moved on.

        Raises
        ------
        RuntimeError
            If a graph does not give what the network gives.
        """
        stream = torch.cuda.Stream(self.generator.device)
        batches = {key: tree_map(torch.clone, self.seen[key]) for key in self.seen}
        start, expected = self._state(), {}
        # What is captured must have run before, on the same stream. All of them first:
        # afterwards the graphs hold memory.
        for key, batch in batches.items():
            run_on(stream, partial(self.compute, batch))
            expected[key] = self._gradients(), self._state()[0]
            self._set_state(start)
        computations = [partial(self.compute, batch) for batch in batches.values()]
        graphs = {}
        for key, (replay, step) in zip(
            batches, capture(computations, stream, self.generator), strict=True
        ):
            step = tree_map(torch.Tensor.detach, step)
            graphs[key] = _Graph(batches[key], replay, step, self._gradients())
        for key, graph in graphs.items():
            self._set_state(start)
            graph.replay()
            gradients, statistics = expected[key]
            pairs = zip(statistics, self.network.buffers(), strict=True)
            # Some gradients are zero but for rounding: only all of them have a norm.
            if not _are_close(gradients, graph.gradients) or not all(
                _are_close([ours], [its]) for ours, its in pairs
            ):
                raise RuntimeError("a captured step gives other gradients")
        return graphs

    def _gradients(self) -> list[torch.Tensor | None]:
        return [parameter.grad for parameter in self.network.parameters()]

    def _state(self) -> tuple[list[torch.Tensor], torch.Tensor]:
        """What a step changes beside the gradients."""
        buffers = [buffer.clone() for buffer in self.network.buffers()]
        return buffers, self.generator.get_state()

    def _set_state(self, state: tuple[list[torch.Tensor], torch.Tensor]) -> None:
        buffers, of_generator = state
        for buffer, values in zip(self.network.buffers(), buffers, strict=True):
            buffer.copy_(values)
        self.generator.set_state(of_generator)


def run_on(stream, compute: Callable[[], dict]) -> None:
    """Compute on a stream, between what is before and after it on the current one."""
    current = torch.cuda.current_stream(stream.device)
    stream.wait_stream(current)
    try:
        with torch.cuda.stream(stream):
            compute()
    finally:
        current.wait_stream(stream)


def capture(
    computations: list[Callable[[], dict]], stream, generator: torch.Generator
) -> Iterator[tuple[Callable[[], None], dict]]:
    """Capture what functions compute, without computing it.

    The captures share memory: only one may be replayed at a time.

    Yields
    ------
    replay : callable
        Computes it, into the same tensors each time.
    results : dict
        These tensors.
    """
    pool = torch.cuda.graph_pool_handle()
    current = torch.cuda.current_stream(stream.device)
    for compute in computations:
        with torch.cuda.device(stream.device):
            graph = torch.cuda.CUDAGraph()
            graph.register_generator_state(generator)
            try:
                # What other threads do on the device is theirs.
                with torch.cuda.graph(
                    graph, pool, stream, capture_error_mode="thread_local"
                ):
                    results = compute()
            except RuntimeError:
                # PyTorch leaves its stream set.
                torch.cuda.set_stream(current)
                raise
        yield graph.replay, results


def _tensors(batch: tuple) -> list[torch.Tensor]:
    return tree_flatten(batch)[0]


def _are_close(ours: list, its: list) -> bool:
    """Whether tensors, or None, are the same but for rounding."""
    if [tensor is None for tensor in ours] != [tensor is None for tensor in its]:
        return False
    a, b = (
        torch.cat([t.flatten().double() for t in tensors if t is not None])
        for tensors in (ours, its)
    )
    distance = torch.linalg.vector_norm(torch.where(a == b, 0, a - b))
    return bool(distance <= _TOLERANCE * torch.linalg.vector_norm(a))
