import contextlib
import io
from types import SimpleNamespace

import numpy as np
import pytest
import scale


@pytest.fixture(autouse=True)
def small_genome(monkeypatch):
    monkeypatch.setattr(scale, "CHROMOSOMES", {"chr1": 2_000, "chr2": 3_000})


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_kinds_hold_the_same_windows(tmp_path):
    made = {k: scale.make_inputs(k, 30, 50, tmp_path) for k in scale.KINDS}
    assert made["strings"] == list(made["windows"])
    assert np.array_equal(made["codes"], made["windows"].codes())
    assert isinstance(made["codes"], np.memmap)
    assert len(set(made["strings"])) == 30


@pytest.mark.parametrize(("held", "verdict"), [(0.9e9, "reached"), (1.1e9, "MISSED")])
def test_memory_table(held, verdict):
    row = {"kind": "windows", "n": 2_000_000, "length": 200}
    row |= {"fit_resident": held, "fit_own": 5e8}
    row |= {"predict_resident": 7e8, "predict_own": 4e8}
    line = cells(scale.memory_table([row]).splitlines()[-1])
    assert line[:2] == ["2,000,000", "GenomeWindows"]
    assert line[2:6] == [f"{held / 1e9:.2f}", "0.50", "0.70", "0.40"]
    assert line[6] == f"{verdict} (1.0 GB resident)"


@pytest.mark.parametrize(("seconds", "verdict"), [(5, "reached"), (7, "MISSED")])
def test_speed_table(seconds, verdict):
    of_kind = {"strings": [4, 5, 4], "windows": [4, 5, 5], "codes": [seconds] * 3}
    row = {"n": 100, "seconds": {}}
    for kind, epochs in of_kind.items():
        row["seconds"][kind] = {"epoch": epochs, "fit": [9.0]}
    line = cells(scale.speed_table([row]).splitlines()[-1])
    low, high = 4 / seconds, 5 / seconds
    assert line[4] == f"{low:.2f} ({low:.2f} to {high:.2f})"
    assert line[5] == f"{verdict} (0.8)"
    assert line[:4] == ["100", "mapped codes", f"{100 / seconds:.0f}", "9.0"]


def test_memory_sees_the_most():
    with scale.Memory() as memory:
        before = memory.most["own"]
        block = np.ones(10_000_000)
        while memory.most["own"] < before + 0.9 * block.nbytes:
            pass
        del block
    assert memory.most["resident"] > memory.most["own"] > 0


def test_all_parts(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(scale, "subprocess", SimpleNamespace(run=_run_here))
    options = ["--n", "40", "--n-speed", "40", "--length", "30", "--n-filters", "2"]
    options += ["--repeats", "2", "--results", str(tmp_path)]
    scale.main(options)
    printed = capsys.readouterr().out
    assert printed.count("GenomeWindows") == 2
    files = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(files) == 4
    scale.main(options)
    assert files == {p.name: p.stat().st_mtime_ns for p in tmp_path.iterdir()}


def _run_here(command, **_):
    """In place of a process of its own, which would load all anew."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        scale.main(command[2:])
    return SimpleNamespace(stdout=printed.getvalue())
