"""DeepLIFT, by tangermeme's engine."""

import warnings

import torch

from sklearn_cnn.inspection.attribution._deeplift_rules import deeplift_rules
from sklearn_cnn.inspection.attribution._score import Score


def deeplift(score: Score, x: torch.Tensor, baselines: torch.Tensor) -> torch.Tensor:
    """Contributions to the difference of the score between x and its baselines.

    Parameters
    ----------
    score : Score
        What is attributed.
    x : torch.Tensor of shape (n, channels, length)
        Inputs.
    baselines : torch.Tensor of shape (n, n_baselines, channels, length)
        For each input.

    Returns
    -------
    torch.Tensor of shape (n, channels, length)
        Mean over the baselines.
    """
    try:
        from tangermeme.deep_lift_shap import deep_lift_shap
    except ImportError:
        raise ImportError(
            "method='deeplift' needs tangermeme; install it with `pip install "
            "'sklearn-cnn[deeplift]'`"
        ) from None
    with warnings.catch_warnings():
        # It warns of letters that are not certain, which the rules here can do, and of
        # gaps, of which `attributions` warns itself.
        warnings.simplefilter("ignore")
        multipliers = deep_lift_shap(
            score,
            x,
            references=baselines,
            batch_size=len(x) * baselines.shape[1],
            additional_nonlinear_ops=deeplift_rules(),
            raw_outputs=True,
            only_warn=True,
            device=x.device,
        )
    change = (x[:, None] - baselines).nan_to_num()
    return (change * multipliers.to(x.device)).mean(dim=1)
