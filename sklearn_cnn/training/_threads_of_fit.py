"""How the networks and linear models of a fit share PyTorch's threads."""

import math

import torch

from sklearn_cnn import _defaults
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.training._members import NetworkMaker
from sklearn_cnn.training._memory import fits_at_once
from sklearn_cnn.training._plan import TrainingPlan
from sklearn_cnn.training._threads import Threads
from sklearn_cnn.training._training_set import TrainingSet


def threads_of_fit(
    plan: TrainingPlan,
    maker: NetworkMaker,
    samples: TrainingSet,
    n_trained_on: int,
    n_parts: int,
    *,
    holds_out: bool,
    is_watched: bool,
) -> Threads:
    """Threads that train the parts of a fit.

    Shares follow from the data and the parameters that a result depends on. What does
    not change a result may only change how many parts are trained at a time.

    Parameters
    ----------
    plan, maker, samples, n_trained_on
        See `require_memory_to_train`.
    n_parts : int
        Number of networks and of groups of linear models.
    holds_out : bool
        Whether samples are held out. A monitor may look at the networks before.
    is_watched : bool
        Whether something else looks at the training: callbacks, or who reads a table
        of epochs.
    """
    if holds_out or not _can_share(plan, maker, samples):
        return Threads(1, 1)
    n_shares = min(n_parts, torch.get_num_threads())
    if is_watched or n_shares == 1:
        return Threads(n_shares, 1)
    n_at_once = fits_at_once(plan, maker, samples, n_trained_on, n_shares)
    return Threads(n_shares, n_at_once)


def _can_share(plan: TrainingPlan, maker: NetworkMaker, samples: TrainingSet) -> bool:
    """Whether parts can be trained at a time, where there is memory.

    Other devices than the CPU are busy with one network; so are several processes. The
    layers of networks that others trained may be anything. And very many samples are
    not copied for several networks at a time.
    """
    values = samples.inputs.values
    n_bytes = math.prod(values.shape) * values.dtype.itemsize
    return (
        plan.device.type == "cpu"
        and plan.processes.n == 1
        and not isinstance(maker.config, BorrowedConfig)
        and n_bytes <= _defaults.MAX_BYTES_SIDE_BY_SIDE
        and "backend: OpenMP" in torch.__config__.parallel_info()
    )
