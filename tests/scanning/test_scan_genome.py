import json
import re

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sklearn_cnn import MotifCNNClassifier, MotifCNNRegressor
from sklearn_cnn.datasets._genome import Genome
from sklearn_cnn.scanning import _scan_folder, _window_scores, scan_genome
from sklearn_cnn.scanning._tiles import Tiles
from sklearn_cnn.scanning._window_scores import WindowScores

LENGTH = 30
ALONE = {"linear_models": None, "n_filters": 4, "max_epochs": 1, "random_state": 0}
RNG = np.random.default_rng(0)


def _letters(n, symbols="ACGT"):
    return "".join(RNG.choice(list(symbols), n))


X, Y = [_letters(LENGTH) for _ in range(40)], np.arange(40) % 2
GENOME = {
    "chr1": _letters(400) + "N" * 100 + _letters(333),
    "chr2": _letters(200).lower(),
    "HLA:A*01/2": _letters(LENGTH),
}


@pytest.fixture(scope="module")
def clf():
    return MotifCNNClassifier(**ALONE).fit(X, Y)


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "genome.fa"
    lines = [
        f">{name}\n" + "".join(f"{x}\n" for x in re.findall(".{1,60}", letters))
        for name, letters in GENOME.items()
    ]
    path.write_text("".join(lines))
    return path


@pytest.fixture(autouse=True)
def _few_windows_at_a_time(monkeypatch):
    monkeypatch.setattr(_window_scores, "_WINDOWS", 7)


def _expected(estimator, stride, length=LENGTH):
    predict = getattr(estimator, "decision_function", estimator.predict)
    return {
        name: predict(
            [x[i : i + length] for i in range(0, len(x) - length + 1, stride)]
        )
        for name, x in GENOME.items()
    }


def _assert_scores(track, expected, atol=1e-9):
    assert list(track.scores) == list(expected)
    for name, scores in expected.items():
        np.testing.assert_allclose(track.scores[name], scores, rtol=0, atol=atol)


def test_sequences_in_memory(clf):
    track = scan_genome(clf, GENOME)
    assert (track.length, track.stride) == (LENGTH, 10)
    assert track.sizes == {"chr1": 833, "chr2": 200, "HLA:A*01/2": LENGTH}
    assert [len(x) for x in track.scores.values()] == [81, 18, 1]
    _assert_scores(track, _expected(clf, 10))


def test_a_file(clf, fasta):
    track = scan_genome(clf, fasta, stride=7, chromosomes=["chr2", "chr1"])
    expected = _expected(clf, 7)
    _assert_scores(track, {name: expected[name] for name in ("chr2", "chr1")})


def test_several_outputs():
    targets = np.column_stack([Y, RNG.normal(size=(len(Y), 2))])
    regressor = MotifCNNRegressor(**ALONE).fit(X, targets)
    track = scan_genome(regressor, GENOME, stride=6)
    assert track.scores["chr2"].shape == (29, 3)
    _assert_scores(track, _expected(regressor, 6))
    classifier = MotifCNNClassifier(**ALONE).fit(X, np.arange(len(X)) % 3)
    track = scan_genome(classifier, GENOME)
    _assert_scores(track, _expected(classifier, 10))


def test_settings_of_pytorch_do_not_matter(clf):
    expected = scan_genome(clf, GENOME)
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode():
            track = scan_genome(clf, GENOME)
    finally:
        torch.set_default_dtype(torch.float32)
    _assert_scores(track, expected.scores, atol=0)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
@pytest.mark.parametrize("linear_models", [None, "auto"])
def test_a_gpu_gives_the_same(linear_models):
    settings = ALONE | {"linear_models": linear_models}
    clf = MotifCNNClassifier(**settings, device="cpu").fit(X, Y)
    expected = _expected(clf, 10)
    clf.set_params(device="cuda")
    _assert_scores(scan_genome(clf, GENOME), expected, atol=1e-4)


