"""The interfaces of SM-DP+ and SM-DS over HTTP: requests in, the core asked, answers out (SGP.22 §6.2, §6.3).

What goes wrong is told as the specification asks: a function that fails answers with HTTP status 200 and its
codes in the header, a notification that is taken answers 204. Where it is silent: a body that is no JSON is
answered 400, one that is too long 413, one that is too slow 408, with codes in the header too; a member that
is malformed or missing fails the function with 1.6/2.1 or 1.6/2.2, a requester whom its certificate does not
name with 1.1/1.2.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from asn1 import es2, es9
from asn1.binding import (
    ADMIN_PROTOCOL,
    ADMIN_PROTOCOL_HEADER,
    CONTENT_TYPE,
    Binding,
    BindingError,
    failure_header,
    snake_case,
)
from simulator.smdp.core import SmdpPlus
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.peer import requester_oids
from simulator.smdp.store import StoreError

MAX_BODY: Final = 1 << 20
"""Bytes. The longest request is an AuthenticateServerResponse with its certificates, a few kilobytes."""
BODY_SECONDS: Final = 10.0
"""How long a client may take to send the body of a request."""
_log = logging.getLogger(__name__)


class _HttpError(Exception):
    def __init__(self, status: int, error: RspError) -> None:
        self.status, self.error = status, error


class Meddler(Protocol):
    """Stands between the clients and a server, and may exchange messages."""

    def on_request(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        """What the server gets."""

    def on_answer(self, function: str, message: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """What the client gets."""


class Answer(NamedTuple):
    """An HTTP status and a JSON object; none with status 204."""

    status: int
    document: dict[str, Any] | None


class Interface(NamedTuple):
    """An interface and who answers it: an object with a method for each function, named in snake_case."""

    binding: Binding
    server: Any
    functions: tuple[str, ...]

    @classmethod
    def of(cls, binding: Binding, server: Any) -> Interface:
        """All functions of the binding that the server has."""
        return cls(binding, server, tuple(f for f in binding.functions if hasattr(server, snake_case(f))))


def create_app(
    smdp: SmdpPlus, *, max_body: int = MAX_BODY, management_token: str = "", meddler: Meddler | None = None
) -> FastAPI:
    """The HTTP application of an SM-DP+: ES9+ and ES2+, and with a token its management."""
    bindings = es9.BINDING, es2.BINDING
    app = application("SM-DP+ (test)", *bindings, server=smdp, max_body=max_body, meddler=meddler)
    if management_token:
        from simulator.smdp.management import PATH, create_management

        app.mount(PATH, create_management(smdp, management_token))
    return app


def application(
    title: str,
    *bindings: Binding,
    server: Any,
    max_body: int = MAX_BODY,
    meddler: Meddler | None = None,
) -> FastAPI:
    """The HTTP application of a server. Its functions run in threads, so its store must allow threads."""
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)
    for interface in (Interface.of(binding, server) for binding in bindings):
        for function in interface.functions:
            endpoint = _endpoint(interface, function, max_body, meddler)
            app.add_api_route(interface.binding.path(function), endpoint, methods=["POST"], name=function)
    return app


def answer(
    interface: Interface, function: str, document: Any, requesters: frozenset[str] | None = None
) -> Answer:
    """Runs one function on a JSON document. `requesters` are the OIDs of the caller's certificate; None where
    the connection is not one of TLS."""
    binding, server = interface.binding, interface.server
    try:
        values = binding.decode_request(function, document)
        _check_requester(values, requesters)
        result = getattr(server, snake_case(function))(values)
    except BindingError as error:
        refusal = Refusal.INCOMPLETE if error.is_missing else Refusal.MALFORMED
        return Answer(200, failure(RspError.of(refusal, error.member, error.reason)))
    except RspError as error:
        _log.info("%s refused: %s", function, error)
        return Answer(200, failure(error))
    except StoreError as error:
        _log.error("%s: %s", function, error)
        return Answer(503, failure(RspError.of(Refusal.TEMPORARY)))
    if binding.functions[function].is_notification:
        return Answer(204, None)
    return Answer(200, binding.encode_response(function, result))


def _check_requester(values: dict[str, Any], requesters: frozenset[str] | None) -> None:
    """Between servers, the requester is who its TLS certificate says (§5.2.2)."""
    requester = values.get("functionRequesterIdentifier")
    if requester is not None and requesters is not None and requester not in requesters:
        named = ", ".join(sorted(requesters)) or "nobody"
        raise RspError.of(Refusal.REQUESTER, requester, f"it names {named}")


def failure(error: RspError) -> dict[str, Any]:
    """The JSON object that tells of a failure."""
    return failure_header(error.subject_code, error.reason_code, error.subject_identifier, error.message)


def _endpoint(
    interface: Interface, function: str, max_body: int, meddler: Meddler | None
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            _check_headers(request)
            document = _parse(await _read(request, max_body))
        except _HttpError as error:
            return _response(Answer(error.status, failure(error.error)))
        requesters = requester_oids(request.scope) if request.url.scheme == "https" else None
        answering = answer if meddler is None else partial(_answer_through, meddler)
        return _response(await run_in_threadpool(answering, interface, function, document, requesters))

    return endpoint


def _answer_through(
    meddler: Meddler,
    interface: Interface,
    function: str,
    document: dict[str, Any],
    requesters: frozenset[str] | None,
) -> Answer:
    document = meddler.on_request(function, document)
    answered = answer(interface, function, document, requesters)
    if answered.document is None:
        return answered
    return answered._replace(document=meddler.on_answer(function, document, answered.document))


def _response(answered: Answer) -> Response:
    headers = {ADMIN_PROTOCOL_HEADER: ADMIN_PROTOCOL}
    if answered.document is None:
        return Response(status_code=answered.status, headers=headers)
    return JSONResponse(answered.document, status_code=answered.status, headers=headers)


def _check_headers(request: Request) -> None:
    """X-Admin-Protocol names RSP of version 2 or 3 (§6.2)."""
    protocol = request.headers.get(ADMIN_PROTOCOL_HEADER, "")
    if not protocol.lower().startswith(("gsma/rsp/v2.", "gsma/rsp/v3.")):
        raise _HttpError(200, RspError.of(Refusal.PROTOCOL_VERSION, ADMIN_PROTOCOL_HEADER, protocol))
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != CONTENT_TYPE:
        raise _HttpError(415, RspError.of(Refusal.PROTOCOL_FORMAT, "Content-Type", content_type))


async def _read(request: Request, max_body: int) -> bytes:
    """The body, without keeping more of it than is allowed."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > max_body:
                    detail = f"it has more than {max_body} bytes"
                    raise _HttpError(413, RspError.of(Refusal.PROTOCOL_FORMAT, detail=detail))
    except TimeoutError:
        detail = f"it took more than {BODY_SECONDS} seconds"
        raise _HttpError(408, RspError.of(Refusal.PROTOCOL_FORMAT, detail=detail)) from None
    return bytes(body)


def _parse(body: bytes) -> Any:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _HttpError(400, RspError.of(Refusal.PROTOCOL_FORMAT, detail=str(error))) from error
    if not isinstance(document, dict):
        raise _HttpError(400, RspError.of(Refusal.PROTOCOL_FORMAT))
    return document
