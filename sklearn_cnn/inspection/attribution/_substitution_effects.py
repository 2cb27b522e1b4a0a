"""How each substitution changes what a module gives, by the type of the module."""

from functools import singledispatch

import torch
import torch.nn.functional as F
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._gapped_words import GappedWords
from sklearn_cnn.architectures._kmer_counts import KmerCounts
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._motif_bank import MotifBank
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.architectures._placed_letters import PlacedLetters
from sklearn_cnn.architectures._placed_words import PlacedWords
from sklearn_cnn.architectures._rescale import Rate, Rescale
from sklearn_cnn.architectures._reverse_complement import opposite_strand
from sklearn_cnn.architectures._side_by_side import SideBySide
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.inspection.attribution._gapped_effects import gapped_effects
from sklearn_cnn.inspection.attribution._kmer_effects import kmer_effects
from sklearn_cnn.inspection.attribution._letter_effects import letter_effects
from sklearn_cnn.inspection.attribution._motif_effects import motif_effects
from sklearn_cnn.inspection.attribution._network_effects import network_effects
from sklearn_cnn.inspection.attribution._placed_word_effects import placed_word_effects


@singledispatch
def substitution_effects(
    module: nn.Module, x: torch.Tensor, n_symbols: int
) -> torch.Tensor:
    """Change of each output where one letter is replaced by another, for all letters.

    Only what a substitution changes is computed: in each layer the positions that it
    reaches, the windows of motifs over the letter, and the k-mers that it is in.

    Parameters
    ----------
    module : nn.Module
        In evaluation mode.
    x : torch.Tensor of shape (n, n_channels, length)
        Inputs, one-hot or soft. Networks take sequences of known letters only, but for
        profiles.
    n_symbols : int
        The first channels, which hold letters.

    Returns
    -------
    torch.Tensor of shape (n, n_symbols, length, n_outputs)
        Values at padding have no meaning. Of profiles, the outputs are those around the
        letter, as many on both sides: an odd number, the letter's own in the middle.
    """
    raise NotImplementedError(f"no effects of substitutions for {type(module)}")


substitution_effects.register(MotifCNN, network_effects)


@substitution_effects.register
def _ensemble_effects(
    module: Ensemble, x: torch.Tensor, n_symbols: int
) -> torch.Tensor:
    effects = []
    for member in module.members:
        effects.append(substitution_effects(member, x, n_symbols))
        if module.complement_order is not None:
            turned = opposite_strand(x, module.complement_order)
            of_turned = substitution_effects(member, turned, n_symbols)
            # In the order of the symbols, complementing is reversing.
            axes = (1, 2, 3) if module.profile else (1, 2)
            effects.append(of_turned.flip(axes))
    return torch.stack(effects).mean(dim=0)


@substitution_effects.register
def _stack_effects(
    module: StackedModel, x: torch.Tensor, n_symbols: int
) -> torch.Tensor:
    effects = substitution_effects(module.networks, x, n_symbols) * module.weight[0]
    for branch, weight in zip(module.branches.values(), module.weight[1:], strict=True):
        effects += substitution_effects(branch, x, n_symbols) * weight
    return effects


@substitution_effects.register
def _rescaled_effects(module: Rescale, x: torch.Tensor, n_symbols: int) -> torch.Tensor:
    return substitution_effects(module.network, x, n_symbols) * module.scale


@substitution_effects.register
def _rate_effects(module: Rate, x: torch.Tensor, n_symbols: int) -> torch.Tensor:
    effects = substitution_effects(module.network, x, n_symbols)
    width = effects.shape[3]
    present = F.pad(module.network(x), (width // 2, width // 2)).unfold(1, width, 1)
    return present[:, None].exp() * effects.expm1() * module.mean


@substitution_effects.register
def _branch_effects(
    module: LinearBranch, x: torch.Tensor, n_symbols: int
) -> torch.Tensor:
    weight = module.linear.weight / module.scale
    return feature_effects(module.features, x[:, :n_symbols], weight)


@singledispatch
def feature_effects(
    features: nn.Module, x: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    """Change of a weighted sum of features where one letter is replaced by another.

    Parameters
    ----------
    features : nn.Module
        Of a `LinearBranch`.
    x : torch.Tensor of shape (n, n_symbols, length)
        Inputs.
    weight : torch.Tensor of shape (n_outputs, n_features)
        Of each feature in the sums.

    Returns
    -------
    torch.Tensor of shape (n, n_symbols, length, n_outputs)
        Values at padding have no meaning.
    """
    raise NotImplementedError(f"no effects of substitutions for {type(features)}")


feature_effects.register(KmerCounts, kmer_effects)
feature_effects.register(GappedWords, gapped_effects)
feature_effects.register(PlacedLetters, letter_effects)
feature_effects.register(PlacedWords, placed_word_effects)
feature_effects.register(MotifBank, motif_effects)


@feature_effects.register
def _effects_side_by_side(
    features: SideBySide, x: torch.Tensor, weight: torch.Tensor
) -> torch.Tensor:
    weights = zip(features.parts, features.split(weight, x), strict=True)
    return sum(feature_effects(part, x, of_part) for part, of_part in weights)
