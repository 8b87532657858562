"""A download that was interrupted is begun anew, without asking the user again (SGP.22 §3.1.3).

There is no way back into a session: the next attempt begins with common mutual authentication. What makes it
cheap and safe is on the other sides: the eUICC keeps its one-time key until a package is installed, the
SM-DP+ names that key in smdpSigned2 (bppEuiccOtpk) and sends the package that it has bound to it already.

What is begun anew: a server that went away, forgot the session or is unwell after it had once answered, and a
card that lost the session in the middle of a package. What is not: any other refusal, and a server that never
answered. A confirmation code that is refused is asked for again, as often as `Patience` says; the server
counts too.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from cards.errors import CardError
from simulator.lpa.activation_code import ActivationCode
from simulator.lpa.device import Device
from simulator.lpa.download import Agreement, DownloadResult, download
from simulator.lpa.errors import DownloadInterrupted, LpaError, ServerFault, ServerRefused, ServerUnreachable
from simulator.lpa.steps import Procedure, SendToCard, Step, Wait

AnyStep = TypeVar("AnyStep")

WRONG_CODE = ("8.2.7", "3.8")
PASSING = {("8.10.1", "3.9"), ("1.2", "5.1")}
"""Refusals that say nothing of the order: the session was forgotten, the server is unwell."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a download is attempted, how long the first pause is (in seconds; each is twice the last),
    and how often a user may type a confirmation code."""

    attempts: int = 1
    pause: float = 1.0
    codes: int = 3


def download_patiently(
    activation: ActivationCode | None = None,
    confirmation_code: str = "",
    device: Device | None = None,
    patience: Patience | None = None,
) -> Procedure[DownloadResult]:
    """`download`, with as many attempts as `patience` allows; the last error if none succeeds."""
    agreement = Agreement(confirmation_code)
    begin = partial(download, activation, device=device, agreement=agreement)
    return (yield from patiently(begin, agreement, patience))


def patiently(
    begin: Callable[[], Generator[AnyStep, Any, DownloadResult]],
    agreement: Agreement,
    patience: Patience | None = None,
) -> Generator[AnyStep | Step, Any, DownloadResult]:
    """A download that `begin` begins, with as many attempts as `patience` allows; the last error if none
    succeeds. The attempts share what the user has said, the agreement."""
    patience = patience or Patience()
    attempt = codes = 1
    while True:
        try:
            return (yield from begin())
        except LpaError as error:
            if _may_ask_again(error, agreement) and codes < patience.codes:
                codes += 1
                agreement.confirmation_code, agreement.code_refused = "", True
                continue
            if not (agreement.has_begun and is_interruption(error)) or attempt >= patience.attempts:
                raise
            interruption = error
        yield Wait(patience.pause * 2 ** (attempt - 1), str(interruption))
        attempt += 1
        if isinstance(interruption, DownloadInterrupted):
            yield from _revive()


def is_interruption(error: LpaError) -> bool:
    """Whether a download that ended with this error may succeed if it is begun anew."""
    if isinstance(error, ServerRefused):
        return (error.subject_code, error.reason_code) in PASSING
    return isinstance(error, ServerUnreachable | ServerFault | DownloadInterrupted)


def _may_ask_again(error: LpaError, agreement: Agreement) -> bool:
    refused = isinstance(error, ServerRefused) and (error.subject_code, error.reason_code) == WRONG_CODE
    return refused and agreement.is_code_from_user


def _revive() -> Procedure[None]:
    """Reset the card and select the ISD-R."""
    try:
        yield SendToCard("restart")
    except CardError as error:
        raise LpaError(f"the card does not come back after a reset: {error}") from error
