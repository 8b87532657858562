"""The application of the page, and the server that shows it on a loopback address."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Final

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from simulator.web import shell
from simulator.web.door import Door
from simulator.web.visitors import Visitors

HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8080
_PATIENCE: Final = 2
"""Seconds that open pages get when the server ends."""


class WebError(Exception):
    """The page cannot be shown; the sentence says why."""


def create_app(visitors: Visitors) -> FastAPI:
    """The page as an ASGI application. A process has one at most: NiceGUI keeps pages in a module."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    release = version("esim-simulator")
    shell.add_pages(visitors, release)
    shell.add_assets()
    ui.run_with(
        app,
        title="eSIM Simulator",
        favicon="📶",
        dark=None,
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=30.0,
    )
    app.add_middleware(Door)
    return app


def serve(port: int = DEFAULT_PORT, *, ready: Callable[[str], None] = lambda address: None) -> None:
    """Show the page on 127.0.0.1 until SIGINT or SIGTERM; `ready` is called with its address once it answers.
    Port 0 takes any that is free. Raises WebError."""
    visitors = Visitors()
    with _listening(port) as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}/"
        server = _Server(_config(create_app(visitors)), lambda: ready(address))
        logging.getLogger("nicegui").setLevel(logging.WARNING)
        try:
            with suppress(KeyboardInterrupt):  # uvicorn raises the signal anew when it has ended
                server.run(sockets=[listener])
        finally:
            visitors.close()


def _config(app: FastAPI) -> uvicorn.Config:
    return uvicorn.Config(
        app, log_config=None, server_header=False, lifespan="on", timeout_graceful_shutdown=_PATIENCE
    )


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise WebError(
            f"cannot listen on {HOST}:{port}: {error.strerror or error}; choose another --port, or 0 for one "
            "that is free"
        ) from None
    return listener
