"""scikit-learn estimators around PyTorch CNNs for sequences, signals and images."""

from sklearn_cnn._image import ImageCNNClassifier, ImageCNNRegressor
from sklearn_cnn._motif import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn._package import publish
from sklearn_cnn._persistence import load_model, save_model
from sklearn_cnn._pretrained import PretrainedFeatureExtractor

__version__ = "0.1.0.dev0"

__all__ = [
    "ImageCNNClassifier",
    "ImageCNNRegressor",
    "MotifCNNClassifier",
    "MotifCNNRegressor",
    "PretrainedFeatureExtractor",
    "__version__",
    "load_model",
    "save_model",
]

publish(__name__)
