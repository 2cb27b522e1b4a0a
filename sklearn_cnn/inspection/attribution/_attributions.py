"""How much each letter, value or pixel matters for a prediction."""

from collections.abc import Callable
from numbers import Integral

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn._image import BaseImageCNN
from sklearn_cnn._package import warn
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.inspection._checks import check_estimator, resolve_target
from sklearn_cnn.inspection.attribution._baselines import (
    draw_baselines,
    encode_baselines,
)
from sklearn_cnn.inspection.attribution._deeplift import deeplift
from sklearn_cnn.inspection.attribution._grad_cam import grad_cam
from sklearn_cnn.inspection.attribution._gradients import gradient_input, saliency
from sklearn_cnn.inspection.attribution._in_silico_mutagenesis import (
    in_silico_mutagenesis,
)
from sklearn_cnn.inspection.attribution._integrated_gradients import (
    TOLERANCE,
    integrated_gradients,
)
from sklearn_cnn.inspection.attribution._score import build_score
from sklearn_cnn.training._plain_torch import in_plain_torch
from sklearn_cnn.training._progress import Steps

# Methods that look at the gradient at the input, and those that compare it with others.
_LOCAL = {
    "gradient_input": gradient_input,
    "saliency": saliency,
    "grad_cam": grad_cam,
}
_COMPARING = {"integrated_gradients": integrated_gradients, "deeplift": deeplift}
_METHODS = ("ism", *_COMPARING, *_LOCAL)
# Positions or pixels whose gradients are computed together.
_POSITIONS_AT_ONCE = 2**13


