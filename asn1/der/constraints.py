"""SIZE and value range constraints: a tuple of inclusive ranges, None for an open end (ITU-T X.680 §51)."""

from __future__ import annotations

Ranges = tuple[tuple[int | None, int | None], ...]


def allows(ranges: Ranges, number: int) -> bool:
    """Whether one of the ranges holds the number."""
    return any((low is None or low <= number) and (high is None or number <= high) for low, high in ranges)


def describe(ranges: Ranges) -> str:
    """The ranges as ASN.1 writes them: `1..16`, `8`, `0..MAX`."""
    return " | ".join(_describe_one(low, high) for low, high in ranges)


def _describe_one(low: int | None, high: int | None) -> str:
    if low is not None and low == high:
        return str(low)
    return f"{'MIN' if low is None else low}..{'MAX' if high is None else high}"
