"""The whole chain: what each layer of the lecture's network gives for one input."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from _guide import BLUE
from _lecture import digit, one_hot
from sklearn.datasets import load_digits

from sklearn_cnn import ImageCNNClassifier, MotifCNNClassifier
from sklearn_cnn.datasets import load_tf_binding

LAYERS = (
    "INPUT",
    "CONV\n+ RELU",
    "POOLING",
    "CONV\n+ RELU",
    "POOLING",
    "FLATTEN",
    "FULLY\nCONNECTED",
    "SOFTMAX",
)


def layer_outputs(clf, x):
    """Maps after each convolution with ReLU and each pooling, flattened; logits."""
    network = clf.to_module("forward")
    outputs = []
    for name, module in network.named_modules():
        if ("trunk" in name and name.endswith("norm")) or name.endswith(
            ("pool", "flatten")
        ):
            module.register_forward_hook(lambda *given: outputs.append(given[-1][0]))
    with torch.no_grad():
        logits = network(torch.tensor(x[None], dtype=torch.float32))
    return [output.relu().numpy() for output in outputs], logits[0].numpy()


def strongest(maps, n):
    """The n maps with the largest values."""
    return maps[np.argsort(-maps.reshape(len(maps), -1).max(axis=1))[:n]]


def mosaic(maps):
    """Nine images in three rows, with a gap of a pixel."""
    padded = np.pad(maps, ((0, 0), (0, 1), (0, 1)))
    rows = padded.reshape(3, 3, *padded.shape[1:]).transpose(0, 2, 1, 3)
    return rows.reshape(3 * padded.shape[1], -1)[:-1, :-1]


def draw_maps(ax, maps, limits, row_height=1):
    """Draw what a layer gives, in the scale of its row of the figure."""
    height, width = maps.shape[0] * row_height, maps.shape[1]
    left, bottom = (limits[0] - width) / 2, (limits[1] - height) / 2
    extent = (left, left + width, bottom, bottom + height)
    limit = np.quantile(maps, 0.99)
    ax.imshow(maps, "gray_r", extent=extent, aspect="auto", vmin=0, vmax=limit)
    ax.set(xlim=(0, limits[0]), ylim=(0, limits[1]))


def draw_bars(ax, values, names):
    """Draw logits or probabilities, a bar a class."""
    ax.barh(range(len(values)), values, color=BLUE)
    ax.axvline(0, color="black", linewidth=0.8)
    margin = 1 if len(values) < 10 else 0
    ax.set_ylim(len(values) - 0.5 + margin, -0.5 - margin)
    for place, name in enumerate(names):
        transform = ax.get_yaxis_transform()
        text = {"ha": "right", "va": "center", "size": 8, "transform": transform}
        ax.text(-0.04, place, name, **text)


X, y = load_tf_binding("CTCF", return_X_y=True)
dna = MotifCNNClassifier(
    n_filters=(32, 64),
    kernel_size=(8, 8),
    pool_size=4,
    activation="relu",
    pooling="flatten",
    dense_units=None,
    linear_models=None,
    n_estimators=1,
    max_epochs=5,
    random_state=0,
).fit(X, y)
digits = load_digits()
images = ImageCNNClassifier(dense_units=None, max_epochs=5, random_state=0)
images.fit(digits.images, digits.target)

figure, axes = plt.subplots(2, 8, figsize=(7.8, 3.4), layout="constrained")
# Sequences: twelve maps a layer, as rows. Images: nine maps a layer.
maps, logits = layer_outputs(dna, one_hot(X[0]))
draw_maps(axes[0, 0], one_hot(X[0]), (100, 48), row_height=4)
for ax, values in zip(axes[0, 1:5], maps, strict=False):
    draw_maps(ax, strongest(values, 12), (100, 48), row_height=4)
draw_maps(axes[0, 5], maps[4][:, None].repeat(40, 1), (448, 448))
draw_bars(axes[0, 6], logits, ())
draw_bars(axes[0, 7], dna.predict_proba(X[:1])[0], ("not", "bound"))
sizes = ["4 x 100", *(" x ".join(map(str, values.shape)) for values in maps)]

maps, logits = layer_outputs(images, digit()[None])
draw_maps(axes[1, 0], digit(), (26, 26))
for ax, values in zip(axes[1, 1:5], maps, strict=False):
    draw_maps(ax, mosaic(strongest(values, 9)), (26, 26))
draw_maps(axes[1, 5], maps[4][:, None].repeat(23, 1), (256, 256))
draw_bars(axes[1, 6], logits, range(10))
draw_bars(axes[1, 7], images.predict_proba(digit()[None])[0], range(10))
sizes += ["1 logit", "2 classes", "8 x 8"]
sizes += [" x ".join(map(str, values.shape)) for values in maps]
sizes += ["10 logits", "10 classes"]

for ax, name in zip(axes[0], LAYERS, strict=True):
    ax.set_title(name, size=9)
for ax, size in zip(axes.flat, sizes, strict=True):
    ax.set(xticks=[], yticks=[])
    ax.set_xlabel(size, size=9)
    ax.spines[:].set_visible(False)
plt.show()
