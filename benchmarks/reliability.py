"""What becomes of models and of input that are killed, damaged, odd or hostile?

`kills`: a process that saves two models in turn is killed (SIGKILL) at random moments.
`damage`: files are damaged at random in six ways, and loaded. `killed_fits`: fits with
checkpoints are killed at random moments and started again. The other parts generate
cases (see `FUZZED`): each is accepted, with properties that hold, or refused by an
error that the package documents. One JSON file a part goes to
benchmarks/results/reliability. See benchmarks/README.md.
"""

import argparse
import io
import os
import signal
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
from _common import RESULTS, TIMES, Results, machine_in_words, markdown_table
from _fuzz import fuzz
from _fuzz_encoder import both_strands, image_input, sequence_encoder, sequence_input
from _fuzz_fits import fits
from _fuzz_models import (
    checkpoints,
    hostile_numbers,
    hostile_record,
    hostile_tensors,
    hostile_text,
)
from _fuzz_readers import (
    fasta,
    genome,
    intervals,
    motifs,
    peak_tables,
    peaks,
    variants,
)
from _killed_fits import count_killed_fits
from tqdm import tqdm

from sklearn_cnn import (
    ImageCNNClassifier,
    MotifCNNClassifier,
    PretrainedFeatureExtractor,
    load_model,
    save_model,
)
from sklearn_cnn.datasets import make_motif_classification

# Parts of generated cases: their kinds, which take turns.
FUZZED = {
    "sequences": (fasta, intervals, genome),
    "peaks_variants": (peaks, peak_tables, variants),
    "motifs": (motifs,),
    "encoder": (sequence_encoder, both_strands, sequence_input, image_input),
    # One in seven has other weights, which take longer: all of them load.
    "load_model": (
        *(hostile_record, hostile_tensors, hostile_text) * 2,
        hostile_numbers,
    ),
    "checkpoints": (checkpoints,),
    "fits": (fits,),
}
PARTS = "kills", "damage", "killed_fits", *FUZZED
# How a file is damaged: in one bit, in one byte, or in up to 200 bytes, or cut short.
DAMAGES = ("bit", "byte", "zeros", "cut", "reverse", "insert")

# More seconds than this to load a file of some kB would be a hang.
_SLOW = 10


def main(arguments: list[str] | None = None) -> None:
    """Run what is missing, then print the counts."""
    options = _parse(arguments)
    results = Results(options.results, __file__, options.force, TIMES)
    make = {
        "kills": count_kills,
        "damage": count_damage,
        "killed_fits": count_killed_fits,
    }
    make |= {part: partial(fuzz, kinds) for part, kinds in FUZZED.items()}
    n = dict.fromkeys(FUZZED, options.cases)
    n |= {"kills": options.kills, "damage": options.damages, "fits": options.fits}
    n["killed_fits"] = options.killed_fits
    rows = {}
    for part in options.parts:
        settings = {"part": part, "n": n[part], "seed": options.seed}
        rows[part] = results.read_or_make(part, settings, make[part])
    print(f"\n{report(rows)}\n\n{machine_in_words()}")


def count_kills(settings: dict) -> dict:
    """What a file holds after each kill of a process that was saving."""
    rng = np.random.default_rng(settings["seed"])
    X, y = make_motif_classification(60, length=30, random_state=0)
    models = [
        MotifCNNClassifier(n_filters=n, max_epochs=1, random_state=0).fit(X, y)
        for n in (16, 64)
    ]
    contents = [_saved(model) for model in models]
    counts = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        save_model(models[0], path)
        start = time.perf_counter()
        save_model(models[0], path)
        duration = time.perf_counter() - start
        for _ in tqdm(range(settings["n"]), desc="Kills"):
            before = path.read_bytes()
            _kill_while_saving(models, path, rng.uniform(0, 6 * duration))
            after = path.read_bytes()
            whole = after in contents
            counts["whole"] += whole and load_model(path) is not None
            counts["replaced"] += after != before
            for leftover in Path(folder).glob("*.tmp"):
                counts["while_writing"] += 1
                counts["partly_written"] += leftover.read_bytes() not in contents
                leftover.unlink()
    names = "whole", "replaced", "while_writing", "partly_written"
    return {name: counts[name] for name in names} | {
        "bytes": [len(content) for content in contents]
    }


