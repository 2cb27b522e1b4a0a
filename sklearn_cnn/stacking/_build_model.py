"""Build networks and linear branches from arrays."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from sklearn_cnn.architectures._ensemble import Ensemble
from sklearn_cnn.architectures._linear_branch import LinearBranch
from sklearn_cnn.architectures._stacked_model import StackedModel
from sklearn_cnn.training._weights import STACK, load_weights, n_networks, weights_of


def build_model(
    arrays: dict[str, np.ndarray],
    config,
    features: Callable[[dict], dict[str, nn.Module]],
    complement_order: list[int] | None,
) -> StackedModel:
    """Build the stacked model: all networks, and linear branches if there are any.

    Parameters
    ----------
    arrays : dict of str to ndarray
        Weights of a fitted estimator.
    config : SequenceCNNConfig or ImageCNNConfig
        Architecture of the networks.
    features : callable
        Takes the arrays of the stack; returns the module that computes the features of
        each branch, by the name of the branch.
    complement_order : list of int or None
        Order of the channels on the opposite strand; None to read one strand.
    """
    networks = []
    for member in range(n_networks(arrays)):
        with torch.device("meta"):
            network = config.build()
        load_weights(network, weights_of(arrays, member))
        networks.append(network)
    stack, branches = weights_of(arrays, STACK), {}
    for name, module in features(stack).items() if stack else ():
        n_features = len(stack[f"branches.{name}.mean"])
        branches[name] = LinearBranch(module, n_features, config.n_outputs)
    model = StackedModel(nn.Identity(), branches, config.n_outputs)
    if stack:
        load_weights(model, stack)
    model.networks = Ensemble(networks, complement_order, profile=config.profile)
    return model
