"""ES9+ and ES11 from the LPA's side: over HTTPS, or to an object in this process (SGP.22 §5.6, §5.8, §6)."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from asn1 import es9, es11
from asn1.binding import Binding, BindingError, FunctionError, snake_case
from simulator.lpa.certificate import role_names
from simulator.lpa.errors import ServerFault, ServerProtocolError, ServerRefused, ServerUnreachable

if TYPE_CHECKING:
    import httpx2

Value = dict[str, Any]
PROTOCOL = re.compile(r"gsma/rsp/v(\d+)\.\d+\.\d+")
"""What a server says in X-Admin-Protocol: the highest version of SGP.22 that it speaks (§6.2)."""
SUPPORTED_MAJOR = (2, 3)
TLS_ROLES = ("dp-tls", "ds-tls")
"""What a server's TLS certificate may be for, if it names a role of SGP.22 at all: a public issuer's does
not (§4.5.2.1)."""
SERVER_FAULTS = range(500, 600)
EXPIRED_HINT = (
    ". The published SGP.26 TLS certificates live 398 days (those of 2025 ended on 2026-08-02): "
    "use a PKI of your own, or accept the certificate expressly"
)
TLS_HINTS = {
    "expired": EXPIRED_HINT,
    "not yet valid": ". Set the clock of this machine or of the server's PKI right",
    "self-signed": ". Trust its issuer expressly if it is a test server",
    "self signed": ". Trust its issuer expressly if it is a test server",
    "unable to get local issuer": ". Trust its issuer expressly if it is a test server",
    "ostname mismatch": ". Use the address that the certificate is for, or give the server another one",
    "IP address mismatch": ". Use the address that the certificate is for, or give the server another one",
}
"""Word in OpenSSL's message → what to do."""


EVENT_RETRIEVAL, EVENT_CHECK = "ES11.authenticateClient", "ES11.checkEvent"
"""How this package calls the functions of an SM-DS that are not as in ES9+."""


class Es9(Protocol):
    """A way to SM-DP+ servers. `sent` and `received` count the bytes of message bodies since the start."""

    @property
    def sent(self) -> int: ...

    @property
    def received(self) -> int: ...

    def post(self, address: str, function: str, message: Value) -> Value:
        """Call an ES9+ function of the server at `address`. Raises ServerUnreachable, ServerRefused and
        ServerProtocolError."""


