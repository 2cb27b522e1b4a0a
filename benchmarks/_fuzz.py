"""Generated cases, each run under watch: was it accepted, refused, or is it a fault?"""

import linecache
import resource
import signal
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from tqdm import tqdm

import sklearn_cnn

# A case that takes longer hangs; one that takes more memory believes a lying file.
SECONDS = 10
BYTES = 2 << 30
# So many faults are described in a row; all are counted.
_N_DESCRIBED = 20
# The last one is of a loss that becomes infinite in the first epoch.
_DOCUMENTED = ValueError, TypeError, FloatingPointError
_OURS = str(Path(sklearn_cnn.__file__).parent)
_SKLEARN = str(Path(sklearn.__file__).parent)
_SITE = str(Path(sklearn.__file__).parents[1])


class BrokenPropertyError(Exception):
    """What was accepted is not as it should be."""


class HangError(BaseException):
    """A case takes too long; no handler of errors should catch this."""


def check(is_right, message: str) -> None:
    """Raise unless a property holds."""
    if not is_right:
        raise BrokenPropertyError(message)


def fuzz(kinds: tuple[Callable, ...], settings: dict) -> dict:
    """Counts of the outcomes of `settings["n"]` cases, and the faults among them.

    Parameters
    ----------
    kinds : tuple of callable
        Functions of a random generator, in turn. They make a case and run it: they
        return where it is accepted, or raise what the package raises.
    settings : dict
        With "n" and "seed". Case `i` has the generator of (seed, i), so that each can
        be repeated by itself.
    """
    counts = {kind.__name__: Counter() for kind in kinds}
    faults = []
    with _limited_memory():
        for i in tqdm(range(settings["n"]), desc=settings["part"].capitalize()):
            kind = kinds[i % len(kinds)]
            name = kind.__name__
            rng = np.random.default_rng([settings["seed"], i])
            outcome, fault = watch(kind, rng)
            counts[name][outcome] += 1
            if fault:
                faults.append(f"case {i} ({name}): {fault}")
    return {
        "counts": {name: dict(sorted(count.items())) for name, count in counts.items()},
        "n_faults": len(faults),
        "faults": faults[:_N_DESCRIBED],
    }


def watch(case: Callable, rng: np.random.Generator) -> tuple[str, str | None]:
    """Outcome of a case, such as "accepted", "ValueError" or "fault"; and the fault."""
    # Of the processor's time: a machine may be busy with something else.
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            case(rng)
        outcome, fault = "accepted", None
    except (Exception, HangError) as error:
        signal.setitimer(signal.ITIMER_PROF, 0)
        outcome, fault = type(error).__name__, describe_fault(error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    strange = [w for w in caught if not _is_our_warning(w)]
    if strange and not fault:
        fault = f"{strange[0].category.__name__}: {strange[0].message}"
        fault += f" ({strange[0].filename}:{strange[0].lineno})"
    return ("fault" if fault else outcome), fault


def describe_fault(error: BaseException) -> str | None:
    """What is wrong with an error; None if it is one that the package documents.

    Those are exactly one of `_DOCUMENTED` (or a kind of them that this package
    defines), which the package or scikit-learn raises on purpose, with a message.
    """
    frames = traceback.extract_tb(error.__traceback__)
    frame = frames[-1]
    known = [f.filename for f in frames if f.filename.startswith((_OURS, _SKLEARN))]
    is_documented = type(error) in _DOCUMENTED or (
        isinstance(error, (ValueError, TypeError))
        and type(error).__module__.startswith("sklearn")
    )
    line = linecache.getline(frame.filename, frame.lineno).strip()
    is_ours = frame.filename.startswith(_OURS) and line.startswith("raise")
    # What NumPy and pandas say of X is part of scikit-learn's validation.
    is_deliberate = is_ours or (bool(known) and known[-1].startswith(_SKLEARN))
    if is_documented and is_deliberate and len(str(error)) > 10:
        return None
    place = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    return f"{type(error).__name__}: {str(error)[:300]} ({place})"


def _is_our_warning(warning: warnings.WarningMessage) -> bool:
    """Whether it points at the caller's line, as warnings of this package do.

    What scikit-learn says of a score that the caller asks for is the caller's, too.
    """
    if warning.category is UndefinedMetricWarning:
        return True
    return warning.category in (
        UserWarning,
        ConvergenceWarning,
    ) and not warning.filename.startswith((_OURS, _SITE))


def _stop(signum, frame):
    raise HangError(f"more than {SECONDS} seconds")


@contextmanager
def _limited_memory():
    """No more than `BYTES` beyond what is taken now, where the system can say that."""
    status = Path("/proc/self/statm")
    if not status.exists():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    taken = int(status.read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
