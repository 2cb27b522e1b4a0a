"""The processes of a fit, as long as there is but one."""

import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest
import torch

from sklearn_cnn.training import _processes
from sklearn_cnn.training._processes import Processes, processes_of_fit

CPU = torch.device("cpu")


@pytest.fixture
def launched(monkeypatch):
    """The environment of a process that was launched."""
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "no")


def test_one_process_is_alone():
    alone = processes_of_fit(CPU)
    assert (alone.n, alone.rank) == (1, 0)
    assert alone.from_first("mine") == "mine"
    network = torch.nn.Sequential(_processes.Dropout())
    alone.lend_to(network)
    assert network[0].processes is None


@pytest.mark.parametrize(("n", "n_rows"), [(1, 3), (2, 5), (3, 3), (4, 11)])
def test_each_row_has_one_process(n, n_rows):
    parts = [Processes(n, rank).divide(n_rows) for rank in range(n)]
    rows = [list(range(n_rows))[part] for part in parts]
    assert list(chain(*rows)) == list(range(n_rows))
    assert max(map(len, rows)) - min(map(len, rows)) <= 1


def test_a_batch_too_small_to_divide():
    with pytest.raises(ValueError, match="2 rows cannot be divided among 3 processes"):
        Processes(3, 0).divide(2)


@pytest.mark.usefixtures("launched")
def test_workers_and_threads_of_a_process_fit_by_themselves(monkeypatch):
    # It would be asked to join the others, otherwise.
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with ThreadPoolExecutor() as pool:
        assert pool.submit(processes_of_fit, CPU).result().n == 1
    with pytest.raises(ImportError, match=r"pip install 'sklearn-cnn\[accelerate\]'"):
        processes_of_fit(CPU)
    monkeypatch.setattr(_processes, "parent_process", object)
    assert processes_of_fit(CPU).n == 1
