"""ES10b.LoadCRL: the revocation lists that an eUICC has, and what they say (SGP.22 §5.7.12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from asn1 import rsp
from simulator.crypto.certificates import Certificate
from simulator.crypto.revocation import Crl, RevocationError, parse_crl
from simulator.euicc.es10 import Es10Function

if TYPE_CHECKING:
    from simulator.euicc.core import EuiccCore

CRL_MEMORY: Final = 16384
"""Bytes for revocation lists."""


class RevocationLists:
    """For each CI the newest list: its parts, and the differences to it that were loaded since."""

    def __init__(self) -> None:
        self._lists: dict[bytes, list[Crl]] = {}

    def is_revoked(self, certificate: Certificate) -> bool:
        """Whether a list of the certificate's CI names it."""
        lists = self._lists.get(certificate.authority_key_id, ())
        return any(certificate.serial_number in crl.revoked for crl in lists)

    @property
    def size(self) -> int:
        """Bytes of all lists."""
        return sum(len(crl.der) for lists in self._lists.values() for crl in lists)

    def load(self, crl: Crl) -> str:
        """Take a list; the name of the error if it cannot be taken, else empty."""
        loaded = self._lists.get(crl.issuer_key_id, [])
        whole = [item for item in loaded if item.base_number is None]
        newest = max((item.number for item in loaded), default=-1)
        if crl.base_number is not None:
            if not whole or whole[0].number < crl.base_number or missing_parts(whole):
                return "baseCrlMissing"
            kept = loaded
        else:
            kept = [item for item in whole if item.number == crl.number and item.parts == crl.parts]
        is_further_part = crl.base_number is None and bool(kept)
        if crl.number < newest or (crl.number == newest and not is_further_part):
            return "fresherCrlAlreadyLoaded"
        if crl.part in {item.part for item in kept if item.base_number is None} and is_further_part:
            return "fresherCrlAlreadyLoaded"
        others = self.size - sum(len(item.der) for item in loaded)
        if others + sum(len(item.der) for item in kept) + len(crl.der) > CRL_MEMORY:
            return "notEnoughMemorySpace"
        self._lists[crl.issuer_key_id] = [*kept, crl]
        return ""

    def missing(self, issuer_key_id: bytes) -> list[int]:
        """Parts that are still to come of the CI's list."""
        return missing_parts([c for c in self._lists.get(issuer_key_id, ()) if c.base_number is None])

    def save(self) -> list[str]:
        return [crl.der.hex() for lists in self._lists.values() for crl in lists]

    def restore(self, saved: list[str]) -> None:
        self._lists = {}
        for crl in (parse_crl(bytes.fromhex(der)) for der in saved):
            self._lists.setdefault(crl.issuer_key_id, []).append(crl)


def missing_parts(whole: list[Crl]) -> list[int]:
    """Numbers of the parts of a list that are not there."""
    there = {crl.part for crl in whole}
    return [part for part in range(1, whole[0].parts + 1) if part not in there] if whole else []


def load_crl(core: EuiccCore, request: dict[str, Any]) -> bytes:
    """The errors of LoadCRLResponseError, in the order of the clause: format, key, signature, then the list's
    place among those that are there."""
    try:
        crl = parse_crl(request["crl"])
    except RevocationError:
        return _error("invalidCRLFormat")
    anchor = core.identity.chains.anchor(crl.issuer_key_id)
    if anchor is None:
        return _error("verificationKeyNotFound")
    if not crl.verify(anchor.public_key):
        return _error("invalidSignature")
    if error := core.revocation_lists.load(crl):
        return _error(error)
    missing = core.revocation_lists.missing(crl.issuer_key_id)
    answer = {"missingParts": missing} if missing else {}
    return rsp.encode("LoadCRLResponse", ("loadCRLResponseOk", answer))


def _error(name: str) -> bytes:
    code = rsp.names("LoadCRLResponseError")[name]
    return rsp.encode("LoadCRLResponse", ("loadCRLResponseError", code))


FUNCTIONS = (Es10Function("LoadCRL", 0xBF35, "LoadCRLRequest", "SGP.22 v2 §5.7.12", load_crl, is_v2=True),)
"""Of version 2: in version 3 servers staple the lists to their certificates."""
