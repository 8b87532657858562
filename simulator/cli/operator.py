"""`esim operator`: plays a mobile operator towards an SM-DP+ over ES2+ (SGP.22 §5.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from simulator.cli import edge, output
from simulator.cli.smdp import interruptible

if TYPE_CHECKING:
    from simulator.crypto.branch import CertificateAndKey

DEFAULT_OID = "2.999.77"
DEFAULT_PORT = 8446

_SMDP = click.option(
    "--smdp", default="localhost:8443", show_default=True, metavar="HOST:PORT", help="The SM-DP+."
)
_OID = click.option(
    "--oid", default=DEFAULT_OID, show_default=True, help="By which the SM-DP+ knows the operator."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_ICCID = click.argument("iccid")
_EID = click.option("--eid", default="", help="The eUICC that the order is for, 32 digits.")


@click.group()
def command() -> None:
    """Order profiles at an SM-DP+ as a mobile operator does, and hear what becomes of them.

    The operator proves itself with a TLS certificate that is issued anew, under the CI of your own test PKI
    or of the folder that --pki names.
    """


@command.command()
@click.option("--iccid", default="", help="This profile, 19 or 20 digits.")
@click.option("--type", "profile_type", default="", help="Any profile of this type that is in stock.")
@_EID
@_SMDP
@_OID
@edge.PKI_FOLDER
@_JSON
def order(
    iccid: str, profile_type: str, eid: str, smdp: str, oid: str, folder: Path | None, as_json: bool
) -> None:
    """Reserve a profile of the stock (ES2+.DownloadOrder).

    \b
    esim smdp stock test-operator
    esim operator order --iccid 8949449999999990015
    """
    if bool(iccid) == bool(profile_type):
        raise click.UsageError("name the profile by either --iccid or --type.")
    message = _given(eid=eid, iccid=iccid, profileType=profile_type)
    answer = _call(smdp, oid, folder, "downloadOrder", message)
    _tell(answer, as_json, f"The profile {answer['iccid'].rstrip('Ff')} is reserved; confirm the order next.")


@command.command()
@_ICCID
@_EID
@click.option("--matching-id", default="", help="Make it part of the activation code.  [default: a new one]")
@click.option("--confirmation-code", default="", help="Ask the user for this code.")
@click.option("--smds", default="", metavar="HOST:PORT", help="Register the order at this SM-DS.")
@click.option("--release/--no-release", default=True, show_default=True, help="May it be downloaded now?")
@_SMDP
@_OID
@edge.PKI_FOLDER
@_JSON
def confirm(
    iccid: str,
    eid: str,
    matching_id: str,
    confirmation_code: str,
    smds: str,
    release: bool,
    smdp: str,
    oid: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Confirm an order; prints the activation code (ES2+.ConfirmOrder)."""
    from simulator.lpa.activation_code import ActivationCode

    message: dict[str, Any] = _given(
        eid=eid, matchingId=matching_id, confirmationCode=confirmation_code, smdsAddress=smds
    )
    answer = _call(smdp, oid, folder, "confirmOrder", {"iccid": iccid, "releaseFlag": release, **message})
    address = answer.get("smdpAddress") or smdp
    code = ActivationCode(
        address, answer.get("matchingId", ""), confirmation_code_required=bool(confirmation_code)
    )
    answer["activationCode"] = code.qr_text
    waiting = "" if release else f"\nNobody can download it before `esim operator release {iccid}`."
    _tell(answer, as_json, f"{code.qr_text}{waiting}")


@command.command()
@_ICCID
@_SMDP
@_OID
@edge.PKI_FOLDER
@_JSON
def release(iccid: str, smdp: str, oid: str, folder: Path | None, as_json: bool) -> None:
    """Let a confirmed order be downloaded (ES2+.ReleaseProfile)."""
    answer = _call(smdp, oid, folder, "releaseProfile", {"iccid": iccid})
    _tell(answer, as_json, f"The profile {iccid} may be downloaded.")


