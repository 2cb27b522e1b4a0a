"""The course of a training as a picture."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from sklearn_cnn._fitted_model import FittedModel
from sklearn_cnn.inspection._checks import check_estimator
from sklearn_cnn.inspection.displays._colors import BLUE, GREEN, VERMILION
from sklearn_cnn.inspection.displays._panels import single_axes
from sklearn_cnn.training._losses import RegressionLoss

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# One colour a quantity.
_TRAINING, _HELD_OUT, _SCORE = BLUE, VERMILION, GREEN


class TrainingHistoryDisplay:
    """Loss, and score where one was monitored, by epoch.

    Make it by `from_estimator`. A quantity has one colour, a network one line. Where
    there was early stopping, a dot marks the epoch whose weights were kept. In a
    gradual fine-tuning, a dotted line shows where the head alone has learned and the
    other layers begin to.

    Parameters
    ----------
    history : DataFrame
        One row an epoch and network, with the columns "member", "epoch" and
        "train_loss", and where there are any "valid_loss", "valid_score", "best" and
        "phase": the `history_` of an estimator.
    loss_name : str
        What the loss is, for the axis.
    score_name : str, default=None
        What the score is, where there is one.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the loss; after `plot`.
    score_ax_ : matplotlib Axes or None
        Axes of the score, whose scale is at the right; None without a score.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    FilterDisplay : The filters that came of the training.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn_cnn import ImageCNNClassifier
    >>> from sklearn_cnn.inspection import TrainingHistoryDisplay
    >>> digits = load_digits()
    >>> clf = ImageCNNClassifier(
    ...     n_filters=8, max_epochs=3, early_stopping=True, random_state=0
    ... ).fit(digits.images[:500], digits.target[:500])
    >>> display = TrainingHistoryDisplay.from_estimator(clf)
    >>> display.ax_.get_ylabel()
    'loss (cross-entropy, nats)'
    """

    def __init__(
        self, *, history: pd.DataFrame, loss_name: str, score_name: str | None = None
    ):
        self.history = history
        self.loss_name = loss_name
        self.score_name = score_name

    @classmethod
    def from_estimator(
        cls, estimator: BaseEstimator, *, ax: "Axes | None" = None
    ) -> "TrainingHistoryDisplay":
        """Draw the history of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted estimator of this package.
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        TrainingHistoryDisplay
            What was drawn.

        Raises
        ------
        TypeError
            If the estimator is none of this package.
        sklearn.exceptions.NotFittedError
            If it is not fitted.
        ImportError
            If Matplotlib is not installed.
        """
        check_estimator(estimator)
        display = cls(
            history=pd.DataFrame(estimator.history_),
            loss_name=_name_of_loss(FittedModel(estimator).task.loss(0.0)),
            score_name=_name_of_score(estimator.monitor),
        )
        return display.plot(ax=ax)

    def plot(self, ax: "Axes | None" = None) -> "TrainingHistoryDisplay":
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        TrainingHistoryDisplay
            Itself, with the axes as attributes.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        """
        ax = single_axes(ax)
        self.ax_, self.figure_ = ax, ax.figure
        self.score_ax_ = None
        self._draw_lines(ax, "train_loss", _TRAINING, "training loss")
        monitored, axis, color = "valid_loss", ax, _HELD_OUT
        if "valid_loss" in self.history:
            self._draw_lines(ax, "valid_loss", _HELD_OUT, "held-out loss")
        if "valid_score" in self.history:
            monitored, axis, color = "valid_score", ax.twinx(), _SCORE
            self.score_ax_ = axis
            label = f"held-out {self.score_name}"
            self._draw_lines(axis, "valid_score", _SCORE, label)
            axis.set_ylabel(label, color=_SCORE)
            axis.tick_params(axis="y", colors=_SCORE)
            axis.spines["top"].set_visible(False)
        if "best" in self.history:
            self._mark_best(axis, monitored, color)
        if "phase" in self.history:
            self._mark_phases(ax)
        self._finish(ax)
        return self

    def _draw_lines(self, ax: "Axes", column: str, color: str, label: str) -> None:
        """One line a network; the first one goes into the legend."""
        # A dot, since a line through one epoch is not seen.
        marker = "." if self.history["epoch"].nunique() == 1 else None
        for member, records in self.history.groupby("member"):
            ax.plot(
                records["epoch"],
                records[column],
                color=color,
                marker=marker,
                label=label if member == 0 else f"_{label} of network {member}",
            )

    def _mark_best(self, ax: "Axes", column: str, color: str) -> None:
        """A dot at the epoch whose weights each network has kept."""
        improved = self.history[self.history["best"] == 1]
        kept = improved.groupby("member").last()
        ax.plot(kept["epoch"], kept[column], "o", color=color, label="best epoch, kept")

    def _mark_phases(self, ax: "Axes") -> None:
        """A line before the first epoch of each later phase."""
        starts = self.history.groupby(["member", "phase"])["epoch"].min()
        later = starts[starts.index.get_level_values("phase") > 1]
        for i, epoch in enumerate(np.unique(later)):
            label = "all layers learn" if i == 0 else None
            ax.axvline(epoch - 0.5, color="0.4", linestyle=":", label=label)

    def _finish(self, ax: "Axes") -> None:
        which = "loss" if "valid_loss" in self.history else "training loss"
        ax.set(xlabel="epoch", ylabel=f"{which} ({self.loss_name})")
        ax.xaxis.get_major_locator().set_params(integer=True)
        if self.history.filter(like="_loss").min(axis=None) >= 0:
            ax.set_ylim(bottom=0)
        ax.spines["top"].set_visible(False)
        ax.spines["right"].set_visible(self.score_ax_ is not None)
        handles, labels = ax.get_legend_handles_labels()
        if self.score_ax_ is not None:
            more_handles, more_labels = self.score_ax_.get_legend_handles_labels()
            handles, labels = handles + more_handles, labels + more_labels
        if len(handles) > 1:
            # Above the axes, where no line runs through it.
            ax.legend(
                handles,
                labels,
                loc="lower left",
                bbox_to_anchor=(0, 1),
                ncols=2,
                frameon=False,
            )


def _name_of_loss(loss) -> str:
    if not isinstance(loss, RegressionLoss):
        return "cross-entropy, nats"
    if loss.name == "poisson":
        return "Poisson, nats"
    return f"{loss.name.replace('_', ' ')}, standardised"


def _name_of_score(monitor) -> str:
    if isinstance(monitor, str):
        return monitor
    return getattr(monitor, "__name__", "score")
