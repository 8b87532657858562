"""`esim download`: a profile from a file or from any SM-DP+ onto an eUICC."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypedDict, Unpack

import click

from simulator.cli import codes, device, edge, lpac, named, output, reading, servers, tracing
from simulator.cli.consent import Consent
from simulator.cli.places import place_of
from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards.link import CardLink
    from simulator.cli.story import Recorder
    from simulator.crypto.pki import TestPki
    from simulator.lpa import (
        ActivationCode,
        Decision,
        Device,
        DownloadResult,
        Es9Client,
        Lpa,
        Patience,
    )
    from simulator.lpa.steps import Question

MATCHING_ID = "8.2.6"
NO_MATCHING_ID = (
    "No matching id was given: if a shell has taken it for a variable, put the code in single quotes."
)


class Options(TypedDict):
    """The options as click hands them over."""

    code: str
    code_file: str
    upp: str
    smdp: str
    matching_id: str
    default: bool
    confirmation_code: str
    which: Which
    enable: bool
    yes: bool
    answer_within: float | None
    attempts: int
    imei: str
    enterprise: bool
    lpa_proxy: bool
    lpa_version: int
    package: str
    ca: tuple[Path, ...]
    insecure: bool
    folder: Path | None
    form: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the profile comes from: one of these is given, or nothing for the eUICC's default SM-DP+."""

    code: str = ""
    upp: str = ""
    smdp: str = ""
    matching_id: str = ""
    default: bool = False

    def check(self) -> None:
        """UsageError unless there is one source."""
        given = [name for name in ("code", "upp", "smdp", "default") if getattr(self, name)]
        if len(given) != 1:
            raise click.UsageError("Give one of: an activation code, --upp, --smdp, --default.")
        if self.matching_id and not self.smdp:
            raise click.UsageError("--matching-id goes with --smdp.")

    def activation_code(self) -> ActivationCode | None:
        """What was typed, read or put together; None for the default SM-DP+."""
        from simulator.lpa import ActivationCode

        if self.default:
            return None
        if self.smdp:
            return ActivationCode.parse(f"1${self.smdp}${self.matching_id}")
        return codes.activation_code(self.code)


@dataclass(slots=True)
class Job:
    """One download as the command line asks for it."""

    activation: ActivationCode | None
    confirmation_code: str
    consent: Consent
    enable: bool
    patience: Patience
    form: str
    device: Device | None = None
    package: bytes = b""
    """What the server sends, if it is at hand: to name the place where an installation fails."""

    @classmethod
    def of(cls, given: Options, activation: ActivationCode | None) -> Self:
        """From the options."""
        from simulator.lpa import Patience

        return cls(
            activation,
            given["confirmation_code"],
            # Who serves a package of his own has agreed to it.
            Consent(given["yes"] or bool(given["upp"]), given["answer_within"]),
            given["enable"],
            Patience(given["attempts"]),
            given["form"],
            device.made(
                imei=given["imei"],
                enterprise=given["enterprise"],
                lpa_proxy=given["lpa_proxy"],
                lpa_version=given["lpa_version"],
            ),
        )


@click.command()
@click.argument("code", required=False, default="", metavar="[CODE|FILE|-]")
@click.option("--code-file", default="", metavar="FILE|-", help="Read the activation code from a file.")
@click.option(
    "--upp", default="", metavar="FILE|NAME", help="Serve this profile package or description here."
)
@click.option("--smdp", default="", metavar="HOST[:PORT]", help="The SM-DP+ to ask.")
@click.option("--matching-id", default="", metavar="ID", help="Which profile, at --smdp.")
@click.option("--default", is_flag=True, help="Ask the eUICC's default SM-DP+.")
@click.option(
    "--confirmation-code", default="", metavar="CODE", help="The confirmation code, if one is asked for."
)
@card_options("The eUICC to fill; without, one that is not kept.")
@click.option("--enable", is_flag=True, help="Enable the profile once it is installed.")
@click.option("--yes", is_flag=True, help="Agree to the profile and to its rules without being asked.")
@click.option("--answer-within", type=float, metavar="SECONDS", help="Give up if nobody answers for so long.")
@click.option(
    "--attempts", default=3, show_default=True, type=click.IntRange(1), help="Attempts if interrupted."
)
@click.option("--imei", default="", metavar="DIGITS", help="IMEI of the device.  [default: none is told]")
@device.ENTERPRISE
@device.LPA_PROXY
@device.VERSION
@click.option(
    "--package",
    default="",
    metavar="FILE|NAME",
    help="The package that the server sends, to name the place of a failure in it.",
)
@servers.trust_options
@output.format_options
def command(**given: Unpack[Options]) -> None:
    """Download a profile onto an eUICC.

    \b
    esim download 'LPA:1$localhost:8443$MY-ID' --card phone --enable
    esim download code.png --card phone
    esim download --smdp localhost:8443 --matching-id MY-ID
    esim download --upp profile.der

    Put an activation code into single quotes, for a shell replaces what follows a $; or give a text file, a
    picture of a QR code, or '-' for standard input. Servers are trusted if your test PKI or this system
    trusts them; --ca names other issuers. On a terminal you are asked before a profile is installed.
    """
    from simulator.cli.profile import package_of

    if given["code"] and given["code_file"]:
        raise click.UsageError("Give the activation code once.")
    source = Source(
        given["code"] or given["code_file"],
        given["upp"],
        given["smdp"],
        given["matching_id"],
        given["default"],
    )
    source.check()
    with output.answering(given["form"], "activation_code"):
        job = Job.of(given, None if source.upp else source.activation_code())
    if given["package"]:
        job.package = package_of(given["package"])
    which, folder = given["which"], given["folder"]
    with _card(which, folder) as card:
        if source.upp:
            _from_package(card, source.upp, job, edge.pki(folder), which)
            return
        with servers.client(given["ca"], folder, insecure=given["insecure"]) as es9:
            _download(card, job, es9, which)


