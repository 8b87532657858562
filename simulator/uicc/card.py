"""The card: bytes in, bytes out (TS 102 221 §7.3, §10). No clock, no file, no socket, no randomness inside.

One command takes this way: `transmit` finds channel, table row and parsed command, the row's handler does
what its clause says and returns data or raises StatusError; `_postpone` and `_refuse` make of it what T=0
or T=1 wants, 61XX and GET RESPONSE included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from cards.apdu import CommandApdu
from cards.status import SW, StatusError, StatusWord
from simulator.crypto.keylog import KeyLog, no_key_log
from simulator.uicc.application import Application
from simulator.uicc.channel import Channel
from simulator.uicc.filesystem import FileSystem
from simulator.uicc.gsm.commands import GsmSession
from simulator.uicc.image import CardImage, DfImage, LifeCycle
from simulator.uicc.index import Node
from simulator.uicc.proactive import ProactiveQueue
from simulator.uicc.reception import MEMO, SECURED, receive
from simulator.uicc.suspension import FirstCommand, Suspension
from simulator.uicc.tables import HANDLERS, TERMINATED_HANDLERS, Classes, Row

if TYPE_CHECKING:
    from simulator.uicc.globalplatform.registry import Registry
    from simulator.uicc.globalplatform.session import SecuredApplication
    from simulator.uicc.ota import Ota
    from simulator.uicc.toolkit import Applet, Toolkit


T = TypeVar("T")
Entropy = Callable[[int], bytes]

CHANNELS = 20
T0, T1 = 0, 1
DEFAULT_ATR = bytes.fromhex("3B9F96801FC78031A073BE21136743200718000001A5")
EMPTY_IMAGE = CardImage(DfImage(0x3F00, name="MF"))
"""A card without any file but the MF: what an eUICC is before a profile is enabled."""

_GET_RESPONSE = 0xC0
_WRONG_LE = 0x6C
_RESPONSE_PIECE = 256
_LONGEST_T1 = 65536


def _toolkit(card: Card, applets: Sequence[Applet]) -> Toolkit | None:
    """What runs the toolkit applications; nothing if there are none."""
    if not applets:
        return None
    from simulator.uicc.toolkit import Toolkit

    return Toolkit(card, applets)


class Card:
    """A UICC in software, sans I/O. `transmit` never raises, whatever the bytes."""

    def __init__(
        self,
        files: FileSystem | None = None,
        *,
        entropy: Entropy,
        atr: bytes = DEFAULT_ATR,
        protocol: int = T0,
        classes: Classes = Classes.BOTH,
        applications: Iterable[Application] = (),
        applets: Iterable[Applet] = (),
    ) -> None:
        self.atr = atr
        self.protocol = protocol
        """The transmission protocol: T=0 has 61XX and 6CXX, T=1 has not."""
        self.entropy = entropy
        self.applications = tuple(applications)
        self.files = files or FileSystem(EMPTY_IMAGE)
        self._working_handlers = HANDLERS[classes]
        self.file_handlers: dict[int, Row] = self._working_handlers
        self.gsm = GsmSession(self)
        self._ota: Ota | None = None
        self._registered: dict[tuple[bytes, bytes], SecuredApplication] = {}
        self.on_fault: Callable[[bytes, Exception], None] = _report
        """Called with command and exception when a handler of ours fails; the card answers 6F00."""
        self.key_log: KeyLog = no_key_log
        """Called with the session keys that the card derives or uses, for a trace to be read with."""
        self.update_metadata: Callable[[bytes], None] | None = None
        """On an eUICC: what takes ES6.UpdateMetadata that reaches the issuer security domain of a profile."""
        self.terminal_capability = b""
        self.terminal_profile = b""
        self.proactive = ProactiveQueue()
        self.toolkit = _toolkit(self, tuple(applets))
        self.verified: frozenset[tuple[bytes, int]] = frozenset()
        self.security_epoch = 0
        self.channels: list[Channel | None] = []
        self._suspension: Suspension | None = None
        self._suspended: Suspension | None = None
        """What RESUME brings back, from the reset after SUSPEND UICC to the first command."""
        self.reset()

    @property
    def mf(self) -> Node:
        return self.files.index.mf

    @property
    def ota(self) -> Ota:
        """Remote management of the profile that is there now, with the keys that it brought."""
        if self._ota is None:
            from simulator.uicc.ota import Ota, configuration_of  # loads the cryptography

            self._ota = Ota(self, configuration_of(self.files))
        return self._ota

    def keys_changed(self) -> None:
        """A security domain has other keys now, or other domains are there: secured packets are checked with
        these."""
        if self._ota is not None:
            from simulator.uicc.ota import configuration_of

            self._ota.configuration = configuration_of(self.files)

    @property
    def is_locked(self) -> bool:
        """Whether the issuer security domain has locked the card (GP Card Specification §5.1.1.4)."""
        registry = self.registry
        return registry is not None and registry.is_locked

    @property
    def registry(self) -> Registry | None:
        """The GlobalPlatform registry; None for a card without security domains."""
        files = self.files
        return files.registry if files.image.security_domains else None

    def registered(self, aid: bytes) -> SecuredApplication:
        """The security domain, or other application of the GlobalPlatform registry, with this AID; KeyError
        if there is none."""
        instance = self.files.registry.instances[aid]
        application = self._registered.get((aid, instance.module))
        if application is None:
            from simulator.uicc.globalplatform.security_domain import application_of  # loads cryptography

            application = self._registered[aid, instance.module] = application_of(self, instance)
        return application

    def registered_by_name(self, name: bytes) -> list[SecuredApplication]:
        """Those of the registry that SELECT finds, by their AID or its beginning."""
        registry = self.registry
        return [self.registered(aid) for aid in registry.selectable(name)] if registry else []

    def reset(self) -> bytes:
        """Cold or warm reset: channels closed, PIN verifications gone. Returns the ATR."""
        self._suspended, self._suspension = self._suspension, None
        self._forget_security()
        self.proactive.clear()
        if self.toolkit is not None:
            self.toolkit.reset()
        self.file_handlers = TERMINATED_HANDLERS if self.files.is_terminated else self._working_handlers
        self.gsm = GsmSession(self)
        basic = Channel(self, 0, self.mf)
        self.channels = [basic] + [None] * (CHANNELS - 1)
        if self._suspended is not None:
            basic.handlers = FirstCommand(basic, self)
        for application in (*self.applications, *self._registered.values()):
            application.reset()
        if self._ota is not None:
            self._ota.reset()
        return self.atr

    def suspend(self, token: bytes) -> None:
        """Keep channels and verifications over the next reset, for who has the token (§11.1.22)."""
        self._suspension = Suspension(token, tuple(self.channels), self.verified)

    def take_suspended(self) -> Suspension | None:
        """What waits to be resumed; from now on nothing does."""
        kept, self._suspended = self._suspended, None
        return kept

    def resume(self, kept: Suspension) -> None:
        """Take up again what `suspend` kept."""
        self.channels, self.verified = list(kept.channels), kept.verified
        self.security_changed()

    @property
    def is_busy(self) -> bool:
        """Whether an application on any logical channel has begun what no suspension survives."""
        return any(
            channel.application is not None and channel.application.is_busy(channel)
            for channel in self.channels
            if channel is not None
        )

    def mount(self, files: FileSystem | None) -> None:
        """Put another file system in place of this one, as a profile switch does: selections of files
        fall back to the new MF, verifications are gone, selected applications stay selected unless they came
        with the files, as security domains do."""
        self.files = files or FileSystem(EMPTY_IMAGE)
        self._suspension = self._suspended = None
        self._forget_security()
        for channel in filter(None, self.channels):
            channel.df, channel.adf, channel.ef, channel.record = self.mf, None, None, 0
            channel.transfer = None
            if channel.application in self._registered.values():
                channel.application, channel.handlers = None, self.file_handlers
        self.gsm, self._ota = GsmSession(self), None
        self._registered.clear()

    def _forget_security(self) -> None:
        self.verified = frozenset()
        self.security_changed()

    def remember(self, key: tuple[bytes, int]) -> None:
        """A PIN, by AID and key reference, has been verified."""
        self.verified |= {key}
        self.security_changed()

    def forget(self, key: tuple[bytes, int]) -> None:
        """A verification no longer counts."""
        self.verified -= {key}
        self.security_changed()

    def write(self, node: Node, body: bytes) -> None:
        """Give an EF a new content; a change of access rules counts at once."""
        self.files.write(node, body)
        if self.files.rules_changed:
            self.security_changed()

    def set_life_cycle(self, node: Node, state: LifeCycle) -> None:
        """Activate, deactivate or terminate a file; access to it is decided anew."""
        self.files.set_life_cycle(node, state)
        self.security_changed()

    def restructure(self, change: Callable[[], T]) -> T:
        """Let files come, go or change size; what is current on each channel stays so, if it is still
        there."""
        result = change()
        for channel in filter(None, self.channels):
            channel.follow(self.files)
        self.security_changed()
        return result

    def terminate(self) -> None:
        """TERMINATE CARD USAGE: from now on, and for good, the card only says what it is (TS 102 222
        §6.9)."""
        self.files.is_terminated = True
        self.file_handlers = TERMINATED_HANDLERS
        for channel in filter(None, self.channels):
            channel.handlers = TERMINATED_HANDLERS

    def open_channel(self, number: int, origin: Channel) -> None:
        """Open a channel: from channel 0 on the MF, from another on what is current there (§11.1.17)."""
        channel = self.channels[number] = Channel(self, number, self.mf)
        if origin.number:
            channel.df, channel.adf = origin.df, origin.adf

    def security_changed(self) -> None:
        """Access decisions taken so far no longer hold."""
        self.security_epoch += 1

    def transmit(self, apdu: bytes) -> bytes:
        """Execute one command APDU; data and status word."""
        entry = MEMO.get(apdu)
        if entry is None:
            entry = receive(bytes(apdu))
        number, key, case, command, refusal = entry
        if refusal:
            self._suspended = None
            return refusal if refusal is not SECURED else self._transmit_secured(number, key, command)
        channel = self.channels[number]
        if channel is None:
            self._suspended = None
            return _LOGICAL_CHANNEL_NOT_SUPPORTED
        row = channel.handlers.get(key)
        if row is None:
            return self._unknown(channel, key)
        cases, handler = row
        if case not in cases:
            return _WRONG_LENGTH
        try:
            data = handler(channel, command)
        except StatusError as error:
            return self._refuse(channel, key, command, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours must never stop the card
            self.on_fault(apdu, error)
            return _TECHNICAL_PROBLEM
        if not data:
            channel.pending = b""
            return self._success()
        if key & 0xFF == _GET_RESPONSE:
            return data + (_available(channel.pending) if channel.pending else self._last_status(channel))
        le = command.le
        if le is not None and len(data) <= le:
            channel.pending = b""
            return data + (_OK if not self.proactive.pending else self._success())
        return self._postpone(channel, command, data)

    def _transmit_secured(self, number: int, key: int, command: CommandApdu) -> bytes:
        """A command under secure messaging: the application on the channel takes it off and puts it on the
        answer."""
        channel = self.channels[number]
        if channel is None:
            return _LOGICAL_CHANNEL_NOT_SUPPORTED
        application = channel.application
        if application is None or not application.is_secured(channel):
            return SECURED
        try:
            plain = application.unwrap(channel, command)
            row = channel.handlers.get(key)
            if row is None:
                return self._unknown(channel, key)
            cases, handler = row
            if plain.case not in cases:
                return _WRONG_LENGTH
            data, sw = handler(channel, plain), SW.OK
        except StatusError as error:
            data, sw = error.data, error.sw
        except Exception as error:  # noqa: BLE001 - a fault of ours must never stop the card
            self.on_fault(command.to_bytes(), error)
            return _TECHNICAL_PROBLEM
        answer = application.wrap(channel, data, sw)
        if len(answer) > 2 and (command.le is None or len(answer) - 2 > command.le):
            return self._postpone(channel, command, answer[:-2])
        return answer

    def _success(self) -> bytes:
        announced = self.proactive.announced
        return SW.proactive(announced).to_bytes(2, "big") if announced else _OK

    def _last_status(self, channel: Channel) -> bytes:
        """What stands behind the last piece that GET RESPONSE brings."""
        status, channel.pending_status = channel.pending_status, SW.OK
        return self._success() if status == SW.OK else status.to_bytes(2, "big")

    def _refuse(self, channel: Channel, key: int, command: CommandApdu, error: StatusError) -> bytes:
        """An error, or a warning with data. T=1 knows no 6CXX: what there is comes with 6282 (§7.3.1.2); in
        T=0 data that a warning brings wait for GET RESPONSE where the command has no Le (§7.3.1.1.4)."""
        sw, data = error.sw, error.data
        if sw.sw1 == _WRONG_LE:
            if self.protocol == T1 and data:
                channel.pending = b""
                return data + SW.END_OF_FILE.to_bytes(2, "big")
            # GET RESPONSE with a wrong Le is repeated with the right one.
            if key & 0xFF != _GET_RESPONSE:
                channel.pending = b""
            return sw.to_bytes(2, "big")
        channel.pending = b""
        if data and (command.le is None or len(data) > command.le) and self.protocol != T1:
            channel.pending = data
            if sw in (SW.MORE_DATA, SW.MORE_DATA_PROACTIVE):
                channel.pending_status, sw = sw, SW.RESPONSE_DATA_AVAILABLE
            return sw.to_bytes(2, "big")
        return data + sw.to_bytes(2, "big")

    def _postpone(self, channel: Channel, command: CommandApdu, data: bytes) -> bytes:
        """More data than Le, or no Le: 6CXX for case 2, 61XX for the others (§7.3.1.1); T=1 cuts at Le."""
        if self.protocol == T1 and (command.le is None or len(data) <= _LONGEST_T1):
            channel.pending = b""
            return data[: command.le or 0] + self._success()
        if command.case == 2 and len(data) <= _RESPONSE_PIECE:
            return SW.wrong_le(len(data)).to_bytes(2, "big")
        channel.pending = data
        return _available(data)

    @staticmethod
    def _unknown(channel: Channel, key: int) -> bytes:
        """6D00, or 6E00 if no instruction of this class is known to the application."""
        known = any(other >> 8 == key >> 8 for other in channel.handlers)
        return _INS_NOT_SUPPORTED if known else _CLA_NOT_SUPPORTED


def _available(data: bytes) -> bytes:
    return SW.bytes_available(len(data)).to_bytes(2, "big")


def _report(apdu: bytes, error: Exception) -> None:
    import logging  # only when it is needed: loading it takes longer than making a card

    logging.getLogger(__name__).error("fault while the card executed %s", apdu.hex().upper(), exc_info=error)


def _status(sw: StatusWord) -> bytes:
    return sw.to_bytes(2, "big")


_OK = _status(SW.OK)
_WRONG_LENGTH = _status(SW.WRONG_LENGTH)
_TECHNICAL_PROBLEM = _status(SW.TECHNICAL_PROBLEM)
_INS_NOT_SUPPORTED = _status(SW.INS_NOT_SUPPORTED)
_CLA_NOT_SUPPORTED = _status(SW.CLA_NOT_SUPPORTED)
_LOGICAL_CHANNEL_NOT_SUPPORTED = _status(SW.LOGICAL_CHANNEL_NOT_SUPPORTED)
