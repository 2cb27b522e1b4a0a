"""Loss by epoch: where the held-out loss rises again, the best epoch is kept."""

import matplotlib.pyplot as plt

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.inspection import TrainingHistoryDisplay

X, y = make_motif_classification(300, length=60, motif="FOXA1", random_state=0)
clf = MotifCNNClassifier(
    n_filters=32,
    dropout=0.0,
    linear_models=None,
    early_stopping=True,
    n_iter_no_change=15,
    max_epochs=100,
    random_state=0,
)
figure, ax = plt.subplots(figsize=(6.5, 3.4))
TrainingHistoryDisplay.from_estimator(clf.fit(X, y), ax=ax)
plt.show()