@contextmanager
def _card(which: Which, folder: Path | None) -> Iterator[CardLink]:
    """The eUICC that is meant, or a new one that is forgotten afterwards."""
    if which.title:
        with which.opened_euicc() as link:
            yield link
        return
    from cards import InProcessLink
    from simulator.cli import rsp

    card = named.EuiccCard(rsp.maker(lambda: edge.pki(folder)).euicc())
    yield InProcessLink(tracing.watched(card.end, "a new eUICC"))


def _from_package(card: CardLink, upp: str, job: Job, pki: TestPki, which: Which) -> None:
    """Serve a package over HTTPS in this process, for this one download."""
    from simulator.cli import rsp
    from simulator.cli.profile import package_of
    from simulator.lpa import ActivationCode, Es9Client

    pki = edge.with_tls_for(pki, [rsp.LOOPBACK])
    job.package = package_of(upp)
    with rsp.serving(pki, [rsp.Order(job.package)]) as service, Es9Client(pki.anchors) as es9:
        job.activation = ActivationCode.parse(service.codes[0])
        _download(card, job, es9, which)


def _download(card: CardLink, job: Job, es9: Es9Client, which: Which) -> None:
    from cards import Isdr
    from simulator.cli.story import Recorder, Story
    from simulator.lpa import Lpa

    card.reset()
    isdr = Isdr(card)
    recorder = Story() if job.form == output.TEXT else Recorder()
    lines = lpac.Progress() if job.form == output.LPAC else None
    if isinstance(recorder, Story):
        job.consent.show, job.consent.always_shown = recorder.offer, True
    with (
        output.answering(job.form, progress=lines),
        Lpa(
            isdr,
            es9,
            consent=lambda question: _ask(job, recorder, question),
            progress=recorder.progress,
            device=job.device,
            patience=job.patience,
            announce=lines.announce if lines else None,
        ) as lpa,
    ):
        if lines:
            lines.address = _address(lpa, job)
        recorder.start()
        with _explained(job):
            result = lpa.download(job.activation, job.confirmation_code)
        if job.enable:
            with recorder.watched(isdr, "ES10c", "EnableProfile"):
                lpa.enable(result.isdp_aid)
            _notify(lpa, result)
    if lines:
        lpac.success(lpac.download_data(result))
    else:
        _tell(card, recorder, which, result)


def _ask(job: Job, recorder: Recorder, question: Question) -> Decision:
    """The user's answer; the time that it takes is no step's."""
    decision = job.consent(question)
    recorder.resume()
    return decision


def _notify(lpa: Lpa, result: DownloadResult) -> None:
    """Tell the server at once what was switched, as it is there; what it does not take stays on the eUICC."""
    numbers = [item.sequence_number for item in lpa.notifications() if item.address == result.smdp_address]
    lpa.process_notifications(numbers)


def _address(lpa: Lpa, job: Job) -> str:
    return job.activation.smdp_address if job.activation else lpa.addresses().get("defaultDpAddress", "")


@contextmanager
def _explained(job: Job) -> Iterator[None]:
    """Adds to an error what only the command line knows: which option is missing, where the package is at
    fault, that a shell may have eaten the matching id."""
    from simulator.lpa import DownloadCancelled, InstallationFailed, ServerRefused

    try:
        yield
    except DownloadCancelled as error:
        if job.consent.missing:
            error.args = (f"{job.consent.missing}.",)
        raise
    except InstallationFailed as error:
        place = place_of(job.package, error) if job.package else ""
        error.args = (f"{error} {place}".rstrip(),)
        raise
    except ServerRefused as error:
        if error.subject_code == MATCHING_ID and not (job.activation and job.activation.matching_id):
            error.args = (f"{error} {NO_MATCHING_ID}",)
        raise


def _tell(card: CardLink, recorder: Recorder, which: Which, result: DownloadResult) -> None:
    """What the card holds now."""
    from simulator.cli.story import Story

    error = result.notification_error
    if not isinstance(recorder, Story):
        steps = [step.as_data() for step in recorder.steps]
        answer = {
            "iccid": str(result.iccid),
            "notification_error": output.error_data(error) if error else None,
            "rpm_pending": result.rpm_pending,
        }
        output.write_json({**answer, "steps": steps, "card": reading.summary(card, euicc=True)})
        return
    if error:
        recorder.say(f"The server does not know yet what became of the profile: {error}", style="yellow")
        recorder.say("Send it later with `esim lpa notifications send`.", style="yellow")
    if result.rpm_pending:
        recorder.say("Its server has commands of an operator, too: `esim lpa rpm` fetches them.")
    recorder.chapter(f"Card {which.title}" if which.title else "The card (not kept; name one with --card)")
    with reading.lpa_of(card) as lpa:
        recorder.fact("EID", str(lpa.eid()))
        recorder.profiles(lpa.profiles())
    card.reset()
    recorder.identity(reading.read_identity(card))
