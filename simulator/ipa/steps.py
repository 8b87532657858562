"""The steps of an IPA's procedures: those of an LPA, and what only an IPA does."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeVar

from asn1 import esipa
from simulator.ipa.eim import Eim
from simulator.lpa.steps import Exchange, Step


@dataclass(frozen=True, slots=True)
class PostToEim:
    """Call a function of ESipa; `message` is the value of its request, the answer that of its response, in
    both cases as `asn1.iot` has them. A notification is answered by None."""

    eim: Eim
    function: str
    """As `asn1.esipa` names it."""
    message: Any


@dataclass(frozen=True, slots=True)
class CheckConnectivity:
    """Find out whether the device reaches its network with the profile that is enabled; the answer is a
    bool."""


@dataclass(frozen=True, slots=True)
class Remember:
    """Keep the IPA's memory where it survives the loss of power."""


IpaStep = Step | PostToEim | CheckConnectivity | Remember
Result = TypeVar("Result")
IpaProcedure = Generator[IpaStep, Any, Result]


def exchange_of(step: PostToEim | CheckConnectivity) -> Exchange:
    """How the specification calls a step."""
    if isinstance(step, CheckConnectivity):
        return Exchange("device", "CheckConnectivity", "is there a network?", "")
    name = _capital(step.function)
    shape = esipa.SHAPES[step.function]
    return Exchange("ESipa", name, _capital(shape.request), _capital(shape.response))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
