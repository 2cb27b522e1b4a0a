"""Cross-validation compares three models, as with any estimators."""

import matplotlib.pyplot as plt
from _guide import BLUE, GREY
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_cnn import MotifCNNClassifier
from sklearn_cnn.datasets import make_motif_classification
from sklearn_cnn.preprocessing import SequenceEncoder

X, y = make_motif_classification(300, length=40, motif="GABPA", random_state=0)
linear = LogisticRegression(max_iter=1000)
words = CountVectorizer(analyzer="char", ngram_range=(4, 4))
models = {
    "one-hot letters,\nlogistic regression": make_pipeline(SequenceEncoder(), linear),
    "4-mers,\nlogistic regression": make_pipeline(words, linear),
    "MotifCNNClassifier,\nthe network alone": MotifCNNClassifier(
        n_filters=16, linear_models=None, random_state=0
    ),
}
folds = StratifiedKFold(5, shuffle=True, random_state=0)
figure, ax = plt.subplots(figsize=(7, 2.6))
for row, (name, model) in enumerate(models.items()):
    scores = cross_val_score(model, X, y, cv=folds, scoring="roc_auc")
    color = BLUE if "CNN" in name else GREY
    ax.scatter(scores, [row] * 5, color=color, s=40, alpha=0.6)
    ax.plot([scores.mean()] * 2, [row - 0.3, row + 0.3], color=color, lw=2)
ax.set(yticks=range(3), yticklabels=models, xlabel="AUROC, five folds and their mean")
ax.set(ylim=(-0.5, 2.5), xlim=(0.35, 1))
plt.show()
