"""Moments of the optimiser as arrays, and back."""

import numpy as np
import torch

from sklearn_cnn.training._net import Net


def optimizer_state(net: Net) -> dict[str, np.ndarray]:
    """Moments and step counts of AdamW, by slot and parameter."""
    states = net.optimizer_.state
    return {
        f"{slot}.{name}": tensor.cpu().numpy().copy()
        for name, parameter in net.module_.named_parameters()
        for slot, tensor in states.get(parameter, {}).items()
    }


def load_optimizer_state(net: Net, state: dict[str, np.ndarray]) -> None:
    """Let the optimiser go on with these moments and step counts."""
    parameters = dict(net.module_.named_parameters())
    fused = net.optimizer_.defaults["fused"]
    for key, array in state.items():
        slot, name = key.split(".", maxsplit=1)
        parameter = parameters[name]
        # As AdamW has them: step counts lie on the device only where it is fused.
        device = parameter.device if fused or slot != "step" else "cpu"
        net.optimizer_.state[parameter][slot] = torch.tensor(array, device=device)
