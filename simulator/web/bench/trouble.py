"""Fault switches: what can be made to go wrong on the bench, each as a plan of `simulator.faults`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from cards.explain import Explainer
from cards.link import CardLink
from simulator.crypto.issue import Issuer
from simulator.crypto.pki import TestPki
from simulator.crypto.spoilt import Defect, spoilt
from simulator.faults import Fault, FaultyEs9, FaultyLink, Kind, Party, Plan
from simulator.lpa.es9 import Es9
from simulator.testing.bench import entropy
from simulator.web.bench import record
from simulator.web.bench.record import Piece, Recorder, Said

FUNCTIONS: Final = (
    "initiateAuthentication",
    "authenticateClient",
    "getBoundProfilePackage",
    "handleNotification",
)
"""Of ES9+, in the order of a download."""
CERTIFICATES: Final = {
    "EXPIRED": Defect.EXPIRED,
    "NOT_YET_VALID": Defect.NOT_YET_VALID,
    "WRONG_ROLE": Defect.WRONG_ROLE,
    "WRONG_ISSUER": Defect.WRONG_ISSUER,
    "WRONG_SIGNATURE": Defect.WRONG_SIGNATURE,
    "WRONG_KEY_USAGE": Defect.WRONG_KEY_USAGE,
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """A switch, as it is set. `kind` is one of `KINDS`; the rest says where it strikes."""

    kind: str
    number: int = 20
    """Which APDU of an act, from 1."""
    byte: int = -3
    """Which byte of a message, from its end if negative."""
    function: str = "authenticateClient"
    defect: str = "EXPIRED"

    @classmethod
    def of(cls, kind: str) -> Self:
        """A switch of this kind, set to where it does the most: APDU 20 of a download is a block of
        PrepareDownload, 14 brings a part of the eUICC's answer to AuthenticateServer."""
        return cls(kind, number=14 if kind == "corrupt-answer" else 20)


CARD_KINDS: Final = {
    "power-off-after": Kind.POWER_OFF_AFTER,
    "power-off-before": Kind.POWER_OFF_BEFORE,
    "drop-command": Kind.DROP_REQUEST,
    "corrupt-command": Kind.CORRUPT_REQUEST,
    "corrupt-answer": Kind.CORRUPT_RESPONSE,
}
SERVER_KINDS: Final = {
    "corrupt-request": Kind.CORRUPT_REQUEST,
    "corrupt-response": Kind.CORRUPT_RESPONSE,
    "drop-response": Kind.DROP_RESPONSE,
    "restart": Kind.RESTART,
    "old-answer": Kind.OLD_ANSWER,
}
CERTIFICATE_KIND: Final = "certificate"
KINDS: Final = (*CARD_KINDS, *SERVER_KINDS, CERTIFICATE_KIND)


def plan_of(trouble: Trouble | None, pki: TestPki, now: datetime) -> Plan:
    """The plan of an act; each act has one of its own, so that a switch strikes in each."""
    if trouble is None:
        return Plan(())
    if kind := CARD_KINDS.get(trouble.kind):
        return Plan((Fault(Party.CARD, kind, trouble.number, byte=trouble.byte),))
    if kind := SERVER_KINDS.get(trouble.kind):
        return Plan((Fault(Party.SERVER, kind, function=trouble.function, byte=trouble.byte),))
    return Plan(tuple(_bad_certificates(CERTIFICATES[trouble.defect], pki, now)))


def _bad_certificates(defect: Defect, pki: TestPki, now: datetime) -> Iterator[Fault]:
    """CERT.DPauth with the defect, in the server's first answer; of the CI that both sides prefer."""
    branch = next(iter(pki.branches.values()))
    good = branch.dp_auth
    assert good is not None, "a test PKI has every certificate"
    by_key = {item.certificate.subject_key_id: item for item in branch.items.values()}
    above = by_key[good.certificate.authority_key_id]
    issuer = Issuer(above.certificate, above.require_key())
    bad = spoilt(good, defect, issuer, entropy=entropy("spoilt"), now=now)
    yield Fault(
        Party.SERVER,
        Kind.WRONG_CERTIFICATE,
        function="initiateAuthentication",
        certificate=bad.certificate_der,
    )


class TroubledLink:
    """A link with the faults of a plan in the way, each of which is shown as a row."""

    def __init__(self, link: CardLink, plan: Plan, recorder: Recorder) -> None:
        self._link = FaultyLink(link, plan, sleep=lambda seconds: None)
        self._told = _Told(plan, recorder, record.Party.CARD)
        self.reset, self.close = self._link.reset, self._link.close

    def transmit(self, apdu: bytes, /) -> bytes:
        with self._told.after():
            answer = self._link.transmit(apdu)
            self._told.piece = Piece(Explainer().exchange(apdu, answer))
            return answer


class TroubledEs9:
    """A way to servers with the faults of a plan in it."""

    def __init__(self, way: Es9, plan: Plan, recorder: Recorder, restart: Callable[[], None]) -> None:
        self._way = FaultyEs9(way, plan, restart=restart, sleep=lambda seconds: None)
        self._told = _Told(plan, recorder, record.Party.SERVER)

    @property
    def sent(self) -> int:
        return self._way.sent

    @property
    def received(self) -> int:
        return self._way.received

    def post(self, address: str, function: str, message: dict[str, Any]) -> dict[str, Any]:
        with self._told.after():
            return self._way.post(address, function, message)


class _Told:
    """Shows which faults have struck while something went its way."""

    def __init__(self, plan: Plan, recorder: Recorder, party: record.Party) -> None:
        self._plan, self._recorder, self._party = plan, recorder, party
        self.piece: Piece | None = None

    @contextmanager
    def after(self) -> Iterator[None]:
        before, self.piece = len(self._plan.struck), None
        try:
            yield
        finally:
            for fault in self._plan.struck[before:]:
                title = Said("msg.fault", {"fault": str(fault)})
                self._recorder.add(
                    record.Party.PHONE,
                    self._party,
                    title,
                    piece=self.piece,
                    why=Said(f"fault.{fault.kind.value}"),
                    is_fault=True,
                    succeeded=False,
                )
