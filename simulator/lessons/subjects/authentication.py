"""Lesson 2: how the network knows you (TS 33.102 §6.3 and annex C, TS 31.102 §7.1)."""

from __future__ import annotations

from collections.abc import Generator

from cards import Imsi, InProcessLink, Uicc
from cards.authentication import AuthenticationResult
from cards.link import CardLike
from cards.status import SW, StatusWord
from simulator.crypto.aka import Vector, sqn_from_auts
from simulator.crypto.milenage import Milenage
from simulator.lessons.abroad import ALPHA, BETA, HOME, Trip, made_up_world
from simulator.lessons.listening import Listener
from simulator.lessons.model import (
    Kind,
    Option,
    Rows,
    Step,
    Steps,
    ask,
    chapter,
    choice,
    claim,
    mistake,
    option,
    say,
    show,
    text,
)
from simulator.lessons.parts import PIN1, clone_of, hexed, plain_sim, refusal, subscription
from simulator.network.auc import IND_BITS, AuthenticationCentre
from simulator.network.world.model import Rat
from simulator.specimens.sim import PlainSim
from simulator.testing.bench import entropy

START = 1000
"""SEQ at which the operator's counter stands when the lesson begins."""
RIGHT = "RES is right"
COPIED_PIN = "0000"
"""Of the clones."""


class Network:
    """Our operator's authentication centre, and the one subscriber that this lesson is about."""

    def __init__(self, seed: str = "lesson") -> None:
        described = subscription()
        keys = described.authentication
        assert keys.opc is not None
        self.imsi = Imsi(described.imsi)
        self.pin = described.pins.pin1
        self.key, self.opc = keys.key, keys.opc
        self.functions = Milenage(keys.key, keys.opc)
        self.centre = AuthenticationCentre(entropy(seed))
        self.centre.add(self.imsi, self.functions, seq=START)

    def vector(self) -> Vector:
        return self.centre.vector(self.imsi)

    @property
    def seq(self) -> int:
        """The sequence number used last."""
        return self.centre.subscriber(self.imsi).seq


def steps() -> Steps:
    """Challenge and answer, the network's own proof, sequence numbers, resynchronisation, clones."""
    network, sim = Network(), plain_sim()
    listener = Listener(sim.card)
    uicc = _ready(listener.link, network.pin)
    yield from _challenge(network, listener, uicc)
    yield from _proof(network, listener, uicc)
    used = yield from _once(network, listener, uicc)
    yield from _backup(network, listener, uicc, used)
    yield from _clone(network, sim)
    yield from _twin(network, sim)


def _ready(link: CardLike, pin: str) -> Uicc:
    """A card whose USIM is selected, with PIN 1 verified."""
    link.reset()
    uicc = Uicc(InProcessLink(link))
    uicc.verify_pin(PIN1, pin)
    uicc.select("MF/ADF.USIM")
    return uicc


def _challenge(network: Network, listener: Listener, uicc: Uicc) -> Steps:
    vector = network.vector()
    listener.heard()
    result = uicc.authenticate(vector.rand, vector.autn)
    said = listener.last("AUTHENTICATE")
    claim((result.res, result.ck, result.ik) == (vector.xres, vector.ck, vector.ik), "card and network agree")
    told = said.raw_command + said.raw_answer
    yield chapter("A secret that is never told")
    yield say(
        """A card and its operator share a key K of 16 bytes. To know that a card has it, the network does
        not ask for it. It sends random bytes, RAND, and both sides compute from RAND and K the same
        results: RES, which proves it, and CK and IK, with which the traffic is ciphered and protected from
        then on. The network sends along AUTN; that is its own proof, for later."""
    )
    yield show(said, command=True, only=("RAND", "AUTN", "result", "RES", "CK", "IK"))
    yield say(
        "The operator had computed `{xres}` beforehand, and compares: you are in.", xres=hexed(vector.xres)
    )
    facts = {"RES": result.res, "CK": result.ck, "K": network.key}
    yield choice(
        text("Which of these has not passed between phone and card?"),
        *(_passed(name, fact in told) for name, fact in facts.items()),
        hint=text("Look for each of them in the exchange above."),
    )


