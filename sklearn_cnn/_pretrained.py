"""The transformer from sequences, signals or images to features of a frozen network."""

import copy
import os
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin, _fit_context
from sklearn.utils import Tags
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    _check_feature_names_in,
    check_is_fitted,
    validate_data,
)
from torch import nn
from tqdm import tqdm

from sklearn_cnn._base import BaseCNN
from sklearn_cnn._sklearn_compat import FittedParameterMixin
from sklearn_cnn.backbones._backbone import Backbone
from sklearn_cnn.backbones._families import (
    FAMILIES,
    LOADERS,
    is_name,
    load_by_name,
    of_type,
)
from sklearn_cnn.backbones._file_kind import is_text
from sklearn_cnn.backbones._fingerprint import fingerprint
from sklearn_cnn.backbones._fitted_estimator import FittedEstimator
from sklearn_cnn.backbones._in_package import IN_PACKAGE, file_of
from sklearn_cnn.backbones._motif_scores import MotifScores
from sklearn_cnn.backbones._stored import StoredFeatures
from sklearn_cnn.datasets._motif_database import MotifDatabase
from sklearn_cnn.datasets._motif_set import MotifSet
from sklearn_cnn.datasets._resolve_motifs import is_jaspar, resolve_motifs
from sklearn_cnn.inputs._inputs import Inputs
from sklearn_cnn.preprocessing._codes import as_sequences, is_sequences
from sklearn_cnn.preprocessing._containers import unpack
from sklearn_cnn.preprocessing._images import holds_pictures
from sklearn_cnn.preprocessing._signals import shape_of
from sklearn_cnn.storage._savable import Savable
from sklearn_cnn.training._device import resolve_device
from sklearn_cnn.training._fitted_state import remove_fitted_state, replace_fitted_state
from sklearn_cnn.transfer._source import resolve_source

# The backbone of what was loaded, by its type.
_FAMILIES = {BaseCNN: FittedEstimator, MotifDatabase: MotifScores, **FAMILIES}


