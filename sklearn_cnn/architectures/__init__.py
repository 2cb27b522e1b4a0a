"""Networks in plain PyTorch: blocks, trunks, heads, and what they are made of."""

from sklearn_cnn._package import publish
from sklearn_cnn.architectures._image_cnn_config import ImageCNNConfig
from sklearn_cnn.architectures._sequence_cnn_config import SequenceCNNConfig

publish(__name__, ImageCNNConfig, SequenceCNNConfig)
