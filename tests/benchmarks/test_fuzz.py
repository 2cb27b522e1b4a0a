import warnings

import _fuzz
import numpy as np
import pytest
import reliability

from sklearn_cnn._package import warn
from sklearn_cnn.preprocessing import reverse_complement

pytestmark = pytest.mark.skipif(
    not hasattr(_fuzz.signal, "SIGPROF"), reason="needs signals"
)


def _refused(rng):
    reverse_complement("AC!")


def _unexpected(rng):
    [][0]


def _unintended(rng):
    int("x")  # A ValueError that nobody wrote.


def _strange_warning(rng):
    warnings.warn("odd", RuntimeWarning, stacklevel=1)


def _our_warning(rng):
    warn("known")


def _broken(rng):
    _fuzz.check(False, "one and one is three")


def _endless(rng):
    while True:
        pass


def _greedy(rng):
    np.ones(2 * _fuzz.BYTES // 8)


@pytest.mark.parametrize(
    ("case", "outcome", "words"),
    [
        (_refused, "ValueError", None),
        (_our_warning, "accepted", None),
        (_unexpected, "fault", "IndexError"),
        (_unintended, "fault", "ValueError: invalid literal"),
        (_strange_warning, "fault", "RuntimeWarning: odd"),
        (_broken, "fault", "one and one is three"),
        (_endless, "fault", "HangError"),
        (_greedy, "fault", "MemoryError|ArrayMemoryError"),
    ],
)
def test_outcomes(case, outcome, words, monkeypatch):
    monkeypatch.setattr(_fuzz, "SECONDS", 0.2)
    row = _fuzz.fuzz((case,), {"part": "x", "n": 1, "seed": 0})
    assert row["counts"] == {case.__name__: {outcome: 1}}
    assert row["n_faults"] == len(row["faults"]) == (outcome == "fault")
    if words:
        assert any(word in row["faults"][0] for word in words.split("|"))


@pytest.mark.parametrize("part", reliability.FUZZED)
def test_parts(part):
    """Every kind of case runs, most are accepted or refused, and none is a fault."""
    n = {"fits": 6}.get(part, 60)
    row = _fuzz.fuzz(reliability.FUZZED[part], {"part": part, "n": n, "seed": 1})
    assert row["faults"] == []
    for counts in row["counts"].values():
        assert len(counts) > 1 or part in ("load_model", "checkpoints", "fits")


def test_report():
    counts = {"fasta": {"accepted": 5, "ValueError": 3, "TypeError": 1, "fault": 1}}
    row = {"part": "sequences", "counts": counts, "faults": ["case 7 (fasta): x"]}
    text = reliability.report({"sequences": row})
    assert "| sequences | fasta | 10    | 5        | 4       | 1" in text
    assert text.endswith("case 7 (fasta): x")
