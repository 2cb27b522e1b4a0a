"""The families of networks that others trained: what loads and what reads them."""

from torch import nn

from sklearn_cnn.backbones._borzoi import BorzoiEmbeddings, BorzoiModel, load_borzoi
from sklearn_cnn.backbones._deepbind import (
    DeepBindModels,
    DeepBindScores,
    read_deepbind,
)
from sklearn_cnn.backbones._enformer import (
    EnformerEmbeddings,
    EnformerModel,
    load_enformer,
)
from sklearn_cnn.backbones._hugging_face import (
    HuggingFace,
    LanguageModel,
    load_hugging_face,
)
from sklearn_cnn.backbones._hugging_face_vision import HuggingFaceVision, VisionModel
from sklearn_cnn.backbones._timm import TimmFeatures, TimmModel, load_timm
from sklearn_cnn.backbones._torch_module import TorchModule

# What loads a name, by what stands before its colon.
LOADERS = {
    "deepbind": read_deepbind,
    "hf": load_hugging_face,
    "timm": load_timm,
    "enformer": load_enformer,
    "borzoi": load_borzoi,
}
# The backbone of what was loaded, by its type.
FAMILIES = {
    DeepBindModels: DeepBindScores,
    LanguageModel: HuggingFace,
    VisionModel: HuggingFaceVision,
    TimmModel: TimmFeatures,
    EnformerModel: EnformerEmbeddings,
    BorzoiModel: BorzoiEmbeddings,
    nn.Module: TorchModule,
}


def is_name(model) -> bool:
    """Whether it is the name of a network, such as "timm:resnet18" or "enformer"."""
    return isinstance(model, str) and model.partition(":")[0] in LOADERS


def load_by_name(model: str):
    """What a name stands for, as arrays and plain values."""
    kind, _, name = model.partition(":")
    return LOADERS[kind](name)


def of_type(families: dict, source) -> type:
    """Backbone of what was loaded, by its type."""
    return next(f for kind, f in families.items() if isinstance(source, kind))
