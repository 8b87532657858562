"""The interfaces of SM-DP+ and SM-DS over HTTP: requests in, the core asked, answers out (SGP.22 §6.2, §6.3).

What goes wrong is told as the specification asks: a function that fails answers with HTTP status 200 and its
codes in the header, a notification that is taken answers 204. Where it is silent: a body that is no JSON is
answered 400, one that is too long 413, one that is too slow 408, with codes in the header too; a member that
is malformed or missing fails the function with 1.6/2.1 or 1.6/2.2, a requester whom its certificate does not
name with 1.1/1.2.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, Protocol

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from asn1 import es2, es9
from asn1.binding import Binding, BindingError, snake_case
from simulator.smdp.core import SmdpPlus
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.exchange import (
    MAX_BODY,
    Answer,
    HttpError,
    check_headers,
    failure,
    parse_object,
    read_body,
    respond,
)
from simulator.smdp.peer import requester_oids
from simulator.smdp.store import StoreError

_log = logging.getLogger(__name__)


class Meddler(Protocol):
    """Stands between the clients and a server, and may exchange messages."""

    def on_request(self, function: str, message: dict[str, Any]) -> dict[str, Any]:
        """What the server gets."""

    def on_answer(self, function: str, message: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """What the client gets."""


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


def _endpoint(
    interface: Interface, function: str, max_body: int, meddler: Meddler | None
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            check_headers(request)
            document = parse_object(await read_body(request, max_body))
        except HttpError as error:
            return respond(Answer(error.status, failure(error.error)))
        requesters = requester_oids(request.scope) if request.url.scheme == "https" else None
        answering = answer if meddler is None else partial(_answer_through, meddler)
        return respond(await run_in_threadpool(answering, interface, function, document, requesters))

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
