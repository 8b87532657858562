"""A way to servers on which messages get lost, doubled and damaged, and on which the server starts anew."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final

from asn1 import es9
from asn1.binding import BindingError, FunctionError
from simulator.faults.plan import Fault, Kind, Party, Plan
from simulator.lpa.errors import ServerProtocolError, ServerRefused, ServerUnreachable
from simulator.lpa.es9 import Es9

Message = dict[str, Any]
_CERTIFICATES: Final = frozenset({"serverCertificate", "smdpCertificate"})
Send = Callable[[str, str, Message], Message]


class FaultyEs9:
    """Puts the server's faults of a plan in the way of another `Es9`. `restart` starts the server anew, for
    the faults that want it; bytes are changed in the JSON of a message."""

    def __init__(
        self,
        way: Es9,
        plan: Plan,
        *,
        restart: Callable[[], None] = lambda: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._way = way
        self._plan = plan
        self._restart = restart
        self._sleep = sleep
        self._before: tuple[str, str, Message] | None = None
        self._answers: dict[str, Message] = {}
        """The last answer to each function."""

    @property
    def sent(self) -> int:
        return self._way.sent

    @property
    def received(self) -> int:
        return self._way.received

    def post(self, address: str, function: str, message: Message) -> Message:
        send: Send = self._way.post
        for fault in self._plan.next(Party.SERVER, function):
            send = self._struck(fault, send)
        answer = send(address, function, message)
        self._before = address, function, message
        self._answers[function] = answer
        return answer

    def _struck(self, fault: Fault, send: Send) -> Send:
        def post(address: str, function: str, message: Message) -> Message:
            if fault.kind is Kind.DELAY:
                self._sleep(fault.seconds)
            if fault.kind is Kind.RESTART:
                self._restart()
            if fault.kind is Kind.DROP_REQUEST:
                raise ServerUnreachable(address, f"the connection broke off ({fault})")
            if fault.kind is Kind.REPLAY and self._before:
                self._silently(send, *self._before)
            if fault.kind is Kind.DUPLICATE:
                self._silently(send, address, function, message)
            if fault.kind is Kind.CORRUPT_REQUEST:
                message = _damaged_request(function, message, fault)
            answer = send(address, function, message)
            if fault.kind is Kind.OLD_ANSWER:
                return self._answers.get(function, answer)
            if fault.kind is Kind.WRONG_CERTIFICATE:
                return answer | dict.fromkeys(_CERTIFICATES & answer.keys(), fault.certificate)
            if fault.kind is Kind.DROP_RESPONSE:
                raise ServerUnreachable(address, f"the connection broke off ({fault})")
            return (
                _damaged_response(function, answer, fault) if fault.kind is Kind.CORRUPT_RESPONSE else answer
            )

        return post

    def _silently(self, send: Send, address: str, function: str, message: Message) -> None:
        """A message whose answer nobody waits for."""
        try:
            send(address, function, message)
        except ServerRefused:
            return


def _damaged_request(function: str, message: Message, fault: Fault) -> Message:
    """The members that the server reads from the damaged JSON; ServerRefused where it can read none."""
    try:
        return es9.decode_request(
            function, json.loads(_damaged(es9.encode_request(function, message), fault))
        )
    except BindingError as error:
        raise ServerRefused(function, "1.6", "2.1", error.member, error.reason) from None
    except ValueError as error:
        raise ServerRefused(function, "1.3.1", "2.1", "", str(error)) from None


def _damaged_response(function: str, answer: Message, fault: Fault) -> Message:
    if es9.FUNCTIONS[function].is_notification:
        return answer
    try:
        return es9.decode_response(
            function, json.loads(_damaged(es9.encode_response(function, answer), fault))
        )
    except (BindingError, FunctionError, ValueError) as error:
        raise ServerProtocolError(f"the server's answer is not usable: {error}") from None


def _damaged(document: Message, fault: Fault) -> str:
    """The JSON with one character exchanged for another; bytes outside ASCII would not even be JSON."""
    text = json.dumps(document)
    if not -len(text) <= fault.byte < len(text):
        return text
    at = fault.byte % len(text)
    return text[:at] + chr((ord(text[at]) - 32 + 1) % 95 + 32) + text[at + 1 :]