def test_networks_of_others_go_window_by_window():
    class Trunk(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv1d(4, 3, 5)

        def forward(self, x):
            return self.conv(x).relu().amax(dim=2)

    torch.manual_seed(0)
    clf = MotifCNNClassifier(pretrained=Trunk(), max_epochs=1, random_state=0)
    clf.fit(X, Y)
    track = scan_genome(clf, GENOME, length=LENGTH)
    _assert_scores(track, _expected(clf, 10), atol=1e-6)


def test_length_is_needed_without_one():
    clf = MotifCNNClassifier(**ALONE).fit([*X[:-1], X[-1][:-5]], Y)
    with pytest.raises(ValueError, match=r"length is needed: .* several lengths"):
        scan_genome(clf, GENOME)
    track = scan_genome(clf, GENOME, length=25, chromosomes=["chr1"])
    expected = _expected(clf, 10, length=25)
    _assert_scores(track, {"chr1": expected["chr1"]})


def test_length_of_positions(clf):
    with pytest.raises(ValueError, match=r"length=40, .* reads positions, in .* of 30"):
        scan_genome(clf, GENOME, length=40)


@pytest.fixture(scope="module", params=["regressor", "classifier"])
def of_profiles(request):
    rng = np.random.default_rng(0)
    settings = {"output": "profile", "n_filters": (3, 2), "kernel_size": 3}
    kinds = {"regressor": MotifCNNRegressor, "classifier": MotifCNNClassifier}
    y = rng.random((len(X), LENGTH))
    if request.param == "classifier":
        y = (y > 0.5).astype(int)
    return kinds[request.param](max_epochs=1, random_state=0, **settings).fit(X, y)


@pytest.mark.parametrize("stride", [None, 1, 7, LENGTH])
def test_profiles_have_a_value_a_base(of_profiles, stride, monkeypatch):
    monkeypatch.setattr("sklearn_cnn.scanning._tiles._LETTERS", 100)
    track = scan_genome(of_profiles, GENOME, stride=stride)
    assert (track.length, track.stride) == (1, 1)
    predict = getattr(of_profiles, "decision_function", of_profiles.predict)
    step = stride or LENGTH // 2
    for name, letters in GENOME.items():
        found = track.scores[name]
        assert found.shape == (len(letters),)
        starts = [*range(0, len(letters) - LENGTH, step), len(letters) - LENGTH]
        profiles = predict([letters[start : start + LENGTH] for start in starts])
        # From the middle part of each window on, until the next one takes over.
        expected = np.full(len(letters), np.nan)
        for start, profile in zip(starts, profiles, strict=True):
            outer = (LENGTH - step) // 2 if start > 0 else 0
            expected[start + outer : start + LENGTH] = profile[outer:]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
    # Two layers see two bases to either side: the rest does not matter.
    whole = predict([GENOME["chr2"]])[0]
    if step < LENGTH - 4:
        np.testing.assert_allclose(track.scores["chr2"], whole, atol=1e-6)


def test_profiles_without_gaps_between_windows(of_profiles):
    with pytest.raises(ValueError, match="stride=31 is more than the 30 bases of a"):
        scan_genome(of_profiles, GENOME, stride=31)


def test_tiles_of_the_shortest_chromosome(of_profiles):
    tiles = Tiles(of_profiles, LENGTH, 10, LENGTH)
    assert tiles.starts.tolist() == [0]
    assert tiles.bounds.tolist() == [0, LENGTH]


class TestFolder:
    def test_scores_stay_on_disk(self, clf, fasta, tmp_path):
        folder = tmp_path / "scans" / "one"
        track = scan_genome(clf, fasta, folder=folder)
        assert all(isinstance(x, np.memmap) for x in track.scores.values())
        _assert_scores(track, _expected(clf, 10))
        names = {path.name for path in folder.iterdir()}
        files = {"chr1.npy", "chr2.npy", "HLA%3AA%2A01%2F2.npy"}
        assert names == files | {"scan.json"}
        np.testing.assert_array_equal(
            np.load(folder / "chr2.npy"), track.scores["chr2"]
        )

    def test_finished_chromosomes_are_not_computed_again(
        self, clf, tmp_path, monkeypatch
    ):
        scan_genome(clf, GENOME, folder=tmp_path, chromosomes=["chr1", "chr2"])
        scored = []
        score = WindowScores.__call__

        def counted(self, letters, name):
            scored.append(name)
            return score(self, letters, name)

        monkeypatch.setattr(WindowScores, "__call__", counted)
        track = scan_genome(clf, GENOME, folder=tmp_path)
        assert scored == ["HLA:A*01/2:0-30"]
        _assert_scores(track, _expected(clf, 10))

    def test_memory_does_not_grow(self, clf, fasta, tmp_path, monkeypatch):
        """Neither letters nor scores are ever together."""
        read, sizes = Genome.letters, []

        def counted(self, chrom, start, end):
            sizes.append(end - start)
            return read(self, chrom, start, end)

        monkeypatch.setattr(Genome, "letters", counted)
        scan_genome(clf, fasta, folder=tmp_path / "scan")
        assert len(sizes) == 12 + 3 + 1
        assert max(sizes) == 6 * 10 + LENGTH

    @pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, MemoryError])
    def test_an_interrupted_scan_goes_on(self, clf, tmp_path, monkeypatch, error):
        score = WindowScores.__call__

        def stopped(self, letters, name):
            if name.startswith("chr2:70"):
                raise error("stopped")
            return score(self, letters, name)

        monkeypatch.setattr(WindowScores, "__call__", stopped)
        with pytest.raises(error, match="stopped") as caught:
            scan_genome(clf, GENOME, folder=tmp_path)
        if error is not MemoryError:
            (note,) = caught.value.__notes__
            assert note.startswith("1 of 3 chromosomes are finished in")
            assert note.endswith("goes on with 'chr2'")
        # All that is there is whole.
        names = {path.name for path in tmp_path.iterdir()}
        assert names == {"scan.json", "chr1.npy"}
        monkeypatch.setattr(WindowScores, "__call__", score)
        _assert_scores(scan_genome(clf, GENOME, folder=tmp_path), _expected(clf, 10))

    def test_no_space_left(self, clf, tmp_path):
        resource = pytest.importorskip("resource")
        genome = {"a": GENOME["chr2"], "b": GENOME["chr1"] * 20}
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, limits[1]))
        try:
            with pytest.raises(OSError, match="File too large") as caught:
                scan_genome(clf, genome, folder=tmp_path)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert "1 of 2 chromosomes are finished" in caught.value.__notes__[0]
        assert {path.name for path in tmp_path.iterdir()} == {"scan.json", "a.npy"}

    def test_another_scan_is_refused(self, clf, tmp_path):
        scan_genome(clf, GENOME, folder=tmp_path, chromosomes=["chr2"])
        with pytest.raises(ValueError, match=r"of another stride \(10, not 5\); pass"):
            scan_genome(clf, GENOME, folder=tmp_path, stride=5)
        other = MotifCNNClassifier(**ALONE | {"random_state": 1}).fit(X, Y)
        with pytest.raises(ValueError, match="holds the scan of another estimator"):
            scan_genome(other, GENOME, folder=tmp_path)
        same = MotifCNNClassifier(**ALONE).fit(X, Y)
        scan_genome(same, GENOME, folder=tmp_path)

    def test_regressors_differ_by_their_units(self, tmp_path):
        y = RNG.normal(size=len(X))
        one, other = (MotifCNNRegressor(**ALONE).fit(X, v) for v in (y, 2 * y))
        assert _scan_folder.fingerprint(one) != _scan_folder.fingerprint(other)

    def test_another_genome_is_refused(self, clf, tmp_path):
        scan_genome(clf, GENOME, folder=tmp_path)
        with pytest.raises(ValueError, match=r"holds 18 scores of 'chr2', .* it has 8"):
            scan_genome(clf, {"chr2": GENOME["chr2"][:100]}, folder=tmp_path)

    def test_a_folder_of_other_arrays_is_refused(self, clf, tmp_path):
        np.save(tmp_path / "chr1.npy", np.zeros(81))
        with pytest.raises(ValueError, match=r"holds arrays, but no scan\.json"):
            scan_genome(clf, GENOME, folder=tmp_path)

    def test_settings_can_be_read(self, clf, tmp_path):
        scan_genome(clf, GENOME, folder=tmp_path, stride=9)
        settings = json.loads((tmp_path / "scan.json").read_text())
        assert (settings["length"], settings["stride"]) == (LENGTH, 9)


