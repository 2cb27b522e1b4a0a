"""The rules behind "auto" at their borders, and what is said about them."""

import inspect
import re
from pathlib import Path

import pytest

from sklearn_cnn import ImageCNNRegressor, MotifCNNRegressor
from sklearn_cnn import _defaults as d
from sklearn_cnn._parameters import _SHARED
from sklearn_cnn.training._losses import ELEMENTWISE

DOCS = Path(__file__).resolve().parents[1] / "docs"
WORDS = {2: "two", 3: "three", 5: "five", 6: "six"}


# -- Rules -----------------------------------------------------------------------------


def test_what_is_asked_for_wins_then_the_source_then_the_rule():
    assert d.settle(7, 8, 9) == 7
    assert d.settle(None, 8, 9) is None
    assert d.settle("auto", 8, 9) == 8
    assert d.settle("auto", False, True) is False
    assert d.settle("auto", None, 9) == 9


def test_letters_have_the_exponential():
    assert d.activation(has_letters=True) == "exponential"
    assert d.activation(has_letters=False) == "relu"


@pytest.mark.parametrize(
    ("asked", "n_samples", "has_letters", "expected"),
    [
        (("auto", "auto"), 3_906, True, (64, 19)),
        (("auto", "auto"), 3_907, True, (80, 19)),
        (("auto", "auto"), 9_999, True, (112, 19)),
        (("auto", "auto"), 10_000, True, (128, 19)),
        (("auto", "auto"), 10**6, True, (128, 19)),
        (("auto", (19, 7)), 10_000, True, (128, (19, 7))),
        (((16, 8), "auto"), 10, True, ((16, 8), 19)),
        (("auto", "auto"), 9_000, False, (32, (9, 9))),
        ((16, "auto"), 10, False, (16, (9, 9))),
        (((16, 8, 4), "auto"), 10, False, ((16, 8, 4), 9)),
        (("auto", 5), 10, False, (32, 5)),
    ],
)
def test_layers_of_sequences(asked, n_samples, has_letters, expected):
    found = d.sequence_layers(*asked, n_samples=n_samples, has_letters=has_letters)
    assert found == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (("auto", "auto"), ((64, 32, 32, 32), (11, 9, 9, 9))),
        ((16, "auto"), (16, (11, 9, 9, 9))),
        (((8, 4), "auto"), ((8, 4), (11, 9))),
        (("auto", (7,)), ((64,), (7,))),
        ((8, 5), (8, 5)),
    ],
)
def test_layers_of_profiles(asked, expected):
    assert d.profile_layers(*asked) == expected


def test_places_need_one_length_and_one_output_a_sequence():
    found = {
        (one_length, profile): d.position(one_length=one_length, profile=profile)
        for one_length in (True, False)
        for profile in (True, False)
    }
    assert [case for case, sees in found.items() if sees] == [(True, False)]


def test_both_strands_are_those_of_dna_without_profiles():
    found = {
        (is_dna, profile): d.may_read_both_strands(is_dna=is_dna, profile=profile)
        for is_dna in (True, False)
        for profile in (True, False)
    }
    assert [case for case, both in found.items() if both] == [(True, False)]


@pytest.mark.parametrize(
    ("n_samples", "n_outputs", "class_counts", "expected"),
    [
        (9, 1, None, False),
        (10, 1, None, True),
        (10, 20, None, True),
        (10, 21, None, False),
        (60, 1, [60], False),
        (60, 1, [2, 58], False),
        (60, 1, [57, 3], True),
        # One class may be rare where two others are not.
        (60, 3, [1, 3, 56], True),
        (9, 1, [4, 5], False),
    ],
)
def test_linear_models_need_samples(n_samples, n_outputs, class_counts, expected):
    assert d.can_stack(n_samples, n_outputs, class_counts) is expected


def test_each_network_has_a_fold():
    assert [d.n_folds(n) for n in (1, 3, 5, 6)] == [5, 5, 5, 6]


@pytest.mark.parametrize(
    ("n_symbols", "expected"),
    # Six letters are the longest; 20^3 = 8,000 are just not too many, 5^6 are.
    [(0, None), (2, 6), (4, 6), (5, 5), (6, 5), (20, 3), (21, 2), (89, 2), (90, 1)],
)
def test_long_kmers_of_few_symbols(n_symbols, expected):
    assert d.kmers(n_symbols) == expected


def test_at_least_single_letters_are_counted():
    assert d.kmers(8_001) == 1


