"""One network of a fitted estimator."""

from sklearn_cnn._base import BaseCNN
from sklearn_cnn.architectures._image_cnn import ImageCNN
from sklearn_cnn.architectures._motif_cnn import MotifCNN
from sklearn_cnn.inspection._checks import check_own_network


def member_network(estimator: BaseCNN, member: int) -> MotifCNN | ImageCNN:
    """One network of the estimator, in evaluation mode, reading one strand."""
    check_own_network(estimator)
    modules = estimator.to_module("forward").modules()
    networks = [m for m in modules if isinstance(m, (MotifCNN, ImageCNN))]
    if member >= len(networks):
        raise ValueError(
            f"member={member}, but the estimator has {len(networks)} network"
            f"{'s' if len(networks) > 1 else ''}, counted from 0"
        )
    return networks[member]
