"""Hash of a backbone, which tells stored features apart."""

import hashlib

import torch

from sklearn_cnn.backbones._backbone import Backbone

_PLAIN = (bool, int, float, str, tuple, list, type(None))


def fingerprint(backbone: Backbone) -> str:
    """Hash of a backbone's weights, structure, settings, layers, pooling, precision.

    The structure is the names of all classes and their plain attributes. A change of
    the code inside a class is not seen.
    """
    digest = hashlib.blake2b(digest_size=16)

    def add(*values):
        digest.update(repr(values).encode())

    add(backbone.layers, backbone.labels, backbone.pooling, str(backbone.dtype))
    add(*backbone.settings)
    for name, module in backbone.module.named_modules():
        add(name, type(module).__module__, type(module).__qualname__)
        for key, value in sorted(vars(module).items()):
            is_setting = not key.startswith("_") and key != "training"
            if is_setting and isinstance(value, _PLAIN):
                add(key, value)
    tensors = (*backbone.module.named_parameters(), *backbone.module.named_buffers())
    for name, tensor in tensors:
        values = tensor.detach().cpu().contiguous()
        add(name, str(values.dtype), tuple(values.shape))
        digest.update(values.reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
