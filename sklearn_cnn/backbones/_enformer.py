"""The family of Enformer, loaded by enformer-pytorch."""

from sklearn_cnn.backbones._hub import hub_or_cache
from sklearn_cnn.backbones._transformers_model import (
    TransformersModel,
    arrays_of,
    read_module,
    refuse_missing,
)
from sklearn_cnn.backbones._wide_window import WideWindow

_PUBLISHED = "EleutherAI/enformer-official-rough"
# Width of the published model's window in letters; "window" in a config overrides it.
_WINDOW = 196_608


class EnformerModel(TransformersModel):
    """Weights and config of Enformer."""


def load_enformer(name: str) -> EnformerModel:
    """Read the published model, or one from a folder or the hub.

    Raises
    ------
    ImportError
        If enformer-pytorch is not installed.
    OSError
        If there is no such model, or the hub is not reached.
    ValueError
        If the files lack weights.
    """
    try:
        from enformer_pytorch import Enformer
    except ImportError:
        raise ImportError(
            "model='enformer' needs enformer-pytorch; install it with `pip install "
            "'sklearn-cnn[enformer]'`"
        ) from None
    name = name or _PUBLISHED
    with hub_or_cache("enformer", name) as from_cache:
        module, missing = read_module(Enformer, name, local_files_only=from_cache)
    refuse_missing(name, missing)
    config = module.config.to_dict()
    if name == _PUBLISHED:
        # TensorFlow's gamma function, with which these weights were trained.
        config["use_tf_gamma"] = True
    return EnformerModel(Enformer, config, arrays_of(module))


class EnformerEmbeddings(WideWindow):
    """What Enformer's heads read, or predict, of the bins over a sequence."""

    def __init__(self, source: EnformerModel, layer, pooling: str, precision: str):
        super().__init__(
            source.build(),
            "final_pointwise",
            layer,
            pooling,
            precision,
            window=source.config.get("window", _WINDOW),
            bin_width=2 ** source.config["num_downsamples"],
            n_tracks=source.config["output_heads"],
            heads={head: f"_heads.{head}" for head in source.config["output_heads"]},
        )

    def prepare(self, x):
        """Windows (n, window, 4)."""
        return super().prepare(x).transpose(1, 2)

    def _units_first(self, output, layer):
        return super()._units_first(output, layer).transpose(1, 2)
