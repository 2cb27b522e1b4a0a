"""PyTorch as it is after its import, whatever the caller has set."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

# Functions that use the default device; those in `_FLOATS` use the default type too.
_FLOATS = {torch.empty, torch.eye, torch.linspace, torch.ones, torch.rand, torch.zeros}
_FACTORIES = _FLOATS | {torch.arange, torch.full, torch.tensor}

# Held while PyTorch's number of threads for new ones is another than the caller's.
NUMBER_OF_THREADS = threading.Lock()


def in_plain_torch(function: Callable) -> Callable:
    """Run a function as if the caller had not changed PyTorch's settings.

    A default type or device, automatic mixed precision and inference mode would change
    results or raise errors. Outside of the function the caller's settings stay as they
    are. Where nothing was set, nothing is done.
    """

    @wraps(function)
    def in_plain_torch(*args, **kwargs):
        with _plain_torch():
            return function(*args, **kwargs)

    return in_plain_torch


@contextmanager
def _plain_torch() -> Iterator[None]:
    # A thread looks at the number for new ones once, in its first call.
    with NUMBER_OF_THREADS:
        torch.get_num_threads()
    with ExitStack() as stack:
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        for kind in ("cpu", "cuda"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        has_other_type = torch.get_default_dtype() != torch.float32
        if has_other_type or torch.get_default_device().type != "cpu":
            stack.enter_context(_PlainFactories())
        yield


class _PlainFactories(TorchFunctionMode):
    """Context in which this thread's tensors are float32 on the CPU by default."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func in _FACTORIES and kwargs.get("device") is None:
            kwargs["device"] = torch.device("cpu")
        if func in _FLOATS and kwargs.get("dtype") is None:
            kwargs["dtype"] = torch.float32
        made = func(*args, **kwargs)
        if func is torch.tensor and _is_python_s(args[0]) and made.is_floating_point():
            return made if kwargs.get("dtype") is not None else made.float()
        return made


def _is_python_s(data) -> bool:
    """Whether data are Python's numbers, which have no dtype."""
    return not isinstance(data, (np.ndarray, np.generic, torch.Tensor))
