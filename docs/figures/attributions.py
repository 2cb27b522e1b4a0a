"""What each letter counts: the site stands out."""

import matplotlib.pyplot as plt

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import AttributionDisplay

X, y = make_motif_classification(400, length=60, motif="TGACGTCA", random_state=0)
clf = MotifCNNClassifier(n_filters=16, motif_bank=None, random_state=0).fit(X, y)
sequence = "ACCATCTAGGATTCAATGCATTGTGACGTCATAGGCTAATCCTAGTCCATTAGGAACTCT"

figure, ax = plt.subplots(figsize=(8, 2.4))
AttributionDisplay.from_estimator(clf, [sequence], ax=ax)
plt.show()