class TestBadInput:
    def test_missing_chromosomes(self, clf):
        match = r"does not hold the chromosomes '1', 'chrX'; it holds 'chr1', 'chr2', "
        with pytest.raises(ValueError, match=match):
            scan_genome(clf, GENOME, chromosomes=["1", "chr2", "chrX"])

    def test_chromosomes_shorter_than_a_window(self, clf):
        genome = GENOME | {"chrM": "ACGT"}
        with pytest.warns(UserWarning, match=r"1 of 4 .* are left out: 'chrM'"):
            track = scan_genome(clf, genome)
        assert list(track.scores) == list(GENOME)
        match = r"a window has 30 letters, but 'chrM' only 4 \(1 of 1"
        with pytest.raises(ValueError, match=match):
            scan_genome(clf, genome, chromosomes=["chrM"])
        with pytest.raises(ValueError, match=r"'a' only 29 \(2 of 2"):
            scan_genome(clf, {"a": "A" * 29, "b": ""})

    def test_other_letters(self, clf):
        genome = {"chr1": GENOME["chr2"] + "Z" + GENOME["chr2"]}
        match = r"chr1:140-230\[0\] has the letter 'Z' at position 60"
        with pytest.raises(ValueError, match=match):
            scan_genome(clf, genome)

    @pytest.mark.parametrize("genome", [{}, {"chr1": 5}, {1: "ACGT"}, ["ACGT"]])
    def test_no_genome(self, clf, genome):
        with pytest.raises((TypeError, ValueError), match="genome"):
            scan_genome(clf, genome)

    @pytest.mark.parametrize("settings", [{"stride": 0}, {"length": -1}])
    def test_numbers_out_of_range(self, clf, settings):
        with pytest.raises(ValueError, match=next(iter(settings))):
            scan_genome(clf, GENOME, **settings)

    def test_a_single_name(self, clf):
        with pytest.raises(ValueError, match="chromosomes"):
            scan_genome(clf, GENOME, chromosomes="chr1")

    def test_other_estimators(self):
        with pytest.raises(TypeError, match="must be MotifCNNClassifier"):
            scan_genome(LogisticRegression(), GENOME)
        with pytest.raises(NotFittedError):
            scan_genome(MotifCNNClassifier(), GENOME)
        signals = MotifCNNClassifier(max_epochs=1).fit(RNG.normal(size=(20, 9)), Y[:20])
        with pytest.raises(ValueError, match="fitted on numeric signals"):
            scan_genome(signals, GENOME)

    def test_tracks_beside_the_letters(self):
        columns = RNG.random((len(X), 5, LENGTH))
        columns[:, :4] = np.eye(4)[RNG.integers(4, size=(len(X), LENGTH))].swapaxes(
            1, 2
        )
        clf = MotifCNNClassifier(**ALONE, alphabet="dna").fit(columns, Y)
        with pytest.raises(ValueError, match="reads 5 channels, but a genome has 4"):
            scan_genome(clf, GENOME)

    def test_a_missing_file(self, clf, tmp_path):
        with pytest.raises(FileNotFoundError):
            scan_genome(clf, tmp_path / "genome.fa")


