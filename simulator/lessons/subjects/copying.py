"""Lesson 5: why a profile cannot be copied (SGP.22 §2.5, §2.6, §5.5, §5.7.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cards import Eid, Iccid, Imsi, InProcessLink, Isdr
from cards.explain import Explainer, Explanation
from cards.explain.secrets import Secrets
from cards.isdr.errors import WORDS
from cards.status import SW, StatusWord
from simulator.euicc import Euicc, EuiccIdentity
from simulator.explain import KeyRing
from simulator.lessons.listening import Listener
from simulator.lessons.model import Option, Rows, Steps, chapter, choice, claim, option, say, show, text
from simulator.lessons.parts import RecordingEs9, Value, package, refusal, refused_with, subscription
from simulator.lpa import InProcessEs9, Lpa
from simulator.lpa.es9 import Es9
from simulator.testing.bench import ADDRESS, NOW, Bench, clock, entropy, make_bench
from simulator.testing.trace import ApduTrace

_LAST = "STORE DATA: LoadBoundProfilePackage, "
_SEGMENT, _TRANSACTION, _SIGNATURE, _TWICE = (
    "scp03tSecurityError",
    "invalidTransactionId",
    "invalidSignature",
    "installFailedDueToIccidAlreadyExistsOnEuicc",
)
"""Reasons of a failed installation (ErrorReason, SGP.22 §5.7.6)."""
_TRANSACTION_ID = b"\x80\x10"
"""Tag and length of the transaction ID in InitialiseSecureChannel."""


class SwappingEs9:
    """A thief's phone: what the server sends as bound profile package is exchanged on the way."""

    def __init__(self, way: Es9, change: Callable[[bytes], bytes]) -> None:
        self._way = way
        self._change = change
        self.sent = self.received = 0

    def post(self, address: str, function: str, message: Value) -> Value:
        answer = self._way.post(address, function, message)
        if function == "getBoundProfilePackage":
            return answer | {"boundProfilePackage": self._change(answer["boundProfilePackage"])}
        return answer


@dataclass
class Scene:
    """A bench on whose eUICC, ours, a profile has been installed; every message and APDU of it was
    recorded."""

    bench: Bench
    code: str
    package: bytes
    """The bound profile package."""
    keys: dict[tuple[str, bytes], bytes]
    """The session keys, which only chip and server have."""
    heard: ApduTrace
    """What went to the chip."""

    @classmethod
    def made(cls) -> Scene:
        bench = make_bench(seed="lesson")
        keys: dict[tuple[str, bytes], bytes] = {}
        bench.smdp.key_log = lambda label, identity, key: keys.update({(label, identity): key})
        code = f"LPA:1${ADDRESS}${bench.smdp.add_order(package())}"
        es9, heard = RecordingEs9(InProcessEs9(bench.smdp)), ApduTrace()
        with Lpa(Isdr(heard.of(bench.euicc)), es9) as lpa:
            lpa.download(code)
        answers = {function: answer for function, _, answer in es9.messages}
        return cls(bench, code, answers["getBoundProfilePackage"]["boundProfilePackage"], keys, heard)

    def other_chip(self) -> Euicc:
        """The eUICC in another phone, genuine and empty."""
        number = Eid.with_check_digits("890490320000000000000000000002").to_bytes()
        identity = EuiccIdentity.from_pki(self.bench.pki, number, entropy=entropy("lesson, other"), now=NOW)
        return Euicc(identity, entropy=entropy("lesson, other card"), clock=clock)

    def order(self) -> str:
        """A new order for a profile of the same kind: its activation code."""
        return f"LPA:1${ADDRESS}${self.bench.smdp.add_order(package())}"


def steps() -> Steps:
    """The code twice, the package overheard, played back, swapped in, mended; and how a profile moves."""
    scene = Scene.made()
    yield from _same_code(scene)
    yield from _overheard(scene)
    yield from _played_back(scene)
    yield from _mended(scene)
    yield from _moving(scene)


def _refusal(scene: Scene, euicc: Euicc, code: str) -> str:
    """What a download is refused with; empty if it works."""
    with Lpa(Isdr(InProcessLink(euicc)), InProcessEs9(scene.bench.smdp)) as lpa:
        return refused_with(lambda: lpa.download(code))


