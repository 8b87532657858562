"""Call control and MO short message control: the card is asked before a call or message goes out (TS 31.111
§7.3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from cards.status import SW, StatusError
from cards.toolkit import (
    ControlAnswer,
    ControlResult,
    DataObject,
    Device,
    Envelope,
    Tag,
    ToolkitError,
    decode_address,
    decode_ussd,
    first_of,
)
from simulator.uicc.services import CALL_CONTROL, MO_SMS_CONTROL, Naa, is_available, naa_of
from simulator.uicc.toolkit.commands import alpha_identifier

if TYPE_CHECKING:
    from simulator.uicc.card import Card
    from simulator.uicc.toolkit.runtime import Applet, Session

ALLOWED: Final = ControlAnswer()
_SERVICES = {Envelope.CALL_CONTROL: CALL_CONTROL, Envelope.MO_SMS_CONTROL: MO_SMS_CONTROL}
_SUBJECTS: Final = (
    Tag.ADDRESS,
    Tag.SS_STRING,
    Tag.USSD_STRING,
    Tag.PDP_CONTEXT,
    Tag.EPS_PDN_CONNECTION,
    Tag.URL,
)
"""What call control may be about; the last is the URI of a call over IMS (§7.3.1.6)."""
_FROM_TERMINAL = bytes((Device.TERMINAL, Device.UICC))


class Request(NamedTuple):
    """What is about to go out. `subject`: tag of the object that says what it is."""

    envelope: int
    subject: int
    objects: tuple[DataObject, ...]

    @property
    def addresses(self) -> list[str]:
        """The number that is called, or service centre and receiver of a message."""
        return [decode_address(item.value) for item in self.objects if item.tag == Tag.ADDRESS]

    @property
    def number(self) -> str:
        """The number that is called, or the receiver of a message; empty for anything else."""
        return self.addresses[-1] if self.addresses else ""

    @property
    def ussd(self) -> str:
        """The USSD code; empty if this is none."""
        try:
            return decode_ussd(first_of(self.objects, Tag.USSD_STRING) or b"")
        except ToolkitError:
            return ""

    def value(self, tag: int) -> bytes | None:
        """The value of a data object."""
        return first_of(self.objects, tag)


class Decision(NamedTuple):
    """What an application says to a request, and what it does afterwards."""

    answer: ControlAnswer = ALLOWED
    then: Session | None = None


def allow(title: str = "", then: Session | None = None) -> Decision:
    """As it is; the title is shown to the user."""
    return Decision(ControlAnswer(ControlResult.ALLOWED, alpha_identifier(title)), then)


def forbid(title: str = "", then: Session | None = None) -> Decision:
    """Not at all."""
    return Decision(ControlAnswer(ControlResult.NOT_ALLOWED, alpha_identifier(title)), then)


def change(objects: Iterable[DataObject], title: str = "", then: Session | None = None) -> Decision:
    """With these objects in place of those of the request: for a call an address, an SS or a USSD string, for
    a message both addresses."""
    modified = (*objects, *alpha_identifier(title))
    return Decision(ControlAnswer(ControlResult.ALLOWED_WITH_MODIFICATIONS, modified), then)


def read_request(tag: int, objects: Sequence[DataObject]) -> Request:
    """StatusError 6A80 unless it comes from the terminal and says what it is about."""
    subjects = [item.tag for item in objects if item.tag in _SUBJECTS]
    wanted = 2 if tag == Envelope.MO_SMS_CONTROL else 1
    if first_of(objects, Tag.DEVICE_IDENTITIES) != _FROM_TERMINAL or len(subjects) != wanted:
        raise StatusError(SW.INCORRECT_DATA)
    if tag == Envelope.MO_SMS_CONTROL and set(subjects) != {Tag.ADDRESS}:
        raise StatusError(SW.INCORRECT_DATA)
    return Request(tag, subjects[0], tuple(objects))


def decide(card: Card, applets: Iterable[Applet], request: Request) -> Decision:
    """What the application says that is registered for it, the first one if there are several; without one,
    or where the USIM's service table has no such service, all is allowed."""
    responsible = next((applet for applet in applets if request.envelope in applet.controls), None)
    if responsible is None or not _is_in_service(card, request.envelope):
        return Decision()
    try:
        return responsible.control(card, request)
    except Exception as fault:  # noqa: BLE001 - an application must not stop the card
        card.on_fault(b"", fault)
        return Decision()


def _is_in_service(card: Card, envelope: int) -> bool:
    usim = next((adf for adf in card.files.index.adfs if naa_of(adf) is Naa.USIM), None)
    basic = card.channels[0]
    return usim is None or basic is None or is_available(basic, usim, _SERVICES[envelope])
