"""Parameters that several estimators share: what they may be, and descriptions."""

import inspect
import os
import re
from numbers import Integral, Real

from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import Interval, StrOptions
from torch import nn

# What the parameters that all estimators have may be.
CONSTRAINTS: dict = {
    "n_filters": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        list,
        tuple,
    ],
    "kernel_size": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        list,
        tuple,
    ],
    "activation": [StrOptions({"auto", "exponential", "relu"})],
    "pool_size": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        list,
        tuple,
        None,
    ],
    "pooling": [StrOptions({"max_mean", "max", "mean", "flatten"})],
    "dense_units": [Interval(Integral, 1, None, closed="left"), None],
    "dropout": [Interval(Real, 0, 1, closed="left")],
    "max_epochs": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
    ],
    "batch_size": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
    ],
    "lr": [Interval(Real, 0, None, closed="neither")],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "early_stopping": [StrOptions({"auto"}), "boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "n_iter_no_change": [Interval(Integral, 1, None, closed="left")],
    "monitor": [StrOptions({"loss", *get_scorer_names()}), callable],
    "missing_labels": [StrOptions({"raise", "mask"})],
    "n_estimators": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
    ],
    "warm_start": ["boolean"],
    "pretrained": [str, os.PathLike, BaseEstimator, nn.Module, None],
    "freeze": [
        StrOptions({"gradual", "trunk"}),
        Interval(Integral, 0, None, closed="left"),
        None,
    ],
    "device": [str],
    "precision": [StrOptions({"auto", "float32", "float64", "mixed"})],
    "checkpoint": [str, os.PathLike, None],
    "callbacks": [list, None],
    "random_state": ["random_state"],
    "verbose": [Interval(Integral, 0, None, closed="left"), "boolean"],
}

