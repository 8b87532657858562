"""The eUICC as an LPA or IPA uses it: ISD-R on a channel of its own, ES10a, ES10b, ES10c (SGP.22 §5.7,
SGP.32 §5.9)."""

from __future__ import annotations

from typing import Self

from cards.isdr.bpp import Segment, cut
from cards.isdr.errors import Es10Error, InstallationError
from cards.isdr.es10a import Es10a
from cards.isdr.es10b import Es10b
from cards.isdr.es10b_iot import Es10bIot
from cards.isdr.es10c import Es10c
from cards.isdr.transport import ECASD_AID, ISD_R_AID, Es10Transport

__all__ = ["ECASD_AID", "ISD_R_AID", "Es10Error", "InstallationError", "Isdr", "Segment", "cut"]


class Isdr(Es10a, Es10b, Es10bIot, Es10c, Es10Transport):
    """All functions of ES10. Use it as a context manager, or call `open` and `close`.

    Values are those of the codec `asn1.rsp`, for functions of SGP.32 those of `asn1.iot`. Refusals are
    Es10Errors, one class for each function.
    """

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
