"""The card's side of the toolkit: applications as generators, and what runs them (TS 102 223, TS 31.111)."""

from simulator.uicc.toolkit.runtime import Answer, Applet, Toolkit

__all__ = ["Answer", "Applet", "Toolkit"]