_SHARED = {
    "architecture": """
n_filters : int, tuple of int or "auto", default="auto"
    Filters of each convolutional layer; the length of the tuple is the depth. One
    wide layer is enough for motifs; more layers learn their combinations. "auto": 64,
    and from 2,500 training samples on more, with the square root of their number, up to
    128 from 10,000 on; 32 for signals; 64, 32, 32 and 32 for profiles. A number is for
    each of the layers of `kernel_size`.
kernel_size : int, tuple of int or "auto", default="auto"
    Width of the filters, in positions, for all layers or one entry a layer. "auto": one
    layer of 19, which spans most binding motifs of transcription factors; for
    signals, two layers of 9 (or as many as `n_filters` has entries), whose parts of
    shapes add up to what one wide filter would have to learn at once; for profiles 11
    in the first layer and 9 in deeper ones, which see 17 positions to either side.
activation : {"auto", "exponential", "relu"}, default="auto"
    Activation of the first layer (deeper ones use ReLU). "exponential" gives more
    accurate models of binding and filters that read as motifs [1]_; "auto" takes it
    for sequences of symbols and ReLU for numeric signals.
pool_size : int, tuple of int, "auto" or None, default="auto"
    Local max pooling after each layer: of each block of so many neighbouring positions
    the strongest response is kept, and deeper layers see more of the sequence in less
    detail. An int is for all layers, a tuple has one entry a layer (1 for no pooling
    there), None is no pooling. Blocks begin at the first letter of the strand that is
    read; what is left over at the end makes a shorter block. "auto": that of
    `pretrained`, else none: pooling over the whole sequence finds a motif wherever it
    stands already, and without blocks places stay exact. Profiles have none.
pooling : {"max_mean", "max", "mean", "flatten"}, default="max_mean"
    What the network keeps of a filter's responses along the sequence: the
    strongest (is the motif there?), the mean (how much of it?), or both. These find a
    motif wherever it stands, in sequences of any length. "flatten" keeps the responses
    at all positions, each with weights of its own; it needs inputs of one length.
    Profiles are not pooled.
dense_units : int or None, default=64
    Width of the hidden layer between pooling and output; None for none. Networks for
    profiles have none.
dropout : float in [0, 1), default=0.5
    Share of the values dropped in training before each linear layer. Networks for
    profiles do without: with Poisson's loss it would make predictions too low.
position : {"auto", True, False}, default="auto"
    Whether the network also sees where a filter responds. "auto" says yes where
    all training sequences have one length: signals tied to a position (a splice
    site at the centre) are found, and those that are not (a motif anywhere) are
    hardly harder to find. Later sequences of another length are then centred, by
    padding or cropping at both ends; a warning counts those that are cropped. False
    where positions mean nothing, or where they differ between training and prediction.
    With ``pooling="flatten"`` the network sees positions anyway: False is an error.
    Networks for profiles are convolutional
    throughout; there "auto" is False and True an error.
alphabet : str, default="auto"
    "dna", "rna", "protein", or a string of two or more distinct symbols such as
    "HEC". "auto" decides by the letters of all training sequences: DNA when every
    letter is an IUPAC nucleotide code other than U and at least 90 % are A, C, G,
    T or N; RNA by the same rule with U in place of T; protein when every letter is
    one of the 20 amino acids or B, Z, J or X (with a warning where all are nucleotide
    codes, too); otherwise an error. An array (n, 4, length) whose columns are one-hot
    (or soft, with sums of 1 or 0) is DNA. Other numeric arrays are signals.
reverse_complement : {"auto", True, False}, default="auto"
    Whether to read both strands: each training sequence on a strand drawn at
    random, predictions as the mean output of the two. "auto" does so for DNA, except
    where a test on the training data finds that the targets depend on the strand
    (splice sites, promoters in the direction of transcription): t-tests of strand
    differences in placed letters and in 3-mer counts, at 0.1 % after Bonferroni's
    correction, and a test of all differences together, at 1 %, which needs fewer
    samples. RNA and proteins are single-stranded. For profiles "auto" is False: they
    may be laid out along the strand that is written down, such as reads of one strand,
    and that shows in details that no simple test finds. With True a profile is turned
    round with its strand, in training, and turned back in prediction.
linear_models : {"auto", None}, default="auto"
    Whether linear models of features that need no training stand beside the network
    (see Notes). "auto": those that `kmers` and `motif_bank` ask for, where there are
    enough samples to weigh them. None is the network alone, whatever `kmers` and
    `motif_bank` say.
kmers : int, "auto" or None, default="auto"
    Length of the longest k-mers that a linear branch counts beside the network; where
    the network sees positions, another one reads the letter at each place, and in short
    sequences that are read on one strand, a third one k-mers together with words of two
    or three neighbours at their places (at most 5,000 of them). What composition
    explains is then never missed, and with few sequences these branches lead. "auto": 6
    for nucleotides, 3 for proteins (the longest, up to 6, of which there are at most
    8,000), none for signals and profiles; and for nucleotides one more branch, of
    gapped words: 7 letters of a window of at most 11, whatever stands between (see
    Notes). None leaves these branches out.
motif_bank : str, path-like, motifs or None, default="auto"
    Known motifs whose best scores along a sequence another linear branch reads:
    "jaspar" are all 2,633 matrices of JASPAR 2026 CORE, "jaspar:vertebrates" those of
    one group (plants, insects, fungi, nematodes, urochordates, diatoms), "jaspar2024"
    those of an earlier release (the extra ``jaspar``); "auto" takes "jaspar" for DNA,
    but not for profiles. A path is that of a file which
    `sklearn_cnn.datasets.read_motifs` reads; and motifs that were read or found can be
    passed themselves, such as ``load_jaspar("plants")`` or what
    `sklearn_cnn.inspection.extract_motifs` returns.
    JASPAR rests in part on published ChIP-seq and SELEX experiments: None shows what
    your data alone give.
output : {"auto", "profile"}, default="auto"
    "profile" predicts a value for every position of a sequence: `y` then holds a row or
    an array as long as each sequence (see Notes). "auto" is one prediction a sequence,
    with one or several targets or labels.
""",
    "training": """
max_epochs : int or "auto", default="auto"
    Passes through the training data. "auto": 20, of profiles 10, with fewer than 16
    filters 40, or as many as make 300 steps of the optimiser where the data are few.
    Where each network leaves out a fold, fewer above 5,000 samples (of 10,000, 16),
    but 5 at least: several networks learn more in the same time.
batch_size : int or "auto", default="auto"
    Samples per step. "auto": 64, of profiles 16, and fewer where these have more than
    200,000 positions or pixels, but 4 at least. What fits in one such batch makes a
    full one, where the network stands alone: training is then free of chance but for
    the initial weights (no dropout or augmentation, both strands at once, double
    precision), and a sample of weight 2 equals the sample twice. Networks that others
    trained have batches of 64, or fewer of inputs of which they read more than
    1,600,000 positions together, and their own precision.
lr : float, default=3e-3
    Largest learning rate of the one-cycle schedule for AdamW [2]_; in
    `partial_fit`, the constant learning rate.
weight_decay : float, default=1e-2
    Decoupled weight decay of AdamW.
early_stopping : {"auto", True, False}, default="auto"
    Whether to score held-out data after each epoch, to stop when they improve no
    more and to restore the best weights. "auto" does so where X_val is passed to `fit`,
    and for networks without linear models where there is enough to hold out, from
    10,000 samples on.
validation_fraction : float in (0, 1), default=0.1
    Share of the training samples held out for early stopping; classes keep their
    shares, and groups passed to `fit` stay together.
n_iter_no_change : int, default=10
    Epochs without improvement after which training stops early.
monitor : str or callable, default="loss"
    What early stopping watches: the loss on the held-out data, or the name of a
    scikit-learn scorer such as "roc_auc" (or a scorer itself), greater is better. The
    weights of the held-out samples reach a scorer whose metric takes `sample_weight`.
    Scores of two classes that ask which one is positive, such as "f1", take
    ``classes_[1]``, unless a class is labelled 1.
missing_labels : {"raise", "mask"}, default="raise"
    What NaN means in a `y` of many tasks (multilabel indicators, several targets).
    "raise" takes it for an oversight: an error. "mask" takes it for unknown: it counts
    for nothing in the loss, and a sample without any known label is left out.
n_estimators : int or "auto", default="auto"
    Networks that are trained from different initial weights and whose outputs are
    averaged. A few are more accurate than one and cost as many times its training.
    "auto": 3 where each leaves out another part of the data for stacking (see Notes),
    else 1. Of networks that others trained, 1.
warm_start : bool, default=False
    Whether `fit` goes on from the weights of the previous fit, with its decisions
    about inputs and targets, rather than from scratch. The networks train on; linear
    models beside them and the weights of either stay as they were.
pretrained : estimator, module, name, path or None, default=None
    Start from the layers of another model, fine-tuning.

    - A fitted estimator of the same family (motif or image), a `FrozenEstimator` of
      one, or the path of a file that `save_model` wrote. Classes, task, lengths and
      number of outputs may differ; then the convolutional layers are taken and the
      head is new. Of a classifier with the same classes, or a regressor with as many
      targets, the head is taken, too, and the source's linear models join those that
      are fitted beside the network (see Notes). The architecture is the source's.
      "tf-trunk" is such a file in this package, trained on binding sites of
      transcription factors in DNA.
    - A network that others trained: a ``torch.nn.Module``, or a name such as
      "timm:NAME", "hf:ORG/NAME", "enformer" or "borzoi", as
      `PretrainedFeatureExtractor` takes them; or an extractor of one, to read another
      `layer` or to pool otherwise. A copy of it is trained, under a new head (batch
      normalisation, `dense_units`, outputs) that reads the features of the extractor.
      It is one network, unless `n_estimators` says otherwise. `n_filters`,
      `kernel_size`, `activation`, `pool_size` and `pooling` have nothing to say.

    Clones share the source; in the grid of a search pass an estimator as a path or a
    `FrozenEstimator`, since scikit-learn clones what is in it.
freeze : {"gradual", "trunk"}, int or None, default="gradual"
    What a fine-tuning leaves as it was. "gradual": first the convolutional layers while
    the head learns, then nothing, at a tenth of the learning rate; each for half of
    the epochs. "trunk": all convolutional layers. An int: so many of them, from the
    first; of a network that others trained, so many of its parts with weights (its
    children, in the order in which they are run). None: nothing. Frozen layers keep the
    statistics of their batch normalisation, too, and drop nothing. Of networks that
    others trained, what learns in them does so at a tenth of `lr` in any case, and all
    batch normalisation keeps its statistics. Ignored where `pretrained` is None.
device : str, default="auto"
    Where to compute: "cpu", "cuda", "cuda:1", "mps"; "auto" takes CUDA, else MPS,
    else the CPU. Fitted models hold NumPy arrays and move between machines.
precision : {"auto", "float32", "float64", "mixed"}, default="auto"
    Floating-point type of training and prediction. "auto": float32, or float64 where
    all samples make one batch (see `batch_size`) and for signals with an offset that
    leaves float32 too few digits (not on MPS, which has no float64). Networks that
    others trained keep float64, and have float32 for less. "mixed": float32,
    but products and convolutions of the networks are computed in bfloat16, in training
    and (with several layers, where it takes less time) in prediction, where the
    processor has it (GPUs, and CPUs with AVX-512 BF16 or AMX; float32 on others).
    Outputs are then some hundredths of their standard deviation from those of the same
    weights in float32, which ``to_module`` gives.
checkpoint : str, path-like or None, default=None
    Folder in which `fit` writes what it has, every ten seconds at most. A fit that was
    killed or interrupted goes on there when it is started again, on the same data with
    the same parameters, and ends with the same weights as if nothing had happened. Each
    fit has an entry of its own, so that the clones of a search can share a folder; it
    is deleted when the fit ends by itself. None writes nothing. See "A fit that
    outlives its process" in the user guide.
callbacks : list of skorch.callbacks.Callback or None, default=None
    Called during the training of each network, on copies. Tested: `Checkpoint`,
    `EarlyStopping`, `EpochTimer`, `Freezer`, `GradientNormClipping`, `LRScheduler`
    (which then replaces the one-cycle schedule), `PrintLog`, `SacredLogger`,
    `TensorBoard`, `WandbLogger` and callbacks of your own. "train_loss" and, where data
    are held out, "valid_loss", "valid_score" and "best" can be monitored. Those that
    need what the training lacks, such as `EpochScoring`, are refused with what to use
    instead. Those of scikit-learn 1.9 are set by `set_callbacks`.
random_state : int, RandomState instance or None, default=None
    Seed of initial weights, shuffling, strands, augmentation and dropout. The same
    int gives the same model on the same machine. PyTorch's global state is left as it
    was.
verbose : int, default=0
    0 is silent, 1 shows a progress bar, 2 prints a line an epoch; either shows the
    progress of linear models beside the network.
""",
    "attributes": """
weights_ : dict of str to ndarray
    Weights of the fitted networks, by number and name. Those of the filters of the
    first layer of the first network are "0.trunk.0.conv.weight", of shape
    (n_filters, n_channels, kernel_size). "stack.weight" holds what the networks
    and each linear branch count in the prediction, (1 + n_branches, n_outputs);
    other names in "stack." are those of the branches.
alphabet_ : Alphabet or None
    The alphabet given or inferred; None for signals.
position_ : bool
    Whether the network sees positions.
reverse_complement_ : bool
    Whether both strands are read.
activation_ : str
    Activation of the first layer. Like the next three, absent of networks that others
    trained.
n_filters_ : tuple of int
    Filters of each layer.
kernel_size_ : tuple of int
    Width of the filters of each layer.
pool_size_ : tuple of int
    Positions of the blocks that are pooled after each layer; 1 where there is no local
    pooling.
kmers_ : int or None
    Length of the longest k-mers that are counted; None without these branches, as with
    ``linear_models=None``, where there are too few samples for them (see Notes), or
    after `partial_fit` alone.
gapped_masks_ : tuple of tuple of int, or None
    Places of a window that each kind of gapped word shows; None without this branch,
    likewise.
motif_bank_ : str or None
    Known motifs that are read: their name or path, or of a set that was passed itself
    how many and which; None without this branch, likewise.
length_ : int or None
    Length of the training sequences; None where lengths differed.
n_channels_ : int
    Channels that the network reads: one a symbol, or those of the signal.
training_hashes_ : ndarray of uint64
    Hashes of the training sequences, of at most 10,000 of them, by which a fine-tuning
    (`pretrained`) warns of sequences that its source has seen; absent for one-hot
    columns and signals. They do not give sequences away, but tell who has one whether
    it was among them; delete the attribute to leave them out of a file.
channel_means_ : ndarray of shape (`n_channels_`,)
    What shorter inputs are padded with, where the network sees positions: the training
    mean of a signal, 0 for symbols. All 0 where lengths differed.
""",
    "fitted": """
architecture_ : object
    What each network is made of, in plain values; of a module that was passed as
    `pretrained`, the module without weights. Predictions follow it: parameters that are
    changed after a fit are for the next one.
history_ : list of dict
    One record an epoch and network: "member" (the network, from 0), "epoch" (from
    1), "train_loss"; with early stopping also "valid_loss", "valid_score" where a
    score is monitored, and "best", whether the epoch was the best so far. A gradual
    fine-tuning adds "phase": 1 while the head alone learns, 2 when all layers do.
n_iter_ : int
    Number of epochs, of the network that was trained longest.
device_ : str
    Where the model was trained.
optimizer_state_ : dict of str to ndarray
    Moments of AdamW, with which `partial_fit` goes on; after `partial_fit` only.
n_features_in_ : int
    Number of columns, for two-dimensional X.
feature_names_in_ : ndarray of shape (`n_features_in_`,)
    Names of the columns, where X was a frame with string names.
""",
    "image_architecture": """
n_filters : int, tuple of int or "auto", default="auto"
    Filters of each layer; the length of the tuple is the depth. Each layer halves the
    height and the width of what the next one sees (see `pool_size`): deeper networks
    see more of an image at once and suit larger images. "auto": (32, 64), or those of
    `pretrained`.
kernel_size : int, tuple of int or "auto", default="auto"
    Height and width of the filters, in pixels, for all layers or one entry a layer;
    less where an image is so small that they would reach over both of its edges.
    "auto": 3, or those of `pretrained`.
activation : {"auto", "relu", "exponential"}, default="auto"
    Activation of the first layer (deeper ones use ReLU). "auto": ReLU, or that of
    `pretrained`.
pool_size : int, tuple of int, "auto" or None, default="auto"
    Local max pooling after each layer: of each square block of so many pixels a side
    the strongest response is kept; sides of one pixel stay, and what is left over at
    the last rows and columns makes smaller blocks. An int is for all layers, a tuple
    has one entry a layer (1 for no pooling there), None is no pooling. "auto": that of
    `pretrained`, else 2, the smallest, which is usual.
pooling : {"flatten", "max_mean", "max", "mean"}, default="flatten"
    What the head reads of the last layer's responses: all of them with their places
    ("flatten"), or over all places each filter's strongest, its mean, or both, for
    things that may be anywhere in an image.
dense_units : int or None, default=64
    Width of the hidden layer between pooling and output; None for none.
dropout : float in [0, 1), default=0.5
    Share of the values dropped in training before each linear layer.
image_shape : tuple of int or None, default=None
    Shape of the image in each row of two-dimensional X: height, width and, where there
    are any, channels, in the order that `channels` says. None takes a row as an image
    of one pixel's height. Images in arrays of more dimensions have a shape already.
channels : {"last", "first"}, default="last"
    Where the channels are: (height, width, channels), as in Pillow, scikit-image and
    Matplotlib, or (channels, height, width), as in PyTorch.
augment : tuple of str or None, default=None
    Random changes of each image, anew in each epoch, in this order: "shift" moves it by
    up to an eighth of its height and width, "flip" mirrors every second one left to
    right. Name those that leave the target as it is; a mirrored digit is none. None by
    default: on 8 x 8 digits shifts push strokes out and cost accuracy.
""",
    "image_attributes": """
weights_ : dict of str to ndarray
    Weights of the fitted networks, by number and name. Those of the filters of the
    first layer of the first network are "0.trunk.0.conv.weight", of shape (n_filters,
    n_channels, height, width).
activation_ : str
    Activation of the first layer. Like the next three, absent of networks that others
    trained.
n_filters_ : tuple of int
    Filters of each layer.
kernel_size_ : tuple of int
    Height and width of the filters of each layer.
pool_size_ : tuple of int
    Height and width of the blocks that are pooled after each layer; 1 where there is no
    local pooling.
image_size_ : tuple of int
    Height and width of the images, in pixels.
n_channels_ : int
    Channels of the images.
pixel_range_ : tuple of float
    Smallest and largest pixel in training. Those of another order later (0 to 1 after 0
    to 255) bring a warning.
""",
    "image_inputs": """
`X` is one of

- an array (n, height, width): grey images;
- an array (n, height, width, channels), or with ``channels="first"`` (n, channels,
  height, width): colour images, or any other channels;
- an array or frame (n, pixels): images flattened to rows, see `image_shape`;
- a list, tuple or column of arrays or of Pillow's images, all of the same shape and
  mode. Images with a palette, bits or coordinates of other kinds ("P", "1", "CMYK",
  "HSV", "YCbCr") become RGB or grey ones; names of files are not read.

Numbers are of any real type; those of one byte stay so in memory until a batch is
trained. Each channel is standardised with the mean and the standard deviation of its
pixels in the training set, so that the range of values, 0 to 1 or 0 to 255, does not
matter, as long as it is the same later. All images are of one size; resize, crop or pad
others before.

Each layer is a convolution, batch normalisation [1]_, an activation and max pooling
over 2 x 2 pixels (`pool_size`); a dense layer and the output layer follow.
""",
    "image_references": """
.. [1] S. Ioffe and C. Szegedy, "Batch normalization: accelerating deep network
   training by reducing internal covariate shift", Proceedings of Machine Learning
   Research 37, 448-456 (2015). arXiv:1502.03167
.. [2] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural
   networks using large learning rates", arXiv:1708.07120 (2018).
""",
    "inputs": """
`X` is one of

- strings: a list, tuple, array, pandas or polars Series, one-column DataFrame, or
  what pyarrow and Hugging Face's datasets have for columns, in upper or lower case.
  Ambiguity letters stand for their symbols in equal shares
  (N is 1/4 of each nucleotide). Lengths may differ;
- an array (n, channels, length): one-hot or soft columns in the order of the
  alphabet's symbols, if there is one, before any further tracks; or the channels
  of a signal, which are standardised with the training set's mean and standard
  deviation of each channel;
- an array or frame (n, length): a signal of one channel; or, where `alphabet` is
  given, codes or one-hot columns, as
  :class:`~sklearn_cnn.preprocessing.SequenceEncoder` gives them: whole numbers of any
  type, with its code of padding behind the end of a shorter sequence, or columns (n,
  length * n_symbols) whose sums are 1 at each position;
- a list of arrays, each (length,) or (channels, length): signals or columns of unequal
  lengths.

What does not fit into memory stays in its file:
:class:`~sklearn_cnn.datasets.GenomeWindows`, or codes as a :class:`numpy.memmap`, with
the same results; see :doc:`/user_guide/out_of_core`.

Masked values are an error, as missing ones are.
""",
    "stacking": """
Beside the network there are linear models of k-mer counts, of letters at their places,
of both together with words at their places (the features of the weighted degree kernel
[6]_; in short sequences that are read on one strand, where pairs and triples of
neighbours gained most), of gapped words (as in the gapped k-mer SVM [5]_) and of known
motifs' scores (at most 20,000 training samples, drawn at random, are used, for gapped
words 50,000 of 100 letters; penalties are chosen by 5-fold cross-validation). All have
a ridge penalty; the motifs' is the sum of two models, of which the other is sparse (an
elastic net [4]_), since with few sequences one motif may be all there is to find.
Weights that are not negative, fitted on outputs for samples that neither part has seen,
add them up ("stacking" [3]_); so each data set decides what to trust, and the sum is
calibrated. Where nothing is held out for early stopping, each network leaves out one of
five parts of the data to this end, identical sequences and `groups` together. Below 10
samples, with fewer than 3 samples in all classes but one, with more than 20 outputs,
and for signals and profiles
there is the network alone. ``linear_models=None`` is a plain CNN.
""",
    "references": """
.. [1] P. K. Koo and M. Ploenzke, "Improving representations of genomic sequence
   motifs in convolutional networks with exponential activations", Nature Machine
   Intelligence 3, 258-266 (2021). doi:10.1038/s42256-020-00291-x
.. [2] L. N. Smith and N. Topin, "Super-convergence: very fast training of neural
   networks using large learning rates", arXiv:1708.07120 (2018).
.. [3] D. H. Wolpert, "Stacked generalization", Neural Networks 5, 241-259 (1992).
   doi:10.1016/S0893-6080(05)80023-1
.. [4] H. Zou and T. Hastie, "Regularization and variable selection via the elastic
   net", Journal of the Royal Statistical Society B 67, 301-320 (2005).
   doi:10.1111/j.1467-9868.2005.00503.x
.. [5] M. Ghandi, D. Lee, M. Mohammad-Noori and M. A. Beer, "Enhanced regulatory
   sequence prediction using gapped k-mer features", PLOS Computational Biology 10,
   e1003711 (2014). doi:10.1371/journal.pcbi.1003711
.. [6] G. Rätsch and S. Sonnenburg, "Accurate splice site detection for Caenorhabditis
   elegans", in Kernel Methods in Computational Biology, MIT Press, 277-298 (2004).
""",
}


def with_shared_descriptions(cls):
    """Replace each line ``%(name)s`` of a class's docstring by the shared text."""
    cls.__doc__ = re.sub(
        r"%\((\w+)\)s",
        lambda match: _SHARED[match[1]].strip(),
        inspect.cleandoc(cls.__doc__),
    )
    return cls
