"""Memory that is free, and an error where it is too little."""

from pathlib import Path

_PROC = Path("/proc")
_CONTROL_GROUPS = Path("/sys/fs/cgroup")
# So few bytes are never refused: to ask what is free takes longer than a prediction.
_FEW = 2**26
# Files with the limit and the use of a control group, by version of control groups.
_FILES = {
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes"),
    2: ("memory.max", "memory.current"),
}


def require_memory(n_bytes: float, what: str, remedy: str) -> None:
    """Raise if more bytes are needed than are free.

    Parameters
    ----------
    n_bytes : float
        What is needed at least. An estimate must not be too high: nothing is refused
        that fits.
    what : str
        What needs them; begins the message.
    remedy : str
        Which parameters to change; ends the message.

    Raises
    ------
    MemoryError
        If so many bytes are not free.
    """
    if not fits_in_memory(n_bytes):
        raise MemoryError(
            f"{what} would take at least {_in_words(n_bytes)} of memory, but "
            f"{_in_words(available_memory())} are free; {remedy}"
        )


def fits_in_memory(n_bytes: float) -> bool:
    """Whether so many bytes are free, or nobody knows."""
    if n_bytes <= _FEW:
        return True
    free = available_memory()
    return free is None or n_bytes <= free


def available_memory() -> int | None:
    """Bytes of memory that this process can still get; None where nobody knows.

    Linux says how much the machine has left, and how much each control group of the
    process: a container's, or that of a job on a cluster. Files in its cache count as
    free, and so does swap space.
    """
    machine = _read_table(_PROC / "meminfo")
    if "MemAvailable:" not in machine:
        return None
    left = min([1024 * machine["MemAvailable:"], *_left_in_control_groups()])
    return left + 1024 * machine.get("SwapFree:", 0)


def _left_in_control_groups() -> list[int]:
    """Bytes that the process may still take, in each group that it is in."""
    left = []
    for line in _read(_PROC / "self" / "cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        version = 1 if controllers else 2
        if version == 1 and "memory" not in controllers.split(","):
            continue
        folder = _CONTROL_GROUPS / "memory" if version == 1 else _CONTROL_GROUPS
        # Each group is in the one above it. In a container, some are out of sight.
        for name in ("", *path.strip("/").split("/")):
            folder = folder / name
            limit, used = (_read(folder / file).strip() for file in _FILES[version])
            if limit.isdigit() and used.isdigit():
                left.append(int(limit) - int(used) + _cached_files(folder))
    return left


def _cached_files(folder: Path) -> int:
    """Bytes of files that a control group holds in its cache."""
    table = _read_table(folder / "memory.stat")
    names = "inactive_file", "active_file"
    # The first version counts the groups inside of a group under other names.
    return sum(table.get(f"total_{name}", table.get(name, 0)) for name in names)


def _read_table(path: Path) -> dict[str, int]:
    """Numbers of a file by the name before them."""
    rows = (line.split() for line in _read(path).splitlines())
    return {row[0]: int(row[1]) for row in rows if len(row) > 1}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _in_words(n_bytes: float) -> str:
    if n_bytes < 1e9:
        return f"{n_bytes / 1e6:,.0f} MB"
    return f"{n_bytes / 1e9:,.1f} GB"
