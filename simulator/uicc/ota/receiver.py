"""The receiving entity of remote management: from ENVELOPE to proof of receipt (TS 31.115 §4 and §5, TS
102 225 §5).

Checks in their order: is there a target of this TAR ('09'), does the security reach its level ('0A'), are
there keys and algorithms ('06'), can it be deciphered ('05'), is RC/CC/DS right ('01'), is the counter in
order ('02', '03', '04'). Then the counter counts, and the target executes its script.

A proof of receipt is secured as the command asks for, once the command has passed the checks of its own
security. Before that it goes out in clear and without a checksum, so that nobody who sends a wrong checksum
gets to see a right one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from cards.status import SW, StatusError
from simulator.crypto.keylog import SCP80
from simulator.crypto.scp80 import (
    COUNTER_MAXIMUM,
    SMS_RESPONSE_HEADER,
    CommandPacket,
    CounterCheck,
    Integrity,
    Keys,
    PorMode,
    ResponsePacket,
    ResponseStatus,
    SecurityError,
    open_command,
    read_command_header,
    response_capacity,
    secure_response,
)
from simulator.uicc.cell_broadcast import Page, PageAssembly
from simulator.uicc.index import MF_FID
from simulator.uicc.ota import script, sms
from simulator.uicc.ota.configuration import FileTarget, OtaConfiguration, Target
from simulator.uicc.ota.remote import RemoteChannel

if TYPE_CHECKING:
    from simulator.uicc.card import Card

_EF_RMA: Final = f"{MF_FID:04X}/7F10/6F53"
"""EF.RMA: remote management actions, a proactive command in each record (TS 102 226 §5.2.1.2)."""
_SUBMIT_LIMIT = sms.USER_DATA_LIMIT - 8 + 254 * (sms.USER_DATA_LIMIT - 6)
T = TypeVar("T")
_Counter = tuple[bytes, int]
"""Whose counter it is: security domain and version of the key set."""


class _Processed(NamedTuple):
    """What became of a command packet. It is genuine once it passed the checks of its own security."""

    command: CommandPacket
    keys: Keys
    response: ResponsePacket
    is_genuine: bool


class Ota:
    """Remote management of one card. `send` queues a proactive command; without it the card's own queue."""

    def __init__(
        self, card: Card, configuration: OtaConfiguration, send: Callable[[bytes], None] | None = None
    ) -> None:
        self.card = card
        self.configuration = configuration
        self._send = send or card.proactive.queue
        self._assembly = sms.Assembly()
        self._pages = PageAssembly()
        self._chained: dict[bytes, tuple[RemoteChannel, bool]] = {}
        """The channel that a chained script left to the next, by TAR, and whether it outlives a reset."""
        self._reference = 0

    def handle(self, envelope: bytes) -> bytes:
        """ENVELOPE (SMS-PP DOWNLOAD), its data field from the tag 'D1' on: the user data of the delivery
        report, or nothing. A message without a packet goes to the toolkit applications. StatusError, and
        nothing else, where ENVELOPE fails: 6A80 for what is no download, 6200 with the proof of receipt for a
        packet that is refused.
        """
        return self._guarded(envelope, lambda: self._handle(envelope))

    def broadcast(self, page: Page) -> None:
        """A secured page of a cell broadcast. The command packet begins with its first octet and ends where
        its length says; the rest of the last page is filling (TS 31.115 §5.1). There is no proof of receipt:
        nobody is there to send it to. StatusError 6A80 for what is no packet."""
        content = self._pages.add(page)
        if content is not None:
            packet = content[: 2 + int.from_bytes(content[:2], "big")]
            self._guarded(packet, lambda: self._process(packet))

    def _guarded(self, octets: bytes, work: Callable[[], T]) -> T:
        try:
            return work()
        except StatusError:
            raise
        except Exception as fault:  # noqa: BLE001 - a fault of ours must never stop the card
            self.card.on_fault(octets, fault)
            raise StatusError(SW.TECHNICAL_PROBLEM) from None

    def _handle(self, envelope: bytes) -> bytes:
        message = sms.read_download(envelope)
        if not message.is_download:
            return b""
        whole = self._assembly.add(message)
        if whole is None:
            return b""
        if whole.is_command_packet:
            return self.receive(whole)
        if self.card.toolkit is not None:
            self.card.toolkit.message(whole)
        return b""

    def receive(self, message: sms.ShortMessage) -> bytes:
        """A whole message with a command packet."""
        return self._prove(message, self._process(message.text))

    def _process(self, packet: bytes) -> _Processed:
        """Check a command packet and do what it says; StatusError 6A80 if it is none."""
        try:
            header = read_command_header(packet)
        except SecurityError:
            raise StatusError(SW.INCORRECT_DATA) from None
        target = self.configuration.target(header.tar)
        command, keys = header, Keys()
        try:
            if target is None:
                raise SecurityError(ResponseStatus.TAR_UNKNOWN, header.tar.hex())
            channel_keys = self._admit(target, header)
            self._log(header, channel_keys)
            command = open_command(packet, channel_keys)
            keys = channel_keys
            self._count(target, command)
            response = self._execute(target, command, keys)
        except SecurityError as error:
            response = ResponsePacket(command.tar, command.counter, error.status)
        return _Processed(command, keys, response, is_genuine=command is not header)

    def _admit(self, target: Target, header: CommandPacket) -> Keys:
        """The keys of a packet that is secure enough for its target."""
        if not header.spi.reaches(target.minimum_security_level):
            raise SecurityError(ResponseStatus.INSUFFICIENT_SECURITY_LEVEL, header.spi.to_bytes().hex())
        return self.configuration.keys_for(target, header.kic, header.kid)

    def _log(self, header: CommandPacket, keys: Keys) -> None:
        """The keys of a packet, for whoever reads a trace of it."""
        identity = bytes((header.kic, header.kid)) + header.tar
        for label, key in zip(SCP80, (keys.kic, keys.kid), strict=True):
            if key is not None:
                self.card.key_log(label, identity, key.value)

    # --- counters -----------------------------------------------------------------------------------------

    def _counter_of(self, target: Target, command: CommandPacket) -> _Counter:
        """The key set of the checksum has the counter; without a checksum, that of the cipher."""
        named = command.kid if command.spi.integrity is Integrity.CC else command.kic
        keys = self.configuration.key_set(target.security_domain, named >> 4)
        return target.security_domain, keys.version if keys else 0

    def counter(self, key: _Counter) -> int:
        """The highest counter accepted under a key set (security domain, version)."""
        counted = self.card.files.remote_counters.get(key)
        if counted is None:
            keys = self.configuration.key_set(*key)
            return keys.counter if keys else 0
        return counted

    def _count(self, target: Target, command: CommandPacket) -> None:
        """Check the counter as the SPI asks for and, if it is in order, let it count (TS 102 225 §5.1.4)."""
        check = command.spi.counter
        if check in (CounterCheck.NO_COUNTER, CounterCheck.NOT_CHECKED):
            return
        key = self._counter_of(target, command)
        highest = self.counter(key)
        if highest >= COUNTER_MAXIMUM:
            raise SecurityError(ResponseStatus.CNTR_BLOCKED, "the counter is at its end")
        if command.counter <= highest:
            raise SecurityError(ResponseStatus.CNTR_LOW, f"{command.counter} after {highest}")
        if check is CounterCheck.ONE_HIGHER and command.counter != highest + 1:
            raise SecurityError(ResponseStatus.CNTR_HIGH, f"{command.counter} after {highest}")
        self.card.files.remote_counters[key] = command.counter

    # --- execution ----------------------------------------------------------------------------------------

    def _execute(self, target: Target, command: CommandPacket, keys: Keys) -> ResponsePacket:
        chaining = script.chaining_of(command.data)
        data = self._chaining_refusal(target, command.data, chaining)
        if data is None:
            channel = self._channel(target, command, chaining)
            data = script.execute(command.data, channel, self._room(command, keys), self._surroundings())
            if chaining in (script.Chaining.FIRST, script.Chaining.FIRST_KEPT):
                self._chained[target.tar] = channel, chaining == script.Chaining.FIRST_KEPT
            elif chaining != script.Chaining.SUBSEQUENT:
                self._chained.pop(target.tar, None)
        return ResponsePacket(command.tar, command.counter, ResponseStatus.POR_OK, data)

    def _chaining_refusal(self, target: Target, data: bytes, chaining: int | None) -> bytes | None:
        """The answer to a script whose chaining cannot be, None if it can (TS 102 226 §5.2.1.4)."""
        follows = chaining in (script.Chaining.SUBSEQUENT, script.Chaining.LAST)
        if follows and target.tar not in self._chained:
            return script.refuse_chaining(data, script.ChainingError.NO_PREVIOUS_SCRIPT)
        if chaining is not None and chaining not in list(script.Chaining):
            return script.refuse_chaining(data, script.ChainingError.NOT_SUPPORTED)
        return None

    def _channel(self, target: Target, command: CommandPacket, chaining: int | None) -> RemoteChannel:
        """Where the script is executed. Of a locked card only the issuer security domain is there."""
        if self.card.is_locked and isinstance(target, FileTarget):
            raise SecurityError(ResponseStatus.TAR_UNKNOWN, "the card is locked")
        if chaining in (script.Chaining.SUBSEQUENT, script.Chaining.LAST):
            channel = self._chained[target.tar][0]
            channel.follow(self.card.files)
            return channel
        keys = self.configuration.key_set(target.security_domain, command.kic >> 4)
        try:
            return RemoteChannel(self.card, target, keys.kik if keys else None)
        except StatusError:
            raise SecurityError(ResponseStatus.TAR_UNKNOWN, "the target is not on the card") from None

    def _room(self, command: CommandPacket, keys: Keys) -> int:
        """Octets of response data that the way of the proof of receipt has room for."""
        if command.spi.por is not PorMode.ALWAYS:
            return _SUBMIT_LIMIT
        if command.spi.por_by_submit:
            return response_capacity(_SUBMIT_LIMIT, command, keys)
        return response_capacity(sms.DELIVER_REPORT_LIMIT - len(SMS_RESPONSE_HEADER), command, keys)

    def _surroundings(self) -> script.Surroundings:
        return script.Surroundings(self._send, lambda: self.card.proactive.is_busy, self._action)

    def _action(self, number: int) -> bytes:
        """The content of a record of EF.RMA; nothing if there is none."""
        node = self.card.files.index.by_path.get(_EF_RMA)
        if node is None or not node.record_length:
            return b""
        start = (number - 1) * node.record_length
        return self.card.files.body(node)[start : start + node.record_length]

    # --- proof of receipt ---------------------------------------------------------------------------------

    def _prove(self, message: sms.ShortMessage, processed: _Processed) -> bytes:
        """Send the proof of receipt the way that the command asks for, if it asks."""
        command, keys, response, is_genuine = processed
        is_error = response.status is not ResponseStatus.POR_OK
        if command.spi.por is not PorMode.ALWAYS and not (is_error and command.spi.por is PorMode.ON_ERROR):
            return b""
        clear = command._replace(spi=command.spi._replace(por_integrity=Integrity.NONE, por_ciphered=False))
        try:
            packet = secure_response(response, command if is_genuine else clear, keys)
        except SecurityError:
            packet = secure_response(response, clear)
        if command.spi.por_by_submit:
            self._submit(packet, message)
            return b""
        if is_error:
            raise StatusError(SW.WARNING, sms.response_user_data(packet))
        return sms.response_user_data(packet)

    def _submit(self, packet: bytes, message: sms.ShortMessage) -> None:
        self._reference = (self._reference + 1) & 0xFF
        for user_data in sms.response_messages(packet, self._reference):
            self._send(sms.send_short_message(user_data, message.originator, message.service_centre))

    # --- what lasts ---------------------------------------------------------------------------------------

    def reset(self) -> None:
        """Power has been off: parts of messages and chains of scripts are gone, counters are not."""
        self._assembly.clear()
        self._pages.clear()
        self._chained = {tar: chain for tar, chain in self._chained.items() if chain[1]}