def _passed(name: str, has: bool) -> Option:
    if has:
        return option("`{name}`", False, text("It is in the card's answer: the phone needs it."), name=name)
    return option(
        "`{name}`",
        True,
        text(
            "Right. The card uses K inside, and gives only results away (TS 33.102 §6.3.2, TS 31.102 §7.1.1)."
        ),
        name=name,
    )


def _proof(network: Network, listener: Listener, uicc: Uicc) -> Steps:
    vector = network.vector()
    forged = vector.autn[:-1] + bytes((vector.autn[-1] ^ 1,))
    refused = _refusal(uicc, vector.rand, forged)
    said = listener.last("AUTHENTICATE")
    yield chapter("The network has to prove itself, too")
    yield say(
        """A box that pretends to be a network can be bought. Without K it can draw a RAND, but no AUTN:
        the last 8 bytes of AUTN are a code (MAC) that only the holder of K can compute. We take a good
        AUTN and change one single bit:"""
    )
    yield show(said, command=True, only=("RAND", "AUTN"))
    yield choice(
        text("The card answers {sw}. What does it do?", sw=refused),
        option(
            "It answers RES, but warns the phone.",
            False,
            text("There is no RES in the answer, only a status word."),
        ),
        option(
            "It refuses: whoever sent this has not got the key.",
            refused == SW.AUTHENTICATION_ERROR_MAC,
            text(
                "Right: {sw}, {meaning}. The phone says to the network *MAC failure* (TS 33.102 §6.3.3).",
                sw=refused,
                meaning=refused.meaning,
            ),
        ),
        option(
            "It blocks itself.",
            not _works(network, uicc),
            text(
                """We sent the next good challenge, and it answered. Otherwise anybody could block your
                card from afar."""
            ),
        ),
        hint=text("Read the words behind the status word."),
    )
    stranger = uicc.authenticate_gsm(bytes(16))
    listener.heard()
    yield say(
        """GSM, the second generation, knows no AUTN. In its context the card answers whoever asks: we sent
        a RAND of 16 zeros, knowing nothing, and got SRES `{sres}`. That is why false base stations like to
        push phones down to GSM.""",
        sres=hexed(stranger.res),
    )


def _refusal(uicc: Uicc, rand: bytes, autn: bytes) -> StatusWord:
    return refusal(lambda: uicc.authenticate(rand, autn))


def _works(network: Network, uicc: Uicc) -> bool:
    """Whether the card answers the network's next challenge rightly."""
    vector = network.vector()
    return _refusal(uicc, vector.rand, vector.autn) == SW.OK