def _same_code(scene: Scene) -> Steps:
    refused = _refusal(scene, scene.other_chip(), scene.code)
    with scene.bench.lpa() as lpa:
        still_there = len(lpa.profiles()) == 1
    claim(still_there, "the first phone keeps its profile")
    yield chapter("One code, two phones")
    yield say(
        """We have downloaded a profile with the code `{code}`. A friend has taken a picture of the QR
        code, and scans it with another phone, which has a genuine eUICC, too.""",
        code=scene.code,
    )
    yield choice(
        text("What does the friend get?"),
        option(
            "The same profile; now both phones have it.",
            not refused,
            text("We tried, and the server refused. It remembers what became of an order."),
        ),
        option(
            "The profile; ours stops working.",
            False,
            text("A profile does not go away because somebody scans a code. We looked: ours is still there."),
        ),
        option(
            "An error: the server refuses.",
            bool(refused),
            text(
                """Right: {refused}, the matching ID is refused (SGP.22 §5.6.3). The order is *Installed*,
                and an order is installed once. Who scans first, has it.""",
                refused=refused,
            ),
        ),
        hint=text("Lesson 4: what did the last message of the download tell the server?"),
    )


def _overheard(scene: Scene) -> Steps:
    described = subscription()
    keys = described.authentication
    iccid, imsi = Iccid.with_check_digit(described.iccid).to_bytes(), Imsi(described.imsi).to_bytes()
    facts = (("ICCID", iccid), ("IMSI", imsi), ("key K", keys.key))
    plain = package()
    claim(all(fact in plain for _, fact in facts), "all of it is in the package before it is bound")
    seen = {name: fact in scene.package for name, fact in facts}
    closed, opened = _pieces(scene), _pieces(scene, KeyRing(scene.keys))
    yield chapter("Listening")
    yield say(
        """The package comes through the phone. Say that a bad program in the phone keeps every byte of it.
        Here are two of the pieces that go to the chip, as that program sees them:"""
    )
    yield show(
        *closed,
        command=True,
        only=(
            "segment",
            "data, not ciphered",
            "iccid",
            "serviceProviderName",
            "profileName",
            "ciphered data",
            "MAC",
        ),
    )
    yield choice(
        text("What can the program read?"),
        option(
            "The whole profile; it is only signed.",
            seen["key K"],
            text(
                """The pieces with tag 86 are ciphered. We searched the {size:,} bytes for K, and it is not
                in them.""",
                size=len(scene.package),
            ),
        ),
        option(
            "The profile's ICCID and name, but not its IMSI and not its key.",
            seen == {"ICCID": True, "IMSI": False, "key K": False},
            text(
                """Right. Metadata (tag 88) has a MAC only, for the phone is to show them to you.
                Everything else (tag 86) is ciphered with AES-128 under keys that chip and server alone can
                compute (SGP.22 §2.5.3, §2.6.4)."""
            ),
        ),
        option(
            "Nothing at all.", not any(seen.values()), text("Look at the first piece: *data, not ciphered*.")
        ),
        hint=text("Compare what stands below the two pieces."),
    )
    yield Rows(
        (text("is it in the package?"), text("as the operator made it"), text("bound to our chip")),
        tuple((name, text("yes"), text("yes") if seen[name] else text("no")) for name, _ in facts),
    )
    yield say(
        "With the session keys, which we as makers of both sides can write down, the second piece opens:"
    )
    yield show(*opened[1:], command=True, only=("profileType", "keyReference", "pinValue", "pukValue"))


def _pieces(scene: Scene, secrets: Secrets | None = None) -> list[Explanation]:
    """A piece with metadata and one with profile elements, explained with the session keys or without."""
    explainer = Explainer(secrets)
    heard = [explainer.entry(entry) for entry in scene.heard.entries]
    wanted = ("StoreMetadata, segment", "LoadProfileElements, segment")
    return [next(one for one in heard if one.title == _LAST + name) for name in wanted]


def _played_back(scene: Scene) -> Steps:
    alone = _without_session(scene)
    claim(alone == {SW.CONDITIONS_NOT_SATISFIED}, "a chip takes no package without a session")
    yield chapter("Playing it back")
    yield say(
        """The program has the package, even if it cannot read it. So let it send all pieces to another
        chip, or to the same one once more. Both answer the first piece with {sw}, {meaning}: neither has a
        session open.""",
        sw=next(iter(alone)),
        meaning=next(iter(alone)).meaning,
    )
    yield say(
        """A clever thief therefore begins a download of his own on his chip, with a code of his own, and
        swaps our package in at the last moment. The chip is in a session now, and looks at the first
        piece:"""
    )
    swapped, shown = _attempt(scene, lambda own: scene.package)
    yield show(shown, command=True, only=("transactionId",))
    yield choice(
        text("The chip refuses. What does it name as reason?"),
        *(_reason(name, swapped) for name in (_SEGMENT, _TRANSACTION, _TWICE)),
        hint=text("Compare the two numbers above: that in the package, and that in the answer."),
    )


