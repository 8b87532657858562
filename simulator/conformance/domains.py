"""The issuer's security domain: what it tells, what it refuses, secure channels with SCP02 and SCP03 (GP Card
Specification §11, annex E, Amendment D)."""

from __future__ import annotations

from collections.abc import Callable

from asn1 import Asn1Error, tlv
from simulator.conformance.exchange import answers
from simulator.conformance.model import Check, NotApplicable, Subject, expect
from simulator.conformance.secure_channel import Session, selected
from simulator.conformance.server import flipped
from simulator.crypto.secure_channel import SecurityLevel
from simulator.testing.capabilities import find_domain

_STATUS = "84F2{:02X}02"
_EVERYTHING = bytes.fromhex("4F00")
_REFUSED = "6982|6985"
_FAILED = "6300|6982|6985|6A80"
Work = Callable[[Subject, Session], None]


def _select(subject: Subject) -> None:
    line = selected(subject)
    aid = find_domain(subject.link)
    template = tlv.read(line(f"00A40400{len(aid):02X}{aid.hex()}00", doing="SELECT of the domain"))
    expect(template.tag == 0x6F, f"SELECT answers the tag '{template.tag:X}' in place of the FCI '6F'")
    name = tlv.find(template.value, 0x84)
    expect(name is not None and 5 <= len(name) <= 16, "the FCI has no AID ('84')")
    expect(tlv.find(template.value, 0xA5) is not None, "the FCI has no proprietary data ('A5')")


def _card_data(subject: Subject) -> None:
    data = selected(subject)("80CA006600", doing="GET DATA of card data")
    recognition = tlv.find(data, 0x66)
    expect(recognition is not None, "GET DATA '0066' does not answer card data ('66')")
    try:
        expect(
            tlv.find(recognition or b"", 0x73) is not None, "card data have no card recognition data ('73')"
        )
    except Asn1Error as error:
        expect(False, f"card data cannot be read: {error}")


def _key_information(subject: Subject) -> None:
    """Key information names every key set that is known."""
    data = selected(subject)("80CA00E000", doing="GET DATA of key information")
    template = tlv.find(data, 0xE0) or b""
    told = {(part.value[1], part.value[0]) for part in tlv.read_all(template) if part.tag == 0xC0}
    for keys in subject.known.keys:
        missing = {number for number in keys.values if (keys.version, number) not in told}
        expect(
            not missing, f"key information lacks key {min(missing, default=0)} of version {keys.version:02X}"
        )


def _refusals(subject: Subject) -> None:
    line = selected(subject)
    answers(line.send("80CADFFE00").sw, "6A88", "GET DATA of what is not there")
    for doing, apdu in (
        ("GET STATUS", "80F28002024F0000"),
        ("SET STATUS", "80F0800F00"),
        ("DELETE", "80E40000024F0000"),
        ("INSTALL", "80E6020002000000"),
        ("LOAD", "80E8000002C40000"),
        ("PUT KEY", "80D8000102300000"),
    ):
        answers(line.send(apdu).sw, f"{_REFUSED}|6D00", f"{doing} without a session")


def _initialize_refusals(subject: Subject) -> None:
    line = selected(subject)
    answers(line.send("80507F0008010203040506070800").sw, "6A88", "a key version that is not there")
    answers(line.send("80500000040102030400").sw, "6700|6A80|6A88", "a challenge of four bytes")
    answers(line.send("8050000108010203040506070800").sw, "6A86|6A88", "P2 '01'")


def _each(work: Work) -> Callable[[Subject], None]:
    """With each key set that is known, on a card that was reset."""

    def run(subject: Subject) -> None:
        lacking: list[NotApplicable] = []
        for keys in subject.known.domain:
            subject.link.reset()
            try:
                work(subject, Session(selected(subject), keys))
            except NotApplicable as reason:
                lacking.append(reason)
        if len(lacking) == len(subject.known.domain):
            raise lacking[0]

    return run