def count_damage(settings: dict) -> dict:
    """What loading says of damaged files, by the way they were damaged."""
    rng = np.random.default_rng(settings["seed"])
    files = _small_files()
    counts = {damage: Counter() for damage in DAMAGES}
    n_slow = 0
    for i in tqdm(range(settings["n"]), desc="Damages"):
        content, predict, expected = files[i % len(files)]
        damage = DAMAGES[i // len(files) % len(DAMAGES)]
        damaged = damage_bytes(content, damage, rng)
        start = time.perf_counter()
        outcome = _outcome(damaged, predict, expected)
        n_slow += time.perf_counter() - start > _SLOW
        counts[damage][outcome] += 1
    return {
        "counts": {damage: dict(count) for damage, count in counts.items()},
        "n_slow": n_slow,
    }


def damage_bytes(content: bytes, damage: str, rng: np.random.Generator) -> bytes:
    """Other bytes than `content`, damaged in one of the ways of `DAMAGES`."""
    data = content
    while data == content:
        place = int(rng.integers(len(content)))
        length = int(rng.integers(1, 200))
        data = bytearray(content)
        if damage == "bit":
            data[place] ^= 1 << int(rng.integers(8))
        elif damage == "byte":
            data[place] = int(rng.integers(256))
        elif damage == "zeros":
            data[place : place + length] = bytes(len(data[place : place + length]))
        elif damage == "cut":
            del data[place:]
        elif damage == "reverse":
            data[place : place + length] = data[place : place + length][::-1]
        else:
            data[place:place] = rng.bytes(length)
    return bytes(data)


def report(rows: dict[str, dict]) -> str:
    """Counts in words and a table."""
    text = []
    if "kills" in rows:
        row = rows["kills"]
        text.append(
            f"Of {row['n']} kills while saving, {row['whole']} left a whole file; "
            f"{row['while_writing']} hit a write, {row['partly_written']} of them "
            "before all bytes were there."
        )
    if "damage" in rows:
        counts = rows["damage"]["counts"]
        names = "refused", "same", "other", "crashed"
        lines = [[d, *(counts[d].get(name, 0) for name in names)] for d in counts]
        total = [sum(line[i] for line in lines) for i in range(1, 1 + len(names))]
        header = ["damage", "refused", "same predictions", "others", "other errors"]
        text.append(markdown_table(header, [*lines, ["all", *total]]))
        text.append(f"Slower than {_SLOW} seconds: {rows['damage']['n_slow']}.")
    if "killed_fits" in rows:
        row = rows["killed_fits"]
        names = "too late", "had a state", "same weights", "entries left"
        lines = [
            [kind, row["kills"][kind], *(count.get(name, 0) for name in names)]
            for kind, count in row["counts"].items()
        ]
        text.append(markdown_table(["fit", "kills", *names], lines))
        text.append(
            f"Most steps that were repeated: {row['most_repeated_steps']}; an epoch "
            f"has {row['steps_of_an_epoch']}."
        )
    fuzzed = [part for part in FUZZED if part in rows]
    if fuzzed:
        text.append(_report_fuzzed([rows[part] for part in fuzzed]))
    return "\n\n".join(text)


def _report_fuzzed(rows: list[dict]) -> str:
    """A line for each kind of case, and the faults."""
    lines = []
    for row in rows:
        for kind, counts in row["counts"].items():
            n = sum(counts.values())
            accepted, fault = (counts.get(k, 0) for k in ("accepted", "fault"))
            lines.append([row["part"], kind, n, accepted, n - accepted - fault, fault])
    header = ["part", "kind", "cases", "accepted", "refused", "faults"]
    faults = [fault for row in rows for fault in row["faults"]]
    return "\n".join([markdown_table(header, lines), *faults])


def _kill_while_saving(models: list, path: Path, delay: float) -> None:
    process = os.fork()
    if not process:
        while True:
            for model in reversed(models):
                save_model(model, path)
    time.sleep(delay)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def _outcome(damaged: bytes, predict, expected: np.ndarray) -> str:
    """What comes of a damaged file: "refused", "same", "other" or "crashed"."""
    try:
        model = load_model(io.BytesIO(damaged))
    except ValueError as error:
        says_what_to_do = "get a fresh copy" in str(error)
        return "refused" if says_what_to_do and "\n" not in str(error) else "crashed"
    except Exception:
        return "crashed"
    return "same" if np.array_equal(predict(model), expected) else "other"


def _small_files() -> list[tuple]:
    """Bytes of a file, a function from a model to numbers, and these numbers."""
    small = {"max_epochs": 1, "n_filters": 4, "random_state": 0}
    X, y = make_motif_classification(60, length=30, random_state=0)
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8))
    clf = MotifCNNClassifier(**small, kmers=3, motif_bank=None).fit(X, y)
    image_clf = ImageCNNClassifier(**small).fit(images, np.arange(30) % 3)
    extractor = PretrainedFeatureExtractor(clf).fit(X)
    files = []
    for model, predict in (
        (clf, lambda model: model.predict_proba(X[:5])),
        (image_clf, lambda model: model.predict_proba(images[:5])),
        (extractor, lambda model: model.transform(X[:5])),
    ):
        files.append((_saved(model), predict, predict(model)))
    return files


def _saved(model) -> bytes:
    file = io.BytesIO()
    save_model(model, file)
    return file.getvalue()


def _parse(arguments) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="(all)")
    add("--kills", type=int, default=300, help="kills while saving (300)")
    add("--damages", type=int, default=3000, help="damaged files (3000)")
    add("--killed-fits", type=int, default=50, help="killed fits (50)")
    add("--cases", type=int, default=20_000, help="cases a part (20000)")
    add("--fits", type=int, default=1000, help="fits (1000)")
    add("--seed", type=int, default=0, help="(0)")
    add("--results", type=Path, default=RESULTS / "reliability", help="where rows go")
    add("--force", action="store_true", help="make rows anew that are there")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
