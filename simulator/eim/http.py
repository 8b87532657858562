"""ESipa over HTTP: in ASN.1 at one path, in JSON at one path for each function (SGP.32 §6.1, §6.4).

What is no message of an IPA is refused: in JSON with codes in the header, in ASN.1, which has no place for
them, with HTTP status 400 and a sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from asn1 import esipa
from asn1.binding import BindingError
from asn1.errors import Asn1Error
from simulator.eim.core import Eim, without_eid
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.exchange import (
    MAX_BODY,
    PROTOCOL_HEADERS,
    Answer,
    HttpError,
    check_headers,
    failure,
    parse_object,
    read_body,
    respond,
)
from simulator.smdp.store import StoreError

_log = logging.getLogger(__name__)


def create_app(eim: Eim, *, max_body: int = MAX_BODY) -> FastAPI:
    """The HTTP application of an eIM. Its functions run in threads."""
    app = FastAPI(title="eIM (test)", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route(esipa.ASN1_PATH, _asn1_endpoint(eim, max_body), methods=["POST"], name="asn1")
    for function in esipa.FUNCTIONS:
        endpoint = _json_endpoint(eim, function, max_body)
        app.add_api_route(esipa.BINDING.path(function), endpoint, methods=["POST"], name=function)
    return app


def _asn1_endpoint(eim: Eim, max_body: int) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            check_headers(request, esipa.ASN1_CONTENT_TYPE)
            body = await read_body(request, max_body)
        except HttpError as error:
            # Only JSON can tell of a failure with status 200.
            return _sentence(400 if error.status == 200 else error.status, str(error))
        return await run_in_threadpool(_answer_asn1, eim, body)

    return endpoint


def _answer_asn1(eim: Eim, body: bytes) -> Response:
    try:
        octets = eim.answer(body)
    except (Asn1Error, BindingError) as error:
        return _sentence(400, f"this is no message of an IPA: {error}")
    except StoreError as error:
        _log.error("%s", error)
        return _sentence(503, "the eIM cannot work now; try again later")
    if not octets:
        return Response(status_code=204, headers=PROTOCOL_HEADERS)
    return Response(octets, media_type=esipa.ASN1_CONTENT_TYPE, headers=PROTOCOL_HEADERS)


def _sentence(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status, headers=PROTOCOL_HEADERS)


def _json_endpoint(eim: Eim, function: str, max_body: int) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            check_headers(request)
            document = parse_object(await read_body(request, max_body))
        except HttpError as error:
            return respond(Answer(error.status, failure(error.error)))
        return respond(await run_in_threadpool(_answer_json, eim, function, document))

    return endpoint


def _answer_json(eim: Eim, function: str, document: dict[str, Any]) -> Answer:
    try:
        answered = eim.handle(esipa.request_from_json(function, document))
    except BindingError as error:
        return Answer(200, _malformed(function, error))
    except StoreError as error:
        _log.error("%s: %s", function, error)
        return Answer(503, failure(RspError.of(Refusal.TEMPORARY)))
    return Answer(200, esipa.response_to_json(answered)) if answered else Answer(204, None)


def _malformed(function: str, error: BindingError) -> dict[str, Any]:
    """A wrong or missing EID has errors of its own where packages are concerned."""
    if error.member == "eidValue":
        return esipa.response_to_json(without_eid(function, is_missing=error.is_missing))
    refusal = Refusal.INCOMPLETE if error.is_missing else Refusal.MALFORMED
    return failure(RspError.of(refusal, error.member, error.reason))