def test_progress_is_shown(clf, capsys):
    scan_genome(clf, GENOME, verbose=1)
    assert "100/100" in capsys.readouterr().err
    scan_genome(clf, GENOME)
    assert capsys.readouterr().err == ""


@pytest.mark.slow
@pytest.mark.parametrize("linear_models", [None, "auto"])
@pytest.mark.parametrize("length", [50, 200])
def test_a_megabase_is_the_same(length, linear_models, tmp_path, monkeypatch):
    """Every window of a megabase with gaps, of default models in single precision."""
    monkeypatch.undo()
    rng = np.random.default_rng(0)
    train = ["".join(rng.choice(list("ACGT"), length)) for _ in range(120)]
    clf = MotifCNNClassifier(
        linear_models=linear_models,
        precision="float32",
        max_epochs=2,
        random_state=0,
    ).fit(train, np.arange(120) % 2)
    codes = rng.choice(list("ACGT"), 1_000_000)
    for start, n in (0, 10_000), (200_000, 500), (500_001, 1), (700_000, 50_000):
        codes[start : start + n] = "N"
    sequence = "".join(codes)
    track = scan_genome(clf, {"chr1": sequence}, folder=tmp_path)
    found, n = track.scores["chr1"], (1_000_000 - length) // 10 + 1
    assert found.shape == (n,)
    for first in range(0, n, 20_000):
        starts = range(first * 10, min(first + 20_000, n) * 10, 10)
        expected = clf.decision_function([sequence[i : i + length] for i in starts])
        np.testing.assert_allclose(
            found[first : first + 20_000], expected, rtol=0, atol=1e-4
        )