def _once(network: Network, listener: Listener, uicc: Uicc) -> Generator[Step, None, int]:
    vector = network.vector()
    uicc.authenticate(vector.rand, vector.autn)
    listener.heard()
    again = uicc.authenticate(vector.rand, vector.autn)
    said = listener.last("AUTHENTICATE")
    claim(again.is_synchronisation_failure, "a challenge is not answered twice")
    yield chapter("Nothing works twice")
    yield say(
        """Somebody records a real challenge on the air, RAND and AUTN with a right MAC, and plays it to
        your card later. The card has just answered this very challenge; here it comes again:"""
    )
    yield show(said, command=True, only=("RAND", "AUTN", "result", "AUTS"))
    yield choice(
        text("Why does the card not answer RES this time?"),
        option(
            "The MAC is wrong.",
            not again.is_synchronisation_failure,
            text("Then it would be 9862. The MAC is the same as before, and right."),
        ),
        option(
            "The sequence number in AUTN is not higher than the last one it took.",
            again.is_synchronisation_failure,
            text(
                """Right. AUTN hides a sequence number SQN (6 bytes, XORed with a mask AK). It must be
                fresh, or the answer is *synchronisation failure* (TS 33.102 §6.3.3, annex C.2)."""
            ),
        ),
        option(
            "It remembers every RAND that it has seen.",
            False,
            text("It would run out of memory. It remembers something shorter."),
        ),
        hint=text("What makes each challenge different, and can be compared with one number?"),
    )
    sqn = int.from_bytes(sqn_from_auts(network.functions, vector.rand, again.auts), "big")
    seq = sqn >> IND_BITS
    claim(seq == network.seq, "the card's sequence number is the one it was sent last")
    yield say(
        """The card says in AUTS where it stands; only the operator can open it. It finds SQN =
        `{sqn:012X}`. The lowest 5 bits (IND) say in which of 32 slots the number belongs; what counts is
        the part above them, SEQ.""",
        sqn=sqn,
    )
    yield ask(
        Kind.NUMBER,
        text("SQN is {sqn} in decimal. What is SEQ?", sqn=sqn),
        seq,
        mistake(sqn, "That is the whole SQN. Take the 5 bits of IND away: divide by 32."),
        mistake(sqn & 31, "That is IND, the rest. SEQ is what stands above it."),
        mistake(seq + 1, "Round down: what is left over is IND."),
        why=text(
            "Right: {sqn} divided by 32 is {seq}, and {ind} is left over, the IND (annex C.1.1, C.3).",
            sqn=sqn,
            seq=seq,
            ind=sqn & 31,
        ),
        hint=text("2 to the power of 5 is 32. Divide, and drop what is left over."),
    )
    return seq


def _backup(network: Network, listener: Listener, uicc: Uicc, used: int) -> Steps:
    network.centre.add(network.imsi, network.functions, seq=START)
    old = network.vector()
    listener.heard()
    result = uicc.authenticate(old.rand, old.autn)
    claim(result.is_synchronisation_failure, "a network that counts anew is refused")
    taken = network.centre.resynchronise(network.imsi, old.rand, result.auts)
    fresh = network.vector()
    listener.heard()
    answer = uicc.authenticate(fresh.rand, fresh.autn)
    claim(answer.res == fresh.xres, "after resynchronisation the card answers")
    yield chapter("When the network forgets")
    yield say(
        """The operator's computer breaks down and is restored from a backup. Its counter for our card
        stands at {start} again, and the next challenge carries SEQ {first}. The card refuses, as above,
        and sends AUTS. The operator checks AUTS with K, so that nobody else can turn its counter, and
        takes over the card's SEQ, {taken}.""",
        start=START,
        first=START + 1,
        taken=taken,
    )
    yield ask(
        Kind.NUMBER,
        text("Which SEQ does the next challenge have, which the card takes?"),
        network.seq,
        mistake(taken, "That one the card has seen already. It must be higher."),
        mistake(
            START + 2, "That is how the operator would have gone on without AUTS; the card would refuse it."
        ),
        mistake(START + 1, "The card takes nothing that is lower than what it has seen."),
        why=text(
            "Right: {seq}, and the card answers RES. This is resynchronisation (TS 33.102 §6.3.5).",
            seq=network.seq,
        ),
        hint=text("One more than what?"),
    )
    claim(taken == used, "the operator goes on from the card's number")


