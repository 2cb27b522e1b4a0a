"""Several processes of `accelerate launch` train one network as one process does."""

import json
import os
import pickle
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone

pytest.importorskip("accelerate")
pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("fits_of_processes.py")
FITS = (
    *("two layers, weights", "wide filters", "missing labels, early stopping"),
    *("linear models", "one batch", "profiles", "images", "partial_fit"),
)
# Steps that are left after two whole epochs of two networks with three.
REST = (2 * 3 - 2) * 4
# Seconds after which something hangs.
LONG = 240


@pytest.fixture(scope="module")
def one():
    """Fits of this process."""
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def fitted(one):
    # With as many threads as the processes have: others round otherwise.
    n_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield one["fits"]()
    torch.set_num_threads(n_threads)


@pytest.fixture(scope="module")
def of_two(tmp_path_factory):
    """Weights and history of all fits, of each of two processes."""
    folder = tmp_path_factory.mktemp("two")
    _launch(folder, "all")
    return [pickle.loads((folder / rank).read_bytes()) for rank in "01"]


def _launch(folder, *arguments) -> None:
    """Run the script by `accelerate launch` in two processes."""
    launch = "accelerate.commands.launch --multi_gpu --num_processes 2 "
    launch += "--num_machines 1 --mixed_precision no --dynamo_backend no "
    launch += f"--main_process_port {_free_port()}"
    command = [sys.executable, "-m", *launch.split(), str(SCRIPT), str(folder)]
    launcher = subprocess.Popen(
        [*command, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=_environment(),
    )
    try:
        _, errors = launcher.communicate(timeout=LONG)
    finally:
        launcher.terminate()  # And with it, if it hangs, its processes.
    assert launcher.returncode == 0, errors


def _environment(**more) -> dict:
    """Of a process with one thread, which finds this package."""
    root = str(SCRIPT.parents[2])
    return os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": root} | more


def _free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def _run_two(folder, *arguments) -> tuple[list[int], list]:
    """Two processes without a launcher, which would end one where the other ends.

    Return exit statuses and what they wrote.
    """
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": _free_port()}
    common |= {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "ACCELERATE_USE_CPU": "true"}
    command = [sys.executable, str(SCRIPT), str(folder), *arguments]
    running = [
        subprocess.Popen(
            command,
            env=_environment(**common, RANK=rank, LOCAL_RANK=rank),
            stderr=subprocess.DEVNULL,
        )
        for rank in "01"
    ]
    try:
        codes = [process.wait(LONG) for process in running]
    finally:
        for process in running:
            process.kill()
    written = [folder / rank for rank in "01"]
    return codes, [json.loads(p.read_text()) if p.exists() else None for p in written]


def _losses(history, key="train_loss"):
    return [record[key] for record in history if key in record]


@pytest.mark.parametrize("name", FITS)
def test_two_processes_do_what_one_does(name, fitted, of_two):
    weights, history = of_two[0][name]
    assert len(history) == len(fitted[name].history_)
    for key in ("train_loss", "valid_loss"):
        expected = _losses(fitted[name].history_, key)
        np.testing.assert_allclose(_losses(history, key), expected, atol=1e-6)
    assert weights.keys() == fitted[name].weights_.keys()
    for key, array in fitted[name].weights_.items():
        np.testing.assert_allclose(weights[key], array, atol=1e-6, err_msg=key)


def test_in_single_precision_the_losses_agree(fitted, of_two):
    name = "single precision"
    expected = _losses(fitted[name].history_)
    np.testing.assert_allclose(_losses(of_two[0][name][1]), expected, atol=1e-5)


@pytest.mark.parametrize("name", [*FITS, "single precision", "no seed"])
def test_both_processes_have_the_same(name, of_two):
    (weights, history), (its_weights, its_history) = (each[name] for each in of_two)
    assert history == its_history
    for key, array in weights.items():
        np.testing.assert_array_equal(array, its_weights[key], err_msg=key)


def test_processes_with_other_samples_are_an_error(tmp_path):
    codes, errors = _run_two(tmp_path, "other samples")
    assert codes == [0, 0]
    for name, message in errors:
        assert name == "ValueError"
        assert "do not fit the same model" in message


@pytest.mark.parametrize(
    ("what", "unlucky"), [("ends", 0), ("ends", 1), ("is interrupted", 0)]
)
def test_the_end_of_one_process_ends_the_fit(what, unlucky, one, tmp_path):
    """The others say why; from what the first has written, one process goes on."""
    codes, errors = _run_two(tmp_path, what, str(unlucky))
    if what == "ends":
        assert codes[unlucky] == -9
    else:
        assert errors[unlucky][0] == "KeyboardInterrupt"
    name, message = errors[1 - unlucky]
    assert name == "RuntimeError"
    assert "has ended or does not answer" in message
    assert codes[1 - unlucky] == 0
    fit = one["checkpointed"](tmp_path / "checkpoints")
    (entry,) = (p for p in (tmp_path / "checkpoints").iterdir() if p.is_dir())
    assert (entry / "state.safetensors").exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", torch.optim.AdamW.step)
        steps = one["count_steps"]()
        fit.fit(one["X"], one["Y"])
    whole = clone(fit).set_params(checkpoint=None).fit(one["X"], one["Y"])
    assert len(steps) == REST
    assert not entry.exists()
    for key, array in whole.weights_.items():
        np.testing.assert_allclose(fit.weights_[key], array, atol=1e-6, err_msg=key)
