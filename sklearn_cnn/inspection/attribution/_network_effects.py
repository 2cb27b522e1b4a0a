"""How each substitution changes the outputs of a network."""

import torch

from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.inspection.attribution._changes import Changes, run_trunk
from sklearn_cnn.inspection.attribution._head_effects import (
    FlattenedEffects,
    PlacedEffects,
    PooledEffects,
    ProfileEffects,
)
from sklearn_cnn.inspection.attribution._one_layer_effects import one_layer_effects

# Values of a layer or head that are computed together: they fit a CPU's cache, or keep
# an accelerator busy.
_VALUES_ON_CPU = 2**18
_VALUES_ON_ACCELERATOR = 2**25


def network_effects(network: MotifCNN, x: torch.Tensor, n_symbols: int) -> torch.Tensor:
    """Effects (n, n_symbols, length, n_outputs); see `substitution_effects`.

    Each layer is computed anew at the positions only that a substitution reaches. At
    the others it keeps its activations.
    """
    if _pools_one_layer(network):
        # Sums over windows, letter by letter, are faster there.
        return one_layer_effects(network, x, n_symbols)
    letters = x[:, :n_symbols]
    is_other = (letters != 1) & (letters.sum(dim=1, keepdim=True) > 0)
    x, mask = network.prepare(x)
    steps, activations, mask = run_trunk(network, x, mask)
    heads = _head_effects(network, activations, mask)
    effects = []
    for some in is_other.nonzero().split(_n_at_once(network, heads, x.device)):
        changes = _of_letters(x, n_symbols, *some.unbind(1))
        for step in steps:
            changes = step.propagate(changes)
        effects.append(sum(head.effects(changes) for head in heads))
    effects = torch.cat(effects)
    of_all = effects.new_zeros(*is_other.shape, effects.shape[1])
    of_all[is_other] = effects
    return of_all


def _pools_one_layer(network: MotifCNN) -> bool:
    """Whether there is one layer, all of which is pooled at once."""
    first, *others = network.trunk
    pooled = network.profile_head is None and network.global_head.pooling != "flatten"
    return pooled and not others and first.pool is None


def _head_effects(network: MotifCNN, x: torch.Tensor, mask) -> list:
    """Effects of each head; x (n, length, n_filters) is what they read."""
    if network.profile_head is not None:
        sizes = [block.conv.kernel_size[0] for block in network.trunk]
        return [ProfileEffects(network.profile_head, sizes)]
    if network.global_head.pooling == "flatten":
        return [FlattenedEffects(network.global_head, x)]
    heads = [PooledEffects(network.global_head, x, mask)]
    if network.position_head is not None:
        heads.append(PlacedEffects(network.position_head, x))
    return heads


def _n_at_once(network: MotifCNN, heads: list, device: torch.device) -> int:
    """Substitutions whose changes are computed together."""
    reach = 1 + sum(block.conv.kernel_size[0] - 1 for block in network.trunk)
    n_values = reach * max(block.conv.out_channels for block in network.trunk)
    n_values = max(n_values, *(head.n_values for head in heads))
    on_cpu = device.type == "cpu"
    return max(1, (_VALUES_ON_CPU if on_cpu else _VALUES_ON_ACCELERATOR) // n_values)


def _of_letters(
    x: torch.Tensor,
    n_symbols: int,
    rows: torch.Tensor,
    symbols: torch.Tensor,
    places: torch.Tensor,
) -> Changes:
    """Changes of x (n, n_channels, length): symbols are put at places of rows."""
    values = -x[rows, :, places]
    values[:, n_symbols:] = 0
    values[torch.arange(len(rows), device=x.device), symbols] += 1
    return Changes(rows, places, values[:, None])