def attributions(
    estimator: BaseCNN,
    X: ArrayLike,
    method: str = "ism",
    *,
    target: object = None,
    baselines: ArrayLike | None = None,
    n_shuffles: int = 10,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> np.ndarray:
    """Attribute the score of each input to its letters, values or pixels.

    The score is the logit that `decision_function` gives, or of a regressor the
    prediction in the units of the target: the mean over networks and, where the
    estimator reads both, over strands, with all that stands beside the networks
    (k-mers, known motifs).

    Parameters
    ----------
    estimator : estimator of sklearn_cnn
        Fitted.
    X : container of n_samples inputs
        What its `fit` takes.
    method : str, default="ism"
        - "ism", in-silico mutagenesis: the score of the sequence with another letter at
          a place, less that of the sequence; zero for the letter that is there. Exact,
          free of choices, and fast; hence the default. For sequences only.
        - "integrated_gradients" and "deeplift": contributions to the difference between
          the score of the input and the mean score of its baselines, which they add up
          to. "deeplift" needs the extra ``deeplift``, and does not do images.
        - "gradient_input": the gradient times the input.
        - "saliency": the absolute value of the gradient, for each letter that could be
          there.
        - "grad_cam": for images, where the last convolutional layer sees what speaks
          for the score.

    target : label or int, default=None
        Which output, where there are several: a label out of `classes_`, or the index
        of an output. Of profiles the position; None is the mean over all positions.
    baselines : container of n_samples inputs, default=None
        For "integrated_gradients" and "deeplift": what each input is compared with, one
        of the same length for each. None compares sequences with shuffles of their own,
        and signals and images with the mean of each channel in training.
    n_shuffles : int, default=10
        Shuffles of each sequence, which keep its dinucleotides. Their chance fades with
        their number, to which the time is proportional.
    random_state : int, RandomState instance or None, default=None
        Determines the shuffles; pass an int for reproducible output.
    verbose : int or bool, default=0
        Whether to show a progress bar.

    Returns
    -------
    ndarray of shape (n_samples, n_channels, length) and dtype float32
        In the order of the symbols (A, C, G, T or U; amino acids as in
        `SequenceEncoder`), then of further channels. Shorter sequences have zeros
        behind their ends. Of images, (n_samples, n_channels, height, width), for
        "grad_cam" (n_samples, height, width), zero or more.

    Raises
    ------
    ValueError
        If the method is unknown or not for these inputs, or `target` is missing or
        names no output.
    TypeError
        If `estimator` is none of this package.
    ImportError
        If `method` needs an extra that is not installed, which the message names.
    sklearn.exceptions.NotFittedError
        If `estimator` is not fitted.

    See Also
    --------
    deeplift_rules : For DeepLIFT outside of this function.
    sklearn_cnn.preprocessing.dinucleotide_shuffle : The shuffles.

    Notes
    -----
    Of an estimator that reads positions, shorter or longer sequences are padded or cut
    at both ends to the training length, as for predictions; attributions belong to
    these.

    In-silico mutagenesis computes nothing anew that a substitution leaves as it is, as
    fastISM [1]_ does: activations of each layer at positions whose receptive field does
    not hold the substituted letter, known motifs elsewhere, counts of other k-mers.
    Each mutant is predicted only of sequences with unknown letters (N), if not for
    profiles. Memory does not grow with the number of inputs, but for what is returned.

    "integrated_gradients" [2]_, "deeplift" [3]_ and "gradient_input" give all of a
    place's contribution to the letter that is there (of ambiguity codes, to each in its
    share). The first two warn (ConvergenceWarning) where contributions and difference
    differ by more than 0.001, for regressors by that share of the target's standard
    deviation. The path of integrated gradients has as many steps as this needs.

    "grad_cam" [4]_ weighs the activations of the last layer by their gradients.

    References
    ----------
    .. [1] S. Nair, A. Shrikumar, J. Schreiber, A. Kundaje (2022), "fastISM: performant
       in silico saturation mutagenesis for convolutional neural networks",
       Bioinformatics 38(9), 2397-2403. doi:10.1093/bioinformatics/btac135
    .. [2] M. Sundararajan, A. Taly, Q. Yan (2017), "Axiomatic attribution for deep
       networks", ICML. arXiv:1703.01365
    .. [3] A. Shrikumar, P. Greenside, A. Kundaje (2017), "Learning important features
       through propagating activation differences", ICML. arXiv:1704.02685
    .. [4] R. R. Selvaraju et al. (2017), "Grad-CAM: visual explanations from deep
       networks via gradient-based localization", ICCV. arXiv:1610.02391

    Examples
    --------
    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> from sklearn_cnn.inspection import attributions
    >>> X, y = make_motif_classification(
    ...     300, length=40, motif="TGACGTCA", random_state=0
    ... )
    >>> clf = MotifCNNClassifier(n_filters=16, linear_models=None, random_state=0)
    >>> clf = clf.fit(X, y)

    Which place of a sequence with a site matters most?

    >>> effects = attributions(clf, ["GAT" * 5 + "TGACGTCA" + "CTAGA" * 3 + "AC"])
    >>> effects.shape
    (1, 4, 40)
    >>> place = abs(effects[0]).max(axis=0).argmax()
    >>> bool(15 <= place < 23)
    True
    """
    check_estimator(estimator)
    return attribute_inputs(
        estimator,
        FittedModel(estimator).read(X),
        method,
        target=target,
        baselines=baselines,
        n_shuffles=n_shuffles,
        random_state=random_state,
        verbose=verbose,
    )


@in_plain_torch
def attribute_inputs(
    estimator: BaseCNN,
    inputs: Inputs,
    method: str,
    *,
    target,
    baselines: ArrayLike | None = None,
    n_shuffles: int = 20,
    random_state: int | np.random.RandomState | None = None,
    verbose: int = 0,
) -> np.ndarray:
    """What `attributions` gives, of inputs that are encoded already."""
    if method not in _METHODS:
        raise ValueError(
            f"method must be one of {', '.join(map(repr, _METHODS))}; got {method!r}"
        )
    if not isinstance(n_shuffles, Integral) or n_shuffles < 1:
        raise ValueError(f"n_shuffles must be an int >= 1; got {n_shuffles!r}")
    _check_suits(method, estimator)
    shortest = inputs.length if inputs.lengths is None else int(inputs.lengths.min())
    target = resolve_target(estimator, target, shortest)
    with Steps("attributions", "input", verbose) as bar:
        if method == "ism":
            return in_silico_mutagenesis(estimator, inputs, target, bar)
        score = build_score(estimator, target)
        if method in _LOCAL:
            return _in_batches(
                inputs,
                lambda rows: _LOCAL[method](score, score.read(inputs[rows])),
                bar,
            )
        if baselines is not None:
            baselines = encode_baselines(estimator, baselines, inputs)
        rng = check_random_state(random_state)
        gaps = []

        def compare(rows: slice) -> torch.Tensor:
            of_rows = inputs[rows]
            if baselines is None:
                others = draw_baselines(estimator, of_rows, n_shuffles, rng)
            else:
                others = baselines[rows]
            x, others = score.read(of_rows), score.read(others)
            others = others.unflatten(0, (len(x), -1))
            contributions = _COMPARING[method](score, x, others)
            gaps.append(_gaps(score, x, others, contributions))
            return _onto_letters(contributions, x, score.n_symbols)

        n_compared = n_shuffles if baselines is None else 1
        attributed = _in_batches(inputs, compare, bar, n_compared)
    _warn_of_gaps(torch.cat(gaps) / score.unit)
    return attributed


def _check_suits(method: str, estimator: BaseCNN) -> None:
    """Refuse a method for inputs that it is not for."""
    if isinstance(estimator, BaseImageCNN):
        kind, others = "images", ("ism", "deeplift")
    elif estimator.alphabet_ is None:
        kind, others = "numeric signals", ("ism", "grad_cam")
    else:
        kind, others = "sequences", ("grad_cam",)
    if method in others:
        suited = [repr(name) for name in _METHODS if name not in others]
        raise ValueError(
            f"method={method!r} is not for {kind}, on which the "
            f"{type(estimator).__name__} was fitted; those for {kind} are "
            f"{', '.join(suited)}"
        )


def _in_batches(
    inputs: Inputs, function: Callable, bar: Steps, n_each: int = 1
) -> np.ndarray:
    """What a function gives for rows, which reads `n_each` inputs for each of them."""
    bar.expect(len(inputs))
    n_rows = max(1, _POSITIONS_AT_ONCE // (inputs.length * n_each))
    attributed = None
    for start in range(0, len(inputs), n_rows):
        rows = slice(start, start + n_rows)
        of_rows = function(rows).nan_to_num().cpu().numpy()
        if attributed is None:
            shape = *of_rows.shape[1:-1], inputs.values.shape[-1]
            attributed = np.zeros((len(inputs), *shape), np.float32)
        attributed[rows, ..., : of_rows.shape[-1]] = of_rows
        bar.update(len(of_rows))
    return attributed


def _onto_letters(
    contributions: torch.Tensor, x: torch.Tensor, n_symbols: int
) -> torch.Tensor:
    """Contributions of all letters at a place, given to those that are there."""
    if not n_symbols:
        return contributions
    letters = x[:, :n_symbols].nan_to_num()
    shares = letters / letters.sum(dim=1, keepdim=True).clamp(min=1)
    of_place = contributions[:, :n_symbols].sum(dim=1, keepdim=True)
    return torch.cat([of_place * shares, contributions[:, n_symbols:]], dim=1)


@torch.no_grad()
def _gaps(score, x, baselines, contributions) -> torch.Tensor:
    """What contributions leave of the differences between scores, (n,)."""
    before = score(baselines.flatten(0, 1)).view(len(x), -1).mean(dim=1)
    return (score(x)[:, 0] - before - contributions.flatten(1).sum(dim=1)).abs()


def _warn_of_gaps(gaps: torch.Tensor) -> None:
    worst = int(gaps.argmax())
    if gaps[worst] > TOLERANCE:
        warn(
            f"the attributions of X[{worst}] miss the difference between its score and "
            f"that of its baselines by {gaps[worst]:.2g}, of {len(gaps)} inputs "
            f"{int((gaps > TOLERANCE).sum())} by more than {TOLERANCE}",
            ConvergenceWarning,
        )
