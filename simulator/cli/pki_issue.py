"""`esim pki variants`, `issue` and `spoil`: more certificates under the CI of a test PKI."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from simulator.cli import edge, home
from simulator.cli.pki_options import FOLDER, VARIANT_NAMES, chosen_variants, issuer_of, read_certificate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.crypto.branch import CertificateAndKey
    from simulator.crypto.pki import TestPki

_OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to; that of the PKI if not given.",
)


@click.command()
@click.argument("names", nargs=-1, required=True, type=click.Choice(VARIANT_NAMES))
@FOLDER
@click.option("--host", "hosts", multiple=True, help="Further names or IP addresses of the SM-DP+ and SM-DS.")
@click.option("--force", is_flag=True, help="Replace chains that are there.")
def variants(names: tuple[str, ...], folder: Path | None, hosts: tuple[str, ...], force: bool) -> None:
    """Add chains of SGP.22 version 3 to a PKI that is there: variants Ov3, A, B or C.

    In A the SM-DP+, the SM-DS and the eUICC manufacturer have a SubCA each, in B the certificate issuer has
    one, in C all do. A server then uses the first of A, B and C that eUICC and LPA know.
    """
    from simulator.crypto.pki import DEFAULT_HOSTS, DS_HOSTS

    pki, chosen = edge.pki(folder), chosen_variants(names)
    there = sorted({variant.value for _, variant in pki.variants if variant in chosen})
    if there and not force:
        raise click.ClickException(f"the PKI has chains of variant {', '.join(there)}; replace with --force.")
    extended = pki.with_variants(
        chosen,
        entropy=edge.entropy,
        now=edge.now(),
        hosts=(*DEFAULT_HOSTS, *hosts),
        ds_hosts=(*DS_HOSTS, *hosts),
    )
    target = folder or home.pki_folder()
    extended.save(target, edge.pki_passphrase())
    click.echo(f"Added chains of variant {', '.join(v.value for v in chosen)} to {target}.")


@click.command()
@click.argument("kind", type=click.Choice(("operator", "eim", "sm-ds", "sm-dp", "euicc")))
@FOLDER
@_OUT
@click.option("--host", "hosts", multiple=True, help="Names or IP addresses that the TLS certificate is for.")
@click.option("--oid", default="", help="By which servers know the party.")
@click.option("--name", default="", help="Part of the file names of an operator.  [default: OPERATOR]")
@click.option("--eid", default="", help="EID of the eUICC: 32 digits.")
def issue(
    kind: str,
    folder: Path | None,
    out: Path | None,
    hosts: tuple[str, ...],
    oid: str,
    name: str,
    eid: str,
) -> None:
    """Issue certificates for a further party, with new keys, under the CI of a test PKI.

    \b
    esim pki issue operator --oid 2.999.77 --host ops.example.org
    esim pki issue sm-ds --host localhost
    esim pki issue eim --host eim.example.com
    esim pki issue euicc --eid 89049032123451234512345678901235

    An operator shows its certificate to the SM-DP+ over ES2+, an SM-DP+ its to the SM-DS over ES12, an eIM
    its to devices over ESipa. Certificates for TLS are written as DER and as PEM, keys as PEM.
    """
    from simulator.crypto.pki_files import save_item

    pki = edge.pki(folder)
    target = out or folder or home.pki_folder()
    check_oid(oid)
    items = _issued(pki, kind, hosts, oid, name, eid)
    for file_name, item in items.items():
        save_item(target, file_name, item, edge.pki_passphrase(), pem=bool(item.certificate.purposes))
        click.echo(f"Wrote {target / f'CERT_{file_name}.der'}")


def _issued(
    pki: TestPki, kind: str, hosts: tuple[str, ...], oid: str, name: str, eid: str
) -> dict[str, CertificateAndKey]:
    """File name, as in SGP.26 where that has one, to certificate."""
    from simulator.crypto.certificates import Role
    from simulator.crypto.issue import DP_OID, DS_OID, EIM_OID
    from simulator.crypto.pki import DEFAULT_HOSTS, DS_HOSTS

    now = edge.now()

    def peer(names: Iterable[str], role: Role | None, owner: str) -> CertificateAndKey:
        return pki.issue_peer_tls(names, role, owner, entropy=edge.entropy, now=now)

    match kind:
        case "operator":
            item = peer(hosts or ("localhost",), None, oid or _required("--oid"))
            return {f"{name or 'OPERATOR'}_TLS_NIST": item}
        case "eim":
            names = hosts or ("eim.example.com",)
            signing = {
                f"S_EIMsign_ECDSA_{curve.label}": pki.issue_eim(
                    names[0], curve, entropy=edge.entropy, now=now
                )
                for curve in pki.branches
            }
            return signing | {"S_EIM_TLS_NIST": peer(names, None, oid or EIM_OID)}
        case "sm-ds":
            owner = oid or DS_OID
            auth = {
                f"S_SM_DSauth_ECDSA_{curve.label}": pki.issue_sm_ds(
                    curve, owner, entropy=edge.entropy, now=now
                )
                for curve in pki.branches
            }
            return auth | {"S_SM_DS_TLS_NIST": peer(hosts or DS_HOSTS, Role.DS_TLS, owner)}
        case "sm-dp":
            return {"S_SM_DP_TLS_NIST": peer(hosts or DEFAULT_HOSTS, Role.DP_TLS, oid or DP_OID)}
    value = eid_of(eid or _required("--eid"))
    return {
        f"EUICC_ECDSA_{curve.label}": pki.issue_euicc(value, curve, entropy=edge.entropy, now=now)
        for curve, branch in pki.branches.items()
        if branch.euicc_issuer
    }


def _required(option: str) -> NoReturn:
    raise click.UsageError(f"{option} is missing.")


def check_oid(oid: str) -> None:
    """UsageError unless this is an object identifier, or empty."""
    from cryptography.x509 import ObjectIdentifier

    try:
        if oid:
            ObjectIdentifier(oid)
    except ValueError:
        raise click.UsageError(f"{oid} is no object identifier, such as 2.999.77.") from None


def eid_of(digits: str) -> bytes:
    """The EID, 16 bytes; UsageError unless these are 32 digits."""
    if len(digits) != 32 or not (digits.isascii() and digits.isdecimal()):
        raise click.UsageError(f"{digits!r} is no EID: 32 digits are expected.")
    return bytes.fromhex(digits)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("defect")
@FOLDER
@_OUT
def spoil(file: Path, defect: str, folder: Path | None, out: Path | None) -> None:
    """Issue a certificate once more with one thing wrong, to test who checks what.

    \b
    esim pki spoil CERT_S_SM_DPauth_ECDSA_NIST.der expired

    DEFECT is expired, not-yet-valid, wrong-role, wrong-issuer, self-signed, wrong-signature, wrong-curve,
    wrong-key-usage, wrong-extended-key-usage or missing-extension. The new file is named as in SGP.26.
    """
    from simulator.crypto.branch import CertificateAndKey
    from simulator.crypto.certificates import Certificate
    from simulator.crypto.pki_files import load_key, save_item
    from simulator.crypto.spoilt import Defect, spoilt

    by_name = {item.name.lower().replace("_", "-"): item for item in Defect}
    if defect not in by_name:
        raise click.UsageError(f"{defect} is no defect; there are {', '.join(by_name)}.")
    wanted = by_name[defect]
    der = read_certificate(file)
    pki = edge.pki(folder)
    _, issuer = issuer_of(pki, der)
    stem = file.stem.removeprefix("CERT_")
    key = load_key(file.with_name(f"SK_{stem}.pem"), edge.pki_passphrase())
    bad = spoilt(CertificateAndKey(der, key), wanted, issuer, entropy=edge.entropy, now=edge.now())
    target = out or Path()
    name = f"{stem}_{wanted.infix}"
    save_item(target, name, bad, edge.pki_passphrase(), pem=bool(Certificate.parse(der).purposes))
    click.echo(f"Wrote {target / f'CERT_{name}.der'}: {wanted.words}.")
