"""
From k-mers to motifs to combinations
=====================================

In blood cells, TAL1 and GATA1 sit side by side on DNA: an E-box, nine base pairs, a GATA site
[1]_. Neither motif alone tells where they do. Here the two are planted into 3,000 random
sequences, in all of them; what counts is how far apart they are. A network of three layers
learns that, and shows layer by layer how.

.. [1] I. A. Wadman, H. Osada, G. G. Grütz et al. (1997), "The LIM-only protein Lmo2 is a
   bridging molecule assembling an erythroid, DNA-binding complex which includes the TAL1,
   E47, GATA-1 and Ldb1/NLI proteins", EMBO Journal 16, 3145-3157.
"""

import matplotlib.pyplot as plt
import numpy as np

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.inspection import HierarchyDisplay, layer_motifs
from sklearn_cnn.preprocessing import reverse_complement

# %%
# Sequences
# ---------
# Each has both motifs, on either strand, and a letter of a site is wrong in one case of
# twenty. In half of them the motifs are nine letters apart, in the others 4 to 14.

E_BOX, GATA, SPACING = "CAGGTG", "AGATAA", 9
rng = np.random.default_rng(0)
y = np.arange(3000) % 2
X = []
for label in y:
    others = [spacing for spacing in range(4, 15) if spacing != SPACING]
    spacing = SPACING if label else rng.choice(others)
    site = np.array(list(E_BOX + "." * spacing + GATA))
    changed = (site == ".") | (rng.random(len(site)) < 0.05)
    site[changed] = rng.choice(list("ACGT"), changed.sum())
    sequence = rng.choice(list("ACGT"), 60)
    start = rng.integers(60 - len(site) + 1)
    sequence[start : start + len(site)] = site
    sequence = "".join(sequence)
    X.append(reverse_complement(sequence) if rng.integers(2) else sequence)

# %%
# Three layers
# ------------
# Filters of the first layer see 5 letters, those of the second 11, those of the third 27.
# There is nothing beside the network, which must find motifs and spacing alone.

clf = MotifCNNClassifier(
    n_filters=(24, 24, 24),
    kernel_size=(5, 7, 17),
    pooling="max",
    lr=0.01,
    position=False,
    linear_models=None,
    random_state=0,
).fit(X[:2000], y[:2000])
print(f"Accuracy on 1,000 other sequences: {clf.score(X[2000:], y[2000:]):.3f}\n")

found = layer_motifs(clf, X[:2000])
print(found)

# %%
# What a unit of the last layer needs
# -----------------------------------
# Two motifs, and how many letters between them; the responses to both at this spacing and to
# each alone are those to words in random sequences.

columns = [
    "unit",
    "first",
    "second",
    "spacing",
    "together",
    "first_alone",
    "second_alone",
]
pairs = found.pairs.query("layer == 3")
print(f"\n{pairs[columns].head(5).round(1).to_string(index=False)}")

# %%
# One figure
# ----------
# Layers from top to bottom. Shaded are the motifs of a pair, with the letters between them.

HierarchyDisplay(hierarchy=found).plot()
plt.show()
