"""Cards in readers, over the PC/SC service of the operating system (PC/SC part 5; pyscard, the extra `pcsc`).

with Service() as service, service.connect("0") as link:
    link.reset()
    print(Uicc(link).read_iccid())
"""

from __future__ import annotations

from cards.pcsc.errors import ReaderError
from cards.pcsc.link import PcscLink, Protocol
from cards.pcsc.service import Change, Reader, Service

__all__ = ["Change", "PcscLink", "Protocol", "Reader", "ReaderError", "Service"]
