"""The layer that a user names by its number."""


def layer_of(layers: list, layer: int, unit: int):
    """The layer with that number, from 1, if it is there and has that unit, from 0."""
    if not 1 <= layer <= len(layers):
        raise ValueError(
            f"layer={layer!r}, but the network has {len(layers)} layer"
            f"{'s' if len(layers) > 1 else ''}, counted from 1"
        )
    n_units = layers[layer - 1].n_units
    if not 0 <= unit < n_units:
        raise ValueError(
            f"unit={unit!r}, but layer {layer} has {n_units} units, counted from 0"
        )
    return layers[layer - 1]