def test_gapped_words_show_seven_places_of_at_most_eleven():
    masks = d.gapped_masks(2_000, 100)
    # Without a gap; of nine places with two gaps: three; of eleven with four: six.
    assert [mask[-1] + 1 for mask in masks] == [7, *[9] * 3, *[11] * 6]
    assert len(set(masks)) == 10
    for mask in masks:
        assert len(mask) == 7
        assert sorted(mask[-1] - place for place in mask) == list(mask)


@pytest.mark.parametrize(
    ("n_samples", "length", "n_masks"),
    [
        (50_000, 100, 10),
        (25_000, 200, 10),
        # More samples are not read.
        (500_000, 100, 10),
        (500_000, 250, 10),
        # Every second, fifth, tenth.
        (20_000, 500, 5),
        (20_000, 1_000, 2),
        (20_000, 2_500, 1),
        (2_000, 0, 10),
    ],
)
def test_fewer_masks_for_very_many_letters(n_samples, length, n_masks):
    masks = d.gapped_masks(n_samples, length)
    assert len(masks) == n_masks
    assert masks[0] == tuple(range(7))


@pytest.mark.parametrize(
    ("n_samples", "length", "expected"),
    [
        (500, 100, 500),
        (10**6, 100, 50_000),
        (10**6, 200, 25_000),
        (10**6, 1000, 20_000),
    ],
)
def test_gapped_words_learn_from_more_samples(n_samples, length, expected):
    assert d.n_gapped_samples(n_samples, length) == expected


def test_no_gapped_words_where_not_even_one_mask_could_be_read():
    assert d.gapped_masks(20_000, 2_501) is None


@pytest.mark.parametrize(
    ("n_symbols", "length", "expected"),
    # 84 columns a place for triples of nucleotides, 20 for pairs, 420 of amino acids.
    [
        *[(4, 2, 2), (4, 1, None), (4, 61, 3), (4, 62, 2), (4, 250, 2), (4, 251, None)],
        *[(20, 9, 2), (20, 12, 2), (20, 13, None), (1, 40, 3), (90, 10, None)],
    ],
)
def test_words_at_their_places_of_short_sequences(n_symbols, length, expected):
    assert d.placed_words(n_symbols, length, both_strands=False) == expected
    assert d.placed_words(n_symbols, length, both_strands=True) is None


def test_known_motifs_are_of_dna():
    assert d.motif_bank(is_dna=True) == "jaspar"
    assert d.motif_bank(is_dna=False) is None


def test_many_samples_are_enough_to_hold_some_out():
    assert not d.early_stopping(9_999, stacks=False)
    assert d.early_stopping(10_000, stacks=False)
    assert not d.early_stopping(10**6, stacks=True)


def test_networks_that_leave_out_folds_are_three():
    assert d.n_estimators(cross_fits=True) == 3
    assert d.n_estimators(cross_fits=False) == 1


@pytest.mark.parametrize(
    ("length", "expected", "without_gradients"),
    [
        (0, 64, 64),
        (3_125, 64, 64),
        (3_126, 63, 64),
        (50_000, 4, 32),
        (10**6, 4, 4),
    ],
)
def test_fewer_rows_of_longer_inputs(length, expected, without_gradients):
    assert d.rows_at_once(64, length) == expected
    assert d.rows_at_once(64, length, gradients=False) == without_gradients


@pytest.mark.parametrize(
    ("n_samples", "length", "expected"),
    [(64, 3_125, True), (65, 10, False), (64, 3_126, False), (4, 10**6, True)],
)
def test_what_fits_one_batch(n_samples, length, expected):
    assert d.fits_one_batch(n_samples, length) is expected


@pytest.mark.parametrize(
    ("n_samples", "length", "profile", "expected"),
    [
        (64, 10, False, 64),
        (10_000, 10, False, 64),
        (10_000, 6_250, False, 32),
        (64, 10, True, 64),
        (65, 10, True, 16),
        (65, 50_000, True, 4),
    ],
)
def test_rows_of_a_batch(n_samples, length, profile, expected):
    assert d.batch_size(n_samples, length, profile=profile) == expected


@pytest.mark.parametrize(
    ("n_batches", "n_filters", "profile", "expected"),
    [
        (1, 64, False, 300),
        (7, 64, False, 43),
        (15, 16, False, 20),
        (1_000, 16, False, 20),
        (1_000, 15, False, 40),
        (1_000, 15, True, 10),
        (29, 64, True, 11),
    ],
)
def test_epochs_make_enough_steps(n_batches, n_filters, profile, expected):
    found = d.max_epochs(
        64 * n_batches, n_batches, n_filters, profile=profile, cross_fits=False
    )
    assert found == expected


