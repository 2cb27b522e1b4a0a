"""A digit on its way through the network: feature maps, pooling, probabilities."""

import matplotlib.pyplot as plt
import numpy as np
import torch
from _guide import BLUE, LIGHT
from sklearn.datasets import load_digits

from sklearn_cnn import ImageCNNClassifier

digits = load_digits()
clf = ImageCNNClassifier(max_epochs=10, random_state=0)
clf.fit(digits.images[:1000], digits.target[:1000])
image = digits.images[1003]

network = clf.to_module().members[0]
block = network.trunk[0]
with torch.no_grad():
    x = torch.tensor(image[None, None]).float()
    x = network.standardize(x.flatten(2)).view(x.shape)
    maps = block.activation(block.norm(block.conv(x)))
    pooled = block.pool(maps)
chosen = maps[0].std(dim=(1, 2)).argsort(descending=True)[:3].tolist()

figure, axes = plt.subplot_mosaic(
    [
        ["image", "map 0", "pooled 0", "bars"],
        ["image", "map 1", "pooled 1", "bars"],
        ["image", "map 2", "pooled 2", "bars"],
    ],
    figsize=(8, 3.6),
    width_ratios=(3, 1, 1, 3),
)
axes["image"].imshow(image, cmap="gray_r")
axes["image"].set_title("image")
for i, unit in enumerate(chosen):
    axes[f"map {i}"].imshow(maps[0, unit], cmap="Blues")
    axes[f"pooled {i}"].imshow(pooled[0, unit], cmap="Blues")
axes["map 0"].set_title("feature\nmaps")
axes["pooled 0"].set_title("max\npooled")
for name, ax in axes.items():
    if name != "bars":
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
proba = clf.predict_proba([image])[0]
colors = np.where(proba == proba.max(), BLUE, LIGHT)
axes["bars"].barh(range(10), proba, color=colors)
axes["bars"].set(yticks=range(10), xlim=(0, 1), title="probability of each digit")
axes["bars"].invert_yaxis()
plt.show()
