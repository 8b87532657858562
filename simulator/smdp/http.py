"""ES9+ over HTTP: requests in, the core asked, answers out, as a FastAPI application (SGP.22 §6.2, §6.3).

What goes wrong is told as the specification asks: a function that fails answers with HTTP status 200 and its
codes in the header, a notification that is taken answers 204. Where it is silent: a body that is no JSON is
answered 400, one that is too long 413, with codes in the header too; a member that is malformed or missing
fails the function with 1.6/2.1 or 1.6/2.2.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from asn1 import es9
from simulator.smdp.core import SmdpPlus
from simulator.smdp.errors import Refusal, RspError

MAX_BODY: Final = 1 << 20
"""Bytes. The longest request is an AuthenticateServerResponse with its certificates, a few kilobytes."""
_METHODS: Final = {
    "initiateAuthentication": "initiate_authentication",
    "authenticateClient": "authenticate_client",
    "getBoundProfilePackage": "get_bound_profile_package",
    "handleNotification": "handle_notification",
    "cancelSession": "cancel_session",
}
_log = logging.getLogger(__name__)


class _HttpError(Exception):
    def __init__(self, status: int, error: RspError) -> None:
        self.status, self.error = status, error


class Answer(NamedTuple):
    """An HTTP status and a JSON object; none with status 204."""

    status: int
    document: dict[str, Any] | None


def create_app(smdp: SmdpPlus, *, max_body: int = MAX_BODY) -> FastAPI:
    """The HTTP application of a server. Its functions run in threads, so the store must allow threads."""
    app = FastAPI(title="SM-DP+ (test)", docs_url=None, redoc_url=None, openapi_url=None)
    for function in es9.FUNCTIONS:
        app.add_api_route(
            es9.path(function), _endpoint(smdp, function, max_body), methods=["POST"], name=function
        )
    return app


def answer(smdp: SmdpPlus, function: str, document: Any) -> Answer:
    """Runs one function of ES9+ on a JSON document."""
    try:
        values = es9.decode_request(function, document)
        result = getattr(smdp, _METHODS[function])(values)
    except es9.Es9Error as error:
        refusal = Refusal.INCOMPLETE if error.is_missing else Refusal.MALFORMED
        return Answer(200, failure(RspError.of(refusal, error.member, error.reason)))
    except RspError as error:
        _log.info("%s refused: %s", function, error)
        return Answer(200, failure(error))
    if es9.FUNCTIONS[function].is_notification:
        return Answer(204, None)
    return Answer(200, es9.encode_response(function, result))


def failure(error: RspError) -> dict[str, Any]:
    """The JSON object that tells of a failure."""
    return es9.failure_header(error.subject_code, error.reason_code, error.subject_identifier, error.message)


def _endpoint(smdp: SmdpPlus, function: str, max_body: int) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            _check_headers(request)
            document = _parse(await _read(request, max_body))
        except _HttpError as error:
            return _response(Answer(error.status, failure(error.error)))
        return _response(await run_in_threadpool(answer, smdp, function, document))

    return endpoint


def _response(answered: Answer) -> Response:
    headers = {es9.ADMIN_PROTOCOL_HEADER: es9.ADMIN_PROTOCOL}
    if answered.document is None:
        return Response(status_code=answered.status, headers=headers)
    return JSONResponse(answered.document, status_code=answered.status, headers=headers)


def _check_headers(request: Request) -> None:
    """X-Admin-Protocol names RSP of version 2 or 3 (§6.2)."""
    protocol = request.headers.get(es9.ADMIN_PROTOCOL_HEADER, "")
    if not protocol.lower().startswith(("gsma/rsp/v2.", "gsma/rsp/v3.")):
        raise _HttpError(200, RspError.of(Refusal.PROTOCOL_VERSION, es9.ADMIN_PROTOCOL_HEADER, protocol))
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != es9.CONTENT_TYPE:
        raise _HttpError(415, RspError.of(Refusal.PROTOCOL_FORMAT, "Content-Type", content_type))


async def _read(request: Request, max_body: int) -> bytes:
    """The body, without keeping more of it than is allowed."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > max_body:
            raise _HttpError(
                413, RspError.of(Refusal.PROTOCOL_FORMAT, detail=f"it has more than {max_body} bytes")
            )
    return bytes(body)


def _parse(body: bytes) -> Any:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _HttpError(400, RspError.of(Refusal.PROTOCOL_FORMAT, detail=str(error))) from error
    if not isinstance(document, dict):
        raise _HttpError(400, RspError.of(Refusal.PROTOCOL_FORMAT))
    return document
