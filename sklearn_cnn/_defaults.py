"""Every rule and number behind "auto" of the estimators, as pure functions.

What a user passes wins, then what the source of a fine-tuning has; these rules decide
the rest. `_parameters.py` tells users the same numbers, and `tests/test_defaults.py`
compares them.

Three rules stand where they look at data or at the machine: that of the alphabet in
`preprocessing/_alphabet.py`, the device in `training/_device.py`, and the precision in
`training/_plan.py`.

Read the numbers as attributes of this module, so that a test can change them here.
"""

import functools
import itertools
import math
from collections.abc import Sequence

# -- Networks for sequences and signals ------------------------------------------------

# Letters: one layer, which spans most binding motifs of transcription factors. Where
# there are many samples, more filters have enough to learn from: as the square root of
# their number grows, so that time does not jump.
MOTIF_FILTERS, MOST_MOTIF_FILTERS = 64, 128
ENOUGH_FOR_MORE_FILTERS = 2_500
FILTER_STEP = 16
MOTIF_WIDTH = 19
# Signals: layers whose parts of shapes add up to what one wide filter would have to
# learn at once.
SIGNAL_DEPTH = 2
SIGNAL_FILTERS = 32
SIGNAL_WIDTH = 9
# Profiles: layers that see 17 positions to either side; the first one and deeper ones.
PROFILE_DEPTH = 4
PROFILE_FILTERS = 64, 32
PROFILE_WIDTHS = 11, 9
# None: places stay exact, and pooling over the whole sequence finds a motif anyway.
SEQUENCE_POOL_SIZE = 1
# The tests whether the strand matters look at so many samples, and are wrong so rarely:
# those of single features, and each of the two of many features together.
MAX_TESTED_ROWS = 5_000
STRAND_SIGNIFICANCE = 0.001
JOINT_STRAND_SIGNIFICANCE = 0.005


def settle(asked, of_source, rule):
    """Value of a parameter: what is asked for, else the source's, else the rule's.

    Parameters
    ----------
    asked
        What the user passed; "auto" asks for nothing.
    of_source
        What the source of a fine-tuning has; None without a source.
    rule
        What the rule gives.
    """
    if asked != "auto":
        return asked
    return rule if of_source is None else of_source


def activation(*, has_letters: bool) -> str:
    """Activation of the first layer: the exponential makes filters read as motifs."""
    return "exponential" if has_letters else "relu"


def sequence_layers(n_filters, kernel_size, *, n_samples: int, has_letters: bool):
    """Replace "auto" in filters and widths of a network for sequences or signals.

    Each is an int, a tuple with one entry a layer, or "auto".
    """
    if kernel_size == "auto" and has_letters:
        kernel_size = MOTIF_WIDTH
    elif kernel_size == "auto":
        has_depth = isinstance(n_filters, (list, tuple))
        kernel_size = SIGNAL_WIDTH if has_depth else (SIGNAL_WIDTH,) * SIGNAL_DEPTH
    if n_filters == "auto" and has_letters:
        n_filters = motif_filters(n_samples)
    elif n_filters == "auto":
        n_filters = SIGNAL_FILTERS
    return n_filters, kernel_size


