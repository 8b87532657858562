"""`esim download`: a profile from a file or from any SM-DP+ onto a software eUICC."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import edge, home, named

if TYPE_CHECKING:
    from simulator.cli.story import Recorder
    from simulator.crypto.pki import TestPki
    from simulator.lpa import ActivationCode, AskUser, Decision, Es9Client

WITHOUT_CODE = "postponed"
"""Reason of CancelSession where nobody can be asked for the confirmation code: the order stays as it is."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the profile comes from: exactly one of these is given."""

    code: str = ""
    code_file: str = ""
    upp: str = ""
    smdp: str = ""
    matching_id: str = ""

    def check(self) -> None:
        """UsageError unless there is one source."""
        given = [name for name in ("code", "code_file", "upp", "smdp") if getattr(self, name)]
        if len(given) != 1:
            raise click.UsageError("Give one of: an activation code, --code-file, --upp, --smdp.")
        if self.matching_id and not self.smdp:
            raise click.UsageError("--matching-id goes with --smdp.")

    def activation_code(self) -> ActivationCode:
        """What was typed, read or put together."""
        from simulator.lpa import ActivationCode

        if self.smdp:
            return ActivationCode.parse(f"1${self.smdp}${self.matching_id}")
        if self.code_file == "-":
            return ActivationCode.parse(sys.stdin.read())
        if self.code_file:
            return ActivationCode.parse(Path(self.code_file).read_text(encoding="utf-8"))
        return ActivationCode.parse(self.code)


