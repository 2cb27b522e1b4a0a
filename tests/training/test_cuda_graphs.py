"""Captured steps are those of the network; a graph stands in for CUDA's on the CPU."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.torch_version import TorchVersion

from sklearn_cnn.architectures._sequence_cnn_config import SequenceCNNConfig
from sklearn_cnn.inputs._device_inputs import DeviceInputs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._alphabet import DNA
from sklearn_cnn.training import _cuda_graphs
from sklearn_cnn.training._batches import Batches
from sklearn_cnn.training._losses import BinaryCrossEntropy
from sklearn_cnn.training._micro_batches import micro_batches_of_training
from sklearn_cnn.training._net import Net
from sklearn_cnn.training._processes import Processes
from sklearn_cnn.training._seeds import Randomness
from sklearn_cnn.training._train import _takes_graphs

N, LENGTH, EPOCHS = 50, 30, 4


class StandInGraph:
    """Captures as CUDA does: nothing is computed before a replay.

    Results lie in the same tensors each time, which hold no numbers at first. It reads
    what the function reads, wherever that is now.
    """

    def __init__(self):
        self.networks, self.n_captures, self.n_replays = [], 0, 0
        self.change = lambda gradients: None

    def capture(self, computations, stream, generator):
        return (self._capture(compute, generator) for compute in computations)

    def _capture(self, compute, generator):
        self.n_captures += 1
        (network,) = self.networks
        buffers = [buffer.clone() for buffer in network.buffers()]
        drawn = generator.get_state()
        results = compute()
        gradients = [parameter.grad for parameter in network.parameters()]
        with torch.no_grad():
            for buffer, values in zip(network.buffers(), buffers, strict=True):
                buffer.copy_(values)
            for tensor in [*results.values(), *gradients]:
                tensor.fill_(np.nan)
        generator.set_state(drawn)

        def replay():
            self.n_replays += 1
            anew = compute()
            with torch.no_grad():
                for key, tensor in results.items():
                    tensor.copy_(anew[key])
                for to, parameter in zip(gradients, network.parameters(), strict=True):
                    to.copy_(parameter.grad)
                self.change(gradients)

        return replay, results


@pytest.fixture
def graph(monkeypatch):
    graph = StandInGraph()
    monkeypatch.setattr(_cuda_graphs, "capture", graph.capture)
    monkeypatch.setattr(_cuda_graphs, "run_on", lambda stream, compute: compute())
    monkeypatch.setattr(torch.cuda, "Stream", lambda device: None)
    return graph


def _trained(*, graph=None, ragged=False, weighted=False, n_parts=1, batch_size=16):
    """State of a network after some epochs, and the mean losses of these."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (N, LENGTH), dtype=np.uint8)
    lengths = rng.integers(15, LENGTH + 1, N) if ragged else np.full(N, LENGTH)
    device = torch.device("cpu")
    randomness = Randomness(0, device)
    inputs = Inputs(codes, DNA, lengths if ragged else None)
    targets = torch.tensor(rng.integers(0, 2, (N, 1)), dtype=torch.float32)
    batches = Batches(
        DeviceInputs(inputs, device, torch.float32),
        targets,
        torch.rand(N, generator=torch.Generator().manual_seed(0)) + 0.5,
        batch_size=batch_size,
        complement_order=[3, 2, 1, 0],
        weighted=weighted,
        generator=randomness.batch_generator,
    )
    config = SequenceCNNConfig(
        n_channels=4,
        n_symbols=4,
        n_outputs=1,
        n_filters=(8, 8),
        kernel_sizes=(5, 3),
        pool_sizes=(1, 1),
        activation="exponential",
        pooling="max_mean",
        dense_units=8,
        length=None if ragged else LENGTH,
        profile=False,
    )
    with randomness.initial_weights():
        network = config.build(0.2, masked=ragged)
    randomness.lend_to(network)
    micro_batches = micro_batches_of_training()
    micro_batches.n_parts = n_parts
    net = Net(
        network,
        criterion=BinaryCrossEntropy(0.1),
        optimizer=torch.optim.AdamW,
        max_epochs=EPOCHS,
        train_split=None,
        micro_batches=micro_batches,
        graphs=graph is not None,
        device=device,
        verbose=0,
    ).initialize()
    if graph is not None:
        graph.networks = [net.module_]
    net.train(batches)
    return net.module_.state_dict(), net.history[:, "train_loss"]


def _assert_same(a, b):
    for key, tensor in a[0].items():
        assert torch.equal(tensor, b[0][key]), key
    assert a[1] == b[1]


@pytest.mark.parametrize("weighted", [False, True])
def test_steps_are_those_of_the_network(graph, weighted):
    """50 rows in four batches of 12 or 13: two graphs."""
    captured = _trained(graph=graph, weighted=weighted)
    _assert_same(captured, _trained(weighted=weighted))
    assert graph.n_captures == 2
    # One replay of each is the check.
    assert graph.n_replays == 2 + 4 * (EPOCHS - 1)


def test_one_batch(graph):
    _assert_same(_trained(graph=graph, batch_size=N), _trained(batch_size=N))
    assert graph.n_captures == 1
    assert graph.n_replays == 1 + EPOCHS - 1


def test_other_gradients_are_noticed(graph):
    def change(gradients):
        gradients[0].mul_(1.1)

    graph.change = change
    with pytest.warns(UserWarning, match="CUDA graphs .a captured step gives other"):
        captured = _trained(graph=graph)
    _assert_same(captured, _trained())
    assert graph.n_replays == 1


def test_a_capture_that_fails(graph, monkeypatch):
    def fail(*args):
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr(_cuda_graphs, "capture", fail)
    with pytest.warns(UserWarning, match="not permitted .* same results, but more"):
        captured = _trained(graph=graph)
    _assert_same(captured, _trained())


def test_nothing_is_left_of_a_step_that_fails(graph, monkeypatch):
    """Out of memory, say, when statistics and random numbers have moved on."""

    def fail(stream, compute):
        compute()
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(_cuda_graphs, "run_on", fail)
    with pytest.warns(UserWarning, match="CUDA out of memory"):
        captured = _trained(graph=graph)
    _assert_same(captured, _trained())


def test_batches_of_many_shapes_are_not_captured(graph):
    _assert_same(_trained(graph=graph, ragged=True), _trained(ragged=True))
    assert graph.n_captures == 0


def test_batches_in_parts_are_not_captured(graph):
    _assert_same(_trained(graph=graph, n_parts=2), _trained(n_parts=2))
    assert graph.n_captures == 0


def test_only_a_gpu_and_only_where_nothing_else_acts(monkeypatch):
    def taken(device="cuda", processes=None, users=()):
        targets = SimpleNamespace(device=torch.device(device))
        batches = SimpleNamespace(targets=targets)
        return _takes_graphs(torch.nn.Linear(1, 1), batches, processes, users)

    monkeypatch.setattr(torch, "__version__", TorchVersion("2.13.0+cu130"))
    assert taken()
    assert taken(processes=Processes())
    assert not taken("cpu")
    assert not taken("mps")
    assert not taken(processes=Processes(n=2))
    assert not taken(users=["callback"])
    monkeypatch.setattr(torch, "__version__", TorchVersion("2.12.1+cu130"))
    assert not taken()