def _opens(subject: Subject, session: Session) -> None:
    session.open()
    response = session.send(_STATUS.format(0x80), _EVERYTHING)
    answers(response.sw, "9000", "GET STATUS of the issuer security domain")
    expect(response.data[:1] == b"\xe3", "GET STATUS answers no entry 'E3'")


def _encrypted(subject: Subject, session: Session) -> None:
    session.open(SecurityLevel.C_MAC | SecurityLevel.C_DECRYPTION)
    answers(session.send(_STATUS.format(0x80), _EVERYTHING).sw, "9000", "GET STATUS with ciphered data")
    answers(session.send(_STATUS.format(0x40), _EVERYTHING).sw, "9000|6A88|6310", "a second one")


def _response_mac(subject: Subject, session: Session) -> None:
    """Answers with a MAC too, where the protocol has that."""
    session.initialize()
    assert session.channel is not None
    level = SecurityLevel.C_MAC | SecurityLevel.R_MAC
    if level not in session.channel.LEVELS:
        raise NotApplicable("SCP02 with i = '15' or '55' has no MAC on responses")
    sw = session.authenticate(level)
    if sw in (0x6A86, 0x6A80, 0x6985):
        raise NotApplicable(f"the card has no MAC on responses ({sw})")
    answers(sw, "9000", "EXTERNAL AUTHENTICATE with a MAC on responses")
    answers(session.send(_STATUS.format(0x80), _EVERYTHING).sw, "9000", "GET STATUS")


def _is_over(session: Session) -> None:
    """Nothing of the session counts any more."""
    answers(session.line.send("80F28002024F0000").sw, _REFUSED, "GET STATUS afterwards")


def _wrong_cryptogram(subject: Subject, session: Session) -> None:
    session.initialize()
    answers(session.authenticate(spoil=0), _FAILED, "a wrong host cryptogram")
    _is_over(session)
    session.open()


def _wrong_authentication_mac(subject: Subject, session: Session) -> None:
    session.initialize()
    answers(session.authenticate(spoil=-1), _FAILED, "a wrong MAC of EXTERNAL AUTHENTICATE")
    _is_over(session)


def _not_initialized(subject: Subject, session: Session) -> None:
    sw = session.line.send(bytes.fromhex("8482010010") + bytes(16)).sw
    answers(sw, "6985|6982|6882|6300", "EXTERNAL AUTHENTICATE without INITIALIZE UPDATE")


def _unknown_level(subject: Subject, session: Session) -> None:
    session.initialize()
    answers(session.authenticate(SecurityLevel(0x20)), "6A86|6985|6300", "security level '20'")


def _wrong_mac(subject: Subject, session: Session) -> None:
    session.open()
    apdu = session.protected(bytes.fromhex(_STATUS.format(0x80)), _EVERYTHING)
    answers(session.line.send(flipped(apdu, -2)).sw, "6982|6988|6985", "a command with a wrong MAC")
    _is_over(session)


def _replayed(subject: Subject, session: Session) -> None:
    session.open()
    apdu = session.protected(bytes.fromhex(_STATUS.format(0x80)), _EVERYTHING)
    answers(session.line.send(apdu).sw, "9000", "GET STATUS")
    answers(session.line.send(apdu).sw, "6982|6988|6985", "the same command once more")


def _in_clear(subject: Subject, session: Session) -> None:
    session.open()
    answers(session.line.send("80F28002024F0000").sw, "6982|6985|6987", "a command without a MAC")
    _is_over(session)


def _ended(subject: Subject, session: Session) -> None:
    """Selecting the domain again, and a reset, end a session."""
    session.open()
    selected(subject)
    _is_over(session)
    session.open()
    subject.link.reset()
    selected(subject)
    _is_over(session)


def _other_challenges(subject: Subject, session: Session) -> None:
    session.open()
    first = session.answer
    session = Session(selected(subject), session.keys)
    session.initialize()
    expect(session.answer[12:] != first[12:], "INITIALIZE UPDATE answers the same in two sessions")