@pytest.mark.parametrize(
    ("n_samples", "n_filters", "expected"),
    [
        (5_000, 64, 20),
        (10_000, 64, 16),  # 20 / 2^0.3
        (50_000, 64, 10),
        (10**6, 64, 5),
        (50_000, 15, 20),
    ],
)
def test_several_networks_need_fewer_epochs_of_many_samples(
    n_samples, n_filters, expected
):
    found = d.max_epochs(n_samples, 1_000, n_filters, profile=False, cross_fits=True)
    assert found == expected


def test_rates_have_the_loss_of_poisson():
    assert d.loss(are_rates=True) == "poisson"
    assert d.loss(are_rates=False) == "squared_error"


# -- What is said about them -----------------------------------------------------------


def _parameter(group: str, name: str) -> str:
    """Description of a parameter on one line."""
    entry = re.search(rf"^{name} : .*\n((?:    .*\n)+)", _SHARED[group], re.MULTILINE)
    return " ".join(entry[1].split())


def _page(name: str) -> str:
    """A page of the documentation on one line."""
    return " ".join((DOCS / f"{name}.rst").read_text(encoding="utf-8").split())


def _longest(n_symbols: int, k: int) -> int:
    """Length of the longest sequences with words of k letters at their places."""
    found = [d.placed_words(n_symbols, n, both_strands=False) for n in range(1000)]
    return max(length for length, max_k in enumerate(found) if max_k == k)


def _listed(numbers) -> str:
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}"


_FILTERS, _WIDTHS = d.profile_layers("auto", "auto")
_SEEN = sum(width - 1 for width in _WIDTHS) // 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "n_filters",
            f'"auto": {d.MOTIF_FILTERS}, and from {d.ENOUGH_FOR_MORE_FILTERS:,} '
            "training samples on more, with the square root of their number, up to "
            f"{d.MOST_MOTIF_FILTERS} from 10,000 on; {d.SIGNAL_FILTERS} for signals; "
            f"{_listed(_FILTERS)} for profiles.",
        ),
        ("kernel_size", f'"auto": one layer of {d.MOTIF_WIDTH}, '),
        ("kernel_size", f"{WORDS[d.SIGNAL_DEPTH]} layers of {d.SIGNAL_WIDTH} "),
        (
            "kernel_size",
            f"for profiles {_WIDTHS[0]} in the first layer and {_WIDTHS[1]} in deeper "
            f"ones, which see {_SEEN} positions to either side.",
        ),
        (
            "reverse_complement",
            f"at {100 * d.STRAND_SIGNIFICANCE:g} % after Bonferroni's correction",
        ),
        (
            "reverse_complement",
            f"all differences together, at {200 * d.JOINT_STRAND_SIGNIFICANCE:g} %",
        ),
        (
            "kmers",
            f'"auto": {d.kmers(4)} for nucleotides, {d.kmers(20)} for proteins (the '
            f"longest, up to {d.MAX_K}, of which there are at most {d.MAX_KMERS:,})",
        ),
        ("kmers", f"their places (at most {d.MAX_PLACED_WORDS:,} of them)"),
        ("motif_bank", f'"auto" takes "{d.MOTIF_BANK}" for DNA'),
    ],
)
def test_numbers_of_architectures(name, sentence):
    assert sentence in _parameter("architecture", name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "max_epochs",
            f'"auto": {d.MIN_EPOCHS}, of profiles {d.MIN_PROFILE_EPOCHS}, with fewer '
            f"than {d.FEW_FILTERS} filters {d.MIN_EPOCHS_OF_FEW_FILTERS}, or as many "
            f"as make {d.MIN_STEPS} steps",
        ),
        (
            "batch_size",
            f'"auto": {d.BATCH_SIZE}, of profiles {d.PROFILE_BATCH_SIZE}, and fewer '
            f"where these have more than {d.POSITIONS_AT_ONCE:,} positions or pixels, "
            f"but {d.MIN_ROWS} at least. What fits in one such batch makes a full one",
        ),
        ("early_stopping", f"hold out, from {d.ENOUGH_TO_HOLD_OUT:,} samples on"),
        (
            "max_epochs",
            f"fewer above {d.MANY_SAMPLES:,} samples (of 10,000, 16), but "
            f"{d.FEWEST_EPOCHS} at least",
        ),
        (
            "n_estimators",
            f'"auto": {d.N_NETWORKS} where each leaves out another part of the data '
            f"for stacking (see Notes), else {d.n_estimators(cross_fits=False)}.",
        ),
    ],
)
def test_numbers_of_trainings(name, sentence):
    assert sentence in _parameter("training", name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("n_filters", f'"auto": {d.IMAGE_FILTERS}, or'),
        ("kernel_size", f'"auto": {d.IMAGE_KERNEL_SIZE}, or'),
        ("activation", f'"auto": {d.IMAGE_ACTIVATION}, or'.replace("relu", "ReLU")),
        ("pool_size", f"that of `pretrained`, else {d.IMAGE_POOL_SIZE}, the smallest"),
    ],
)
def test_numbers_of_images(name, sentence):
    assert sentence in _parameter("image_architecture", name)


