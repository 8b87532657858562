"""A server as client of another one, over mutual TLS: ES12, ES15, the callback of ES2+ (SGP.22 §6.1)."""

from __future__ import annotations

import json
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Self

import httpx2
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from asn1.binding import (
    ADMIN_PROTOCOL,
    ADMIN_PROTOCOL_HEADER,
    CONTENT_TYPE,
    Binding,
    BindingError,
    FunctionError,
)
from simulator.crypto.pki import CertificateAndKey, key_pem
from simulator.smdp.errors import RspError


class UnreachableError(OSError):
    """The other server does not answer, or not as the interface wants."""


class PeerClient:
    """Calls the functions of one interface at one server; threads may share it."""

    def __init__(
        self,
        binding: Binding,
        address: str,
        *,
        requester: str,
        anchors: Iterable[bytes] = (),
        tls: CertificateAndKey | None = None,
        scheme: str = "https",
        timeout: float = 10.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`address` is host and port; `requester` the OID in the certificate `tls`, by which the other server
        knows the caller; `anchors` are the CIs to trust, DER; `timeout` is in seconds."""
        self._binding, self._address, self._requester, self._scheme = binding, address, requester, scheme
        self._calls = count(1)
        verify = client_context(anchors, tls) if scheme == "https" else True
        self._http = httpx2.Client(verify=verify, timeout=timeout, transport=transport)

    def post(self, function: str, message: Mapping[str, Any]) -> dict[str, Any]:
        """Call a function; a header is filled in where the message has none. RspError if the server refuses,
        UnreachableError (an OSError) if there is no answer, or none of use."""
        header = {
            "functionRequesterIdentifier": self._requester,
            "functionCallIdentifier": f"call-{next(self._calls)}",
        }
        body = json.dumps(self._binding.encode_request(function, {**header, **message}))
        url = f"{self._scheme}://{self._address}{self._binding.path(function)}"
        headers = {"Content-Type": CONTENT_TYPE, ADMIN_PROTOCOL_HEADER: ADMIN_PROTOCOL}
        try:
            response = self._http.post(url, content=body, headers=headers)
            if response.status_code == 204:
                return {}
            return self._binding.decode_response(function, response.json())
        except FunctionError as error:
            raise RspError(
                error.subject_code, error.reason_code, error.subject_identifier, error.message
            ) from error
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise UnreachableError(f"{self._address} does not answer: {error}") from error
        except (BindingError, ValueError) as error:
            raise UnreachableError(f"{self._address} gives no usable answer: {error}") from error

    def close(self) -> None:
        """Closes all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def client_context(anchors: Iterable[bytes], tls: CertificateAndKey | None) -> ssl.SSLContext:
    """A TLS context that trusts `anchors` (CI certificates, DER) only and shows the certificate `tls`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for anchor in anchors:
        context.load_verify_locations(cadata=anchor)
    if tls is not None:
        certificate = load_der_x509_certificate(tls.certificate_der).public_bytes(Encoding.PEM)
        # The module reads certificate and key from a file only.
        with tempfile.TemporaryDirectory(prefix="peer-tls-") as folder:
            file = Path(folder) / "certificate-and-key.pem"
            file.touch(mode=0o600)
            file.write_bytes(certificate + key_pem(tls.require_key()))
            context.load_cert_chain(file)
    return context
