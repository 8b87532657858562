"""How the LPA's commands answer: in words, as JSON with stable names, or in lpac's lines; errors too."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from simulator.cli import lpac

if TYPE_CHECKING:
    from simulator.lpa.notifications import Delivery, Notification

TEXT, JSON, LPAC = "text", "json", "lpac"
Function = TypeVar("Function", bound=Callable[..., Any])
_FORMAT = click.option(
    "--format", "form", type=click.Choice((TEXT, JSON, LPAC)), default=TEXT, help="How to print the answer."
)
_JSON = click.option("--json", "form", flag_value=JSON, help="The same as --format json.")


def format_options(function: Function) -> Function:
    """--format and --json, handed over as `form`."""
    return _FORMAT(_JSON(function))


def write_json(data: Any) -> None:
    """A JSON value, readable."""
    click.echo(json.dumps(data, indent=1, ensure_ascii=False))


@contextmanager
def answering(
    form: str, function: str = "euicc_init", progress: lpac.Progress | None = None
) -> Iterator[None]:
    """In the formats for programs, an error inside is part of the answer; `function` is what lpac would call
    the command if nothing else is known."""
    from cards.errors import CardError
    from simulator.lpa import LpaError

    try:
        yield
    except (LpaError, CardError) as error:
        _advise(error)
        if form == TEXT:
            raise
        _fail(form, error, progress.last if progress else function)
    except click.UsageError:
        raise
    except click.ClickException as error:
        if form == TEXT:
            raise
        _fail(form, error, function)


def _advise(error: Exception) -> None:
    """Adds what helps to a refusal that comes from the eUICC itself."""
    from cards.isdr import Es10Error
    from simulator.lpa.reasons import EUICC_ADVICE

    if isinstance(error, Es10Error) and (advice := EUICC_ADVICE.get(error.name)):
        error.args = (f"{error}. {advice}",)


def _fail(form: str, error: Exception, function: str) -> NoReturn:
    if form == JSON:
        write_json({"error": error_data(error)})
    else:
        lpac.failure(*lpac_error(error, function))
    raise click.exceptions.Exit(1)


def error_data(error: Exception) -> dict[str, Any]:
    """What went wrong, as JSON-able values: always `kind` and `message`, and the codes of the field."""
    from cards.isdr import Es10Error
    from simulator.lpa import DownloadCancelled, EuiccRefused, InstallationFailed, RpmCancelled, ServerRefused

    message = error.format_message() if isinstance(error, click.ClickException) else str(error)
    data: dict[str, Any] = {"kind": type(error).__name__, "message": message}
    if isinstance(error, ServerRefused):
        data |= {"function": f"{error.interface}.{error.function[:1].upper()}{error.function[1:]}"}
        data |= {"subject_code": error.subject_code, "reason_code": error.reason_code}
        data |= {"subject_identifier": error.identifier, "server_message": error.message}
    if isinstance(error, DownloadCancelled | RpmCancelled):
        data["reason"] = error.reason
    cause = error.cause if isinstance(error, EuiccRefused) else error
    if isinstance(cause, Es10Error):
        data |= {"function": cause.FUNCTION, "reason": cause.name, "code": cause.code}
    if isinstance(error, InstallationFailed):
        data |= {"bpp_command": error.command, "profile_elements": list(error.element_statuses)}
    return data


def lpac_error(error: Exception, function: str) -> tuple[str, str]:
    """Function and detail as lpac names them."""
    from cards.isdr import Es10Error
    from simulator.lpa import (
        ActivationCodeError,
        DownloadCancelled,
        EuiccRefused,
        InstallationFailed,
        RpmCancelled,
        ServerRefused,
    )
    from simulator.lpa.errors import ProfileNotFound

    if isinstance(error, ProfileNotFound):
        return function, "iccid or aid not found"
    if isinstance(error, InstallationFailed):
        result = lpac.result_data(error.result)
        click.echo(lpac.line("progress", 0, "es10b_load_bound_profile_package:result", result))
        return "es10b_load_bound_profile_package", f"{result['bppCommandId']},{result['errorReason']}"
    cause = error.cause if isinstance(error, EuiccRefused) else error
    if isinstance(cause, Es10Error):
        return lpac.refusal(cause)
    if isinstance(error, ServerRefused):
        return f"es9p_{lpac.snake(error.function)}", error.message or error.explanation
    if isinstance(error, DownloadCancelled | RpmCancelled):
        return "cancelled", ""
    if isinstance(error, ActivationCodeError):
        return "activation_code", str(error)
    return function, error.format_message() if isinstance(error, click.ClickException) else str(error)


def notification_data(notification: Notification) -> dict[str, Any]:
    """A notification as JSON-able values."""
    return {
        "sequence_number": notification.sequence_number,
        "operation": notification.operation,
        "address": notification.address,
        "iccid": str(notification.iccid) if notification.iccid else "",
    }


def delivery_data(delivery: Delivery) -> dict[str, Any]:
    """What became of a notification as JSON-able values."""
    error = error_data(delivery.error) if delivery.error else None
    return {**notification_data(delivery.notification), "delivered": error is None, "error": error}
