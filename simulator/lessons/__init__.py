"""Lessons that run the real parts and ask questions."""
