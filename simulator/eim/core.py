"""The eIM without network, clock or randomness of its own: ESipa as one method (SGP.32 §5.14, §6.3).

eim = Eim(identity, EimStore(), entropy=os.urandom, clock=utc_now, es9=Es9Client(…))
eim.add_device(eid)
eim.order(eid, ("enable", {"iccid": iccid}))
answer = eim.answer(octets)
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, Final, TypeVar

from asn1 import esipa, iot, rsp
from asn1.errors import DecodeError
from simulator.eim import notifications, relay
from simulator.eim.context import Context
from simulator.eim.errors import UNDEFINED, Refused
from simulator.eim.orders import Orders
from simulator.eim.packages import get_eim_package
from simulator.eim.records import Notification, Package, Session
from simulator.eim.results import installed, provide_eim_package_result
from simulator.smdp.store import ConflictError

T = TypeVar("T")
Message = esipa.Message
_SESSION_LIFETIME: Final = timedelta(days=7)
"""A result may wait for days at an IPA without a network."""
_TRIES: Final = 3
"""How often a message is handled when another one changes its records at the same time."""
_log = logging.getLogger(__name__)


_EID_ERRORS: Final = {
    "getEimPackage": "eimPackageError",
    "provideEimPackageResult": "provideEimPackageResultError",
}


def without_eid(function: str, *, is_missing: bool) -> Message:
    """The answer to a request whose EID is missing or malformed, an error of its own."""
    response, kind = esipa.SHAPES[function].response, _EID_ERRORS[function]
    codes = iot.names(f"{response[:1].upper()}{response[1:]}.{kind}")
    return response, (kind, codes["missingEid" if is_missing else "invalidEid"])


class Eim(Context, Orders):
    """An eIM: what IPAs ask it, and what its operator orders."""

    def answer(self, octets: bytes) -> bytes:
        """The answer to a message of an IPA in the ASN.1 binding; empty if it has none (§6.3). DecodeError or
        BindingError if it is no message of an IPA."""
        try:
            message = esipa.decode_request(octets)
        except DecodeError as error:
            if error.path != f"{esipa.FROM_IPA}.getEimPackageRequest.eidValue":
                raise
            return esipa.encode_response(without_eid("getEimPackage", is_missing=error.reason == "missing"))
        response = self.handle(message)
        return esipa.encode_response(response) if response else b""

    def handle(self, message: Message) -> Message | None:
        """The answer to a message of an IPA; None for a notification. BindingError if an IPA does not send
        such a message of itself."""
        function = esipa.function_of(message)
        return _FUNCTIONS[function](self, message[1])

    def _initiate_authentication(self, request: dict[str, Any]) -> Message:
        return self._relayed("initiateAuthentication", relay.initiate_authentication, request)

    def _authenticate_client(self, request: dict[str, Any]) -> Message:
        return self._relayed("authenticateClient", relay.authenticate_client, request)

    def _get_bound_profile_package(self, request: dict[str, Any]) -> Message:
        return self._relayed("getBoundProfilePackage", relay.get_bound_profile_package, request)

    def _cancel_session(self, request: dict[str, Any]) -> Message:
        return self._relayed("cancelSession", relay.cancel_session, request)

    def _relayed(self, function: str, handle: Callable[[Context, Any], Any], request: Any) -> Message:
        """What is relayed runs once: a server has seen it then."""
        shape = esipa.SHAPES[function]
        try:
            result = handle(self, request)
        except (Refused, ConflictError) as error:
            name = error.name if isinstance(error, Refused) else UNDEFINED
            _log.info("%s refused: %s", function, error)
            self._note(request, f"{function} was refused with {error}")
            codes = esipa.error_codes(function)
            return shape.response, (shape.error, codes.get(name, codes[UNDEFINED]))
        return shape.response, result if isinstance(result, tuple) else (shape.ok, result)

    def _note(self, request: dict[str, Any], why: str) -> None:
        """Why a download does not go on, at its package: the IPA tells nothing but that it ended."""
        session = self.store.get(Session, request.get("transactionId", b"").hex())
        key = session.package if session else request.get("eimTransactionId", b"").hex()
        package = self.store.get(Package, key)
        if package is not None and package.is_open:
            try:
                self.store.save(package._replace(detail=why))
            except ConflictError:
                _log.info("%s changed meanwhile", package.key)

    def _get_eim_package(self, request: dict[str, Any]) -> Message:
        try:
            result = self._again(lambda: get_eim_package(self, request))
        except Refused as error:
            _log.info("getEimPackage: %s", error)
            codes = iot.names("GetEimPackageResponse.eimPackageError")
            result = "eimPackageError", codes.get(error.name, codes[UNDEFINED])
        return "getEimPackageResponse", result

    def _provide_eim_package_result(self, request: dict[str, Any]) -> Message:
        try:
            result, to_deliver = self._again(lambda: provide_eim_package_result(self, request))
        except Refused as error:
            _log.warning("provideEimPackageResult refused: %s", error)
            codes = iot.names("ProvideEimPackageResultResponse.provideEimPackageResultError")
            code = codes.get(error.name, codes[UNDEFINED])
            return "provideEimPackageResultResponse", ("provideEimPackageResultError", code)
        self._deliver(to_deliver)
        return "provideEimPackageResultResponse", result

    def _handle_notification(self, notified: tuple[str, Any]) -> None:
        """ESipa.HandleNotification (§5.14.4): has no answer, so that what is refused is in the log only."""
        kind, value = notified
        if kind == "provideEimPackageResult":
            self._provide_eim_package_result(value)
            return
        try:
            self._deliver([self._again(lambda: self._noted(value))])
        except Refused as error:
            _log.warning("handleNotification refused: %s", error)

    def _noted(self, pending: tuple[str, Any]) -> Notification:
        """A notification, kept; the download that it ends is ended."""
        notification = notifications.take(self, None, pending)
        session = None
        if "nstallationResult" in pending[0]:
            session = notifications.session_of(self, pending[1])
        package = self.store.get(Package, session.package) if session else None
        if package is not None and package.is_open:
            whole = rsp.decode("PendingNotification", notification.content)
            self.store.save(installed(self, package, whole, notification.content))
        return notification

    def _deliver(self, found: Iterable[Notification]) -> None:
        for notification in found:
            notifications.deliver(self, notification)

    def _again(self, function: Callable[[], T]) -> T:
        """Runs a function anew when another request was faster: it then sees what that one left."""
        for _ in range(_TRIES):
            try:
                return function()
            except ConflictError:
                continue
        raise Refused(UNDEFINED, "other messages for the same device are in progress")

    def forget_sessions(self) -> int:
        """Drop RSP sessions that can no longer go on; how many."""
        before = self.now() - int(_SESSION_LIFETIME.total_seconds())
        return self.store.forget(*(one for one in self.store.all(Session) if one.created_at < before))

    def deliver_notifications(self) -> int:
        """Try every notification that waits and whose time has come; how many were delivered."""
        return notifications.deliver_waiting(self)


_FUNCTIONS: Final[dict[str, Callable[[Eim, Any], Message | None]]] = {
    "initiateAuthentication": Eim._initiate_authentication,
    "authenticateClient": Eim._authenticate_client,
    "getBoundProfilePackage": Eim._get_bound_profile_package,
    "cancelSession": Eim._cancel_session,
    "getEimPackage": Eim._get_eim_package,
    "provideEimPackageResult": Eim._provide_eim_package_result,
    "handleNotification": Eim._handle_notification,
}
