"""The models that are compared, as scikit-learn estimators on strings.

`ours` is this package with its defaults; the others are what a user would otherwise
reach for. Those free of chance take no seed.
"""

import importlib.util
import re
from functools import cache, partial

import numpy as np
import torch
from _data import DataSet, NotSupportedError
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier, NeuralNetRegressor
from torch import nn

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.preprocessing import SequenceEncoder

MODELS = (
    "ours",
    "ours_wide",
    "ours_no_gaps",
    "ours_data",
    "ours_cnn",
    "kmer",
    "onehot",
    "linear",
    "gkmsvm",
    "skorch",
)
SEEDED = ("ours", "ours_wide", "ours_no_gaps", "ours_data", "ours_cnn", "skorch")
# Parameters of ours that are not the defaults.
_OURS = {
    "ours": {},
    # For tens of thousands of sequences; the default is at most 128.
    "ours_wide": {"n_filters": 320},
    # An int, here that of DNA and RNA by default, leaves gapped words out.
    "ours_no_gaps": {"kmers": 6},
    "ours_data": {"motif_bank": None},
    "ours_cnn": {"motif_bank": None, "kmers": None},
}
# Its kernel matrix is quadratic in the training sequences.
GKMSVM_MAX_TRAIN = 6000


def make_model(name: str, task: str, alphabet: str, max_length: int, seed: int | None):
    """Unfitted estimator.

    Parameters
    ----------
    name : str
        One of `MODELS`.
    task : {"classification", "regression"}
        What it predicts.
    alphabet : str
        "dna", "rna" or "protein".
    max_length : int
        Longest sequence of the set.
    seed : int or None
        For those of `SEEDED`.
    """
    classifies = task == "classification"
    if name in _OURS:
        kind = MotifCNNClassifier if classifies else MotifCNNRegressor
        return kind(random_state=seed, **_OURS[name])
    if name == "kmer":
        kmers = (1, 2) if alphabet == "protein" else (3, 5)
        return make_pipeline(
            CountVectorizer(analyzer="char", ngram_range=kmers),
            StandardScaler(with_mean=False),
            _linear_model(classifies),
        )
    if name == "onehot":
        return make_pipeline(SequenceEncoder(), _linear_model(classifies))
    if name == "linear":
        longest = 2 if alphabet == "protein" else 5
        return make_pipeline(
            CountVectorizer(
                analyzer=partial(words_and_places, longest=longest), dtype=np.float32
            ),
            StandardScaler(with_mean=False),
            _linear_model(classifies),
        )
    if name == "gkmsvm":
        return GappedKmerSVM(both_strands=alphabet == "dna")
    if name == "skorch":
        kind = SkorchCNNClassifier if classifies else SkorchCNNRegressor
        return kind(max_length=max_length, seed=seed)
    raise ValueError(f"model must be one of {MODELS}; got {name!r}")


def words_and_places(sequence: str, longest: int) -> list[str]:
    """All words up to a length, and letters and pairs of neighbours at their places."""
    words = [
        sequence[i : i + k]
        for k in range(1, longest + 1)
        for i in range(len(sequence) - k + 1)
    ]
    places = [
        f"{sequence[i : i + k]} at {i}"
        for k in (1, 2)
        for i in range(len(sequence) - k + 1)
    ]
    return words + places


def check_suitable(name: str, data: DataSet) -> None:
    """Raise NotSupportedError where a model cannot do a set."""
    if name in ("onehot", "linear", "gkmsvm") and data.length is None:
        raise NotSupportedError("needs sequences of one length")
    if name == "gkmsvm":
        if data.alphabet == "protein":
            raise NotSupportedError("reads nucleotides only")
        if data.task == "regression" or len(np.unique(data.train.y)) > 2:
            raise NotSupportedError("two classes only")
        if importlib.util.find_spec("gkmsvm") is None:
            raise NotSupportedError("not installed: pip install gkmsvm-lite")


def n_parameters(model) -> int | None:
    """Number of trained numbers; None for models without weights."""
    if isinstance(model, (SkorchCNNClassifier, SkorchCNNRegressor)):
        return _n_weights(model.net_.module_)
    if hasattr(model, "to_module"):
        return _n_weights(model.to_module())
    if isinstance(model, Pipeline):
        linear = getattr(model[-1], "best_estimator_", model[-1])
        return int(np.size(linear.coef_) + np.size(linear.intercept_))
    return None


