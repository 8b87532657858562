"""AUTHENTICATE in every context of a USIM or ISIM, and what it refuses (TS 31.102 §7.1, TS 33.102 §6.3).

Where the key is known the answers are computed and compared; without it only refusals can be checked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cards import Uicc
from cards.apdu import CommandApdu
from cards.authentication import AuthenticationResult, length_prefixed
from cards.errors import CardStatusError
from cards.status import SW, StatusWord
from simulator.conformance.exchange import answers
from simulator.conformance.model import Check, NotApplicable, Subject, expect, require
from simulator.conformance.pin_state import enabled_pin, present_pin
from simulator.conformance.server import flipped
from simulator.crypto.aka import AkaFunctions, Vector, c2, c3, generate_vector, sqn_from_auts
from simulator.uicc.aka import functions_of
from simulator.uicc.image import AkaAlgorithm

_AUTHENTICATE = 0x88
_RAND: Final = bytes.fromhex("23553CBE9637A89D218AE64DAE47BF35")
_AMF: Final = bytes.fromhex("8000")
_STEP: Final = 1 << 5
"""SQN of the next vector with the same IND (TS 33.102 annex C.1.2)."""


def _usim(subject: Subject, name: str = "ADF.USIM") -> Uicc:
    uicc = subject.uicc
    uicc.select(f"MF/{name}")
    present_pin(subject, uicc)
    return uicc


def _functions(subject: Subject) -> AkaFunctions:
    assert subject.known.aka is not None, "'aka' is among the needs"
    return functions_of(subject.known.aka)


def _vector(functions: AkaFunctions, sqn: int, rand: bytes = _RAND) -> Vector:
    return generate_vector(functions, rand, sqn.to_bytes(6, "big"), _AMF)


def _sqn(uicc: Uicc, functions: AkaFunctions) -> int | None:
    """The highest SQN that the card has accepted: it tells it where one is too low. None if it takes any."""
    vector = _vector(functions, 0)
    answer = uicc.authenticate(vector.rand, vector.autn)
    if not answer.is_synchronisation_failure:
        return None
    return int.from_bytes(sqn_from_auts(functions, vector.rand, answer.auts), "big")


def _highest_sqn(subject: Subject, uicc: Uicc, functions: AkaFunctions) -> int:
    """The same of a card that must have one: NotApplicable for the test algorithm, with which a USIM takes
    any."""
    assert subject.known.aka is not None, "'aka' is among the needs"
    is_test = subject.known.aka.algorithm is AkaAlgorithm.USIM_TEST
    require(not is_test, "with the test algorithm a USIM takes any SQN")
    sqn = _sqn(uicc, functions)
    expect(sqn is not None, "the SQN 0 is taken as a new one")
    assert sqn is not None
    return sqn


def _fresh(uicc: Uicc, functions: AkaFunctions) -> Vector:
    return _vector(functions, (_sqn(uicc, functions) or 0) + _STEP)


def _send(uicc: Uicc, data: bytes, context: int = 0x81, p1: int = 0) -> StatusWord:
    return uicc.session.transmit(CommandApdu(0, _AUTHENTICATE, p1, context, data, 256)).sw


def _agrees(subject: Subject) -> None:
    uicc, functions = _usim(subject), _functions(subject)
    vector = _fresh(uicc, functions)
    answer = uicc.authenticate(vector.rand, vector.autn)
    _compare(answer, vector)
    if answer.kc:
        expect(answer.kc == c3(vector.ck, vector.ik), "Kc is not the one that c3 makes of CK and IK")


def _compare(answer: AuthenticationResult, vector: Vector) -> None:
    expect(not answer.is_synchronisation_failure, "a fresh SQN is a synchronisation failure")
    for name, got, wanted in (
        ("RES", answer.res, vector.xres),
        ("CK", answer.ck, vector.ck),
        ("IK", answer.ik, vector.ik),
    ):
        expect(got == wanted, f"{name} is {got.hex().upper()} in place of {wanted.hex().upper()}")


def _replayed(subject: Subject) -> None:
    """The same vector once more is a synchronisation failure, whose AUTS verifies and tells the SQN."""
    uicc, functions = _usim(subject), _functions(subject)
    sqn = _highest_sqn(subject, uicc, functions)
    vector = _vector(functions, sqn + _STEP)
    uicc.authenticate(vector.rand, vector.autn)
    answer = uicc.authenticate(vector.rand, vector.autn)
    expect(answer.is_synchronisation_failure, "the same vector is taken twice")
    told = int.from_bytes(sqn_from_auts(functions, vector.rand, answer.auts), "big")
    expect(told >= sqn + _STEP, f"AUTS tells SQN {told}, of which {sqn + _STEP} was accepted")


def _outlives(subject: Subject) -> None:
    """A reset does not make an old SQN fresh."""
    uicc, functions = _usim(subject), _functions(subject)
    sqn = _highest_sqn(subject, uicc, functions)
    vector = _vector(functions, sqn + _STEP)
    uicc.authenticate(vector.rand, vector.autn)
    subject.link.reset()
    uicc = _usim(subject)
    answer = uicc.authenticate(vector.rand, vector.autn)
    expect(answer.is_synchronisation_failure, "after a reset the same vector is taken again")


def _resynchronises(subject: Subject) -> None:
    """After a synchronisation failure the SQN that AUTS tells, and the next one, go on."""
    uicc, functions = _usim(subject), _functions(subject)
    for _ in range(3):
        vector = _fresh(uicc, functions)
        _compare(uicc.authenticate(vector.rand, vector.autn), vector)


def _wrong_mac(subject: Subject) -> None:
    """9862; the SQN of a vector with a wrong MAC does not count."""
    uicc, functions = _usim(subject), _functions(subject)
    vector = _fresh(uicc, functions)
    data = length_prefixed(vector.rand, flipped(vector.autn))
    answers(_send(uicc, data), "9862", "a wrong MAC")
    _compare(uicc.authenticate(vector.rand, vector.autn), vector)


def _gsm_context(subject: Subject) -> None:
    uicc, functions = _usim(subject), _functions(subject)
    try:
        answer = uicc.authenticate_gsm(_RAND)
    except CardStatusError as error:
        if error.sw == SW.SECURITY_CONTEXT_NOT_SUPPORTED:
            raise NotApplicable("the USIM has no GSM security context (service 38)") from None
        raise
    res, ck, ik, _ = functions.f2345(_RAND)
    expect(answer.res == c2(res), f"SRES is {answer.res.hex().upper()}, c2 makes {c2(res).hex().upper()}")
    expect(answer.kc == c3(ck, ik), f"Kc is {answer.kc.hex().upper()}, c3 makes {c3(ck, ik).hex().upper()}")


def _isim(subject: Subject) -> None:
    uicc, functions = _usim(subject, "ADF.ISIM"), _functions(subject)
    vector = _fresh(uicc, functions)
    _compare(uicc.authenticate(vector.rand, vector.autn), vector)
    answers(_send(uicc, length_prefixed(_RAND), 0x80), "9864|6A86|6B00", "the GSM context of an ISIM")


# What needs no key


def _forged(subject: Subject) -> None:
    uicc = _usim(subject)
    sw = _send(uicc, length_prefixed(_RAND, bytes.fromhex("00000000000080000000000000000000")))
    if sw == SW.OK:
        raise NotApplicable("a MAC of zeros is the right one for this key")
    answers(sw, "9862", "a MAC that nobody made")


def _lengths(subject: Subject) -> None:
    uicc = _usim(subject)
    for doing, data in (
        ("RAND alone", length_prefixed(_RAND)),
        ("a RAND of 15 bytes", length_prefixed(_RAND[:15], bytes(16))),
        ("an AUTN of 15 bytes", length_prefixed(_RAND, bytes(15))),
        ("a length that reaches over the end", b"\x10" + _RAND + b"\x20" + bytes(16)),
    ):
        answers(_send(uicc, data), "6700|6A80|6B00", doing)


def _parameters(subject: Subject) -> None:
    uicc = _usim(subject)
    data = length_prefixed(_RAND, bytes(16))
    answers(_send(uicc, data, p1=1), "6A86|6B00", "P1 '01'")
    answers(_send(uicc, data, 0x83), "6A86|6B00|9864", "P2 '83', which is reserved")
    answers(_send(uicc, data, 0xC1), "6A86|6B00|9864", "P2 'C1', of which bits are reserved")


def _unavailable(subject: Subject) -> None:
    """A context that the service table does not have: 9864 (service 67 is GBA)."""
    uicc = _usim(subject)
    uicc.select("MF/ADF.USIM/EF.UST")
    table = uicc.read_binary()
    require(not (len(table) > 8 and table[8] & 0x04), "the USIM has GBA (service 67)")
    sw = _send(uicc, b"\xdd" + length_prefixed(_RAND, bytes(16)), 0x84)
    answers(sw, "9864|6A86|6B00|6985", "the GBA context")


def _without_pin(subject: Subject) -> None:
    with enabled_pin(subject) as uicc:
        answers(_send(uicc, length_prefixed(_RAND, bytes(16))), "6982", "before PIN 1 is presented")


def _without_application(subject: Subject) -> None:
    uicc = subject.uicc
    uicc.select("MF")
    answers(_send(uicc, length_prefixed(_RAND, bytes(16))), "6985|6982|6A88|6F00|9864|6D00|6E00", "at the MF")


def _identity(subject: Subject) -> None:
    """GET IDENTITY conceals the SUPI on the card, where the USIM does that (services 124 and 125)."""
    uicc = _usim(subject)
    uicc.select("MF/ADF.USIM/EF.UST")
    table = uicc.read_binary()
    has = len(table) > 15 and table[15] & 0x18 == 0x18
    response = uicc.session.transmit(CommandApdu(0x80, 0x78, 0, 1, b"", 256))
    if not has:
        answers(response.sw, "6985|6D00|6A81|6A86|6A88|6982|6E00|9864", "GET IDENTITY without service 125")
        return
    answers(response.sw, "9000", "GET IDENTITY")
    expect(response.data[:1] == b"\xa1", "the answer of GET IDENTITY does not begin with 'A1'")


Run = Callable[[Subject], None]


def _row(title: str, clause: str, run: Run, *needs: str) -> Check:
    return Check("authenticate", title, f"TS 31.102 §{clause}", run, ("usim", *needs), True)


CHECKS = (
    _row("AUTHENTICATE computes RES, CK, IK and Kc", "7.1.1.1, TS 33.102 §6.3.3", _agrees, "aka"),
    _row("The same vector once more is a synchronisation failure, with AUTS", "7.1.1.1", _replayed, "aka"),
    _row("A reset makes no old SQN fresh", "7.1.1.1, TS 33.102 annex C.2", _outlives, "aka"),
    _row("The network goes on from the SQN that AUTS tells", "7.1.1.1, TS 33.102 §6.3.5", _resynchronises,
         "aka"),
    _row("A wrong MAC: 9862, and its SQN does not count", "7.1.1.1", _wrong_mac, "aka"),
    _row("AUTHENTICATE in the GSM context: SRES and Kc", "7.1.1.1, §7.1.2.2", _gsm_context, "aka"),
    Check("authenticate", "AUTHENTICATE of the ISIM", "TS 31.103 §7.1", _isim, ("usim", "isim", "aka"), True),
    _row("A MAC that nobody made: 9862", "7.1.1.1", _forged),
    _row("AUTHENTICATE with data of a wrong length", "7.1.2.1", _lengths),
    _row("AUTHENTICATE with reserved parameters", "7.1.2", _parameters),
    _row("AUTHENTICATE in a context without its service: 9864", "7.1.2", _unavailable),
    _row("AUTHENTICATE without PIN 1: 6982", "7.1.1", _without_pin, "pin1"),
    _row("AUTHENTICATE without an application", "7.1.1", _without_application),
    _row("GET IDENTITY, if the USIM conceals the SUPI", "7.5", _identity),
)  # fmt: skip
"""The checks of this suite."""
