"""What a card says of itself, read without changing it: identities, applications, services, PINs.

Each thing is asked for on its own; what a card refuses is kept as a sentence, and the rest is still read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from cards.apdu import CommandApdu
from cards.atr import Atr, AtrError
from cards.errors import CardError, CardProtocolError, CardStatusError, LinkError
from cards.explain.services import USIM
from cards.fcp import Fcp
from cards.gsm import Sim
from cards.status import SW
from cards.text import TextError, decode_alpha
from cards.uicc import ApplicationEntry, Uicc

T = TypeVar("T")
MF, USIM_ADF, ISIM_ADF = "MF", "MF/ADF.USIM", "MF/ADF.ISIM"
_VERIFY = 0x20
_NO_SERVICE = ("reserved", "shall be set")
"""How the names of numbers begin that stand for no service."""
PIN_NAMES: Final[dict[int, str]] = {0x01: "PIN 1", 0x11: "universal PIN", 0x81: "PIN 2"} | {
    reference: f"ADM {(reference & 0x07) - 1}" if reference < 0x80 else f"ADM {(reference & 0x07) + 4}"
    for reference in (*range(0x0A, 0x0F), *range(0x8A, 0x8F))
}
"""Key reference → name (TS 102 221 Table 9.3)."""


@dataclass(frozen=True, slots=True)
class PinState:
    """A PIN of the card: its key reference, whether it is asked for, and how many tries are left."""

    reference: int
    enabled: bool
    tries: int | None
    """None if the card does not say."""

    @property
    def name(self) -> str:
        return PIN_NAMES.get(self.reference, f"key {self.reference:02X}")


@dataclass(slots=True)
class Survey:
    """What was found; empty where the card does not say, and then `missing` tells why."""

    atr: bytes
    iccid: str = ""
    imsi: str = ""
    service_provider: str = ""
    applications: tuple[ApplicationEntry, ...] = ()
    usim_services: tuple[int, ...] = ()
    isim_services: tuple[int, ...] = ()
    sim_services: tuple[int, ...] = ()
    """Of EF.SST: those that are activated, of a SIM of the second generation."""
    pins: tuple[PinState, ...] = ()
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def atr_words(self) -> list[str]:
        """The ATR explained, a line each. A modem does not tell it."""
        if not self.atr:
            return ["not known: a modem keeps it to itself"]
        try:
            return Atr.parse(self.atr).words()
        except AtrError as error:
            return [str(error)]


def _asking(found: Survey) -> Callable[[str, Callable[[], T], T], T]:
    """Asks for one thing; where the card refuses it, keeps why, and the value is the other one."""

    def ask(what: str, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except LinkError:
            raise
        except CardError as error:
            found.missing[what] = reason(error)
            return otherwise

    return ask


def survey(card: Uicc | Sim, atr: bytes) -> Survey:
    """Read all of it. LinkError if the card goes meanwhile."""
    return _of_sim(card, atr) if isinstance(card, Sim) else _of_uicc(card, atr)


def _of_sim(sim: Sim, atr: bytes) -> Survey:
    """What a SIM of the second generation tells, which has no applications."""
    found = Survey(atr)
    ask: Any = _asking(found)
    found.iccid = ask("iccid", lambda: str(sim.read_iccid()), "")
    found.missing["applications"] = "none: the card is a SIM of the second generation (class 'A0')"
    found.imsi = ask("imsi", lambda: str(sim.read_imsi()), "")
    found.service_provider = ask("service_provider", lambda: _name(_content(sim, "EF.SPN")), "")
    found.sim_services = ask("sim_services", lambda: activated(_content(sim, "EF.SST")), ())
    found.pins = ask(
        "pins", lambda: tuple(PinState(c.reference, c.enabled, c.tries) for c in sim.select(MF).chvs), ()
    )
    return found


def _content(sim: Sim, name: str) -> bytes:
    sim.select(f"{MF}/DF.GSM/{name}")
    return sim.read_binary()


def activated(table: bytes) -> tuple[int, ...]:
    """The numbers, from 1, of the services that EF.SST calls allocated and activated: two bits each."""
    return tuple(
        4 * at + place + 1
        for at, byte in enumerate(table)
        for place in range(4)
        if byte >> 2 * place & 0x03 == 0x03
    )


def _of_uicc(uicc: Uicc, atr: bytes) -> Survey:
    found = Survey(atr)
    ask: Any = _asking(found)
    found.iccid = ask("iccid", lambda: str(uicc.read_iccid()), "")
    found.applications = ask("applications", lambda: tuple(uicc.applications()), ())
    names = [entry.aid[:7].hex().upper() for entry in found.applications]
    found.imsi = ask("imsi", lambda: str(uicc.read_imsi()), "")
    found.service_provider = ask("service_provider", lambda: _service_provider(uicc), "")
    found.usim_services = ask("usim_services", lambda: _services(uicc, f"{USIM_ADF}/EF.UST"), ())
    if "A0000000871004" in names:
        found.isim_services = ask("isim_services", lambda: _services(uicc, f"{ISIM_ADF}/EF.IST"), ())
    found.pins = ask("pins", lambda: _pins(uicc), ())
    return found


def reason(error: CardError) -> str:
    """Why a card did not give something."""
    if isinstance(error, CardStatusError):
        if error.sw in (SW.SECURITY_STATUS_NOT_SATISFIED, SW.GSM_CHV_FAILED):
            return "locked until a PIN is verified"
        if error.sw in (SW.FILE_NOT_FOUND, SW.GSM_NOT_FOUND):
            return "not on the card"
    return str(error)


def _services(uicc: Uicc, path: str) -> tuple[int, ...]:
    uicc.select(path)
    return available(uicc.read_binary())


def available(table: bytes) -> tuple[int, ...]:
    """The numbers, from 1, of the services that a service table marks: b1 of its first byte is number 1."""
    return tuple(8 * at + bit + 1 for at, byte in enumerate(table) for bit in range(8) if byte >> bit & 1)


def services_in_words(numbers: Iterable[int], names: Sequence[str] = USIM) -> dict[int, str]:
    """Number → service, 'service N' where none is known here; reserved numbers are left out."""
    words = {number: names[number - 1] if number <= len(names) else f"service {number}" for number in numbers}
    return {number: word for number, word in words.items() if not word.startswith(_NO_SERVICE)}


def _service_provider(uicc: Uicc) -> str:
    uicc.select(f"{USIM_ADF}/EF.SPN")
    return _name(uicc.read_binary())


def _name(content: bytes) -> str:
    """The name in EF.SPN."""
    try:
        return decode_alpha(content[1:])
    except TextError as error:
        raise CardProtocolError(f"the service provider name is not readable: {error}") from None


def _pins(uicc: Uicc) -> tuple[PinState, ...]:
    """Of the MF and the USIM, as their FCPs list them (TS 102 221 §9.5.2)."""
    found: dict[int, PinState] = {}
    for path in (MF, USIM_ADF):
        try:
            fcp: Fcp = uicc.select(path)
        except CardStatusError:
            continue
        except CardError:
            break  # no USIM
        for pin in fcp.pins:
            found.setdefault(pin.reference, PinState(pin.reference, pin.enabled, _tries(uicc, pin.reference)))
    return tuple(found[reference] for reference in sorted(found))


def _tries(uicc: Uicc, reference: int) -> int | None:
    """Asked by VERIFY without data, which costs no try (§11.1.9.2); None if the answer does not say."""
    sw = uicc.session.transmit(CommandApdu(0, _VERIFY, 0, reference)).sw
    return 0 if sw == SW.AUTHENTICATION_METHOD_BLOCKED else sw.retries