def test_full_batches_are_as_large_as_others():
    """The description of `batch_size` names one number for both."""
    assert d.FULL_BATCH == d.BATCH_SIZE


@pytest.mark.parametrize(
    "sentence",
    [
        f"at most {d.MAX_LINEAR_SAMPLES:,} training samples",
        f"penalties are chosen by {d.N_FOLDS}-fold cross-validation",
        f"each network leaves out one of {WORDS[d.N_FOLDS]} parts of the data",
        f"Below {d.ENOUGH_TO_STACK} samples, with fewer than {d.ENOUGH_OF_A_CLASS} "
        f"samples in all classes but one, with more than {d.MAX_STACKED_OUTPUTS} "
        "outputs, and",
    ],
)
def test_numbers_of_stacks(sentence):
    assert sentence in " ".join(_SHARED["stacking"].split())


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (
            "getting_started",
            f"{d.MOTIF_FILTERS} is the default, and up to {d.MOST_MOTIF_FILTERS} from "
            f"{d.ENOUGH_FOR_MORE_FILTERS:,} sequences on",
        ),
        (
            "user_guide/network",
            f"4 by {d.MOTIF_WIDTH}: one number for each nucleotide",
        ),
        (
            "user_guide/network",
            f"each word of up to {WORDS[d.kmers(4)]} nucleotides, or "
            f"{WORDS[d.kmers(20)]} amino acids",
        ),
        (
            "user_guide/network",
            f"triples up to {_longest(4, 3)} nucleotides, pairs up to "
            f"{_longest(4, 2)} nucleotides or {_longest(20, 2)} amino acids",
        ),
        (
            "user_guide/network",
            f"each of {WORDS[d.N_NETWORKS]} networks is trained without another fifth",
        ),
        (
            "user_guide/network",
            f"With fewer than {d.ENOUGH_TO_STACK} sequences, with fewer than "
            f"{d.ENOUGH_OF_A_CLASS} in every class but one, with more than "
            f"{d.MAX_STACKED_OUTPUTS} outputs",
        ),
        (
            "user_guide/network",
            f"With up to {d.FULL_BATCH} samples (fewer, if they are longer than "
            f"{d.POSITIONS_AT_ONCE // d.FULL_BATCH:,} positions)",
        ),
        (
            "user_guide/network",
            f"blocks of {d.IMAGE_POOL_SIZE} x {d.IMAGE_POOL_SIZE} pixels and flatten",
        ),
        ("user_guide/training", f"from {d.ENOUGH_TO_HOLD_OUT:,} sequences on"),
        (
            "user_guide/training",
            f"``n_estimators={d.N_NETWORKS}`` trains {WORDS[d.N_NETWORKS]} networks",
        ),
        (
            "user_guide/signals",
            f"Where {d.BATCH_SIZE} signals have more than {d.POSITIONS_AT_ONCE:,} "
            "positions together",
        ),
    ],
)
def test_numbers_on_pages(page, sentence):
    assert sentence in _page(page)


@pytest.mark.parametrize(
    ("estimator", "losses"),
    [
        (MotifCNNRegressor, {"auto", *ELEMENTWISE}),
        (ImageCNNRegressor, set(ELEMENTWISE) - {"poisson"}),
    ],
)
def test_losses_of_the_docstrings(estimator, losses):
    (names,) = re.findall(r"\nloss : \{([^}]*)\}", inspect.getdoc(estimator))
    assert set(re.findall(r'"(\w+)"', names)) == losses