def _registry(subject: Subject, session: Session) -> None:
    """GET STATUS of each kind, and what it refuses."""
    session.open()
    for kind, name in ((0x80, "the domain"), (0x40, "applications"), (0x20, "load files"), (0x10, "modules")):
        answers(session.send(_STATUS.format(kind), _EVERYTHING).sw, "9000|6310|6A88", f"GET STATUS of {name}")
    nothing = bytes.fromhex("4F10A0000000FFFFFFFFFFFFFFFFFFFFFFFF")
    answers(session.send(_STATUS.format(0x40), nothing).sw, "6A88", "GET STATUS of what is not there")
    answers(session.send(_STATUS.format(0x08), _EVERYTHING).sw, "6A86", "GET STATUS with P1 '08'")
    answers(session.send(_STATUS.format(0x80), b"\x50\x00").sw, "6A80", "GET STATUS without '4F'")


def _deletes_nothing(subject: Subject, session: Session) -> None:
    session.open()
    nothing = bytes.fromhex("4F10A0000000FFFFFFFFFFFFFFFFFFFFFFFF")
    answers(session.send("84E40000", nothing).sw, "6A88", "DELETE of what is not there")


def _row(
    title: str, clause: str, run: Callable[[Subject], None], *needs: str, changes: bool = False
) -> Check:
    return Check("domains", title, f"GP Card Specification §{clause}", run, ("domain", *needs), changes)


def _session(title: str, clause: str, work: Work) -> Check:
    return _row(title, clause, _each(work), "keys", changes=True)


_INITIALIZE, _AUTHENTICATE = "E.5.1, Amendment D §7.1.1", "E.5.2, Amendment D §7.1.2"
CHECKS = (
    _row("SELECT of the issuer security domain answers its FCI", "11.9.3", _select),
    _row("GET DATA of card data", "11.3.3, §H.2", _card_data),
    _row("GET DATA of key information names the keys that are known", "11.3.3.1", _key_information),
    _row("Without a session: 6982; GET DATA of what is not there: 6A88", "11.3, §11.4", _refusals,
         changes=True),
    _row("INITIALIZE UPDATE with wrong parameters", _INITIALIZE, _initialize_refusals, changes=True),
    _session("A secure channel opens, and GET STATUS tells the domain", _AUTHENTICATE, _opens),
    _session("A secure channel with ciphered commands", _AUTHENTICATE, _encrypted),
    _session("A secure channel with a MAC on responses", "Amendment D §6.2.5", _response_mac),
    _session("INITIALIZE UPDATE answers other bytes in each session", _INITIALIZE, _other_challenges),
    _session("A wrong host cryptogram: 6300, and no session", _AUTHENTICATE, _wrong_cryptogram),
    _session("A wrong MAC of EXTERNAL AUTHENTICATE: 6300, and no session", _AUTHENTICATE,
             _wrong_authentication_mac),
    _session("EXTERNAL AUTHENTICATE without INITIALIZE UPDATE: 6985", _AUTHENTICATE, _not_initialized),
    _session("EXTERNAL AUTHENTICATE with a level that there is not: 6A86", _AUTHENTICATE, _unknown_level),
    _session("A command with a wrong MAC ends the session: 6982", "E.4.4, Amendment D §6.2.4", _wrong_mac),
    _session("The same secured command once more: 6982", "E.4.4, Amendment D §6.2.4", _replayed),
    _session("A command without the MAC that the session asks for: 6982", "10.6", _in_clear),
    _session("Selecting and a reset end a session", "10.2.3", _ended),
    _session("GET STATUS of each kind, and its refusals: 6A88, 6A86, 6A80", "11.4", _registry),
    _session("DELETE of what is not there: 6A88", "11.2", _deletes_nothing),
)  # fmt: skip
"""The checks of this suite."""
