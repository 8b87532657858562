"""Who is at the other end of a connection between servers: the OIDs of its certificate (SGP.22 §5.2.2).

uvicorn does not hand the peer's certificate to the application. `PeerProtocol` does, as the TLS extension of
ASGI names it, so that a function can check that its requester is the one whose certificate was verified.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from cryptography import x509
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_EXTENSION: Final = "tls"


HEADER_SECONDS: Final = 10.0
"""How long a client may take to send the headers of a request, from its connection or their first byte."""


class PeerProtocol(H11Protocol):
    """HTTP/1.1 whose requests tell the application the peer's certificate, DER; and which hangs up on a
    client that does not come to the point."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._set_deadline()
        tls = transport.get_extra_info("ssl_object")
        if tls is not None and (certificate := tls.getpeercert(binary_form=True)):
            self.app = _WithPeer(self.app, certificate)

    def data_received(self, data: bytes) -> None:
        if self._deadline is None and not self._is_answering():
            self._set_deadline()
        super().data_received(data)
        if self._is_answering():
            self._clear_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._clear_deadline()
        super().connection_lost(exc)

    def _is_answering(self) -> bool:
        """Whether the headers of a request have come and its answer has not gone. A cycle is None at first,
        though uvicorn's annotation does not say so."""
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete

    def _set_deadline(self) -> None:
        self._deadline = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _clear_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _WithPeer:
    def __init__(self, app: Any, certificate: bytes) -> None:
        self._app: ASGIApp = app
        self._certificate = certificate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), _EXTENSION: {"client_cert": self._certificate}}
        await self._app({**scope, "extensions": extensions}, receive, send)


def requester_oids(scope: Scope) -> frozenset[str]:
    """The registeredIDs in the certificate of the peer; none without a certificate."""
    certificate = scope.get("extensions", {}).get(_EXTENSION, {}).get("client_cert")
    return registered_ids(certificate) if certificate else frozenset()


def registered_ids(certificate: bytes) -> frozenset[str]:
    """OIDs of the owner of a certificate (DER), from its subjectAltName (§4.5.2.1.0.5)."""
    try:
        extensions = x509.load_der_x509_certificate(certificate).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return frozenset()
    return frozenset(oid.dotted_string for oid in names.get_values_for_type(x509.RegisteredID))