def _clone(network: Network, sim: PlainSim) -> Steps:
    clone = clone_of(sim.card, network.pin, key=bytes(16), opc=network.opc)
    uicc = _ready(clone.card, COPIED_PIN)
    vector = network.vector()
    refused = _refusal(uicc, vector.rand, vector.autn)
    forced = uicc.authenticate_gsm(vector.rand).res
    same_imsi = uicc.read_imsi() == network.imsi
    claim(same_imsi and forced not in vector.xres, "a clone without K has the IMSI, and answers wrongly")
    yield chapter("A clone")
    yield say(
        """Now for a copy. With the PIN we read every file of the card, as in lesson 1, and write them onto
        an empty one. The clone has the same ICCID, the same IMSI, the same phone book. Only K is missing,
        so we put in 16 zeros. The network sends it a challenge."""
    )
    yield choice(
        text("What happens?"),
        option(
            "The network lets the clone in: the IMSI is right.",
            refused == SW.OK,
            text(
                """An IMSI is no secret: phones send it over the air. What counts is the answer to the
                challenge."""
            ),
        ),
        option(
            "The clone answers a wrong RES, and the network refuses it.",
            False,
            text(
                """It would be wrong, but it does not come that far: the clone checks the network first,
                with a wrong key."""
            ),
        ),
        option(
            "The clone takes the real network for a false one.",
            refused == SW.AUTHENTICATION_ERROR_MAC,
            text(
                """Right: {sw}. With a wrong K the network's MAC looks wrong. And if the clone did not
                care, its RES would be wrong: authentication is mutual, and so fails on both sides.""",
                sw=refused,
            ),
        ),
        hint=text("AUTN comes before RES: who is checked first?"),
    )


def _twin(network: Network, sim: PlainSim) -> Steps:
    twin = clone_of(sim.card, network.pin, network.key, network.opc)
    cards = {"original": _ready(sim.card, network.pin), "twin": _ready(twin.card, COPIED_PIN)}
    rows = []
    for name in ("original", "twin", "twin", "original", "twin"):
        vector = network.vector()
        result = cards[name].authenticate(vector.rand, vector.autn)
        rows.append((name, str(network.seq), _words(result, vector)))
    outcomes = {name: {row[2] for row in rows if row[0] == name} for name in cards}
    recorded = network.vector()
    cards["original"].authenticate(recorded.rand, recorded.autn)
    replayed = cards["original"].authenticate(recorded.rand, recorded.autn)
    claim(replayed.is_synchronisation_failure, "a replay is refused")
    works = {name: found == {RIGHT} for name, found in outcomes.items()}
    claim(_places(network.imsi) == ["beta"], "the home network knows one place of a subscriber")
    yield chapter("A twin")
    yield say(
        """And if K has been stolen after all, from the operator or the card's maker? Then the copy is
        perfect: a twin. Original and twin answer challenges in turn, while the network counts on."""
    )
    yield choice(
        text("Whom does the sequence number catch?"),
        option(
            "The twin: it is behind the original.",
            not works["twin"],
            text("It is behind, but the network's next number is higher than what either card has seen."),
        ),
        option(
            "The original: the twin has used its numbers up.",
            not works["original"],
            text(
                """The original never saw the numbers that the twin used. The next one is higher again, and
                so it is fresh."""
            ),
        ),
        option(
            "Neither.",
            all(works.values()),
            text(
                """Right, and the table below shows it. SQN protects against *recordings*, not against
                twins. So all depends on K: it is made by the operator, never leaves the card, and travels
                to an eSIM only under keys made for one chip (lesson 5). What gives a twin away is the home
                network, which knows but one place for a subscriber: whoever registers last pushes the
                other out (TS 23.012)."""
            ),
        ),
        hint=text(
            """The network counts up with each challenge, whoever gets it. Each card compares with what it
            has seen itself."""
        ),
    )
    yield Rows(
        (text("card"), text("SEQ of the challenge"), text("what becomes of it")),
        tuple((text(name), seq, text(outcome)) for name, seq, outcome in rows),
    )


def _words(result: AuthenticationResult, vector: Vector) -> str:
    if result.is_synchronisation_failure:
        return "synchronisation failure"
    return RIGHT if result.res == vector.xres else "RES is wrong"


def _places(imsi: Imsi) -> list[str]:
    """Where the home network has a subscriber who shows up in one network, and then in another."""
    home = Trip(plain_sim().card).networks.home(HOME)
    world = made_up_world()
    for key in (ALPHA, BETA):
        home.update_location(imsi, world.operator(key), Rat.E_UTRAN, packet=True)
    return [operator for subscriber, (operator, _) in home.locations.items() if subscriber == imsi]
