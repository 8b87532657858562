"""Commands by class and instruction: how they are called, what their parameters say, and what data and answer hold
(TS 102 221 §11, TS 31.102 §7, TS 51.011 §9.2, GP Card Specification §11).

A row knows nothing of the session: where the terminal stands comes as a `Place`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cards.apdu import CommandApdu
from cards.explain import fcp, further, toolkit
from cards.explain.fields import Decoder
from cards.explain.globalplatform import install, keys, load_files, objects, registry
from cards.explain.parameters import (
    GSM,
    INTERINDUSTRY,
    PROPRIETARY,
    always,
    authenticate_parameters,
    binary_asked,
    binary_parameters,
    channel_asked,
    content,
    envelope_answer,
    gsm_authenticated,
    gsm_parameters,
    host_challenge,
    host_cryptogram,
    initialised,
    interfaces,
    interfaces_answer,
    kind_of,
    opened_channel,
    pin_asked,
    pin_fields,
    pin_parameters,
    record_asked,
    record_parameters,
    retrieve_parameters,
    search_answer,
    search_parameters,
    security_levels,
    select_parameters,
    selected_data,
    status_answer,
    status_parameters,
    suspend_parameters,
    tlv_objects,
    toolkit_asked,
    what_is_selected,
    written_content,
)
from cards.explain.place import Place


class Command(NamedTuple):
    """A row: name, clause, in words what is asked, what P1 and P2 say, and decoders of data and answer (None: bytes)."""

    name: str
    clause: str
    asks: Callable[[CommandApdu, Place], str] = lambda command, place: ""
    parameters: Callable[[CommandApdu], tuple[str, str]] = lambda command: ("", "")
    data: Callable[[CommandApdu, Place], Decoder | None] = lambda command, place: None
    answer: Callable[[CommandApdu, Place], Decoder | None] = lambda command, place: None


def find(command: CommandApdu) -> Command | None:
    """The row of a command; None if its instruction is not known in its class."""
    kind = kind_of(command.cla)
    row = TABLES[kind].get(command.ins)
    if kind == PROPRIETARY and command.ins == 0xF2 and (command.p1 >= 0x10 or command.data):
        return _GET_STATUS
    if row is None and kind == PROPRIETARY:
        # Cards take many interindustry commands with the proprietary class, and the reverse.
        return TABLES[INTERINDUSTRY].get(command.ins)
    if row is None and kind == INTERINDUSTRY:
        return TABLES[PROPRIETARY].get(command.ins)
    return row


_UICC, _GP = "TS 102 221 §11.", "GP Card Specification §11."
_ADMINISTRATION = "TS 102 222 §6."
_GET_STATUS = Command(
    "GET STATUS", f"{_GP}4", registry.asked, registry.parameters, always(registry.SEARCH), registry.entries
)
_READ_BINARY = Command("READ BINARY", f"{_UICC}1.3", binary_asked, binary_parameters, answer=content)
_UPDATE_BINARY = Command(
    "UPDATE BINARY", f"{_UICC}1.4", binary_asked, binary_parameters, data=written_content
)
_READ_RECORD = Command("READ RECORD", f"{_UICC}1.5", record_asked, record_parameters, answer=content)
_UPDATE_RECORD = Command("UPDATE RECORD", f"{_UICC}1.6", record_asked, record_parameters, data=content)
_TERMINAL_RESPONSE = Command("TERMINAL RESPONSE", f"{_UICC}2.4", data=always(toolkit.objects))
_ENVELOPE = Command(
    "ENVELOPE", f"{_UICC}2.2", toolkit_asked, data=always(toolkit.messages), answer=envelope_answer
)
_FETCH = Command(
    "FETCH",
    f"{_UICC}2.3",
    lambda command, place: f"{command.le or 256} bytes",
    answer=always(toolkit.messages),
)
_TERMINAL_PROFILE = Command("TERMINAL PROFILE", f"{_UICC}2.1", data=always(toolkit.terminal_profile))
_GET_RESPONSE = Command(
    "GET RESPONSE", "TS 102 221 §12.1.1", lambda command, place: f"{command.le or 256} bytes"
)

TABLES: dict[str, dict[int, Command]] = {
    INTERINDUSTRY: {
        0xA4: Command("SELECT", f"{_UICC}1.1", what_is_selected, select_parameters, selected_data, always(fcp.answer)),
        0xB0: _READ_BINARY,
        0xD6: _UPDATE_BINARY,
        0xB2: _READ_RECORD,
        0xDC: _UPDATE_RECORD,
        0xA2: Command("SEARCH RECORD", f"{_UICC}1.7", record_asked, search_parameters, further.pattern, always(search_answer)),
        0x20: Command("VERIFY PIN", f"{_UICC}1.9", pin_asked, pin_parameters, pin_fields("PIN")),
        0x24: Command("CHANGE PIN", f"{_UICC}1.10", pin_asked, pin_parameters, pin_fields("old PIN", "new PIN")),
        0x26: Command("DISABLE PIN", f"{_UICC}1.11", pin_asked, pin_parameters, pin_fields("PIN")),
        0x28: Command("ENABLE PIN", f"{_UICC}1.12", pin_asked, pin_parameters, pin_fields("PIN")),
        0x2C: Command("UNBLOCK PIN", f"{_UICC}1.13", pin_asked, pin_parameters, pin_fields("PUK", "new PIN")),
        0x04: Command("DEACTIVATE FILE", f"{_UICC}1.14"),
        0x44: Command("ACTIVATE FILE", f"{_UICC}1.15"),
        0x88: Command("AUTHENTICATE", "TS 31.102 §7.1", parameters=authenticate_parameters, data=further.challenge, answer=further.authenticated),
        0x89: Command("AUTHENTICATE", "TS 31.102 §7.1", parameters=authenticate_parameters, data=tlv_objects),
        0x70: Command("MANAGE CHANNEL", f"{_UICC}1.17", channel_asked, answer=always(opened_channel)),
        0x84: Command("GET CHALLENGE", f"{_UICC}1.18", answer=always(further.random_bytes)),
        0xC0: _GET_RESPONSE,
        0x73: Command("MANAGE SECURE CHANNEL", f"{_UICC}1.20"),
        0x75: Command("TRANSACT DATA", f"{_UICC}1.21"),
        0x78: Command("GET IDENTITY", "TS 31.102 §7.5", data=tlv_objects, answer=always(further.identity)),
        0x7A: Command("EXCHANGE CAPABILITIES", f"{_UICC}1.23", data=tlv_objects, answer=tlv_objects),
        0x7C: Command("MANAGE LSI", f"{_UICC}1.25", data=always(interfaces), answer=interfaces_answer),
        0xE0: Command("CREATE FILE", f"{_ADMINISTRATION}3", data=always(fcp.answer)),
        0xE4: Command("DELETE FILE", f"{_ADMINISTRATION}4"),
        0xE6: Command("TERMINATE DF", f"{_ADMINISTRATION}7"),
        0xE8: Command("TERMINATE EF", f"{_ADMINISTRATION}8"),
        0xFE: Command("TERMINATE CARD USAGE", f"{_ADMINISTRATION}9"),
        0x0E: Command("ERASE BINARY", "ISO/IEC 7816-4 §11.3.7", binary_asked, binary_parameters),
    },
    PROPRIETARY: {
        0xF2: Command("STATUS", f"{_UICC}1.2", parameters=status_parameters, answer=status_answer),
        0x10: _TERMINAL_PROFILE,
        0xC2: _ENVELOPE,
        0x12: _FETCH,
        0x14: _TERMINAL_RESPONSE,
        0xAA: Command("TERMINAL CAPABILITY", f"{_UICC}1.19", data=always(toolkit.terminal_capability)),
        0x32: Command("INCREASE", f"{_UICC}1.8", data=always(further.added), answer=always(further.increased)),
        0xCB: Command("RETRIEVE DATA", f"{_UICC}3.1", parameters=retrieve_parameters, answer=tlv_objects),
        0xDB: Command("SET DATA", f"{_UICC}3.2", parameters=retrieve_parameters, data=tlv_objects),
        0xD4: Command("RESIZE FILE", f"{_ADMINISTRATION}10", data=always(fcp.answer)),
        0x76: Command("SUSPEND UICC", f"{_UICC}1.22", parameters=suspend_parameters, data=further.suspension, answer=always(further.suspended)),
        0xCA: Command("GET DATA", f"{_GP}3", objects.asked, data=always(objects.objects), answer=objects.got),
        0xE2: Command("STORE DATA", f"{_GP}11", parameters=objects.store_parameters, data=objects.stored, answer=always(objects.objects)),
        0xE4: Command("DELETE", f"{_GP}2", install.deletion_asked, install.delete_parameters, always(install.deleted), always(install.confirmation)),
        0xE6: Command("INSTALL", f"{_GP}5", install.asked, install.parameters, install.data, always(install.confirmation)),
        0xE8: Command("LOAD", f"{_GP}6", load_files.asked, load_files.parameters, always(load_files.whole), always(install.confirmation)),
        0xF0: Command("SET STATUS", f"{_GP}10", registry.set_asked, registry.set_parameters, always(registry.set_data)),
        0xD8: Command("PUT KEY", f"{_GP}8", keys.asked, keys.parameters, keys.new_keys, always(keys.put_answer)),
        0x50: Command("INITIALIZE UPDATE", "GP Card Specification §E.5.1", data=always(host_challenge), answer=always(initialised)),
        0x82: Command("EXTERNAL AUTHENTICATE", "GP Card Specification §E.5.2", parameters=security_levels, data=always(host_cryptogram)),
    },
    GSM: {
        0xA4: Command("SELECT", "TS 51.011 §9.2.1", what_is_selected, gsm_parameters, selected_data, always(fcp.gsm_answer)),
        0xF2: Command("STATUS", "TS 51.011 §9.2.2", answer=always(fcp.gsm_answer)),
        0xB0: _READ_BINARY._replace(clause="TS 51.011 §9.2.3"),
        0xD6: _UPDATE_BINARY._replace(clause="TS 51.011 §9.2.4"),
        0xB2: _READ_RECORD._replace(clause="TS 51.011 §9.2.5"),
        0xDC: _UPDATE_RECORD._replace(clause="TS 51.011 §9.2.6"),
        0xA2: Command("SEEK", "TS 51.011 §9.2.7", data=further.pattern, answer=always(further.found_record)),
        0x32: Command("INCREASE", "TS 51.011 §9.2.8", data=always(further.added), answer=always(further.increased)),
        0x20: Command("VERIFY CHV", "TS 51.011 §9.2.9", parameters=lambda command: ("", f"CHV{command.p2}"), data=pin_fields("CHV")),
        0x24: Command("CHANGE CHV", "TS 51.011 §9.2.10", parameters=lambda command: ("", f"CHV{command.p2}"), data=pin_fields("old CHV", "new CHV")),
        0x26: Command("DISABLE CHV", "TS 51.011 §9.2.11", data=pin_fields("CHV1")),
        0x28: Command("ENABLE CHV", "TS 51.011 §9.2.12", data=pin_fields("CHV1")),
        0x2C: Command("UNBLOCK CHV", "TS 51.011 §9.2.13", data=pin_fields("UNBLOCK CHV", "new CHV")),
        0x04: Command("INVALIDATE", "TS 51.011 §9.2.14"),
        0x44: Command("REHABILITATE", "TS 51.011 §9.2.15"),
        0x88: Command("RUN GSM ALGORITHM", "TS 51.011 §9.2.16", data=always(lambda cursor: [cursor.field("RAND", 16)]), answer=always(gsm_authenticated)),
        0xFA: Command("SLEEP", "TS 51.011 §9.2.17"),
        0xC0: _GET_RESPONSE._replace(clause="TS 51.011 §9.2.18"),
        0x10: _TERMINAL_PROFILE._replace(clause="TS 51.011 §9.2.19"),
        0xC2: _ENVELOPE._replace(clause="TS 51.011 §9.2.20"),
        0x12: _FETCH._replace(clause="TS 51.011 §9.2.21"),
        0x14: _TERMINAL_RESPONSE._replace(clause="TS 51.011 §9.2.22"),
    },
}  # fmt: skip


def names() -> dict[int, str]:
    """INS → name, of all classes; the interindustry one comes first."""
    return {ins: row.name for kind in (GSM, PROPRIETARY, INTERINDUSTRY) for ins, row in TABLES[kind].items()}
