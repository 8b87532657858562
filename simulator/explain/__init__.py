"""Explanations that need keys: bound profile packages, secure channels and secured packets of a trace,
opened."""

from simulator.explain.keyring import KeyRing

__all__ = ["KeyRing"]
