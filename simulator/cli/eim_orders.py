"""The commands of `esim eim` that order something of a device, which does it when it next asks (SGP.32)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from simulator.cli.eim_store import DATABASE, eid_argument, managed


def _order(db: Path | None, eid: bytes, *operations: tuple[str, Any]) -> None:
    with managed(db) as eim:
        _queued(eim.order(eid, *operations))


def _queued(package: Any) -> None:
    from simulator.eim.words import order_in_words

    click.echo(f"{package.key}  {order_in_words(package)}")


def _iccid(context: click.Context, parameter: click.Parameter, value: str) -> bytes:
    from cards.identities import Iccid, IdentityError

    try:
        return Iccid(value).to_bytes()
    except IdentityError as error:
        raise click.UsageError(f"{error}.") from None


def _profile_command(name: str, operation: str, words: str) -> click.Command:
    """A command with a profile of a device."""

    @click.command(name, help=words)
    @eid_argument
    @click.argument("iccid", callback=_iccid)
    @DATABASE
    def ordering(eid: bytes, iccid: bytes, db: Path | None) -> None:
        _order(db, eid, (operation, {"iccid": iccid}))

    return ordering


def _plain_command(name: str, operation: str, words: str) -> click.Command:
    """A command with a device and nothing else."""

    @click.command(name, help=words)
    @eid_argument
    @DATABASE
    def ordering(eid: bytes, db: Path | None) -> None:
        _order(db, eid, (operation, {}))

    return ordering


@click.command()
@eid_argument
@click.argument("iccid", callback=_iccid)
@click.option("--rollback", is_flag=True, help="The device may go back if it finds no network.")
@DATABASE
def enable(eid: bytes, iccid: bytes, rollback: bool, db: Path | None) -> None:
    """Enable a profile; the one that is enabled is disabled."""
    data: dict[str, Any] = {"iccid": iccid}
    if rollback:
        data["rollbackFlag"] = None
    _order(db, eid, ("enable", data))


@click.command()
@eid_argument
@click.argument("code", default="")
@click.option("--smds", metavar="ADDRESS", help="Ask this SM-DS; `root` for the eUICC's own.")
@click.option("--confirmation-code", default="", help="Give this code with an indirect download.")
@click.option("--indirect", is_flag=True, help="The device downloads through this eIM.")
@DATABASE
def download(
    eid: bytes, code: str, smds: str | None, confirmation_code: str, indirect: bool, db: Path | None
) -> None:
    """Download a profile: with an activation code, from an SM-DS, or from the eUICC's default SM-DP+.

    \b
    esim eim download EID 'LPA:1$localhost:8443$FIRST' --indirect
    esim eim download EID --smds root
    esim eim download EID

    A direct download is between the device and the SM-DP+, and only triggered by the eIM.
    """
    from simulator.lpa.activation_code import ActivationCode

    if code and smds is not None:
        raise click.UsageError("name an activation code or an SM-DS, not both.")
    parsed = ActivationCode.parse(code) if code else None
    with managed(db) as eim:
        package = eim.order_download(
            eid,
            parsed,
            smds="" if smds == "root" else smds,
            confirmation_code=confirmation_code,
            is_indirect=indirect,
        )
        _queued(package)


@click.command()
@eid_argument
@click.argument("members", nargs=-1, metavar="[MEMBER…]")
@DATABASE
def data(eid: bytes, members: tuple[str, ...], db: Path | None) -> None:
    """Ask a device what it is: what describes eUICC and IPA, or the named members of IpaEuiccData.

    \b
    esim eim data EID notificationsList euiccPackageResultList
    """
    with managed(db) as eim:
        _queued(eim.order_data(eid, members))


@click.command("set-smdp")
@eid_argument
@click.argument("address")
@DATABASE
def set_smdp(eid: bytes, address: str, db: Path | None) -> None:
    """Set the default SM-DP+ of an eUICC."""
    _order(db, eid, ("setDefaultDpAddress", {"defaultDpAddress": address}))


@click.command()
@eid_argument
@click.option("--off", is_flag=True, help="Never.")
@click.option("--smdp-oid", default="", help="Only from the SM-DP+ with this OID.")
@click.option("--smdp-address", default="", help="That SM-DP+'s address.")
@DATABASE
def immediate(eid: bytes, off: bool, smdp_oid: str, smdp_address: str, db: Path | None) -> None:
    """Let a device enable a profile as soon as it is installed."""
    given = {"defaultSmdpOid": smdp_oid, "defaultSmdpAddress": smdp_address}
    options: dict[str, Any] = {name: value for name, value in given.items() if value}
    if not off:
        options = {"immediateEnableFlag": None, **options}
    _order(db, eid, ("configureImmediateEnable", options))


def _eim_file(path: Path) -> dict[str, Any]:
    """EimConfigurationData from a file of `esim eim config`: DER, or the hexadecimal that it prints."""
    from asn1 import Asn1Error, iot

    octets = path.read_bytes()
    try:
        der = bytes.fromhex(octets.decode("ascii"))
    except ValueError:
        der = octets
    try:
        decoded: dict[str, Any] = iot.decode("EimConfigurationData", der)
    except Asn1Error as error:
        raise click.ClickException(f"{path} holds no eIM configuration data: {error}.") from None
    return decoded


def _eim_command(name: str, operation: str, words: str) -> click.Command:
    """A command with the configuration of an eIM."""

    @click.command(name, help=words)
    @eid_argument
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @DATABASE
    def ordering(eid: bytes, file: Path, db: Path | None) -> None:
        _order(db, eid, (operation, _eim_file(file)))

    return ordering


@click.command("delete-eim")
@eid_argument
@click.argument("eim_id")
@DATABASE
def delete_eim(eid: bytes, eim_id: str, db: Path | None) -> None:
    """Have an eUICC forget an eIM; it may be this one."""
    _order(db, eid, ("deleteEim", {"eimId": eim_id}))


@click.command()
@click.argument("package", metavar="PACKAGE")
@DATABASE
def withdraw(package: str, db: Path | None) -> None:
    """Take an order back that no device has fetched."""
    try:
        transaction_id = bytes.fromhex(package)
    except ValueError:
        raise click.UsageError(f"{package!r} is no package; `esim eim results` lists them.") from None
    with managed(db) as eim:
        eim.withdraw(transaction_id)
    click.echo(f"{package} is withdrawn.")


ORDERS = (
    enable,
    _profile_command("disable", "disable", "Disable a profile."),
    _profile_command("delete", "delete", "Delete a profile."),
    _plain_command("list", "listProfileInfo", "Ask an eUICC for its profiles."),
    _plain_command("rules", "getRAT", "Ask an eUICC for its rules authorisation table."),
    _profile_command("fallback", "setFallbackAttribute", "Make a profile the one to fall back to."),
    _plain_command("no-fallback", "unsetFallbackAttribute", "Have no profile to fall back to."),
    set_smdp,
    immediate,
    download,
    data,
    _eim_command(
        "add-eim", "addEim", "Have an eUICC obey another eIM too: FILE is of its `esim eim config`."
    ),
    _eim_command("update-eim", "updateEim", "Change what an eUICC knows of an eIM."),
    delete_eim,
    _plain_command("list-eims", "listEim", "Ask an eUICC which eIMs it obeys."),
    withdraw,
)
