"""A trip as one HTML page that needs nothing else: the comparison, and each option with its map, its timeline
and the reasons of every statement."""

from simulator.scenario.report.page import html

__all__ = ["html"]
