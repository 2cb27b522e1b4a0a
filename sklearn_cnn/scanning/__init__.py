"""Predictions along whole genomes.

An estimator that was fitted on windows scores every window of a chromosome; the track
goes to genome browsers, or becomes peaks.
"""

from sklearn_cnn._package import publish
from sklearn_cnn.scanning._call_peaks import call_peaks
from sklearn_cnn.scanning._genome_track import GenomeTrack
from sklearn_cnn.scanning._scan_genome import scan_genome

__all__ = [
    "GenomeTrack",
    "call_peaks",
    "scan_genome",
]

publish(__name__)
