import pytest
import simulated

ROW = {"part": "motifs", "motif": "CTCF", "n_train": 100, "n_test": 200}


@pytest.mark.slow
def test_splice_part_gives_accuracies():
    accuracy = simulated.splice({"model": "onehot", "seed": None})["accuracy"]
    assert len(accuracy) == 5
    assert all(0.93 < value < 0.98 for value in accuracy)


def test_the_two_halves_differ_in_the_place_of_sites_only():
    settings = {**ROW, "seed": 0}
    left = simulated._simulate(settings, "test", simulated.LEFT)
    right = simulated._simulate(settings, "test", simulated.RIGHT)
    assert (left.target == right.target).all()
    assert (left.sites["start"] + 100 == right.sites["start"]).all()
    assert (left.sites["score"] == right.sites["score"]).all()
    background = left.target == 0
    assert (left.data[background] == right.data[background]).all()


def test_training_and_test_sets_share_no_sequence():
    seeds = [{**ROW, "seed": seed} for seed in (0, 1)]
    parts = [simulated._simulate(s, part) for s in seeds for part in ("train", "test")]
    sequences = [s for part in parts for s in part.data]
    assert len(set(sequences)) == len(sequences) == 2 * (100 + 200)


@pytest.mark.parametrize(("loss", "verdict"), [(0.004, "kept"), (0.006, "MISSED")])
def test_report_judges_the_mean_paired_difference(loss, verdict):
    rows = [
        {
            **ROW,
            "seed": seed,
            "optimal": 0.9,
            "auto": 0.8 - 2 * loss * seed,
            "false": 0.8,
        }
        for seed in (0, 1)
    ]
    report = simulated._report_motifs(rows)
    # Differences 0 and -2 loss: mean -loss, standard error loss.
    assert f"-{loss:.4f} ± {loss:.4f} over 2 pairs" in report
    assert report.endswith(f"{verdict}.")


def test_splice_report_pairs_folds_over_the_mean_of_seeds():
    rows = [
        {"part": "splice", "model": "ours", "seed": 0, "accuracy": [0.9, 0.8]},
        {"part": "splice", "model": "ours", "seed": 1, "accuracy": [0.7, 0.8]},
        {"part": "splice", "model": "kmer", "seed": None, "accuracy": [0.6, 0.5]},
    ]
    kmer = simulated._report_splice(rows).splitlines()[-1]
    # Folds of ours: 0.8 and 0.8; differences 0.2 and 0.3.
    assert [cell.strip() for cell in kmer.split("|")[1:-1]] == [
        "kmer",
        "1",
        "0.5500 ± 0.0500",
        "+0.2500 ± 0.0500",
    ]