def motif_filters(n_samples: int) -> int:
    """Filters of the first layer for letters."""
    grown = MOTIF_FILTERS * math.sqrt(n_samples / ENOUGH_FOR_MORE_FILTERS)
    in_steps = int(grown // FILTER_STEP) * FILTER_STEP
    return min(max(MOTIF_FILTERS, in_steps), MOST_MOTIF_FILTERS)


def profile_layers(n_filters, kernel_size):
    """Replace "auto" by what suits profiles: four layers, or as many as are given."""
    given = [len(v) for v in (n_filters, kernel_size) if isinstance(v, (list, tuple))]
    depth = given[0] if given else PROFILE_DEPTH
    if n_filters == "auto":
        n_filters = (PROFILE_FILTERS[0], *[PROFILE_FILTERS[1]] * (depth - 1))
    if kernel_size == "auto":
        kernel_size = (PROFILE_WIDTHS[0], *[PROFILE_WIDTHS[1]] * (depth - 1))
    return n_filters, kernel_size


def position(*, one_length: bool, profile: bool) -> bool:
    """Whether the network sees places: they mean the same only in one length.

    Networks for profiles are convolutional throughout.
    """
    return one_length and not profile


def may_read_both_strands(*, is_dna: bool, profile: bool) -> bool:
    """Whether both strands are read, unless a test finds that the strand matters.

    A profile may be laid out along the strand that is written down.
    """
    return is_dna and not profile


# -- Networks for images ---------------------------------------------------------------

IMAGE_FILTERS = 32, 64
IMAGE_KERNEL_SIZE = 3
IMAGE_ACTIVATION = "relu"
# The smallest, which is usual.
IMAGE_POOL_SIZE = 2

# -- Linear models beside the networks -------------------------------------------------

# Each network leaves out one part of the data, on which all models are weighed.
N_FOLDS = 5
# With fewer samples, or more outputs, there is the network alone. Two samples in a fold
# are enough: with 40 sequences the mean AUROC of twelve sets was .89, of the network
# alone .72. Weights that were fixed or nearly so, and ten folds, gave no more.
ENOUGH_TO_STACK = 10
MAX_STACKED_OUTPUTS = 20
# Three networks leave out three of the five folds. Of three samples of a class, one at
# least is then among those that the weights are fitted to.
ENOUGH_OF_A_CLASS = 3
# They learn from at most so many samples, which are enough for all but gapped words.
MAX_LINEAR_SAMPLES = 20_000
# The longest k-mers that are counted, of which there are at most so many.
MAX_K = 6
MAX_KMERS = 8_000
# Gapped words of nucleotides: so many letters in windows of at most so many places.
GAPPED_LETTERS = 7
GAPPED_WINDOW = 11
# So many gapped words are listed, at 8 bytes each; of more letters, fewer kinds.
MAX_GAPPED_WORDS = 50_000_000
# The longest words that are read at their places, of which there are at most so many.
# Fitted models know their number by these rules: new numbers need new names.
MAX_PLACED_K = 3
MAX_PLACED_WORDS = 5_000
# JASPAR's matrices, for DNA.
MOTIF_BANK = "jaspar"


def can_stack(
    n_samples: int, n_outputs: int, class_counts: Sequence[int] | None = None
) -> bool:
    """Whether linear models can be trained and weighed against the networks.

    Of classes, two at least must have enough samples.

    Parameters
    ----------
    n_samples, n_outputs : int
        Of the training set; of the task.
    class_counts : sequence of int or None
        Samples in each class that occurs, where there are classes.
    """
    if class_counts is not None:
        counts = sorted(class_counts)
        if len(counts) < 2 or counts[-2] < ENOUGH_OF_A_CLASS:
            return False
    return n_samples >= ENOUGH_TO_STACK and n_outputs <= MAX_STACKED_OUTPUTS


def n_folds(n_networks: int) -> int:
    """Folds of the data: one for each network at least."""
    return max(N_FOLDS, n_networks)


def kmers(n_symbols: int) -> int | None:
    """Length of the longest k-mers: weights for more of them could not be learned.

    A signal, without symbols, has none.
    """
    if not n_symbols:
        return None
    return max(k for k in range(1, MAX_K + 1) if n_symbols**k <= MAX_KMERS or k == 1)


def gapped_masks(n_samples: int, length: int) -> tuple[tuple[int, ...], ...] | None:
    """Places that gapped words show of a window: masks that are their mirror images.

    On the opposite strand, they show the same places. For very many letters, some of
    the masks; None where not even one could be read.

    Parameters
    ----------
    n_samples, length : int
        Number of training samples; length of the longest.
    """
    masks = _mirrored_masks()
    n_letters = n_gapped_samples(n_samples, length) * max(length, 1)
    most = MAX_GAPPED_WORDS // n_letters
    return masks[:: math.ceil(len(masks) / most)] if most else None


def n_gapped_samples(n_samples: int, length: int) -> int:
    """Samples that gapped words learn from: more than other linear models.

    Of longer ones there are fewer, but not fewer than of the others.
    """
    most = MAX_GAPPED_WORDS // (len(_mirrored_masks()) * max(length, 1))
    return min(n_samples, max(MAX_LINEAR_SAMPLES, most))


@functools.cache
def _mirrored_masks() -> tuple[tuple[int, ...], ...]:
    masks = []
    for width in range(GAPPED_LETTERS, GAPPED_WINDOW + 1):
        for inner in itertools.combinations(range(1, width - 1), GAPPED_LETTERS - 2):
            mask = (0, *inner, width - 1)
            if mask == tuple(width - 1 - place for place in reversed(mask)):
                masks.append(mask)
    return tuple(masks)


def placed_words(n_symbols: int, length: int, *, both_strands: bool) -> int | None:
    """Length of the longest words that are read at their places, in short sequences.

    None in long ones, and where both strands are read alike: what has no direction has
    mostly no place either, and such words gained nothing.
    """
    n_words, longest = 0, None
    if both_strands:
        return None
    for k in range(1, min(MAX_PLACED_K, length) + 1):
        n_words += n_symbols**k * (length - k + 1)
        if k > 1 and n_words <= MAX_PLACED_WORDS:
            longest = k
    return longest


def motif_bank(*, is_dna: bool) -> str | None:
    """Known motifs: their matrices are of DNA."""
    return MOTIF_BANK if is_dna else None


# -- Training --------------------------------------------------------------------------

# From this many samples on, holding some out for early stopping costs little. Networks
# beside linear models leave out folds instead.
ENOUGH_TO_HOLD_OUT = 10_000
# Networks that each leave out another fold. Up to so many samples they learn for the
# same number of epochs; with more, for fewer, though not much fewer: 10 in place of 16
# for 10,000 cost nothing on most sets, but accuracy on one.
N_NETWORKS = 3
MANY_SAMPLES = 5_000
FEWEST_EPOCHS = 5
# Up to this many samples, one batch holds all and training is free of chance.
FULL_BATCH = 64
BATCH_SIZE = 64
# Each window of a profile holds many targets.
PROFILE_BATCH_SIZE = 16
# Positions (or pixels) that a network sees at a time: those of 64 inputs of 3,125, or
# of fewer longer ones; ...
POSITIONS_AT_ONCE = 200_000
# ... this many times as many where no activations are kept for gradients.
WITHOUT_GRADIENTS = 8
# A trunk that others trained has found its place: it learns at this share of `lr`.
TRUNK_LR_SHARE = 0.1
# Batch normalisation needs some rows, however long they are.
MIN_ROWS = 4
MIN_EPOCHS = 20
# Fewer filters than so many must look longer for what there is to find.
FEW_FILTERS = 16
MIN_EPOCHS_OF_FEW_FILTERS = 40
MIN_PROFILE_EPOCHS = 10
# Few samples make few batches; the optimiser needs so many steps.
MIN_STEPS = 300


def early_stopping(n_samples: int, *, stacks: bool) -> bool:
    """Whether a part of the samples is held out for early stopping.

    Not with linear models beside the networks (`stacks`): several networks, each
    without another fold, learn more from the same data than one that stops early.
    """
    return n_samples >= ENOUGH_TO_HOLD_OUT and not stacks


# Bytes of encoded inputs (500,000 sequences of 200 letters are 100 MB) up to which
# networks are trained side by side. Each has a copy of most of them.
MAX_BYTES_SIDE_BY_SIDE = 2**27


def n_estimators(*, cross_fits: bool) -> int:
    """Number of networks: more than one where each leaves out a fold."""
    return N_NETWORKS if cross_fits else 1


def rows_at_once(most: int, length: int, *, gradients: bool = True) -> int:
    """Rows of a batch whose activations fit into memory: fewer of longer inputs.

    Parameters
    ----------
    most : int
        Rows of short inputs.
    length : int
        Positions or pixels of an input.
    gradients : bool
        Whether activations are kept for gradients.
    """
    positions = POSITIONS_AT_ONCE * (1 if gradients else WITHOUT_GRADIENTS)
    return min(most, max(MIN_ROWS, positions // max(length, 1)))


def fits_one_batch(n_samples: int, length: int) -> bool:
    """Whether all samples make one batch, which leaves less to chance."""
    return n_samples <= rows_at_once(FULL_BATCH, length)


def batch_size(n_samples: int, length: int, *, profile: bool) -> int:
    """Largest number of rows in a batch."""
    small = profile and n_samples > FULL_BATCH
    return rows_at_once(PROFILE_BATCH_SIZE if small else BATCH_SIZE, length)


def borrowed_batch_size(n_positions: int) -> int:
    """Largest number of rows in a batch for a network that others trained.

    Such networks soon make few positions of the `n_positions` that they read.
    """
    return rows_at_once(BATCH_SIZE, n_positions, gradients=False)


def max_epochs(
    n_samples: int, n_batches: int, n_filters: int, *, profile: bool, cross_fits: bool
) -> int:
    """Epochs; more where an epoch has so few batches that there were too few steps.

    Parameters
    ----------
    n_samples : int
        Of the training set.
    n_batches : int
        Of an epoch.
    n_filters : int
        Of the first layer.
    profile : bool
        Whether targets are profiles.
    cross_fits : bool
        Whether several networks each leave out a fold.
    """
    at_least = MIN_EPOCHS_OF_FEW_FILTERS if n_filters < FEW_FILTERS else MIN_EPOCHS
    at_least = MIN_PROFILE_EPOCHS if profile else at_least
    if cross_fits and n_samples > MANY_SAMPLES:
        fewer = round(at_least * (MANY_SAMPLES / n_samples) ** 0.3)
        at_least = max(FEWEST_EPOCHS, fewer)
    return max(at_least, math.ceil(MIN_STEPS / n_batches))


def loss(*, are_rates: bool) -> str:
    """Loss of a regressor: on rates, 0 but for few sites, Poisson's learned faster."""
    return "poisson" if are_rates else "squared_error"
