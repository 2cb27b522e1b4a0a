"""Steps of a training that a GPU repeats by itself, as CUDA graphs."""

from collections.abc import Callable
from dataclasses import dataclass

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
            try:
                self.graphs = {
                    shapes: self._capture(batch) for shapes, batch in self.seen.items()
                }
            except RuntimeError as error:
                warn(
                    f"the training could not be captured as CUDA graphs ({error}); it "
                    "goes on without them, with the same results, but more slowly"
                )
        self.seen = {}

    def step(self, batch: tuple) -> dict | None:
        """Gradients of a batch, in the parameters, and what `compute` returns.

        None where there is no graph: then nothing was done.
        """
        shapes = tuple(tensor.shape for tensor in tree_flatten(batch)[0])
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

    def _capture(self, batch: tuple) -> _Graph:
        """The graph of a step, and nothing else changed.

        Raises
        ------
        RuntimeError
            If the graph does not give what the network gives.
        """
        batch = tree_map(torch.clone, batch)
        before = self._state()
        stream = torch.cuda.Stream(self.generator.device)
        # What is captured must have run before, on the same stream.
        run_on(stream, lambda: self.compute(batch))
        expected, (statistics, _) = self._gradients(), self._state()
        self._set_state(before)
        replay, step = capture(lambda: self.compute(batch), stream, self.generator)
        step = tree_map(torch.Tensor.detach, step)
        graph = _Graph(batch, replay, step, self._gradients())
        graph.replay()
        pairs = zip(statistics, self.network.buffers(), strict=True)
        # Some gradients are zero but for rounding: only all of them have a norm.
        same = _are_close(expected, graph.gradients) and all(
            _are_close([ours], [its]) for ours, its in pairs
        )
        self._set_state(before)
        if not same:
            raise RuntimeError("a captured step gives other gradients")
        return graph

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
    with torch.cuda.stream(stream):
        compute()
    current.wait_stream(stream)


def capture(
    compute: Callable[[], dict], stream, generator: torch.Generator
) -> tuple[Callable[[], None], dict]:
    """Capture what a function computes, without computing it.

    Returns
    -------
    replay : callable
        Computes it, into the same tensors each time.
    results : dict
        These tensors.
    """
    graph = torch.cuda.CUDAGraph()
    graph.register_generator_state(generator)
    current, drawn = torch.cuda.current_stream(stream.device), generator.get_state()
    # What other threads do on the device is theirs.
    mode = {"capture_error_mode": "thread_local"}
    try:
        with torch.cuda.graph(graph, stream=stream, **mode):
            results = compute()
    except RuntimeError:
        # PyTorch leaves its stream set, and the generator in the middle of a capture.
        torch.cuda.set_stream(current)
        fresh = torch.Generator(generator.device)
        generator.graphsafe_set_state(fresh.graphsafe_get_state())
        generator.set_state(drawn)
        raise
    return graph.replay, results


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