@click.command()
@click.argument("code", required=False, default="", metavar="[CODE]")
@click.option("--code-file", default="", metavar="FILE|-", help="Read the activation code from a file.")
@click.option(
    "--upp", default="", metavar="FILE|NAME", help="Serve this profile package or description here."
)
@click.option("--smdp", default="", metavar="HOST[:PORT]", help="The SM-DP+ to ask.")
@click.option("--matching-id", default="", metavar="ID", help="Which profile, at --smdp.")
@click.option(
    "--confirmation-code", default="", metavar="CODE", help="The confirmation code, if one is asked for."
)
@click.option("--card", "name", metavar="NAME", help="The eUICC to fill; without, one that is not kept.")
@click.option("--enable", is_flag=True, help="Enable the profile once it is installed.")
@click.option(
    "--ca", multiple=True, type=click.Path(path_type=Path, exists=True), help="Trust this TLS issuer."
)
@click.option("--insecure", is_flag=True, help="Accept any TLS certificate.")
@edge.PKI_FOLDER
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    code: str,
    code_file: str,
    upp: str,
    smdp: str,
    matching_id: str,
    confirmation_code: str,
    name: str | None,
    enable: bool,
    ca: tuple[Path, ...],
    insecure: bool,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Download a profile onto a software eUICC.

    \b
    esim download 'LPA:1$localhost:8443$MY-ID' --card phone --enable
    esim download --smdp localhost:8443 --matching-id MY-ID
    esim download --upp profile.der
    echo 'LPA:1$localhost:8443$MY-ID' | esim download --code-file -

    Put an activation code into single quotes, for a shell replaces what follows a $. Servers are trusted
    if your test PKI or this system trusts them; --ca names other issuers.
    """
    from simulator.cli.story import Recorder, Story

    source = Source(code, code_file, upp, smdp, matching_id)
    source.check()
    activation = None if upp else source.activation_code()
    recorder = Recorder() if as_json else Story()
    with _card(name, folder) as card:
        if activation is None:
            _from_package(card, upp, recorder, edge.pki(folder), enable=enable)
        else:
            with _client(ca, folder, insecure=insecure) as es9:
                _download(card, activation, es9, recorder, confirmation_code, enable=enable)
        _tell(card, recorder, name)


@contextmanager
def _card(name: str | None, folder: Path | None) -> Iterator[named.EuiccCard]:
    """The named eUICC, or a new one that is forgotten afterwards."""
    if name is None:
        from simulator.cli.card import made_up_eid

        yield named.EuiccCard.make(edge.pki(folder), made_up_eid())
        return
    with named.opened(name) as card:
        if not isinstance(card, named.EuiccCard):
            raise click.ClickException(f"{name} is a plain SIM: nothing can be downloaded onto it.")
        yield card


def _from_package(card: named.EuiccCard, upp: str, recorder: Recorder, pki: TestPki, *, enable: bool) -> None:
    """Serve a package over HTTPS in this process, for this one download."""
    from simulator.cli import rsp
    from simulator.cli.profile import fault_of, package_of
    from simulator.lpa import ActivationCode, Es9Client, InstallationFailed
    from simulator.profile import ProfilePackage

    pki = edge.with_tls_for(pki, [rsp.LOOPBACK])
    package = package_of(upp)
    with rsp.serving(pki, [rsp.Order(package)]) as service, Es9Client(pki.anchors) as es9:
        code = ActivationCode.parse(service.codes[0])
        try:
            _download(card, code, es9, recorder, "", enable=enable)
        except InstallationFailed as error:
            # The eUICC only reports numbers; here the package is at hand, so that the place can be named.
            fault = fault_of(ProfilePackage.parse(package))
            raise click.ClickException(f"{error} {upp} {fault}".rstrip()) from None


def _download(
    card: named.EuiccCard,
    activation: ActivationCode,
    es9: Es9Client,
    recorder: Recorder,
    confirmation_code: str,
    *,
    enable: bool,
) -> None:
    from cards import InProcessLink, Isdr
    from simulator.lpa import DownloadCancelled, Lpa

    link = InProcessLink(card.end)
    link.reset()
    isdr = Isdr(link)
    with Lpa(isdr, es9, progress=recorder.progress, consent=_consent) as lpa:
        recorder.start()
        try:
            result = lpa.download(activation, confirmation_code)
        except DownloadCancelled as error:
            if error.reason != WITHOUT_CODE:
                raise
            why = "the order asks for a confirmation code; give it with --confirmation-code."
            raise click.ClickException(why) from None
        if enable:
            with recorder.watched(isdr, "ES10c", "EnableProfile"):
                lpa.enable(result.isdp_aid)


def _consent(question: AskUser) -> Decision:
    """Every profile is welcome; a confirmation code that is wanted is asked for where someone can answer."""
    from simulator.lpa import Decision

    if not question.confirmation_code_required:
        return Decision()
    if not sys.stdin.isatty():
        return Decision(accepted=False, reason=WITHOUT_CODE)
    return Decision(confirmation_code=str(click.prompt("Confirmation code", hide_input=True, err=True)))


def _client(ca: Sequence[Path], folder: Path | None, *, insecure: bool) -> Es9Client:
    """Trusts what `ca` holds, else the test PKI and what this system trusts."""
    from simulator.lpa import Es9Client

    issuers: list[str | Path | bytes] = [path.read_bytes() for path in ca]
    if not ca:
        issuers += [path.read_bytes() for path in sorted((folder or home.pki_folder()).glob("CERT_CI_*.der"))]
        system = ssl.get_default_verify_paths().cafile
        issuers += [system] if system else []
    return Es9Client(issuers, verify=not insecure)


def _tell(card: named.EuiccCard, recorder: Recorder, name: str | None) -> None:
    """What the card holds now."""
    from cards import InProcessLink
    from simulator.cli import reading
    from simulator.cli.story import Story

    if not isinstance(recorder, Story):
        steps = [step.as_data() for step in recorder.steps]
        click.echo(json.dumps({"steps": steps, "card": reading.summary(card.end, euicc=True)}, indent=1))
        return
    recorder.chapter(f"Card {name}" if name else "The card (not kept; name one with --card)")
    with reading.lpa_of(card.end) as lpa:
        recorder.fact("EID", str(lpa.eid()))
        recorder.profiles(lpa.profiles())
    link = InProcessLink(card.end)
    link.reset()
    recorder.identity(reading.read_identity(link))
