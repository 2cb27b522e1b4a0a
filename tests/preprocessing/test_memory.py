"""How much memory is free, by what Linux writes of it."""

import pytest

from sklearn_cnn.preprocessing import _memory

MEMINFO = "MemTotal: 8000 kB\nMemFree: 100 kB\nMemAvailable: 5000 kB\nSwapFree: 10 kB\n"
# Of a process in the group "job", within "jobs".
GROUP_FILES = {
    1: {
        "self/cgroup": "5:cpu:/other\n4:memory,pids:/jobs/job\n",
        "memory/memory.limit_in_bytes": "9223372036854771712\n",
        "memory/memory.usage_in_bytes": "7000000\n",
        "memory/jobs/memory.limit_in_bytes": "3000000\n",
        "memory/jobs/memory.usage_in_bytes": "2500000\n",
        "memory/jobs/memory.stat": "inactive_file 1\ntotal_inactive_file 40000\n",
    },
    2: {
        "self/cgroup": "0::/jobs/job\n",
        "jobs/memory.max": "3000000\n",
        "jobs/memory.current": "2500000\n",
        "jobs/memory.stat": "anon 9\ninactive_file 30000\nactive_file 10000\n",
        "jobs/job/memory.max": "max\n",
        "jobs/job/memory.current": "1000000\n",
    },
}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write files in place of those of the system."""
    for name in ("_PROC", "_CONTROL_GROUPS"):
        monkeypatch.setattr(_memory, name, tmp_path)

    def write(**files):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)

    return write


def test_of_the_machine(write):
    write(meminfo=MEMINFO)
    # Of 1,024 bytes each, and what can be swapped out.
    assert _memory.available_memory() == 5010 * 1024


@pytest.mark.parametrize("version", [1, 2])
def test_of_a_control_group(write, version):
    write(meminfo=MEMINFO, **GROUP_FILES[version])
    # The group above has a limit; its cached files would make room.
    assert _memory.available_memory() == 500_000 + 40_000 + 10 * 1024


def test_where_nobody_knows(write):
    assert _memory.available_memory() is None
    assert _memory.fits_in_memory(1e30)


def test_an_error_says_what_and_why(monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 2_000_000_000)
    _memory.require_memory(2e9, "this", "buy more")
    match = r"^this would take at least 2\.1 GB of memory, but 2\.0 GB are free; buy"
    with pytest.raises(MemoryError, match=match):
        _memory.require_memory(2.1e9, "this", "buy more")


def test_little_is_never_refused(monkeypatch):
    monkeypatch.setattr(_memory, "available_memory", lambda: 0)
    _memory.require_memory(60e6, "this", "buy more")
