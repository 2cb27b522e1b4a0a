"""
Cars from trucks, with digits
=============================

A network that knows animals learns to tell cars from trucks from few images, since edges
and shapes are the same: so lectures tell the story of transfer learning. Here the animals
are the digits 0 to 4, the vehicles 5 to 9. Does a network that knows the former learn the
latter from fewer images than one that knows nothing? It depends on how hard they are to
see.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from sklearn_cnn import ImageCNNClassifier

# %%
# Easy and hard images
# --------------------
# scikit-learn's digits fill their 8 x 8 pixels: easy. For the hard images, each is put
# anywhere on 14 x 14 pixels of noise, as a car may be anywhere on a photograph.

digits = load_digits()


def scatter(images, seed):
    """Each image at a random place of a larger one, which is noise elsewhere."""
    rng = np.random.default_rng(seed)
    wide = rng.uniform(0, 8, size=(len(images), 14, 14))
    for canvas, image in zip(wide, images, strict=True):
        row, column = rng.integers(7, size=2)
        window = canvas[row : row + 8, column : column + 8]
        window[:] = np.maximum(window, image)
    return wide


kinds = {
    "easy: digits as they are": digits.images,
    "hard: anywhere in noise": scatter(digits.images, seed=0),
}

figure, axes = plt.subplots(2, 10, figsize=(9, 2.3), layout="constrained")
for row, images in zip(axes, kinds.values(), strict=True):
    for digit, ax in enumerate(row):
        image = images[np.flatnonzero(digits.target == digit)[0]]
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=16)
        ax.set(xticks=[], yticks=[])
for digit, ax in enumerate(axes[0]):
    ax.set_title(digit, color="#0072B2" if digit < 5 else "#D55E00")
for ax, name in zip(axes[:, 0], ("easy", "hard"), strict=True):
    ax.set_ylabel(name)
figure.suptitle("0 to 4: the source knows them; 5 to 9: to be learned from few images")
plt.show()

# %%
# Knowing 0 to 4, learning 5 to 9
# -------------------------------
# The source learns from all images of 0 to 4. Then 5, 10 and 20 images of each of the
# digits 5 to 9 are drawn, three times, and given to a network that starts from scratch
# and to one that starts from the source's filters. Half of the images of 5 to 9 are kept
# for the test. ``pooling="max_mean"`` lets a network see a digit wherever it is; few
# filters and small batches keep this page quick.

settings = {"pooling": "max_mean", "batch_size": 16}
known = digits.target < 5
new, test = train_test_split(
    np.flatnonzero(~known),
    test_size=0.5,
    stratify=digits.target[~known],
    random_state=0,
)
y, y_test = digits.target[new], digits.target[test]

sizes = (5, 10, 20)
rows = []
for kind, images in kinds.items():
    source = ImageCNNClassifier(n_filters=(16, 32), pooling="max_mean", random_state=0)
    source.fit(images[known], digits.target[known])
    for draw in tqdm(range(3), desc=kind):
        models = {
            "from scratch": ImageCNNClassifier(
                n_filters=(16, 32), random_state=draw, **settings
            ),
            "fine-tuned": ImageCNNClassifier(
                pretrained=source, random_state=draw, **settings
            ),
        }
        for n in sizes:
            few, _ = train_test_split(
                new, train_size=5 * n, stratify=y, random_state=draw
            )
            for start, model in models.items():
                model.fit(images[few], digits.target[few])
                rows.append((kind, start, n, model.score(images[test], y_test)))

runs = pd.DataFrame(rows, columns=["images", "network", "a class", "accuracy"])
accuracy = runs.groupby(["images", "network", "a class"], sort=False)["accuracy"]
accuracy = accuracy.agg(["mean", "sem"]).unstack()
print("Accuracy on the test images, mean and standard error (sem) of three draws:\n")
print(accuracy.round(3).to_string())

# %%
# What one sees
# -------------
# Easy images leave nothing to gain: a handful of them is enough to learn the few strokes
# that digits are made of, and the network from scratch is as good as the other, or better.
# In the hard ones, strokes must be told from noise first. The source knows how; from
# scratch, that has to be learned from the few images, too. So fine-tuning is ahead, and
# the more images there are, the less. Bars are standard errors.

styles = {"from scratch": ("#D55E00", "s"), "fine-tuned": ("#0072B2", "o")}
figure, axes = plt.subplots(1, 2, figsize=(8, 4), sharey=True, layout="constrained")
for ax, kind in zip(axes, kinds, strict=True):
    for network, (color, marker) in styles.items():
        scores = accuracy.loc[kind, network]
        ax.errorbar(
            sizes,
            scores["mean"],
            scores["sem"],
            color=color,
            marker=marker,
            capsize=3,
            label=network,
        )
    ax.axhline(0.2, color="black", linewidth=0.8, linestyle=":")
    ax.set(title=kind, xlabel="images of each new digit", ylim=(0.15, 1.02))
    ax.set_xticks(sizes)
    ax.spines[["top", "right"]].set_visible(False)
axes[0].set_ylabel("accuracy on other images of 5 to 9")
axes[0].text(20, 0.21, "guessing", ha="right", va="bottom")
axes[1].legend(frameon=False, loc="upper left")
plt.show()

# %%
# With real photographs
# ---------------------
# The story itself, with a network that others trained on the million photographs of
# ImageNet, and the cars and trucks of CIFAR-10. It needs the extra ``timm``, which brings
# torchvision, and downloads the network (45 MB) and the photographs (170 MB), so it is
# only shown here:
#
# .. code-block:: python
#
#    from torchvision.datasets import CIFAR10
#
#    photos = CIFAR10("folder", download=True)
#    y = np.array(photos.targets)
#    chosen = np.flatnonzero(np.isin(y, [1, 9]))  # cars and trucks
#    few, test = train_test_split(
#        chosen, train_size=50, test_size=1000, stratify=y[chosen], random_state=0
#    )
#    scratch = ImageCNNClassifier(random_state=0)
#    tuned = ImageCNNClassifier(pretrained="timm:resnet18.a1_in1k", random_state=0)
#    for model in (scratch, tuned):
#        print(model.fit(photos.data[few], y[few]).score(photos.data[test], y[test]))
#
# The trunk is the whole network but its classifier; ``freeze="trunk"`` trains the new head
# alone, which is much faster (:ref:`borrowed`).
