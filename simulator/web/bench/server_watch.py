"""The way to the SM-DP+ over HTTP without a network: requests of the LPA's own HTTP client are answered in
this process, and shown as rows with every member of their JSON."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx2

from asn1 import es9, rsp
from asn1.binding import ARRAY, Member
from asn1.errors import Asn1Error
from cards.explain import Explanation, Field
from cards.explain.bpp import PackageReader
from cards.explain.es10 import tree
from cards.explain.fields import hexadecimal, read
from cards.explain.secrets import Secrets
from cards.isdr import bpp
from simulator.lpa.reasons import explain
from simulator.lpa.words import STEPS
from simulator.smdp import SmdpPlus
from simulator.smdp.exchange import Answer, respond
from simulator.smdp.http import Interface, answer
from simulator.web.bench.record import Party, Piece, Recorder, Said

_PACKAGE: Final = "boundProfilePackage"


class Wire(httpx2.BaseTransport):
    """To the server that has a host name; `secrets` open what the server ciphered."""

    def __init__(
        self, server_at: Callable[[str], SmdpPlus | None], recorder: Recorder, secrets: Secrets
    ) -> None:
        self._server_at = server_at
        self._recorder = recorder
        self._secrets = secrets

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = request.read()
        function = request.url.path.rpartition("/")[2]
        server = self._server_at(request.headers.get("host", ""))
        if server is None:
            raise httpx2.ConnectError("no server has this address", request=request)
        begin = time.perf_counter()
        answered = _answered(server, function, body)
        seconds = time.perf_counter() - begin
        response = respond(answered)
        self._show(function, body, bytes(response.body), answered, seconds)
        return httpx2.Response(
            answered.status, headers=dict(response.headers), content=bytes(response.body), request=request
        )

    def _show(self, function: str, body: bytes, answer_body: bytes, answered: Answer, seconds: float) -> None:
        name = function[:1].upper() + function[1:]
        outcome, succeeded = outcome_of(answered)
        members = es9.FUNCTIONS[function]
        answer_members = members.response_with(answered.document or {})
        explanation = Explanation(
            f"ES9+.{name}",
            outcome,
            f"SGP.22 {members.clause}",
            tuple(json_fields(body, members.request, self._secrets)),
            tuple(json_fields(answer_body, answer_members, self._secrets)),
            succeeded,
            body,
            answer_body,
        )
        why = Said(f"step.{name}") if name in STEPS else ""
        piece = Piece(explanation, seconds)
        self._recorder.add(
            Party.PHONE,
            Party.SERVER,
            name,
            interface="ES9+",
            piece=piece,
            outcome=outcome,
            succeeded=succeeded,
            why=why if succeeded else reason_of(answered),
        )


def _answered(server: SmdpPlus, function: str, body: bytes) -> Answer:
    return answer(Interface.of(es9.BINDING, server), function, json.loads(body))


def outcome_of(answered: Answer) -> tuple[str, bool]:
    """The status of a function's execution in words, and whether it is a good one."""
    if answered.document is None:
        return f"HTTP {answered.status}", answered.status < 300
    execution = answered.document["header"]["functionExecutionStatus"]
    code = execution.get("statusCodeData")
    if code is None:
        return str(execution["status"]), True
    return f"{execution['status']} {code['subjectCode']}/{code['reasonCode']}", False


def reason_of(answered: Answer) -> str:
    """What the codes of a refusal mean, and what to do."""
    document = answered.document or {}
    code = document.get("header", {}).get("functionExecutionStatus", {}).get("statusCodeData", {})
    return str(explain(code.get("subjectCode", ""), code.get("reasonCode", "")))


def json_fields(body: bytes, members: tuple[Member, ...], secrets: Secrets) -> Iterator[Field]:
    """The members of a JSON object as they lie in its text; what is base64 of DER is opened below."""
    document = json.loads(body) if body else {}
    encodings = {member.name: member.encoding for member in members}
    at = 1
    for name, value in document.items():
        text = f"{json.dumps(name)}:".encode()
        begin = body.index(text, at)
        end = begin + len(text) + _length_of_value(body, begin + len(text))
        yield _member(name, value, begin, end - begin, encodings.get(name), secrets)
        at = end


def _length_of_value(body: bytes, at: int) -> int:
    """How many bytes the JSON value takes, with the space before it."""
    text = body[at:].decode()
    stripped = text.lstrip()
    _, end = json.JSONDecoder().raw_decode(stripped)
    return len((text[: len(text) - len(stripped)] + stripped[:end]).encode())


def _member(name: str, value: Any, offset: int, length: int, encoding: Any, secrets: Secrets) -> Field:
    if not isinstance(encoding, str) or not isinstance(value, str) or encoding.endswith(ARRAY):
        return Field(name, _short(value), offset, length)
    if encoding == "bytes" or encoding.startswith("der:"):
        try:
            data = b64decode(value, validate=True)
        except Base64Error as error:
            return Field(name, value, offset, length, problem=f"not base64: {error}")
        inner, problem = _opened(name, data, encoding.removeprefix("der:"), secrets)
        said = f"{len(data)} bytes" if inner else hexadecimal(data)
        return Field(name, said, offset, length, "", inner, problem, data=data)
    return Field(name, value, offset, length)


def _opened(name: str, data: bytes, type_name: str, secrets: Secrets) -> tuple[tuple[Field, ...], str]:
    """The fields of a member, and why there are none."""
    if name == _PACKAGE:
        return tuple(package_fields(data, secrets)), ""
    if type_name == "bytes":
        return (), ""
    try:
        return tree(rsp, type_name, data), ""
    except Asn1Error as error:
        return (), str(error)


def package_fields(package: bytes, secrets: Secrets) -> Iterator[Field]:
    """A bound profile package piece by piece, each with what it holds where the keys are known."""
    reader = PackageReader(secrets)
    try:
        pieces = bpp.cut(package)
    except bpp.PackageError as error:
        yield Field("not a package", "", 0, len(package), problem=str(error))
        return
    at = 0
    for name, data in pieces:
        inner = read(reader.fields, data)
        yield Field(name, f"{len(data)} bytes", at, len(data), "SGP.22 §2.5.5", inner, data=data)
        at += len(data)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
