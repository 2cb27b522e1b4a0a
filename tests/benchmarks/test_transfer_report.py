import numpy as np
import pytest
import transfer_report
from _common import behaviour

PAIR = "CTCF to SRF"


def _rows(**scores):
    return [
        {
            "pair": PAIR,
            "way": way,
            "n_train": 100,
            "seed": seed,
            "auroc": score,
            "n_source": 60,
            "n_shared": 3,
        }
        for way, of_seeds in scores.items()
        for seed, score in enumerate(of_seeds)
    ]


def test_differences_are_paired_with_the_best_of_the_others():
    rows = _rows(small=[0.6, 0.7], large=[0.65, 0.6], tuned_alone=[0.9, 0.8])
    scores = transfer_report.scores_by_pair(rows)[PAIR]
    gains = transfer_report._difference(scores, "tuned_alone", ("small", "large"), 100)
    np.testing.assert_allclose(gains, [0.25, 0.1])


@pytest.mark.parametrize(
    ("of", "mark"), [(behaviour("transfer"), ""), ("transfer: 0", " †")]
)
def test_table_and_figure(tmp_path, of, mark):
    rows = _rows(scratch=[0.7, 0.8], tuned=[0.9, 0.9])
    rows = [row | {"behaviour": of} for row in rows]
    scores = transfer_report.scores_by_pair(rows)
    transfer_report.write_csv(tmp_path / "table.csv", scores, rows)
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert lines[0] == "from and to,way,100"
    assert lines[1] == f"{PAIR},the default from scratch,0.750 ± 0.050{mark}"
    figure = transfer_report.plot(scores)
    (ax,) = (ax for ax in figure.axes if ax.get_visible())
    assert ax.get_title().startswith(PAIR)
    curves = {c.get_label(): c for c in ax.containers}
    line = curves["the source fine-tuned, the default"].lines[0]
    assert line.get_ydata().tolist() == [0.9]


def test_sequences_left_out_are_counted():
    last = transfer_report.sources(_rows(tuned=[0.9])).splitlines()[-1]
    assert [cell.strip() for cell in last.split("|")[1:-1]] == [PAIR, "60", "3"]
