"""The card operating system: file system, security, logical channels and instructions of a UICC."""

from __future__ import annotations

from simulator.uicc.application import Application
from simulator.uicc.card import Card
from simulator.uicc.filesystem import FileSystem
from simulator.uicc.image import CardImage

__all__ = ["Application", "Card", "CardImage", "FileSystem"]
