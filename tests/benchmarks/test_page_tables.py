import page_tables
import pytest
from page_tables import TABLES, best_published, by_pair, by_size, in_thousands, short


@pytest.mark.parametrize(
    ("score", "shortened"),
    [
        ("0.915 ± 0.001 †", ".915† ±.001"),
        ("0.860", ".860"),
        ("1.000 †", "1.000†"),
        ("", ""),
    ],
)
def test_a_score_breaks_into_short_lines(score, shortened):
    assert short(score) == shortened


def test_best_published_score_is_the_largest():
    assert best_published("gkm-SVM 0.909, Caduceus-Ph (frozen) 0.911") == ".911"
    assert best_published("") == ""


@pytest.mark.parametrize(("n", "words"), [(85, "85"), (2000, "2.0k"), (44852, "44.9k")])
def test_numbers_of_sequences_are_short(n, words):
    assert in_thousands(n) == words


def test_sizes_are_columns():
    line = {"set": "tf/A", "ours@50": "0.7 †", "ours@1000": "0.9", "kmer@50": "0.6"}
    sets = {"tf/A": {"set": "tf/A", "name": "A"}}
    assert by_size([line | {"kmer@1000": "0.8"}], sets) == [
        ["set", "model", "50", "1,000"],
        ["A", "ours", ".7†", ".9"],
        ["A", "k-mers", ".6", ".8"],
    ]


def test_pairs_of_experiments_have_a_table_each():
    lines = [
        {"from and to": pair, "way": "features", "100": score}
        for pair, score in (("A to B", "0.5"), ("B to C", "0.6 ± 0.1"))
    ]
    assert by_pair(lines) == {
        "transfer_a_to_b": [["way", "100"], ["features", ".5"]],
        "transfer_b_to_c": [["way", "100"], ["features", ".6 ±.1"]],
    }


def test_a_set_without_a_name_is_an_error():
    with pytest.raises(SystemExit, match="no line for tf/A: add its kind and name"):
        page_tables.by_kind([{"set": "tf/A", "n_train": "5", "published": ""}], {})


def test_kinds_of_all_sets_have_a_table():
    assert {line["kind"] for line in page_tables.read_sets().values()} == set(
        page_tables.KINDS
    )


def test_the_narrow_tables_are_those_of_today(tmp_path):
    page_tables.main(["--folder", str(tmp_path)])
    written = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    narrow = TABLES / "narrow"
    there = {path.name: path.read_text("utf-8") for path in narrow.iterdir()}
    assert written == there, "run `python benchmarks/page_tables.py`"


def test_a_set_has_all_of_its_scores_in_the_table_of_its_kind():
    narrow = (TABLES / "narrow" / "tf.csv").read_text("utf-8").splitlines()
    assert narrow[0] == "set,n,ours,k-mers,gkm-SVM,paper"
    (line,) = (line for line in narrow if line.startswith('"JUND'))
    assert line.startswith('"JUND, FastSK",2.0k,.973')
    # FastSK .969 is the best of gkm-SVM, FastSK, LSTM and CharCNN.
    assert line.endswith(".969")


def test_marks_of_fine_tuned_models_stand_beside_ours():
    line = {"set": "gue/a", "n_train": "2000", "ours": "0.7 †"}
    marks = [
        {"set": "gue/a", "metric": "mcc", "method": "DNABERT-2", "value": "0.6652"},
        {"set": "gue/a", "metric": "auroc", "method": "NT-2500M-multi", "value": "0.9"},
    ]
    sets = {"gue/a": {"set": "gue/a", "name": "A"}, "b": {"set": "b", "name": "B"}}
    table = page_tables.fine_tuned([line, line | {"set": "b"}], marks, sets)
    assert table[1:] == [["A", "2.0k", ".7†", ".665", "", ""]]


def test_differences_from_the_svm_have_signs_and_errors():
    line = {"set": "b", "n_train": "2000", "n_seeds": "3", "ours": "0.9812"}
    line |= {"gkmsvm": "0.9835", "difference": "-0.0023", "error": "0.0012"}
    sets = {"b": {"set": "b", "name": "B"}}
    line |= {"p": "0.052", "earlier": "†"}
    table = page_tables.beside_svm([line], sets)
    assert table[1:] == [["B", "2.0k", ".981†", ".984", "-.002 ±.001"]]


def _timed(time, **measured):
    return {"time": time, "measured": measured}


def test_exponents_say_what_grew_and_how_far():
    part = {
        "seconds": {"n 1000": [1.0], "n 4000": [4.0], "length 100": [1.0]},
        "exponents": {"n": 1.0, "length": 0.5},
    }
    old = _timed("1", exponents={"seconds": {}, "exponents": {}})
    table = page_tables.exponents([_timed("2", exponents=part), old])
    assert table[1] == ["sequences", "1,000", "4,000", "1.00"]
    assert table[2] == ["letters", "100", "100", "0.50"]


@pytest.fixture
def scan_row():
    part = {"model": "default", "length": 200, "stride": 10}
    part["seconds"] = {"scan": [4.0, 5.0, 9.0], "windows": [1.0, 2.0, 3.0]}
    return {"time": "1", "n_scan": 50_000, "n_windows": 4_000, "measured": [part]}


def test_scans_are_rates_of_median_times(scan_row):
    (line,) = page_tables.scans([scan_row])[1:]
    # 5 million windows, 10,000 a second: 500 s.
    assert line == ["default", "200", "2,000", "10,000", "8.3 min"]


def test_what_a_genome_takes_is_arithmetic(scan_row):
    sizes = {"seconds": {"2000": [20.0], "20000": [180.0], "500": [9.0]}}
    table = page_tables.at_scale([scan_row], [_timed("1", sizes=sizes)])
    # 310 million windows, 10,000 a second: 31,000 s.
    assert table[1:] == [
        ["a genome, windows of 200", "8.6 h", "359 days"],
        ["a fit of 2,000", "20 s", "5.6 h"],
        ["a fit of 20,000", "3.0 min", "2.1 days"],
    ]


def test_borrowed_networks_by_the_number_of_samples():
    rows = [
        {"part": "digits", "model": model, "n": 100, "accuracy": [score]}
        for model in page_tables.WAYS
        for score in (0.5, 0.7)
    ]
    whole = {"part": "digits", "model": "ours", "accuracy": [0.9]}
    table = page_tables.borrowed_few([*rows, whole])
    # Of two scores .2 apart, the standard error is .1; rows of no behaviour are old.
    assert table[1:] == [["digits", "100", *[".600† ±.100"] * 3]]
