"""Traces: what passes between a terminal and a card, seen by sinks, written to files, read back, replayed."""

from cards.trace.entries import Entry, Exchange, Reset, Sink, TraceError
from cards.trace.link import TracedLink

__all__ = ["Entry", "Exchange", "Reset", "Sink", "TraceError", "TracedLink"]
