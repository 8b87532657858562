"""The SM-DP+s of the world's operators and resellers, in this process, and the way to them.

Their addresses are made up under example.com, and nothing is ever sent to a network: a message goes to the
server object if the phone has some network at that time, and is otherwise lost as it would be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from asn1 import es9
from cards.trace import Entry, Exchange
from simulator.crypto.pki import TestPki
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.errors import ServerRefused, ServerUnreachable
from simulator.lpa.es9 import InProcessEs9
from simulator.network.journal import Apdu, Message
from simulator.scenario.issuing import Issued
from simulator.smdp.core import SmdpPlus
from simulator.smdp.identity import SmdpIdentity
from simulator.smdp.store import MemoryStore
from simulator.testing.bench import entropy

Value = dict[str, Any]
_SHOWN: Final = 60
"""Characters of a member's value in a message's words; the whole is in its bytes."""


class Servers:
    """SM-DP+s by address, each made when it is first wanted, all certified under one PKI."""

    def __init__(self, pki: TestPki, seed: int, clock: Callable[[], datetime]) -> None:
        self._pki = pki
        self._seed = seed
        self._clock = clock
        self._servers: dict[str, SmdpPlus] = {}
        self.down: set[str] = set()
        """Addresses at which nobody answers."""

    def at(self, address: str) -> SmdpPlus:
        """The server with this address."""
        if address not in self._servers:
            identity = SmdpIdentity.from_pki(self._pki, address)
            draw = entropy(f"SM-DP+ {address}, {self._seed}")
            self._servers[address] = SmdpPlus(identity, MemoryStore(), entropy=draw, clock=self._clock)
        return self._servers[address]

    def order(self, issued: Issued, address: str, *, confirmation_code: str = "") -> ActivationCode:
        """Order a profile at its seller's server; the code that the buyer gets."""
        matching_id = self.at(address).add_order(
            issued.package, metadata=issued.metadata, confirmation_code=confirmation_code, max_attempts=3
        )
        return ActivationCode(address, matching_id, confirmation_code_required=bool(confirmation_code))


class Recorder:
    """Keeps what passes, APDUs and messages, until it is asked for; a sink of `TracedLink`."""

    def __init__(self) -> None:
        self._kept: list[Apdu | Message] = []

    def take(self, entry: Entry, /) -> None:
        if isinstance(entry, Exchange):
            self._kept.append(Apdu(entry.command, entry.response))

    def close(self) -> None:
        """Nothing is open."""

    def message(self, message: Message) -> None:
        self._kept.append(message)

    def drain(self) -> tuple[Apdu | Message, ...]:
        """What was kept since it was asked last."""
        kept, self._kept = self._kept, []
        return tuple(kept)


class WayToServers:
    """ES9+ from the LPA to the servers (an `Es9`). Without a network, `why_offline` says why not, nothing
    arrives."""

    def __init__(self, servers: Servers, recorder: Recorder, why_offline: Callable[[], str]) -> None:
        self._servers = servers
        self._recorder = recorder
        self._why_offline = why_offline
        self.sent = self.received = 0

    def post(self, address: str, function: str, message: Value) -> Value:
        """Call an ES9+ function; see `simulator.lpa.es9.Es9`."""
        data = json.dumps(es9.encode_request(function, message)).encode()
        self.sent += len(data)
        self._record(function, "LPA", address, message, data)
        if why := self._why_offline():
            raise ServerUnreachable(address, why)
        if address in self._servers.down:
            raise ServerUnreachable(address, "the server does not answer")
        with self._refusals(function, address):
            answer = InProcessEs9(self._servers.at(address)).post(address, function, message)
        if not es9.FUNCTIONS[function].is_notification:
            data = json.dumps(es9.encode_response(function, answer)).encode()
            self.received += len(data)
            self._record(function, address, "LPA", answer, data)
        return answer

    @contextmanager
    def _refusals(self, function: str, address: str) -> Iterator[None]:
        try:
            yield
        except ServerRefused as error:
            codes = {"subjectCode": error.subject_code, "reasonCode": error.reason_code}
            data = {"header": {"functionExecutionStatus": {"status": "Failed", "statusCodeData": codes}}}
            self._record(function, address, "LPA", codes, json.dumps(data).encode())
            raise

    def _record(self, function: str, sender: str, receiver: str, members: Value, data: bytes) -> None:
        name = function[:1].upper() + function[1:]
        words = {member: _words(value) for member, value in members.items()}
        clause = f"SGP.22 {es9.FUNCTIONS[function].clause}"
        self._recorder.message(Message(f"ES9+.{name}", sender, receiver, words, data, clause))


def _words(value: Any) -> str:
    """A member's value, shortened."""
    text = value.hex().upper() if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
