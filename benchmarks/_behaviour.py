"""What the package predicts today, by which a row is told from those made before.

The committed numbers of small configurations, in tests/, stand for it. They change when
predictions do: not with a comment or code that moves, and not with the processor.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

PREDICTIONS = Path(__file__).parents[1] / "tests" / "reference_predictions.json"
_CLASSIFICATION = (
    "thresholds",
    "few",
    "strings",
    "many_filters",
    "held_out",
    "many",
    "one_strand",
    "network_alone",
    "protein",
)
# The configurations that rows of a task rest on.
CONFIGURATIONS = {
    "classification": _CLASSIFICATION,
    "regression": ("thresholds", "rna", "unequal", "many_numbers"),
    "several labels": (*_CLASSIFICATION, "missing_labels", "many_labels"),
    "signals": ("thresholds", "signals", "signals_of_channels"),
    "images": ("thresholds", "images", "images_of_colours"),
    "profiles": (
        "thresholds",
        "profiles_of_classes",
        "profiles_of_numbers",
        "profiles_of_counts",
    ),
    "transfer": (
        *_CLASSIFICATION,
        "transfer_gradual",
        "transfer_trunk",
        "transfer_first_layer",
        "transfer_all",
        "features_of_an_estimator",
        "features_of_motifs",
    ),
    "known motifs": ("features_of_motifs",),
    "modules": ("features_of_a_module",),
    "motifs": (*_CLASSIFICATION, "extracted_motifs", "motifs_of_filters"),
    "attributions": (*_CLASSIFICATION, "attributions"),
    # Of which nothing is ours.
    "other models": (),
}


@cache
def predictions_hash(task: str | None) -> str:
    """Hash of the committed numbers of a task's configurations; of all for None.

    Raises
    ------
    KeyError
        If there is no such task, or no such configuration any more.
    """
    committed = json.loads(PREDICTIONS.read_text(encoding="utf-8"))
    names = committed if task is None else CONFIGURATIONS[task]
    text = json.dumps([committed[name] for name in names])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
