"""Frozen networks that `PretrainedFeatureExtractor` can load, one file a family."""

from sklearn_cnn._package import publish
from sklearn_cnn.backbones._borrowed_config import BorrowedConfig
from sklearn_cnn.backbones._borzoi import BorzoiModel
from sklearn_cnn.backbones._deepbind import DeepBindModels
from sklearn_cnn.backbones._enformer import EnformerModel
from sklearn_cnn.backbones._hugging_face import LanguageModel
from sklearn_cnn.backbones._hugging_face_vision import VisionModel
from sklearn_cnn.backbones._timm import TimmModel

publish(
    __name__,
    BorrowedConfig,
    BorzoiModel,
    DeepBindModels,
    EnformerModel,
    LanguageModel,
    TimmModel,
    VisionModel,
)
