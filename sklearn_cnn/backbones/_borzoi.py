"""The family of Borzoi, loaded by borzoi-pytorch."""

from sklearn_cnn.backbones._hub import hub_or_cache
from sklearn_cnn.backbones._transformers_model import (
    TransformersModel,
    arrays_of,
    read_module,
    refuse_missing,
)
from sklearn_cnn.backbones._wide_window import WideWindow

_PUBLISHED = "johahi/borzoi-replicate-0"
# Width of the published model's window in letters; "window" in a config overrides it.
_WINDOW = 524_288
_BIN_WIDTH = 32


class BorzoiModel(TransformersModel):
    """Weights and config of Borzoi."""


def load_borzoi(name: str) -> BorzoiModel:
    """Read the first published replicate, or a model from a folder or the hub.

    Raises
    ------
    ImportError
        If borzoi-pytorch is not installed.
    OSError
        If there is no such model, or the hub is not reached.
    ValueError
        If the files lack weights.
    """
    try:
        from borzoi_pytorch import Borzoi
    except ImportError:
        raise ImportError(
            "model='borzoi' needs borzoi-pytorch; install it with `pip install "
            "'sklearn-cnn[borzoi]'`"
        ) from None
    name = name or _PUBLISHED
    with hub_or_cache("borzoi", name) as from_cache:
        module, missing = read_module(Borzoi, name, local_files_only=from_cache)
    refuse_missing(name, missing)
    return BorzoiModel(Borzoi, module.config.to_dict(), arrays_of(module))


class BorzoiEmbeddings(WideWindow):
    """What Borzoi's heads read, or its human head predicts, of bins over a sequence."""

    def __init__(self, source: BorzoiModel, layer, pooling: str, precision: str):
        module = source.build()
        n_tracks = {}
        # Models of the mouse alone have none.
        if hasattr(module, "human_head"):
            n_tracks["human"] = module.human_head.out_channels
        super().__init__(
            module,
            "final_joined_convs",
            layer,
            pooling,
            precision,
            window=source.config.get("window", _WINDOW),
            bin_width=_BIN_WIDTH,
            n_tracks=n_tracks,
            # What the head gives is not yet what is predicted.
            heads={"human": "final_softplus"},
        )
