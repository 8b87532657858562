"""Serves an SM-DP+ or SM-DS over HTTPS with uvicorn, until told to stop or for the length of a block."""

from __future__ import annotations

import logging
import multiprocessing
import multiprocessing.process
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Protocol

import uvicorn
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from fastapi import FastAPI

from simulator.crypto.pki import CertificateAndKey, PkiError, key_pem
from simulator.smdp.core import SmdpPlus
from simulator.smdp.http import create_app
from simulator.smdp.peer import PeerProtocol

DEFAULT_PORT: Final = 8443
_START_TIMEOUT: Final = 10.0
_WATCH_INTERVAL: Final = 0.5
_IDLE_SECONDS: Final = 30
"""How long a connection may stay open without a request."""
_CONNECTIONS: Final = 1000
"""More at once are answered 503."""
_log = logging.getLogger(__name__)
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")


class ServeError(Exception):
    """The server cannot listen, or does not start."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens."""

    host: str
    port: int
    is_tls: bool

    @property
    def smdp_address(self) -> str:
        """What an LPA is given: host and port."""
        return f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://{self.smdp_address}"


class Servable(Protocol):
    """An SM-DP+ or SM-DS."""

    identity: Any


@contextmanager
def running(
    smdp: SmdpPlus, host: str = "localhost", port: int = 0, *, is_tls: bool = True
) -> Iterator[Address]:
    """Serves in a thread for the length of the block; port 0 takes any that is free."""
    with running_application(smdp, create_app(smdp), host, port, is_tls=is_tls) as address:
        yield address


@contextmanager
def running_application(
    served: Servable, app: FastAPI, host: str = "localhost", port: int = 0, *, is_tls: bool = True
) -> Iterator[Address]:
    """Serves the application of a server in a thread for the length of the block."""
    with _listening(served.identity, host, port, is_tls=is_tls) as place:
        server = place.server(served, app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place.listener]}, daemon=True)
        thread.start()
        try:
            _wait(server, thread)
            yield place.address
        finally:
            server.should_exit = True
            thread.join(_START_TIMEOUT)


@contextmanager
def running_workers(
    identity: Any,
    start: Callable[[int], AbstractContextManager[tuple[Servable, FastAPI]]],
    count: int,
    host: str = "localhost",
    port: int = 0,
    *,
    is_tls: bool = True,
) -> Iterator[Address]:
    """Serves in `count` processes that share one socket, for the length of the block.

    `start(n)` is called in process n, to open its own store and make its server; all have the one `identity`.
    Processes are forked: there must be no threads yet. One that dies is replaced.
    """
    context = multiprocessing.get_context("fork")
    with _listening(identity, host, port, is_tls=is_tls) as place:
        over = threading.Event()

        def new(number: int) -> multiprocessing.process.BaseProcess:
            process = context.Process(target=_work, args=(place, start, number), name=f"worker {number}")
            process.start()
            return process

        workers = [new(number) for number in range(count)]

        def watch() -> None:
            while not over.wait(_WATCH_INTERVAL):
                for number, worker in enumerate(workers):
                    if not worker.is_alive() and not over.is_set():
                        _log.warning("%s ended with status %s: starting anew", worker.name, worker.exitcode)
                        workers[number] = new(number)

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            yield place.address
        finally:
            over.set()
            watcher.join()
            for worker in workers:
                worker.terminate()
            for worker in workers:
                worker.join(_START_TIMEOUT)


def _work(
    place: _Place, start: Callable[[int], AbstractContextManager[tuple[Servable, FastAPI]]], number: int
) -> None:
    """A worker process, until it is terminated."""
    with start(number) as (served, app):
        place.server(served, app).run(sockets=[place.listener])


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    pause = threading.Event()
    for _ in range(int(_START_TIMEOUT / 0.01)):
        if server.started:
            return
        if not thread.is_alive():
            break
        pause.wait(0.01)
    raise ServeError("the server did not start")


@dataclass(frozen=True, slots=True)
class _Place:
    """A listening socket, and what uvicorn must know to serve there."""

    listener: socket.socket
    address: Address
    tls_options: dict[str, Any]

    def server(self, served: Servable, app: FastAPI) -> uvicorn.Server:
        """Not running yet. `served` answers to the listening address too."""
        _answer_to(served, self.address)
        config = uvicorn.Config(
            app,
            http=PeerProtocol,
            log_config=None,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            limit_concurrency=_CONNECTIONS,
            **self.tls_options,
        )
        return uvicorn.Server(config)


@contextmanager
def _listening(identity: Any, host: str, port: int, *, is_tls: bool) -> Iterator[_Place]:
    tls = identity.tls if is_tls else None
    if is_tls and (tls is None or tls.key is None):
        raise PkiError("there is no TLS certificate with its key to serve HTTPS with")
    with _listen(host, port) as listener, tempfile.TemporaryDirectory(prefix="smdp-tls-") as folder:
        address = Address(host, listener.getsockname()[1], is_tls)
        yield _Place(listener, address, _tls_options(Path(folder), tls, identity.anchors) if tls else {})


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # asyncio sets TCP_NODELAY only where the protocol is named; without, each answer waits for 40 ms.
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ServeError(f"no address for {host}: {error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServeError(f"cannot listen on {host}:{port}: {error}") from error
    return listener


def _answer_to(served: Servable, address: Address) -> None:
    """Adds the listening address, with and without port, to the names that the server goes by."""
    hosts = {address.host, *_LOOPBACK} if address.host in _LOOPBACK else {address.host}
    names = [name for host in sorted(hosts) for name in (f"{host}:{address.port}", host)]
    identity = served.identity
    served.identity = replace(identity, aliases=(*identity.aliases, *names))


def _tls_options(folder: Path, tls: CertificateAndKey, anchors: Iterable[bytes]) -> dict[str, Any]:
    """uvicorn reads certificates and key from files; these live as long as the server. LPAs have no
    certificate, operators and other servers show theirs, which must then be under one of the CIs."""
    certificate, key, issuers = folder / "certificate.pem", folder / "key.pem", folder / "issuers.pem"
    certificate.write_bytes(_pem(tls.certificate_der))
    issuers.write_bytes(b"".join(_pem(anchor) for anchor in anchors))
    key.touch(mode=0o600)
    key.write_bytes(key_pem(tls.require_key()))
    return {
        "ssl_certfile": certificate,
        "ssl_keyfile": key,
        "ssl_ca_certs": str(issuers),
        "ssl_cert_reqs": ssl.CERT_OPTIONAL,
    }


def _pem(certificate: bytes) -> bytes:
    return load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)
