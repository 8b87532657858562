"""What every HTTP request of RSP is held to, whoever answers it: its headers, the length and pace of its body
(SGP.22 §6.2, §6.3)."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final, NamedTuple

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from asn1.binding import ADMIN_PROTOCOL, ADMIN_PROTOCOL_HEADER, CONTENT_TYPE, failure_header
from simulator.smdp.errors import Refusal, RspError

MAX_BODY: Final = 1 << 20
"""Bytes. The longest request is an AuthenticateServerResponse with its certificates, a few kilobytes."""
BODY_SECONDS: Final = 10.0
"""How long a client may take to send the body of a request."""
PROTOCOL_HEADERS: Final = {ADMIN_PROTOCOL_HEADER: ADMIN_PROTOCOL}


class HttpError(Exception):
    """A request that is refused before anybody looks into it: the HTTP status, and the codes."""

    def __init__(self, status: int, error: RspError) -> None:
        super().__init__(str(error))
        self.status, self.error = status, error


class Answer(NamedTuple):
    """An HTTP status and a JSON object; none with status 204."""

    status: int
    document: dict[str, Any] | None


def failure(error: RspError) -> dict[str, Any]:
    """The JSON object that tells of a failure."""
    return failure_header(error.subject_code, error.reason_code, error.subject_identifier, error.message)


def respond(answered: Answer) -> Response:
    """The HTTP response of an answer."""
    if answered.document is None:
        return Response(status_code=answered.status, headers=PROTOCOL_HEADERS)
    return JSONResponse(answered.document, status_code=answered.status, headers=PROTOCOL_HEADERS)


def check_headers(request: Request, expected: str = CONTENT_TYPE) -> None:
    """X-Admin-Protocol names RSP of version 2 or 3 (§6.2), Content-Type what is expected. Else HttpError."""
    protocol = request.headers.get(ADMIN_PROTOCOL_HEADER, "")
    if not protocol.lower().startswith(("gsma/rsp/v2.", "gsma/rsp/v3.")):
        raise HttpError(200, RspError.of(Refusal.PROTOCOL_VERSION, ADMIN_PROTOCOL_HEADER, protocol))
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if content_type != expected:
        raise HttpError(415, RspError.of(Refusal.PROTOCOL_FORMAT, "Content-Type", content_type))


async def read_body(request: Request, max_body: int) -> bytes:
    """The body, without keeping more of it than is allowed. HttpError if it is too long or too slow."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > max_body:
                    detail = f"it has more than {max_body} bytes"
                    raise HttpError(413, RspError.of(Refusal.PROTOCOL_FORMAT, detail=detail))
    except TimeoutError:
        detail = f"it took more than {BODY_SECONDS} seconds"
        raise HttpError(408, RspError.of(Refusal.PROTOCOL_FORMAT, detail=detail)) from None
    return bytes(body)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object that a body is; HttpError if it is none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HttpError(400, RspError.of(Refusal.PROTOCOL_FORMAT, detail=str(error))) from error
    if not isinstance(document, dict):
        raise HttpError(400, RspError.of(Refusal.PROTOCOL_FORMAT))
    return document
