"""The door of the page: who may come in, and by what number each visitor is known.

The page is for the people at this machine. So a request must name a loopback address as its host (another
name would be a stranger's, pointed at us), and come from a page of ours. What is sent forbids the browser to
load anything from elsewhere.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
VISITOR: Final = "esim.visitor"
"""Where the visitor's number stands in the scope of a request."""
COOKIE: Final = "esim-visitor"
_LENGTH: Final = 32
HEADERS: Final = {
    # Vue compiles templates in the browser, and widgets carry styles of their own.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def is_ours(address: str) -> bool:
    """Whether 'host', 'host:port' or '[host]:port' is a loopback address."""
    try:
        return urlsplit(f"//{address}").hostname in LOOPBACK
    except ValueError:
        return False


class Door:
    """ASGI middleware before everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if not is_ours(headers.get("host", "")) or (origin and not is_ours(origin.partition("://")[2])):
            await _turn_away(scope, receive, send)
            return
        known = _number(headers.get("cookie", ""))
        scope[VISITOR] = known or secrets.token_hex(_LENGTH // 2)
        await self._app(scope, receive, _signed(send, "" if known else scope[VISITOR]))


def _number(cookies: str) -> str:
    """The visitor's number; empty if there is none that we could have given."""
    try:
        morsel = SimpleCookie(cookies).get(COOKIE)
    except CookieError:
        return ""
    value = morsel.value if morsel else ""
    return value if len(value) == _LENGTH and value.isalnum() else ""


def _signed(send: Send, number: str) -> Send:
    async def send_signed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if number:
                headers.append("Set-Cookie", f"{COOKIE}={number}; Path=/; HttpOnly; SameSite=Strict")
        await send(message)

    return send_signed


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    answer = PlainTextResponse("This page is only for this machine: open it as http://localhost.\n", 403)
    await answer(scope, receive, send)