class PretrainedFeatureExtractor(
    FittedParameterMixin, TransformerMixin, Savable, BaseEstimator
):
    """Features that a frozen network, or a bank of known motifs, sees in its inputs.

    A network that has learned from much data reads a sequence in terms that help with
    other questions, too. This transformer makes columns of them, one row an input, for
    any scikit-learn estimator: gradient boosting on motif scores beside tabular
    columns, a linear probe on a layer of a CNN. Nothing is trained.

    Parameters
    ----------
    model : str, path-like, motifs, estimator or torch.nn.Module
        What computes the features.

        - "jaspar": the best log-odds score (in bits, against equal shares of the bases)
          of each of the 2,633 matrices of JASPAR 2026 CORE along a DNA sequence, the
          better of both strands. "jaspar:vertebrates" takes the matrices of one group
          alone ("plants", "insects", "fungi", "nematodes", "urochordates", "diatoms").
          A sequence shorter than a motif has the lowest score that the motif can give.
          "jaspar2024", or "jaspar2024:plants", is an earlier release, of 2014, 2016,
          2018, 2020, 2022 or 2024 (the extra ``jaspar``).
        - the path of a motif file that `read_motifs` reads, or motifs that were read or
          found (by `read_motifs`, `load_jaspar` or `extract_motifs`): the same of these
          matrices.
        - a fitted estimator of this package, a FrozenEstimator of one, or the path of a
          file that `save_model` wrote: a layer of its networks. Inputs are those of the
          estimator. Where it reads both strands, features are the mean over both.
        - "tf-trunk": the same of a small network in this package, which was trained on
          binding sites of transcription factors in DNA (see Notes).
        - "deepbind:PATH": the scores of DeepBind's published models, of a file of
          weights or its folder, with the table "models.tsv" beside it.
        - "hf:ORG/NAME", "hf:ORG/NAME@REVISION" or "hf:FOLDER": a language model of DNA,
          RNA or proteins, or a vision model, of the Hugging Face hub or on disk, read
          by transformers (the extra ``huggingface``). Code that a model brings is never
          run.
        - "timm:NAME" or "timm:FOLDER": a pretrained image model of timm (the extra
          ``timm``).
        - "enformer" or "borzoi", or "enformer:FOLDER" or "enformer:ORG/NAME" for other
          weights: the embeddings of the bins over a DNA sequence, which is put into the
          centre of the model's window, with N around it (the extra ``enformer`` or
          ``borzoi``, which do not go together).
        - a ``torch.nn.Module``: one of its layers, in evaluation mode. Clones share the
          module, and it stays as it is. One of ``torch.compile`` is read as it was
          written; a scripted one is refused.
    layer : str or tuple of str, default=None
        Dotted name of a submodule of the module, or of the estimator's ``to_module()``;
        an error lists the names. Of an estimator, the end of a name is enough:
        "trunk.0" is that layer of each of its networks, side by side. A layer must be
        called once for an input and return one tensor. Several layers stand side by
        side. None is the output of a module, or the last state of a language or vision
        model; of timm's models, what their classifier would read; of an estimator, what
        the last linear layer of the global head reads, with all members of an ensemble
        side by side. (What a position head reads is in its layer "norm"; networks for
        profiles have no global head, their last convolutional layer is taken.) Of
        Enformer and Borzoi, "human:5110" is a track that they predict (of Borzoi, no
        mouse's); None is the embeddings that their heads read. Not for motifs and
        DeepBind.
    pooling : {"auto", "max", "mean", "flatten", "occupancy"}, default="auto"
        How the outputs of a layer with positions, of shape (n, channels, positions) or
        (n, channels, height, width), become columns: the maximum, the mean, with "auto"
        both, side by side; or with "flatten" all positions. Outputs (n, channels) stay
        as they are. Of language models, the states of the tokens between the marks of
        the ends are pooled, of vision models all places or tokens, of Enformer and
        Borzoi the bins over the sequence; "auto" is the mean. Motifs have "max", which
        is their "auto", and "occupancy": log2 of the sum, over all positions and both
        strands, of 2 to the power of the score. So many weak sites count, as they do
        where proteins are few.
    bins : int or "all", default="all"
        Of Enformer and Borzoi, how many bins in the centre of the window are pooled (of
        an even number, as many on either side; of an odd one, one more before the
        centre). "all" are the bins over the sequence.
    batch_size : int or "auto", default="auto"
        Inputs that are computed together; "auto" is 64, fewer of very long inputs and
        large images, and 1 of Enformer and Borzoi. Above 64, it is at most the number
        of inputs. It bounds the memory needed and hardly changes the features (by
        rounding).
    device : str, default="auto"
        PyTorch device; "auto" is the first there of CUDA, MPS and the CPU.
    precision : {"auto", "float32", "float64"}, default="auto"
        In which networks are run; "auto" is that of their weights. Features are float32
        in any case.
    memory : str or path-like, default=None
        Folder in which features are kept, one file for each distinct input, so that
        each is computed once, in cross-validation and in later sessions. None keeps
        nothing: right for motifs and small networks, which are fast.
    store_weights_in_pickle : bool, default=True
        Whether a pickle holds what was loaded from `model`. False makes small pickles,
        which load `model` again when they are used, and refuse if it has changed; so
        it must be a name or a path. JASPAR's matrices, which are in the package, are
        never in a pickle, and a module always is, as the parameter.
    verbose : int or bool, default=0
        Whether to show a progress bar.

    Attributes
    ----------
    layers_ : tuple of str
        Names of the layers that are read, one a member of an ensemble; empty for
        motifs, and "" for a module's output.
    feature_names_out_ : ndarray of str, shape (n_features_out,)
        See `get_feature_names_out`.
    source_ : object
        What was loaded, as NumPy arrays and plain values: the fitted estimator as it
        was at the time of `fit`, the matrices of motifs, the models of DeepBind, the
        language model with its tokenizer, the image model. Absent for a module.
    fingerprint_ : str
        Hash of weights and settings, by which a pickle or file without weights knows
        its model again; absent for others.
    n_features_in_ : int
        Columns that `fit` saw; absent for 1-D strings and for arrays of three
        dimensions or more.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where `fit` saw a frame whose columns are strings.

    See Also
    --------
    sklearn_cnn.preprocessing.SequenceEncoder : The letters themselves as columns.
    sklearn_cnn.datasets.read_motifs : The motif files that can be read.
    MotifCNNClassifier : Its `pretrained` takes trained layers and trains on.

    Notes
    -----
    Inputs are what the model takes. For motifs, strings of DNA of equal or unequal
    lengths; for DeepBind, of DNA or RNA; for language models, what their tokenizer
    knows, put in upper case. For image models by name, images (n, height, width),
    (n, height, width, 3) or (n, 3, height, width), integers from 0 to 255 or floats
    from 0 to 1, which are read as 256 levels, or a list of images; they are brought to
    the model's size and standardised as in its training, grey ones in all three
    colours. For an estimator, what its class takes. For a module, numeric arrays (n,
    ...), passed on as floats, or strings of DNA or RNA, passed on as one-hot columns
    (n, 4, length) in the order A, C, G, T or U. If the first convolution of the module
    has 20 channels, strings are proteins, their columns in the order of
    ``SequenceEncoder``; if it has two dimensions, images may be a list of Pillow's, or
    (n, height, width), where it has one channel, or (n, height, width, channels), and
    go in as (n, channels, height, width). Sequences of unequal lengths are not padded:
    those of one length are computed together.

    A row never depends on the others, to the last bit: all batches of inputs of one
    size have the same number of rows, the last one being filled up (but for a
    `batch_size` above 64 and the number of inputs). Of the fitted attributes none holds
    a PyTorch object; a module is pickled as the parameter that it is. After an
    estimator has been fitted anew, fit the transformer anew; a module is used as it is
    at `transform`.

    An entry of `memory` belongs to an input, the weights and plain attributes of the
    model, the layer and the pooling: where one of them changes, features are computed
    anew. A change of the code inside a module's class is not seen; choose another
    folder then. Entries are written whole or not at all, and carry a checksum; a
    damaged one is computed anew. Processes can share a folder. Nothing is ever deleted.

    "tf-trunk" is a `MotifCNNClassifier` with a label for each of twelve experiments:
    seven factors of FastSK and five sets of GUE, training parts alone (both under
    Apache-2.0; ``benchmarks/make_tf_trunk.py`` of the repository made it). Do not score
    it on sequences that it was trained on.

    In the grid of a search, estimators are cloned, which undoes a fit: pass a path or a
    FrozenEstimator there.

    References
    ----------
    .. [1] "JASPAR 2026", https://jaspar.elixir.no; matrices under CC BY 4.0.
    .. [2] B. Alipanahi, A. Delong, M. T. Weirauch, B. J. Frey (2015), "Predicting the
       sequence specificities of DNA- and RNA-binding proteins by deep learning", Nature
       Biotechnology 33, 831-838.

    Examples
    --------
    The binding site of GATA1 in a sequence:

    >>> from sklearn_cnn import PretrainedFeatureExtractor
    >>> motifs = PretrainedFeatureExtractor("jaspar").set_output(transform="pandas")
    >>> X = ["CCTTCTTATCTGTCC", "CCTTCTCATGAGTCC"]
    >>> scores = motifs.fit_transform(X)
    >>> scores.shape
    (2, 2633)
    >>> scores["GATA1_MA0035.5"].round(1)
    0    11.4
    1     2.7
    Name: GATA1_MA0035.5, dtype: float32

    What a CNN has learned, for another question:

    >>> from sklearn_cnn import MotifCNNClassifier
    >>> from sklearn_cnn.datasets import make_motif_classification
    >>> X, y = make_motif_classification(200, length=50, random_state=0)
    >>> cnn = MotifCNNClassifier(n_filters=8, max_epochs=2, random_state=0).fit(X, y)
    >>> features = PretrainedFeatureExtractor(cnn).fit(X)
    >>> features.transform(X).shape
    (200, 192)
    >>> features.get_feature_names_out()[[0, -1]].tolist()
    ['m0_f0', 'm2_f63']
    """

    _fitted_parameter = "model"
    _parameter_constraints: dict = {
        "model": [str, os.PathLike, MotifSet, BaseEstimator, nn.Module],
        "layer": [str, tuple, list, None],
        "pooling": [StrOptions({"auto", "max", "mean", "flatten", "occupancy"})],
        "bins": [StrOptions({"all"}), Interval(Integral, 1, None, closed="left")],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "device": [str],
        "precision": [StrOptions({"auto", "float32", "float64"})],
        "memory": [str, os.PathLike, None],
        "store_weights_in_pickle": ["boolean"],
        "verbose": [Interval(Integral, 0, None, closed="left"), "boolean"],
    }

    def __init__(
        self,
        model: str | os.PathLike | MotifSet | BaseEstimator | nn.Module,
        *,
        layer: str | tuple[str, ...] | None = None,
        pooling: str = "auto",
        bins: int | str = "all",
        batch_size: int | str = "auto",
        device: str = "auto",
        precision: str = "auto",
        memory: str | os.PathLike | None = None,
        store_weights_in_pickle: bool = True,
        verbose: int = 0,
    ):
        self.model = model
        self.layer = layer
        self.pooling = pooling
        self.bins = bins
        self.batch_size = batch_size
        self.device = device
        self.precision = precision
        self.memory = memory
        self.store_weights_in_pickle = store_weights_in_pickle
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: ArrayLike | None = None):
        """Load the model and see, with the first input, which features it gives.

        Parameters
        ----------
        X : container of n_samples inputs
            What the model takes.
        y : None
            Ignored.

        Returns
        -------
        self
            The fitted transformer itself.

        Raises
        ------
        ValueError
            If the model has no such layer, with a list of those it has; if a file could
            execute code; if a parameter or X is not as described.
        TypeError
            If `model` is an estimator of another package, or X holds what the model
            does not take.
        FileNotFoundError
            If `model` is neither a name nor the path of a file.
        OSError
            If `model` must be downloaded, and there is no network.
        ImportError
            If `model` needs an extra that is not installed, which the message names.
        sklearn.exceptions.NotFittedError
            If `model` is an estimator that is not fitted.
        """
        if not self.store_weights_in_pickle and not self._is_name_or_path:
            raise ValueError(
                "store_weights_in_pickle=False needs a model that can be loaded again, "
                f"a name or a path; got a {type(self.model).__name__}"
            )
        work = copy.copy(self)
        remove_fitted_state(work)
        source = _load(self.model)
        backbone = self._build_backbone(source)
        inputs = work._encode(unpack(X, "X"), backbone, reset=True)
        names = self._with_memory(backbone).feature_names(
            inputs, self._n_at_once, resolve_device(self.device)
        )
        work.layers_ = backbone.layers
        work.feature_names_out_ = np.array(names, dtype=object)
        if not isinstance(source, nn.Module):
            work.source_ = source
        if not self._pickles_source:
            work.fingerprint_ = fingerprint(backbone)
        replace_fitted_state(self, work)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Features of inputs.

        Parameters
        ----------
        X : container of n_samples inputs
            What `fit` takes.

        Returns
        -------
        ndarray of shape (n_samples, n_features_out) and dtype float32
            One row an input.
        """
        check_is_fitted(self)
        backbone = self._fitted_backbone()
        backbone = self._with_memory(backbone)
        inputs = self._encode(unpack(X, "X"), backbone, reset=False)
        n_features = len(self.feature_names_out_)
        output = np.empty((len(inputs), n_features), dtype=np.float32)
        device = resolve_device(self.device)
        with tqdm(
            total=len(inputs),
            desc=type(self).__name__,
            unit="row",
            disable=not self.verbose,
        ) as bar:
            for rows, features in backbone.features(inputs, self._n_at_once, device):
                if features.shape[1] != n_features:
                    raise ValueError(
                        f"the model gives {features.shape[1]} features for X[{rows[0]}]"
                        f", but gave {n_features} in fit; inputs of unequal size need "
                        "a layer with positions, whose outputs are pooled"
                    )
                output[rows] = features
                bar.update(len(rows))
        return output

    def get_feature_names_out(self, input_features: ArrayLike | None = None):
        """Names of the features.

        Name and id of a motif or a model of DeepBind ("CTCF_MA0139.2"); otherwise the
        number of the unit, after that of the member or the layer where there are
        several, and before the pooling or the position where there is one: "f12",
        "m0_f12", "trunk.0_f12", "f12_max", "f12_7".

        Parameters
        ----------
        input_features : array-like of str, default=None
            Checked against `feature_names_in_` where that exists, otherwise ignored.

        Returns
        -------
        ndarray of str and dtype object
            One name a column.
        """
        check_is_fitted(self)
        _check_feature_names_in(self, input_features, generate_names=False)
        return self.feature_names_out_.copy()

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def __getstate__(self):
        state = super().__getstate__()
        if not self._pickles_source:
            state.pop("source_", None)
        return state

    def __setstate__(self, state: dict) -> None:
        super().__setstate__(state)
        if self.model is None and hasattr(self, "source_"):
            # A file of save_model holds an estimator or motifs once.
            self.model = copy.copy(self.source_)

    def _state_to_save(self) -> dict:
        if isinstance(self.model, nn.Module):
            raise ValueError(
                "save_model cannot store an extractor of a PyTorch module, which only "
                "code can build: store module.state_dict() by safetensors.torch."
                "save_file, and later build the module and a new extractor of it; or "
                "use joblib"
            )
        backbone = self._fitted_backbone()
        state = dict(vars(self))
        if self._is_name:
            state.pop("source_", None)
            state["fingerprint_"] = fingerprint(backbone)
        elif not self._is_name_or_path:
            state["model"] = None
        return state

    def _check_loaded(self) -> None:
        check_is_fitted(self, ["layers_", "feature_names_out_"])
        self._validate_params()
        if self._is_name:
            check_is_fitted(self, "fingerprint_")
        else:
            self._build_backbone(self.source_)

    @property
    def _is_name(self) -> bool:
        """Whether the model is known by name; what was loaded is left out of files."""
        model = self.model
        return is_name(model) or (isinstance(model, str) and is_jaspar(model))

    @property
    def _is_name_or_path(self) -> bool:
        return isinstance(self.model, (str, os.PathLike))

    @property
    def _pickles_source(self) -> bool:
        """Whether a pickle holds what was loaded."""
        is_name = isinstance(self.model, str)
        is_embedded = is_name and self.model.partition(":")[0] == "jaspar"
        return self.store_weights_in_pickle and not is_embedded

    def _build_backbone(self, source) -> Backbone:
        family = of_type(_FAMILIES, source)
        backbone = family(source, self.layer, self.pooling, self.precision)
        backbone.choose_bins(self.bins)
        return backbone

    def _fitted_backbone(self) -> Backbone:
        """The backbone of `fit`; its model is loaded again where a pickle lacks it."""
        if isinstance(self.model, nn.Module):
            return self._build_backbone(self.model)
        if hasattr(self, "source_"):
            return self._build_backbone(self.source_)
        try:
            source = _load(self.model)
        except (OSError, ValueError) as error:
            is_missing = isinstance(error, FileNotFoundError)
            raise (FileNotFoundError if is_missing else ValueError)(
                f"this extractor was stored without weights, and model="
                f"{os.fspath(self.model)!r} cannot be loaded again: {error}"
            ) from error
        backbone = self._build_backbone(source)
        if fingerprint(backbone) != self.fingerprint_:
            raise ValueError(
                f"this extractor was stored without weights, and model="
                f"{os.fspath(self.model)!r} is not what it was in fit; fit anew"
            )
        self.source_ = source
        return backbone

    @property
    def _n_at_once(self) -> int | None:
        return None if self.batch_size == "auto" else self.batch_size

    def _with_memory(self, backbone: Backbone) -> Backbone | StoredFeatures:
        return (
            backbone if self.memory is None else StoredFeatures(backbone, self.memory)
        )

    def _encode(self, X, backbone: Backbone | StoredFeatures, *, reset: bool) -> Inputs:
        """Inputs as the backbone takes them."""
        if holds_pictures(X):
            return backbone.encode(X)
        if is_sequences(X):
            if len(getattr(X, "shape", ())) == 2:
                validate_data(self, X, reset=reset, skip_check_array=True)
            return backbone.encode(as_sequences(X, "X"))
        if len(shape_of(X)) <= 2:
            X = validate_data(self, X, reset=reset)
        return backbone.encode(X)


def _load(model):
    """What `model` stands for, as arrays and plain values; a module as it is."""
    if isinstance(model, nn.Module):
        return model
    if isinstance(model, MotifSet) or is_jaspar(model):
        return resolve_motifs(model, "model")
    if is_name(model):
        return load_by_name(model)
    model = file_of(model)
    if isinstance(model, (str, os.PathLike)):
        if not os.path.exists(model):
            names = "jaspar", *IN_PACKAGE, *LOADERS
            raise FileNotFoundError(
                f"model={os.fspath(model)!r} is not the path of a file, nor does it "
                f"begin with a name: {', '.join(map(repr, names))}"
            )
        if is_text(model):
            return resolve_motifs(model, "model")
    # A view: fitting the estimator anew does not reach it, and the names of columns
    # are checked here.
    estimator = copy.copy(resolve_source(model, BaseCNN, "model"))
    vars(estimator).pop("feature_names_in_", None)
    return estimator