def _n_weights(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _linear_model(classifies: bool):
    """Logistic or ridge regression, its penalty chosen on the training set."""
    if classifies:
        return GridSearchCV(
            LogisticRegression(max_iter=1000),
            {"C": np.logspace(-4, 1, 6)},
            scoring="neg_log_loss",
            cv=StratifiedKFold(3, shuffle=True, random_state=0),
        )
    folds = KFold(3, shuffle=True, random_state=0)
    return RidgeCV(alphas=np.logspace(-1, 6, 8), cv=folds)


class GappedKmerSVM(ClassifierMixin, BaseEstimator):
    """gkm-SVM of gkmsvm-lite with LS-GKM's defaults: l=11, k=7, d=3, C=1.

    Two classes of sequences of one length. Letters other than A, C, G and T are read
    as A, as LS-GKM does.
    """

    def __init__(self, both_strands: bool = True):
        self.both_strands = both_strands

    def fit(self, X, y):
        from gkmsvm import train_gkmsvm

        compile_gkmsvm()
        self.classes_, indices = np.unique(y, return_inverse=True)
        X = np.array(_nucleotides(X), dtype=object)
        negative, positive = (X[indices == j].tolist() for j in (0, 1))
        self.svm_ = train_gkmsvm(positive, negative, include_rc=self.both_strands)
        return self

    def decision_function(self, X) -> np.ndarray:
        from gkmsvm import one_hot_encode

        encoded = np.stack([one_hot_encode(s) for s in _nucleotides(X)])
        return np.asarray(self.svm_(encoded), dtype=float).ravel()


@cache
def compile_gkmsvm() -> None:
    """Have numba compile, once a process, so that no fit is timed with it."""
    from gkmsvm import train_gkmsvm

    for both_strands in (True, False):
        train_gkmsvm(
            ["ACGTTGCATTACG"] * 2, ["TTGCATTAGGACC"] * 2, include_rc=both_strands
        )


def _nucleotides(X) -> list[str]:
    """Sequences in the four letters of DNA."""
    return [re.sub("[^ACGT]", "A", s.upper().replace("U", "T")) for s in X]


class PlainCNN(nn.Module):
    """The first CNN of every tutorial: convolution, ReLU, global maximum, linear."""

    def __init__(self, n_symbols: int, n_outputs: int):
        super().__init__()
        self.convolution = nn.Conv1d(n_symbols, 128, kernel_size=19, padding="same")
        self.output = nn.Linear(128, n_outputs)

    def forward(self, x):
        return self.output(torch.relu(self.convolution(x)).amax(dim=2))


class _SkorchCNN(BaseEstimator):
    """What a user writes by hand with skorch: one-hot arrays, Adam, 20 epochs."""

    def __init__(self, max_length: int, seed: int | None = None):
        self.max_length = max_length
        self.seed = seed

    def _fit_net(self, kind, X, y, n_outputs: int, criterion) -> None:
        self.encoder_ = SequenceEncoder(length=self.max_length).fit(X)
        torch.manual_seed(self.seed)
        self.net_ = kind(
            PlainCNN,
            module__n_symbols=len(self.encoder_.alphabet_.symbols),
            module__n_outputs=n_outputs,
            criterion=criterion,
            optimizer=torch.optim.Adam,
            lr=1e-3,
            max_epochs=20,
            batch_size=64,
            train_split=None,
            device="cuda" if torch.cuda.is_available() else "cpu",
            verbose=0,
        )
        self.net_.fit(self._one_hot(X), y)

    def _one_hot(self, X) -> np.ndarray:
        """Channels first: (n, n_symbols, max_length)."""
        columns = self.encoder_.transform(X).reshape(len(X), self.max_length, -1)
        return np.ascontiguousarray(columns.transpose(0, 2, 1))


class SkorchCNNClassifier(ClassifierMixin, _SkorchCNN):
    """`PlainCNN` under cross-entropy."""

    def fit(self, X, y):
        self.classes_, indices = np.unique(y, return_inverse=True)
        n_classes = len(self.classes_)
        self._fit_net(NeuralNetClassifier, X, indices, n_classes, nn.CrossEntropyLoss)
        return self

    def predict_proba(self, X) -> np.ndarray:
        proba = self.net_.predict_proba(self._one_hot(X)).astype(float)
        return proba / proba.sum(axis=1, keepdims=True)  # single precision before


class SkorchCNNRegressor(RegressorMixin, _SkorchCNN):
    """`PlainCNN` under squared error."""

    def fit(self, X, y):
        targets = np.asarray(y, dtype=np.float32)[:, None]
        self._fit_net(NeuralNetRegressor, X, targets, 1, nn.MSELoss)
        return self

    def predict(self, X) -> np.ndarray:
        return self.net_.predict(self._one_hot(X)).ravel().astype(float)