class Es9Client:
    """ES9+ over HTTPS, one connection kept for each server.

    `ca` are the only issuers to trust, as files or as bytes (PEM or DER); without, those of the system.
    `connect_to` says where a server really listens: SM-DP+ address → 'host:port'; the certificate is
    still checked against the address. `verify=False` accepts any certificate;
    `scheme="http"` is for test servers that speak no TLS.
    """

    def __init__(
        self,
        ca: Sequence[str | Path | bytes] = (),
        *,
        verify: bool = True,
        scheme: str = "https",
        timeout: float = 30.0,
        connect_to: Mapping[str, str] | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._context = tls_context(ca, verify=verify)
        self._scheme = scheme
        self._timeout = timeout
        self._connect_to = dict(connect_to or {})
        self._transport = transport
        self._verify = verify
        self._checked: set[bytes] = set()
        self._http: httpx2.Client | None = None
        self.sent = 0
        self.received = 0

    def post(self, address: str, function: str, message: Value) -> Value:
        """Call an ES9+ function; see `Es9`."""
        body = _write(function, message)
        binding, name = _interface(function)
        response = self._exchange(address, binding.path(name), body)
        self.sent += len(body)
        self.received += len(response.content)
        self._check_role(address, response)
        check_protocol(address, response.headers.get(es9.ADMIN_PROTOCOL_HEADER, ""))
        if response.status_code == 204:
            return {}
        if response.status_code != 200:
            kind = ServerFault if response.status_code in SERVER_FAULTS else ServerProtocolError
            raise kind(f"{address} answered {function} with HTTP status {response.status_code}")
        return _read(function, response.content)

    def _exchange(self, address: str, path: str, body: bytes) -> httpx2.Response:
        import httpx2

        if self._http is None:
            self._http = httpx2.Client(verify=self._context, timeout=self._timeout, transport=self._transport)
        place = self._connect_to.get(address, address)
        headers = {
            "User-Agent": es9.LPA_USER_AGENT,
            es9.ADMIN_PROTOCOL_HEADER: es9.ADMIN_PROTOCOL,
            "Content-Type": es9.CONTENT_TYPE,
            "Host": address,
        }
        name = {"sni_hostname": address.rpartition(":")[0] or address} if place != address else {}
        try:
            return self._http.post(
                f"{self._scheme}://{place}{path}", content=body, headers=headers, extensions=name
            )
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise ServerUnreachable(address, why(error)) from error

    def _check_role(self, address: str, response: httpx2.Response) -> None:
        """A certificate that SGP.22 gives another role must not serve TLS (§4.5.2.1)."""
        stream = response.extensions.get("network_stream")
        tls: ssl.SSLObject | None = stream.get_extra_info("ssl_object") if stream and self._verify else None
        der = tls.getpeercert(True) if tls else None
        if not der or der in self._checked:
            return
        roles = role_names(der)
        if roles and not set(roles) & set(TLS_ROLES):
            raise ServerProtocolError(
                f"{address} shows a certificate for {', '.join(roles)} as its TLS certificate; "
                "the server needs one for dp-tls"
            )
        self._checked.add(der)

    def close(self) -> None:
        """Close all connections."""
        if self._http:
            self._http.close()
            self._http = None

    def __enter__(self) -> Es9Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def check_protocol(address: str, said: str) -> None:
    """Whether a server speaks a version of SGP.22 that this LPA knows; one that says nothing is taken at its
    messages. ServerProtocolError if it does not."""
    if not said:
        return
    matched = PROTOCOL.match(said)
    if not matched:
        raise ServerProtocolError(
            f"{address} is no RSP server: its {es9.ADMIN_PROTOCOL_HEADER} is {said[:40]!r}, "
            f"not like {es9.ADMIN_PROTOCOL!r}"
        )
    if int(matched[1]) not in SUPPORTED_MAJOR:
        raise ServerProtocolError(
            f"{address} speaks {said[:40]}; this LPA speaks versions 2 and 3 of SGP.22: "
            "use a server or an LPA of another version"
        )


def tls_context(ca: Sequence[str | Path | bytes], *, verify: bool = True) -> ssl.SSLContext:
    """A client's TLS context that trusts these issuers, or those of the system if there are none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context
    if not ca:
        context.load_default_certs()
    for issuer in ca:
        data = issuer if isinstance(issuer, bytes) else Path(issuer).read_bytes()
        # The module takes PEM as text and DER as bytes. A file of the system may hold comments in between.
        is_pem = b"-----BEGIN" in data
        context.load_verify_locations(cadata=data.decode("ascii", "ignore") if is_pem else data)
    return context


def why(error: Exception) -> str:
    """The innermost reason of a failed exchange; the whole of it is in the chain."""
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLCertVerificationError):
            hint = next((hint for word, hint in TLS_HINTS.items() if word in cause.verify_message), "")
            return f"its TLS certificate is not accepted: {cause.verify_message}{hint}"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there; start the server, or check the address"
        cause = cause.__cause__ or cause.__context__
    return str(error) or type(error).__name__


def _interface(function: str) -> tuple[Binding, str]:
    """The interface of a function, and its name there."""
    name = function.removeprefix("ES11.")
    return (es9.BINDING if name == function else es11.BINDING), name


def _write(function: str, message: Value) -> bytes:
    binding, name = _interface(function)
    try:
        return json.dumps(binding.encode_request(name, message)).encode()
    except BindingError as error:
        raise ServerProtocolError(f"the message cannot be sent: {error}") from None


def _read(function: str, body: bytes) -> Value:
    binding, name = _interface(function)
    try:
        return binding.decode_response(name, json.loads(body))
    except FunctionError as error:
        raise ServerRefused(
            name,
            error.subject_code,
            error.reason_code,
            error.subject_identifier,
            error.message,
            interface=binding.name,
        ) from None
    except (BindingError, ValueError) as error:
        raise ServerProtocolError(f"the server's answer is not usable: {error}") from None


class _Refusals:
    """Turns a refusal of a server object, any exception with subject and reason codes, into ours. A context
    manager, because the LPA does not know the server's exceptions by class."""

    def __init__(self, function: str, interface: str) -> None:
        self._function, self._interface = function, interface

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        subject = getattr(error, "subject_code", None)
        reason = getattr(error, "reason_code", None)
        if subject and reason:
            identifier = getattr(error, "subject_identifier", "")
            message = getattr(error, "message", "")
            raise ServerRefused(
                self._function, subject, reason, identifier, message, interface=self._interface
            ) from error


class InProcessEs9:
    """ES9+ to a server object with a method for each function, named in snake_case, that takes and returns
    members as `asn1.es9` has them. With `through_json` messages take the detour over JSON, as on the wire,
    and are counted."""

    def __init__(self, server: Any, *, through_json: bool = False) -> None:
        self._server = server
        self._through_json = through_json
        self.sent = 0
        self.received = 0

    def post(self, address: str, function: str, message: Value) -> Value:
        """Call the server's method; see `Es9`."""
        binding, name = _interface(function)
        method = getattr(self._server, snake_case(name))
        if not self._through_json:
            with _Refusals(name, binding.name):
                return method(message) or {}
        body = _write(function, message)
        self.sent += len(body)
        with _Refusals(name, binding.name):
            answer = method(binding.decode_request(name, json.loads(body))) or {}
        if binding.functions[name].is_notification:
            return {}
        response = json.dumps(binding.encode_response(name, answer)).encode()
        self.received += len(response)
        return _read(function, response)
