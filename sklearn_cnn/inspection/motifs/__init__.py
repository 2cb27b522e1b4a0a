"""Motifs that a network has learned, and motifs that are known."""
