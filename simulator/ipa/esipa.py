"""ESipa from the IPA's side: over HTTPS, in either binding, or to an eIM in this process (SGP.32 §5.14, §6).

Whom to trust stands in the eIM's configuration data: its own TLS key or certificate, or that of its CA; if
there is nothing of that kind, a CI (§4.3).
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from asn1 import Asn1Error, es9, esipa, pkix
from asn1.binding import BindingError, FunctionError
from simulator.ipa.eim import Eim
from simulator.ipa.errors import EimProtocolError, EimRefused, EimUnreachable
from simulator.lpa.errors import LpaError
from simulator.lpa.es9 import SERVER_FAULTS, tls_context, why

if TYPE_CHECKING:
    import httpx2

ASN1, JSON = "asn1", "json"
NO_CONTENT = 204


class Esipa(Protocol):
    """A way to eIMs. `sent` and `received` count the bytes of message bodies since the start."""

    sent: int
    received: int

    def post(self, eim: Eim, function: str, message: Any) -> Any:
        """Call a function of ESipa; the answer as (alternative, value), None to a notification. Raises
        EimUnreachable, EimRefused, EimProtocolError."""


class _PinnedContext(ssl.SSLContext):
    """Trusts one public key, whatever certificate it comes in, before anything is sent."""

    public_key: bytes
    """SubjectPublicKeyInfo, DER."""

    def wrap_socket(self, *arguments: Any, **options: Any) -> ssl.SSLSocket:
        """A connection to the holder of the key. SSLCertVerificationError if it is another one's."""
        connection = super().wrap_socket(*arguments, **options)
        if _public_key(connection.getpeercert(True) or b"") != self.public_key:
            connection.close()
            error = ssl.SSLCertVerificationError("another public key than in the eIM configuration data")
            error.verify_message = "the eIM shows another public key than the eUICC has of it"
            raise error
        return connection


def _public_key(certificate: bytes) -> bytes:
    try:
        decoded = pkix.decode("Certificate", certificate)
        return pkix.encode("SubjectPublicKeyInfo", decoded["tbsCertificate"]["subjectPublicKeyInfo"])
    except Asn1Error:
        return b""


def eim_context(eim: Eim, ca: Sequence[str | Path | bytes], *, verify: bool = True) -> ssl.SSLContext:
    """A TLS context that trusts what the eIM's configuration data says, else the issuers in `ca`."""
    trust = eim.tls_trust
    if trust is None or not verify:
        return tls_context(ca, verify=verify)
    kind, der = trust
    if kind == "trustedEimPkTls":
        pinned = _PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
        pinned.minimum_version = ssl.TLSVersion.TLSv1_2
        pinned.check_hostname = False
        pinned.verify_mode = ssl.CERT_NONE  # the key is checked instead
        pinned.public_key = der
        return pinned
    try:
        context = tls_context([der])
    except ssl.SSLError as error:
        raise LpaError(
            f"the TLS certificate that the eUICC has of eIM {eim.eim_id} is unusable: {error}"
        ) from None
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the eIM's own certificate may be the anchor
    return context


class EsipaClient:
    """ESipa over HTTPS, one connection kept for each eIM; arguments as those of `Es9Client`. `binding` is
    ASN1 or JSON."""

    def __init__(
        self,
        ca: Sequence[str | Path | bytes] = (),
        *,
        binding: str = ASN1,
        verify: bool = True,
        timeout: float = 30.0,
        connect_to: Mapping[str, str] | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._ca, self._verify = tuple(ca), verify
        self._binding = binding
        self._timeout = timeout
        self._connect_to = dict(connect_to or {})
        self._transport = transport
        self._clients: dict[str, httpx2.Client] = {}
        self.sent = 0
        self.received = 0

    def post(self, eim: Eim, function: str, message: Any) -> Any:
        """Call a function; see `Esipa`."""
        shape = esipa.SHAPES[function]
        path, kind, body = _write(self._binding, (shape.request, message))
        response = self._exchange(eim, path, kind, body)
        self.sent += len(body)
        self.received += len(response.content)
        if response.status_code not in (200, NO_CONTENT):
            raise _bad_status(eim, function, response.status_code)
        if not shape.response:
            return None
        return _read(eim, self._binding, function, response.content)

    def _exchange(self, eim: Eim, path: str, kind: str, body: bytes) -> httpx2.Response:
        import httpx2

        if eim.eim_id not in self._clients:
            context = eim_context(eim, self._ca, verify=self._verify)
            self._clients[eim.eim_id] = httpx2.Client(
                verify=context, timeout=self._timeout, transport=self._transport
            )
        address = eim.address
        place = self._connect_to.get(address, address)
        headers = {
            "User-Agent": esipa.IPA_USER_AGENT,
            es9.ADMIN_PROTOCOL_HEADER: es9.ADMIN_PROTOCOL,
            "Content-Type": kind,
            "Host": address,
        }
        name = {"sni_hostname": address.rpartition(":")[0] or address} if place != address else {}
        try:
            return self._clients[eim.eim_id].post(
                f"https://{place}{path}", content=body, headers=headers, extensions=name
            )
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise EimUnreachable(address, why(error)) from error

    def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def __enter__(self) -> EsipaClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _bad_status(eim: Eim, function: str, status: int) -> LpaError:
    if status in SERVER_FAULTS:
        return EimUnreachable(eim.address, f"the eIM failed with HTTP status {status}")
    return EimProtocolError(f"eIM {eim.eim_id} answered {function} with HTTP status {status}")


def _write(binding: str, message: esipa.Message) -> tuple[str, str, bytes]:
    """Path, content type and body of a message."""
    try:
        if binding == ASN1:
            return esipa.ASN1_PATH, esipa.ASN1_CONTENT_TYPE, esipa.encode_request(message)
        function, document = esipa.request_to_json(message)
    except (Asn1Error, BindingError) as error:
        raise EimProtocolError(f"the message cannot be sent: {error}") from None
    return esipa.BINDING.path(function), es9.CONTENT_TYPE, json.dumps(document).encode()


def _read(eim: Eim, binding: str, function: str, body: bytes) -> Any:
    """The answer to a function."""
    try:
        if binding == ASN1:
            alternative, value = esipa.decode_response(body)
        else:
            alternative, value = esipa.response_from_json(function, json.loads(body))
    except FunctionError as error:
        name = f"{error.subject_code}/{error.reason_code} {error.message}".strip()
        raise EimRefused(eim.eim_id, function, 0, name) from None
    except (Asn1Error, BindingError, ValueError) as error:
        raise EimProtocolError(f"the answer of eIM {eim.eim_id} is not usable: {error}") from None
    if alternative != esipa.SHAPES[function].response:
        raise EimProtocolError(f"eIM {eim.eim_id} answered {function} with a {alternative}")
    return value


class InProcessEsipa:
    """ESipa to an eIM in this process: `answer` takes a message of the ASN.1 binding, and gives the answer's
    octets, none to a notification."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self.sent = 0
        self.received = 0

    def post(self, eim: Eim, function: str, message: Any) -> Any:
        """Call a function; see `Esipa`."""
        shape = esipa.SHAPES[function]
        _, _, body = _write(ASN1, (shape.request, message))
        response = self._answer(body)
        self.sent += len(body)
        self.received += len(response)
        return _read(eim, ASN1, function, response) if shape.response else None
