"""A stacked model that predicts the same in less time."""

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._idle_motifs import without_idle_motifs
from sklearn_cnn.architectures._merged_ensemble import MergedEnsemble, can_be_merged
from sklearn_cnn.architectures._stacked_model import StackedModel


def for_prediction(model: StackedModel) -> StackedModel:
    """Merge the networks where that is possible, and leave out idle motifs.

    The model is for predictions alone: it has no gradients, and not all layers and
    motifs that `model` has.
    """
    weights = dict(zip(model.branches, model.weight[1:], strict=True))
    branches = {
        name: without_idle_motifs(branch, weights[name])
        for name, branch in model.branches.items()
    }
    faster = StackedModel(merge(model.networks), branches, len(model.bias))
    faster.weight.copy_(model.weight)
    faster.bias.copy_(model.bias)
    return faster.eval()


def merge(networks: Ensemble) -> MergedEnsemble | Ensemble:
    """Merge networks of one layer; others are returned as they are."""
    can_merge = isinstance(networks, Ensemble) and can_be_merged(networks)
    return MergedEnsemble(networks) if can_merge else networks