@command.command()
@_ICCID
@_EID
@click.option("--matching-id", default="", help="That of the order, if it has one.")
@click.option("--to-stock", is_flag=True, help="The profile may be ordered again; else it is gone for good.")
@_SMDP
@_OID
@edge.PKI_FOLDER
@_JSON
def cancel(
    iccid: str,
    eid: str,
    matching_id: str,
    to_stock: bool,
    smdp: str,
    oid: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Give an order up (ES2+.CancelOrder)."""
    message = _given(eid=eid, matchingId=matching_id)
    final = "Available" if to_stock else "Unavailable"
    message |= {"iccid": iccid, "finalProfileStatusIndicator": final}
    answer = _call(smdp, oid, folder, "cancelOrder", message)
    _tell(answer, as_json, f"The order of profile {iccid} is cancelled; the profile is now {final.lower()}.")


RPM_COMMANDS = {
    "enable": "enable",
    "disable": "disable",
    "delete": "delete",
    "list": "listProfileInfo",
    "update": "updateMetadata",
    "contact": "contactPcmp",
}
"""What a user says → the command of remote profile management (SGP.22 v3 §2.10.1)."""


@command.command()
@click.argument("eid")
@click.argument("steps", nargs=-1, required=True, metavar="STEP[:ICCID]...")
@click.option("--name", default="", help="The new profile name, for `update`.")
@click.option("--provider", default="", help="The new service provider name, for `update`.")
@click.option("--tags", default="", metavar="HEX", help="What `list` tells, as tags of ProfileInfo.")
@click.option("--keep-going", is_flag=True, help="Go on after a step that fails.")
@click.option("--matching-id", default="", help="What the LPA asks for.  [default: a new one]")
@click.option("--smds", default="", metavar="HOST:PORT", help="Register the order at this SM-DS.")
@_SMDP
@_OID
@edge.PKI_FOLDER
@_JSON
def rpm(
    eid: str,
    steps: tuple[str, ...],
    name: str,
    provider: str,
    tags: str,
    keep_going: bool,
    matching_id: str,
    smds: str,
    smdp: str,
    oid: str,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Manage profiles on the eUICC with this EID from afar (ES2+.RpmOrder).

    \b
    esim operator rpm EID enable:8999900000000000022
    esim operator rpm EID disable:8999900000000000022 delete:8999900000000000022
    esim operator rpm EID update:8999900000000000022 --name 'New name'
    esim operator rpm EID list

    Steps are enable, disable, delete, update, contact, each with an ICCID, and list, with or without. They
    are done when the user's LPA asks and the user agrees: `esim lpa rpm`.
    """
    script = [_rpm_step(step, oid, name, provider, tags) for step in steps]
    if keep_going:
        script = [{**row, "continueOnFailure": True} for row in script]
    message = {"eid": eid, "rpmScript": script, **_given(matchingId=matching_id, smdsAddress=smds)}
    answer = _call(smdp, oid, folder, "rpmOrder", message)
    code = f"LPA:1${smdp}${answer['matchingId']}"
    _tell(answer, as_json, f"Ordered as {answer['matchingId']}; it is done by `esim lpa rpm '{code}'`.")


def _rpm_step(step: str, oid: str, name: str, provider: str, tags: str) -> dict[str, Any]:
    """A command of rpmScript, as `asn1.es2` has it."""
    word, _, iccid = step.partition(":")
    if word not in RPM_COMMANDS:
        raise click.UsageError(f"{word!r} is no step: use one of {', '.join(RPM_COMMANDS)}.")
    row: dict[str, Any] = {"rpmCommand": RPM_COMMANDS[word], **_given(iccid=iccid)}
    if word == "list":
        if not iccid:
            row["profileOwnerOid"] = oid
        try:
            row |= {"tagList": bytes.fromhex(tags)} if tags else {}
        except ValueError:
            raise click.UsageError(f"--tags {tags!r} is not hexadecimal.") from None
    if word == "update":
        request = _given(profileName=name, serviceProviderName=provider)
        if not request:
            raise click.UsageError("say what to update with --name or --provider.")
        row["updateMetadataRequest"] = request
    return row


@command.command("rpm-cancel")
@click.argument("matching_id")
@_EID
@_SMDP
@_OID
@edge.PKI_FOLDER
@_JSON
def rpm_cancel(matching_id: str, eid: str, smdp: str, oid: str, folder: Path | None, as_json: bool) -> None:
    """Give an order of remote management up (ES2+.CancelOrder)."""
    answer = _call(smdp, oid, folder, "cancelOrder", {"matchingId": matching_id, **_given(eid=eid)})
    _tell(answer, as_json, f"The order {matching_id} is cancelled.")


@command.command()
@click.option("--host", default="localhost", show_default=True, help="Where to listen.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, help="TCP port; 0 takes one that is free.")
@click.option("--refuse-moves", is_flag=True, help="Let no user take a profile to another device.")
@click.option("--new-profile", default="", metavar="ICCID", help="Give a user who moves a profile this one.")
@click.option("--message", default="", metavar="TEXT", help="What a user reads who moves a profile.")
@click.option("--confirmation-code", default="", metavar="CODE", help="What such a user must type.")
@_OID
@edge.PKI_FOLDER
def listen(
    host: str,
    port: int,
    refuse_moves: bool,
    new_profile: str,
    message: str,
    confirmation_code: str,
    oid: str,
    folder: Path | None,
) -> None:
    """Hear how downloads go, a line of JSON for each message, until interrupted; and answer when the SM-DP+
    asks whether a user may take a profile to another device.

    The SM-DP+ tells an operator that it knows: `esim smdp operator 2.999.77 --callback localhost:8446`. It
    asks if `esim smdp movable ORDER --ask-operator` says so. With --v3 there it also tells what becomes of
    the operator's profiles, and of remote management.
    """
    from asn1 import es2
    from simulator.smdp.http import application
    from simulator.smdp.serve import running_application

    pki = edge.pki(folder)
    said = {"serviceProviderMessageForDc": {"languageTag": "en", "message": message}} if message else {}
    answer = {**said, **_given(newProfileIccid=new_profile, confirmationCode=confirmation_code)}
    ear = _Ear(_Identity(_certificate(folder, oid, host), pki.anchors), None if refuse_moves else answer)
    app = application("Operator (test)", es2.CALLBACK, server=ear)
    with interruptible() as interrupted, running_application(ear, app, host, port) as listening:
        click.echo(f"Operator {oid} listens at {listening.url}; Ctrl-C ends it.", err=True)
        interrupted.wait()


@dataclass(frozen=True, slots=True)
class _Identity:
    tls: CertificateAndKey
    anchors: tuple[bytes, ...]
    aliases: tuple[str, ...] = ()


class _Ear:
    """The functions of ES2+ that an SM-DP+ calls at an operator."""

    def __init__(self, identity: _Identity, answer: dict[str, Any] | None) -> None:
        """`answer` is what a device change gets; None refuses all."""
        self.identity = identity
        self._answer = answer

    def handle_download_progress_info(self, message: dict[str, Any]) -> dict[str, Any]:
        """ES2+.HandleDownloadProgressInfo (§5.3.5)."""
        self._show(message)
        return {}

    def handle_notification(self, message: dict[str, Any]) -> dict[str, Any]:
        """ES2+.HandleNotification of version 3 (v3 §5.3.5)."""
        self._show(message)
        return {}

    def handle_device_change_request(self, message: dict[str, Any]) -> dict[str, Any]:
        """ES2+.HandleDeviceChangeRequest (v3 §5.3.8)."""
        from simulator.smdp.errors import Refusal, RspError

        self._show(message)
        if self._answer is None:
            raise RspError.of(Refusal.DEVICE_CHANGE_NOT_ALLOWED, message["iccid"], "the operator refuses")
        return self._answer

    def _show(self, message: dict[str, Any]) -> None:
        shown = {name: v.hex() if isinstance(v, bytes) else v for name, v in message.items()}
        click.echo(json.dumps(shown, ensure_ascii=False))


def _call(smdp: str, oid: str, folder: Path | None, function: str, message: dict[str, Any]) -> dict[str, Any]:
    """One function of ES2+; ClickException says what the SM-DP+ refused, or that it does not answer."""
    from asn1 import es2
    from simulator.smdp.client import PeerClient, UnreachableError
    from simulator.smdp.errors import RspError

    pki = edge.pki(folder)
    tls = _certificate(folder, oid, "operator")
    with PeerClient(es2.BINDING, smdp, requester=oid, anchors=pki.anchors, tls=tls) as client:
        try:
            return client.post(function, message)
        except RspError as error:
            about = f" about {error.subject_identifier}" if error.subject_identifier else ""
            name = f"ES2+.{function[0].upper()}{function[1:]}"
            raise click.ClickException(f"{smdp} refused {name}{about}: {error}.") from None
        except UnreachableError as error:
            raise click.ClickException(f"{error}. Is `esim smdp serve` running?") from None


def _certificate(folder: Path | None, oid: str, host: str) -> CertificateAndKey:
    from simulator.cli.pki_issue import check_oid

    check_oid(oid)
    return edge.pki(folder).issue_peer_tls([host], None, oid, entropy=edge.entropy, now=edge.now())


def _given(**members: str) -> dict[str, Any]:
    """The members that are not empty."""
    return {name: value for name, value in members.items() if value}


def _tell(answer: dict[str, Any], as_json: bool, words: str) -> None:
    if as_json:
        output.write_json(answer)
    else:
        click.echo(words)
