"""What DeepLIFT must know of this package's layers."""

from collections.abc import Callable

import torch

from sklearn_cnn.architectures._exponential import Exponential
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._global_head import GlobalMax
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._rescale import Exp
from sklearn_cnn.inspection.attribution._path_gradients import feature_path_gradient

# Smaller differences than that are rounding; the gradient takes the place of a slope.
_TINY = 1e-6


def deeplift_rules() -> dict[type, Callable]:
    """Rules of DeepLIFT for layers that it treats as linear otherwise.

    What ``tangermeme.deep_lift_shap.deep_lift_shap`` takes as
    ``additional_nonlinear_ops``, so that its attributions of a fitted estimator's
    ``to_module()`` add up to the difference of the scores.

    Returns
    -------
    dict of type to callable
        For each kind of layer, a function of the module, the gradients at its input
        and those at its output.

    See Also
    --------
    attributions : Has the method "deeplift", which uses these rules.

    Notes
    -----
    - Exponentials (the activation, and that of predicted rates) have the rescale rule:
      the slope is the difference of outputs by the difference of inputs.
    - Of a maximum over positions, a rise counts where the input has its maximum, a fall
      where the baseline had it. For blocks (`pool_size`) tangermeme has the same rule.
    - Counts of k-mers and of gapped words, and words at their places, are products of
      letters, and best scores of known motifs are maxima over windows: all have the
      mean gradient along the straight line from the baseline to the input, which is
      exact.

    Examples
    --------
    >>> from sklearn_cnn.inspection import deeplift_rules
    >>> rules = sorted(kind.__name__ for kind in deeplift_rules())
    >>> rules[:4]
    ['Exp', 'Exponential', 'GappedWords', 'GlobalMax']
    >>> rules[4:]
    ['KmerCounts', 'MotifBank', 'PlacedWords']
    """
    return {
        Exponential: _rescale,
        Exp: _rescale,
        GlobalMax: _maximum,
        GappedWords: _features,
        KmerCounts: _features,
        MotifBank: _features,
        PlacedWords: _features,
    }


# Modules have read inputs and baselines together, inputs first. Only the gradient of
# the first half counts.


def _rescale(module, grad_input, grad_output):
    delta_in = torch.sub(*module.input.chunk(2))
    delta_out = torch.sub(*module.output.chunk(2))
    flat = delta_in.abs() < _TINY
    slope = delta_out / delta_in.masked_fill(flat, 1)
    steep = grad_output[0].chunk(2)[0] * slope
    multipliers = torch.where(flat, grad_input[0].chunk(2)[0], steep)
    return (torch.cat([multipliers, multipliers]),)


def _maximum(module, grad_input, grad_output):
    x, baseline = module.input.chunk(2)
    best, best_before = module.output.chunk(2)
    top = torch.maximum(best, best_before)
    multipliers = torch.zeros_like(x)
    for source, gain in ((x, top - best_before), (baseline, best - top)):
        place = source.argmax(dim=1, keepdim=True)
        change = (x - baseline).gather(1, place)
        change = change.masked_fill(change == 0, 1)
        gain = gain[:, None] / change * grad_output[0].chunk(2)[0][:, None]
        multipliers.scatter_add_(1, place, gain)
    return (multipliers.repeat(2, 1, 1),)


def _features(module, grad_input, grad_output):
    x, baseline = module.input.chunk(2)
    weight = grad_output[0].chunk(2)[0]
    mean = feature_path_gradient(module, baseline, x, weight)
    return (mean.repeat(2, 1, 1),)
