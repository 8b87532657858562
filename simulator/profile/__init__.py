"""eSIM profile packages (TCA interoperable format): read, build, check, and turn into the image of a card."""

from __future__ import annotations

from simulator.profile.errors import PeStatus, ProfileError
from simulator.profile.package import Element, ProfilePackage
from simulator.profile.reader import build_image, image_of, pe_response

__all__ = ["Element", "PeStatus", "ProfileError", "ProfilePackage", "build_image", "image_of", "pe_response"]
