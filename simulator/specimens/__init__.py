"""Specimen cards: whole cards as text, and the ones that come with the project."""
