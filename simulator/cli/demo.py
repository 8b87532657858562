"""`esim demo`: one download from beginning to end, told as a story."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from simulator.cli import edge, tracing

if TYPE_CHECKING:
    from cards import InProcessLink
    from cards.link import CardLike
    from simulator.cli.story import Story
    from simulator.crypto.pki import TestPki
    from simulator.profile.describe import Subscription

EID = "89049032123451234512345678901235"
"""The test EID of SGP.26."""
AMF = bytes.fromhex("8000")
"""Authentication management field with the separation bit of TS 33.401 §6.1.1."""


@click.command()
@tracing.OPTION
@click.option("--profile", default="home-operator", show_default=True, help="Description to download.")
def command(profile: str) -> None:
    """Download a profile into a software eUICC and tell the story.

    A test PKI is made, an SM-DP+ serves a profile over HTTPS on this machine, an LPA downloads it into
    a software eUICC, and a terminal reads the card and authenticates to the network. Nothing is kept.
    """
    from simulator.cli.profile import load_description
    from simulator.cli.story import Story

    import_everything()
    subscription = load_description(profile)
    begin = time.perf_counter()
    apdus = tell(Story(), subscription)
    seconds = time.perf_counter() - begin
    click.secho(f"\nDone: {apdus} APDUs for the download, {seconds:.2f} s for the whole story.", fg="cyan")


def tell(story: Story, subscription: Subscription) -> int:
    """The five chapters; the number of APDUs that the download took."""
    from cards import InProcessLink
    from simulator.cli import reading, rsp
    from simulator.cli.named import EuiccCard
    from simulator.crypto.pki import TestPki
    from simulator.profile.build import build_package

    story.chapter("1  The parties")
    pki = TestPki.create(entropy=edge.entropy, now=edge.now())
    package = build_package(subscription)
    card = tracing.watched(EuiccCard(rsp.maker(lambda: pki).euicc(EID)).card, "the demo's eUICC")
    story.say("A test PKI: one certificate issuer that the eUICC and the server trust.")
    story.say(f"A profile package of {len(package):,} bytes for {subscription.name}.")
    story.say("A software eUICC, fresh from its manufacturer.")
    story.fact("EID", EID)

    story.chapter("2  The card before")
    link = InProcessLink(card)
    show_profiles(story, card)
    story.identity(reading.read_identity(link))

    apdus = download(story, card, pki, package)

    story.chapter("4  The card after")
    show_profiles(story, card)
    verify_pin(story, link, subscription)
    story.identity(reading.read_identity(link))

    story.chapter("5  The network")
    authenticate(story, link, subscription)
    return apdus


def show_profiles(story: Story, card: CardLike) -> None:
    """What GetProfilesInfo answers; the card is powered up anew."""
    from simulator.cli import reading

    with reading.lpa_of(card) as lpa:
        story.profiles(lpa.profiles())


def verify_pin(story: Story, link: InProcessLink, subscription: Subscription) -> None:
    """PIN 1, if the subscription asks for it."""
    from cards import Uicc
    from cards.uicc import PIN1

    if subscription.pins.pin1_enabled:
        Uicc(link).verify_pin(PIN1, subscription.pins.pin1)
        story.say("VERIFY PIN: the user typed the right one.")


def import_everything() -> None:
    """Web server and client take longer to import than the whole story to happen: before the clock starts."""
    import httpx2  # noqa: F401

    import simulator.euicc
    import simulator.lpa
    import simulator.smdp.serve  # noqa: F401


def download(story: Story, card: CardLike, pki: TestPki, package: bytes) -> int:
    """Chapter 3: serve, download, enable. The number of APDUs that it took."""
    from cards import InProcessLink, Isdr
    from simulator.cli import rsp
    from simulator.lpa import Es9Client, Lpa

    story.chapter("3  The download")
    isdr = Isdr(InProcessLink(card))
    with rsp.serving(pki, [rsp.Order(package)]) as service, Es9Client(pki.anchors[:1]) as es9:
        story.say(f"An SM-DP+ listens at {service.url}; a QR code would hold")
        story.fact("Code", service.codes[0])
        with Lpa(isdr, es9, progress=story.progress) as lpa:
            story.start()
            result = lpa.download(service.codes[0])
            with story.watched(isdr, "ES10c", "EnableProfile"):
                lpa.enable(result.isdp_aid)
    return sum(step.apdus for step in story.steps)


def authenticate(story: Story, link: InProcessLink, subscription: Subscription) -> None:
    """Chapter 5: the network computes a vector from the key that it shares with the card; both must agree."""
    from cards import Uicc
    from simulator.cli.network import functions_of
    from simulator.crypto.aka import generate_vector

    sqn = (1 << 5).to_bytes(6, "big")
    vector = generate_vector(functions_of(subscription), edge.entropy(16), sqn, AMF)
    uicc = Uicc(link)
    uicc.select("MF/ADF.USIM")
    answer = uicc.authenticate(vector.rand, vector.autn)
    story.say("AUTHENTICATE with a vector that the network computed from its copy of the key:")
    story.fact("RAND", vector.rand.hex().upper())
    story.fact("AUTN", vector.autn.hex().upper())
    story.fact("RES", answer.res.hex().upper())
    if (answer.res, answer.ck, answer.ik) != (vector.xres, vector.ck, vector.ik):
        raise click.ClickException("the card's answer is not the network's: RES, CK or IK differ.")
    story.say("RES, CK and IK are what the network expects: this card is its subscriber.")
