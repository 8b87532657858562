"""Remote management by short messages: secured packets that a card takes, those that it refuses, its proof of
receipt (TS 102 225 §5, TS 31.115 §4, TS 102 226 §5).

The packets read EF.ICCID, which changes nothing but the counter. That goes up for good, as the owner of the
keys must know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asn1 import tlv
from cards import CardLink
from cards.apdu import CommandApdu
from cards.session import CardSession
from cards.status import SW, StatusWord
from simulator.conformance.known import RemoteKeys
from simulator.conformance.model import Check, Subject, expect, require
from simulator.conformance.server import flipped
from simulator.crypto.scp80 import (
    CommandPacket,
    CounterCheck,
    Integrity,
    PorMode,
    ResponsePacket,
    ResponseStatus,
    SecurityError,
    Spi,
    open_response,
    secure_command,
)
from simulator.crypto.scp80_algorithms import Algorithm, Key, Keys

SECURE: Final = Spi(
    Integrity.CC, True, CounterCheck.HIGHER, PorMode.ALWAYS, por_integrity=Integrity.CC, por_ciphered=True
)
"""Checksum, cipher and a higher counter, both ways: '16' '39' without the SMS-SUBMIT."""
ISSUER: Final = bytes(3)
NOBODY: Final = bytes.fromhex("BFFF01")
_READ_ICCID: Final = bytes.fromhex("00A40000023F00" + "00A40000022FE2" + "00B000000A")
_AES, _TRIPLE_DES = 0x2, 0x5
_STEP: Final = 1


class Sender:
    """Who has the keys. The counter goes on from what the card has seen, through all checks of a run."""

    def __init__(self, link: CardLink, known: RemoteKeys, tar: bytes) -> None:
        self._session = CardSession(link)
        self.tar = tar
        self.keys = keys_of(known)
        self._known = known
        nibble = _AES if known.is_aes else _TRIPLE_DES
        self.indicator = known.version << 4 | nibble
        """KIc and KID: version of the key set, and algorithm."""

    @property
    def counter(self) -> int:
        """Of the packet before."""
        return self._known.counter

    def packet(self, data: bytes, **changes: Any) -> CommandPacket:
        """The next packet; `changes` are members of CommandPacket."""
        self._known.counter += _STEP
        made = CommandPacket(SECURE, self.indicator, self.indicator, self.tar, self.counter, data)
        return made._replace(**changes)

    def send(
        self, packet: CommandPacket, *, keys: Keys | None = None, spoil: int | None = None
    ) -> tuple[StatusWord, bytes]:
        """ENVELOPE (SMS-PP DOWNLOAD) with the packet; status word and user data of the answer."""
        secured = secure_command(packet, keys or self.keys)
        secured = secured if spoil is None else flipped(secured, spoil)
        return self.deliver(bytes.fromhex("027000") + secured)

    def deliver(self, user_data: bytes) -> tuple[StatusWord, bytes]:
        """ENVELOPE with a short message of class 2 for the card."""
        tpdu = bytes.fromhex("44038119F07FF6" + "11112413582204") + bytes((len(user_data),)) + user_data
        value = bytes.fromhex("82028381") + tlv.encode(0x06, bytes.fromhex("9128")) + tlv.encode(0x8B, tpdu)
        command = CommandApdu(0x80, 0xC2, data=tlv.encode(0xD1, value), le=256)
        response = self._session.transmit(command)
        return response.sw, response.data

    def proof(self, packet: CommandPacket, **options: Any) -> ResponsePacket:
        """Send, and open the proof of receipt that comes back."""
        sw, data = self.send(packet, **options)
        expect(bool(data), f"there is no proof of receipt: the card answered {sw}")
        return self.opened(packet, data, self.keys)

    def opened(self, packet: CommandPacket, data: bytes, keys: Keys) -> ResponsePacket:
        """A proof of receipt; one that is refused before its checksum is in clear."""
        expect(data[:3].hex() == "027100", f"the answer {data.hex().upper()} has no response packet")
        clear = packet._replace(spi=packet.spi._replace(por_integrity=Integrity.NONE, por_ciphered=False))
        problems = []
        for secured in (packet, clear):
            try:
                return open_response(data[3:], secured, keys)
            except SecurityError as error:
                problems.append(str(error))
        expect(False, f"the proof of receipt cannot be opened: {problems[0]}")
        raise AssertionError  # for the type checker


def _sender(subject: Subject, tar: bytes = b"") -> Sender:
    """Of packets for this TAR, that of the files below the MF if it is none."""
    known = subject.known.remote
    assert known is not None, "'remote' is among the needs"
    tar = tar or subject.known.files_tar
    require(bool(tar), "the files of the card are not managed remotely")
    return Sender(subject.link, known, tar)


def keys_of(known: RemoteKeys) -> Keys:
    """KIc and KID of a key set."""
    algorithm = Algorithm.AES if known.is_aes else Algorithm.TRIPLE_DES_2
    return Keys(*(Key(known.values[number], algorithm, known.mac_length) for number in (1, 2)))


def _refused(proof: ResponsePacket, status: ResponseStatus, doing: str) -> None:
    expect(proof.status is status, f"{doing}: {proof.status.name} in place of {status.name}")


def _executed(subject: Subject) -> None:
    """The script runs: the number of commands, the last status word, and what it read."""
    sender = _sender(subject)
    packet = sender.packet(_READ_ICCID)
    proof = sender.proof(packet)
    _refused(proof, ResponseStatus.POR_OK, "a packet in order")
    expect((proof.tar, proof.counter) == (packet.tar, packet.counter), "the proof is of another packet")
    count, sw, data = proof.data[0], proof.data[1:3], proof.data[3:]
    expect(sw == b"\x90\x00", f"the last command was answered {sw.hex().upper()}")
    expect(count == 3, f"{count} commands were executed in place of 3")
    wanted = subject.uicc.read_iccid().to_bytes()
    expect(data == wanted, f"EF.ICCID was read as {data.hex().upper()} in place of {wanted.hex().upper()}")


def _script_ends(subject: Subject) -> None:
    """A script ends at the first command that fails."""
    sender = _sender(subject)
    script = bytes.fromhex("00A40000023F00" + "00A40000026FFE" + "00A40000022FE2")
    proof = sender.proof(sender.packet(script))
    _refused(proof, ResponseStatus.POR_OK, "a packet in order")
    expect(proof.data[0] == 2, f"{proof.data[0]} commands were executed in place of 2")
    expect(proof.data[1:3] == b"\x6a\x82", f"the last one was answered {proof.data[1:3].hex().upper()}")


def _not_allowed(subject: Subject) -> None:
    """What the access rules of a file forbid is refused to remote management too: EF.ICCID is not written."""
    sender = _sender(subject)
    script = bytes.fromhex("00A40000023F00" + "00A40000022FE2" + "00D600000A") + bytes(10)
    proof = sender.proof(sender.packet(script))
    expect(proof.data[1:3] == b"\x69\x82", f"UPDATE BINARY was answered {proof.data[1:3].hex().upper()}")


def _replayed(subject: Subject) -> None:
    sender = _sender(subject)
    packet = sender.packet(_READ_ICCID)
    _refused(sender.proof(packet), ResponseStatus.POR_OK, "a packet in order")
    _refused(sender.proof(packet), ResponseStatus.CNTR_LOW, "the same packet once more")
    subject.link.reset()
    _refused(sender.proof(packet), ResponseStatus.CNTR_LOW, "the same packet after a reset")


def _one_higher(subject: Subject) -> None:
    """Where the packet asks that the counter be one higher, more is too high."""
    sender = _sender(subject)
    _refused(sender.proof(sender.packet(_READ_ICCID)), ResponseStatus.POR_OK, "a packet in order")
    spi = SECURE._replace(counter=CounterCheck.ONE_HIGHER)
    high = sender.packet(_READ_ICCID, spi=spi, counter=sender.counter + 2)
    _refused(sender.proof(high), ResponseStatus.CNTR_HIGH, "a counter two higher")
    right = sender.packet(_READ_ICCID, spi=spi, counter=sender.counter)
    _refused(sender.proof(right), ResponseStatus.POR_OK, "a counter one higher")


def _wrong_checksum(subject: Subject) -> None:
    """A wrong checksum, and its counter does not count."""
    sender = _sender(subject)
    spi = SECURE._replace(ciphered=False)
    require(not _needs_cipher(sender), "the card takes no packet in clear")
    packet = sender.packet(_READ_ICCID, spi=spi)
    _refused(sender.proof(packet, spoil=-1), ResponseStatus.RC_CC_DS_FAILED, "a wrong checksum")
    _refused(sender.proof(packet), ResponseStatus.POR_OK, "the same packet in order")


def _needs_cipher(sender: Sender) -> bool:
    spi = SECURE._replace(ciphered=False)
    return (
        sender.proof(sender.packet(_READ_ICCID, spi=spi)).status is ResponseStatus.INSUFFICIENT_SECURITY_LEVEL
    )


def _damaged(subject: Subject) -> None:
    """A ciphered packet that is damaged fails its checksum, or does not decipher."""
    sender = _sender(subject)
    proof = sender.proof(sender.packet(_READ_ICCID), spoil=-1)
    wanted = (ResponseStatus.RC_CC_DS_FAILED, ResponseStatus.CIPHERING_ERROR)
    expect(proof.status in wanted, f"a damaged packet: {proof.status.name} in place of RC_CC_DS_FAILED")


def _wrong_keys(subject: Subject) -> None:
    sender = _sender(subject)
    assert sender.keys.kic is not None
    assert sender.keys.kid is not None
    key = sender.keys.kid.value
    other = bytes((key[0] ^ 0x02,)) + key[1:]  # the lowest bit of a DES key is its parity alone
    wrong = Keys(sender.keys.kic, sender.keys.kid._replace(value=other))
    sw, data = sender.send(packet := sender.packet(_READ_ICCID), keys=wrong)
    expect(bool(data), f"there is no proof of receipt: the card answered {sw}")
    proof = sender.opened(packet, data, sender.keys)
    _refused(proof, ResponseStatus.RC_CC_DS_FAILED, "a checksum with another key")


def _no_key_set(subject: Subject) -> None:
    """KIc and KID name a version that the card does not have."""
    sender = _sender(subject)
    nowhere = 0xF0 | sender.indicator & 0x0F
    packet = sender.packet(_READ_ICCID, kic=nowhere, kid=nowhere)
    _refused(sender.proof(packet), ResponseStatus.UNDEFINED_SECURITY_ERROR, "a key set that is not there")


def _unknown_tar(subject: Subject) -> None:
    sender = _sender(subject, NOBODY)
    _refused(sender.proof(sender.packet(_READ_ICCID)), ResponseStatus.TAR_UNKNOWN, "a TAR that is nobody's")


def _insecure(subject: Subject) -> None:
    sender = _sender(subject)
    packet = sender.packet(_READ_ICCID, spi=Spi(por=PorMode.ALWAYS))
    proof = sender.proof(packet)
    status = ResponseStatus.INSUFFICIENT_SECURITY_LEVEL
    _refused(proof, status, "a packet without any security")


def _silent(subject: Subject) -> None:
    """Without a proof of receipt there is no answer; on an error only there is one then."""
    sender = _sender(subject)
    sw, data = sender.send(sender.packet(_READ_ICCID, spi=SECURE._replace(por=PorMode.NONE)))
    expect(
        (sw, data) == (SW.OK, b""), f"the card answered {data.hex().upper()} {sw}, where nothing was wanted"
    )
    on_error = SECURE._replace(por=PorMode.ON_ERROR)
    sw, data = sender.send(packet := sender.packet(_READ_ICCID, spi=on_error))
    expect(not data, f"the card answered {data.hex().upper()} {sw}, where nothing was wrong")
    _refused(sender.proof(packet), ResponseStatus.CNTR_LOW, "the same packet once more")


def _in_clear(subject: Subject) -> None:
    """A proof of receipt without checksum and cipher, if the packet asks for that."""
    sender = _sender(subject)
    spi = SECURE._replace(por_integrity=Integrity.NONE, por_ciphered=False)
    _refused(sender.proof(sender.packet(_READ_ICCID, spi=spi)), ResponseStatus.POR_OK, "a packet in order")


def _several_messages(subject: Subject) -> None:
    """One packet in two short messages, the second one first (TS 23.040 §9.2.3.24.1)."""
    sender = _sender(subject)
    packet = sender.packet(_READ_ICCID + bytes.fromhex("00A40000023F00") * 12)
    secured = secure_command(packet, sender.keys)
    head = bytes.fromhex("00032A02")
    first = head + b"\x01" + bytes.fromhex("7000")
    parts = [bytes((len(first),)) + first + secured[:90], bytes((5,)) + head + b"\x02" + secured[90:]]
    sw, data = sender.deliver(parts[1])
    expect((sw, data) == (SW.OK, b""), f"a part was answered {data.hex().upper()} {sw}")
    _, data = sender.deliver(parts[0])
    expect(bool(data), "the whole packet was not answered")
    _refused(sender.opened(packet, data, sender.keys), ResponseStatus.POR_OK, "a packet in two messages")


def _not_a_packet(subject: Subject) -> None:
    """A message for the card whose user data are no packet does no harm."""
    sender = _sender(subject)
    sw, _ = sender.deliver(bytes.fromhex("0270000010"))
    expect(sw.sw1 in (0x6A, 0x6F, 0x62, 0x69) or sw == SW.OK, f"the card answered {sw}")
    _refused(sender.proof(sender.packet(_READ_ICCID)), ResponseStatus.POR_OK, "a packet in order afterwards")


def _row(title: str, clause: str, run: Callable[[Subject], None]) -> Check:
    return Check("ota", title, clause, run, ("files", "toolkit", "remote"), True)


_225, _226, _115 = "TS 102 225 §5.1", "TS 102 226", "TS 31.115 §4"
CHECKS = (
    _row("A secured packet reads a file, and its proof of receipt tells what", f"{_226} §5.2.1", _executed),
    _row("A script ends at the first command that fails", f"{_226} §5.2.1", _script_ends),
    _row("Access rules hold for remote management too: 6982", f"{_226} §7.2", _not_allowed),
    _row("The same packet once more: CNTR low", f"{_225}.4", _replayed),
    _row("A counter that is to be one higher and is two: CNTR high", f"{_225}.4", _one_higher),
    _row("A wrong checksum: RC/CC/DS failed, and its counter does not count", _225, _wrong_checksum),
    _row("A ciphered packet that is damaged", f"{_225}, §5.2", _damaged),
    _row("A checksum with another key: RC/CC/DS failed", f"{_225}.3", _wrong_keys),
    _row("A key set that is not there: unidentified security error", f"{_225}.2", _no_key_set),
    _row("A TAR that is nobody's: TAR unknown", "TS 102 225 §5.2", _unknown_tar),
    _row("A packet without security: insufficient security level", f"{_226} §8.2.1.3.2.4", _insecure),
    _row("A proof of receipt comes if it is wanted, or on errors only", f"{_225}.1", _silent),
    _row("A proof of receipt in clear", f"{_225}.1", _in_clear),
    _row("A packet in two messages, in any order", f"{_115}.1", _several_messages),
    _row("A message that is no packet does no harm", f"{_115}.1", _not_a_packet),
)  # fmt: skip
"""The checks of this suite."""
