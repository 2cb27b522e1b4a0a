import gzip

import numpy as np
import overlaps
from sklearn.dummy import DummyClassifier


class WithGroups(DummyClassifier):
    """A classifier of chance whose fit remembers the groups it was given."""

    def fit(self, X, y, groups=None):
        SEEN.append((list(X), groups))
        return super().fit(X, y)


SEEN = []


def test_no_overlap_between_training_and_test_part(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    long = ["".join(row) for row in rng.choice(list("ACGT"), (40, 45))]
    X = [s[start : start + 40] for s in long for start in (0, 5)]
    y = np.repeat(np.arange(40) % 2, 2)
    (tmp_path / "tf").mkdir()
    with gzip.open(tmp_path / "tf" / "A.train.tsv.gz", "wt") as file:
        file.write("sequence\tlabel\n")
        file.writelines(f"{x}\t{label}\n" for x, label in zip(X, y, strict=True))
    monkeypatch.setattr(
        overlaps,
        "MotifCNNClassifier",
        lambda random_state: WithGroups(strategy="prior"),
    )
    SEEN.clear()
    values = overlaps.evaluate({"set": "tf/A", "seed": 0}, tmp_path)
    assert values["n"] == 80
    assert values["share_of_positives"] == 1
    assert values["auroc_apart"] == 0.5
    (_, none), (apart, no_groups), (again, groups) = SEEN
    assert none is None
    assert no_groups is None
    assert apart == again
    # Windows come in pairs, of which a part has both or none.
    assert np.unique(groups, return_counts=True)[1].tolist() == [2] * (len(apart) // 2)


def test_report_shows_the_differences_that_groups_make():
    row = {"set": "tf/A", "share_of_positives": 1.0}
    row |= {f"{score}_random": 0.9 for score in overlaps.SCORES}
    row |= {f"{score}_apart": 0.75 for score in overlaps.SCORES}
    row |= {f"{score}_groups": 0.5 for score in overlaps.SCORES}
    text = overlaps.report([row])
    assert "100%" in text
    assert "-0.250" in text
