"""The motif that a model found, above the one in JASPAR that is most like it."""

import matplotlib.pyplot as plt

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import MotifDisplay, extract_motifs

X, y = make_motif_classification(400, length=60, motif="MA0139.2", random_state=0)
model = MotifCNNClassifier(
    n_filters=8, n_estimators=1, motif_bank=None, random_state=0
).fit(X, y)
motifs = extract_motifs(model, X, y)
MotifDisplay.from_motifs(motifs, max_motifs=1)
plt.show()