def _mended(scene: Scene) -> Steps:
    mended, shown = _attempt(scene, lambda own: _with_transaction_of(own, scene.package))
    yield say(
        """The thief sees that, too. He writes the transaction ID of his own session into our package. Now
        the number is right:"""
    )
    yield show(shown, command=True, only=("transactionId",))
    yield choice(
        text("And now?"),
        *(_reason(name, mended) for name in (_TRANSACTION, _SEGMENT, _TWICE, _SIGNATURE)),
        hint=text("smdpSign in the same piece: who made it, and over what?"),
    )
    yield say(
        """The server's signature covers the transaction ID, its own one-time key, and *the chip's*
        one-time key, which is not even in the message (SGP.22 §5.5.1). Another chip has another one-time
        key. And were there no signature: the keys of the pieces come from the private key that never left
        our chip, so that no other chip could decipher them."""
    )


def _reason(name: str, found: str) -> Option:
    words = WORDS[name]
    if name == found:
        return option(
            "`{name}`: {words}.",
            True,
            text("Right. The profile list of the thief's chip stays empty."),
            name=name,
            words=words,
        )
    why = {
        _SEGMENT: "It does not come that far: segments follow later, this is the first piece.",
        _TRANSACTION: "That was so before. Now the numbers are the same.",
        _SIGNATURE: "It does not come that far: something that is checked earlier is wrong.",
    }.get(name, "That profile is on our chip. The thief's is empty.")
    return option("`{name}`: {words}.", False, text(why), name=name, words=words)


def _without_session(scene: Scene) -> set[StatusWord]:
    """What our chip and another one answer to the first piece when no session is open."""
    links = [InProcessLink(euicc) for euicc in (scene.bench.euicc, scene.other_chip())]
    return {refusal(lambda link=link: _load(link, scene.package)) for link in links}  # type: ignore[misc]


def _load(link: InProcessLink, bound: bytes) -> None:
    with Isdr(link) as isdr:
        isdr.load_bound_profile_package(bound)


def _attempt(scene: Scene, change: Callable[[bytes], bytes]) -> tuple[str, Explanation]:
    """A download on the other chip with an exchanged package: the reason of the failure, and the first
    piece."""
    listener = Listener(scene.other_chip())
    with Lpa(Isdr(listener.link), SwappingEs9(InProcessEs9(scene.bench.smdp), change)) as lpa:
        reason = refused_with(lambda: lpa.download(scene.order()))
        claim(not lpa.profiles(), "nothing is installed on the thief's chip")
    return reason, next(one for one in listener.heard() if one.title == _LAST + "InitialiseSecureChannel")


def _with_transaction_of(own: bytes, theirs: bytes) -> bytes:
    """The second package with the transaction ID of the first."""
    places = [one.index(_TRANSACTION_ID) for one in (own, theirs)]
    ids = [one[at : at + 18] for one, at in zip((own, theirs), places, strict=True)]
    return theirs.replace(ids[1], ids[0], 1)


def _moving(scene: Scene) -> Steps:
    with scene.bench.lpa() as lpa:
        lpa.delete(lpa.profiles()[0].iccid)
        delivered = lpa.process_notifications()
        claim(
            not lpa.profiles() and all(one.error is None for one in delivered),
            "the server hears of deletions",
        )
    again = _refusal(scene, scene.other_chip(), scene.code)
    anew = _refusal(scene, scene.other_chip(), scene.order())
    yield chapter("And if the phone is new?")
    yield say("You buy a new phone. You delete the profile on the old one, and the server is told so.")
    yield choice(
        text("You scan the old QR code with the new phone. Does it work now?"),
        option(
            "Yes: the profile is on no chip any more.",
            not again,
            text(
                """We tried: {refused}, as before. The server keeps no place for a profile that was
                installed once.""",
                refused=again or "no",
            ),
        ),
        option(
            "No. The operator has to order the profile anew.",
            bool(again) and not anew,
            text(
                """Right: {refused} again, and with a new order it works. So never delete an eSIM in the
                hope of scanning its code again; ask the operator first. Since version 3 of SGP.22 two
                phones can do the move with the operator's server between them: the old chip deletes, the
                server binds the profile to the new chip (§3.11).""",
                refused=again,
            ),
        ),
        option(
            "Yes, but only within a day.",
            False,
            text("The clock has nothing to do with it: the order has ended."),
        ),
        hint=text("What state was the order in, and what could bring it back?"),
    )
