"""Lesson 3: what changes with an eUICC (SGP.22 §2.4, §5.7; TS 102 221 §6.3.3)."""

from __future__ import annotations

from cards import Iccid, InProcessLink, Isdr, Uicc
from cards.atr import Atr
from cards.identities import Eid
from cards.link import CardLike
from cards.status import SW
from simulator.crypto.aka import generate_vector
from simulator.crypto.milenage import Milenage
from simulator.crypto.pki import TestPki
from simulator.lessons.listening import Listener
from simulator.lessons.model import (
    Kind,
    Option,
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
from simulator.lessons.parts import (
    PIN1,
    files_of,
    hexed,
    package,
    plain_sim,
    refusal,
    refused_with,
    subscription,
)
from simulator.lpa import InProcessEs9, Lpa
from simulator.profile.describe import Subscription
from simulator.smdp.identity import SmdpIdentity
from simulator.testing.bench import ADDRESS, NOW, Bench, entropy, make_bench, make_smdp


def steps() -> Steps:
    """An empty eUICC, its manager, whom it trusts, and a profile that makes it a SIM."""
    bench = make_bench(seed="lesson")
    listener = Listener(bench.euicc)
    yield from _empty(listener)
    with Isdr(listener.link) as isdr:
        yield from _manager(listener, isdr)
        yield from _trust(listener, isdr, bench)
    yield from _arrival(listener, bench)
    yield from _same_card(bench)


def _empty(listener: Listener) -> Steps:
    uicc = Uicc(listener.link)
    listener.link.reset()
    reset = listener.last("Reset")
    claim(refusal(uicc.read_iccid) == SW.FILE_NOT_FOUND, "an empty eUICC has no EF.ICCID")
    iccid = listener.last("SELECT EF.ICCID")
    atr = Atr.parse(reset.raw_answer)
    claim(atr.is_euicc and not Atr.parse(plain_sim().card.reset()).is_euicc, "an ATR tells an eUICC")
    yield chapter("A card without a subscription")
    yield say(
        """An eUICC is a chip that takes subscriptions over the network and keeps several of them. It may
        be soldered into the phone or sit in a plastic card; that makes no difference. Here is one fresh
        from its manufacturer. It answers to reset like any card, and then has nothing to show: no ICCID,
        no IMSI, no key."""
    )
    yield show(reset, only=("interface",))
    yield show(iccid)
    features = atr.uicc_features
    at = reset.raw_answer.index(features, 4)
    yield ask(
        Kind.HEX,
        text(
            """The ATR itself says what kind of card this is: in the second byte, TB, of the last group of
            interface bytes (a plain SIM has no TB there). Which byte is it?"""
        ),
        bytes((features,)),
        mistake(
            reset.raw_answer[at - 1 : at], """That is TA, the first byte of the group: voltages and clock."""
        ),
        mistake(
            reset.raw_answer[at - 2 : at - 1],
            """That byte says which interface bytes follow. TB is further on.""",
        ),
        mistake(reset.raw_answer[-1:], "That is the check byte at the end of the ATR."),
        why=text(
            "Right: its bits 8 and 2 are set, which says: I am an eUICC (TS 102 221 §6.3.3, SGP.22 §5.7.1)."
        ),
        hint=text("The group is shown as `A B: …`: first the byte TA, then the byte TB."),
    )


def _manager(listener: Listener, isdr: Isdr) -> Steps:
    opening = listener.heard()
    eid = isdr.get_eid()
    asked = listener.last("STORE DATA")
    changed = str(eid)[:-3] + str((int(str(eid)[-3]) + 1) % 10) + str(eid)[-2:]
    claim(eid.is_valid and not Eid(changed).is_valid, "the check digits of an EID find a wrong digit")
    length = asked.raw_answer[4]
    claim(asked.raw_answer[3] == 0x5A and length == len(eid.to_bytes()), "the EID is in the object 5A")
    yield chapter("The manager inside")
    yield say(
        """What a plain SIM does not have is a manager: an application called ISD-R. The phone's assistant,
        the LPA, opens a second channel to the card, so that calls go on meanwhile, and selects the ISD-R
        by its name."""
    )
    yield show(*(one for one in opening if one.title.startswith(("MANAGE", "SELECT"))), brief=True)
    yield say(
        """Messages to it travel inside the command STORE DATA. The first one asks for the number of the
        chip:"""
    )
    yield show(asked, command=True)
    yield ask(
        Kind.NUMBER,
        text("The EID comes as an object: tag `5A`, length, value. How many bytes is the EID long?"),
        length,
        mistake(hexed(asked.raw_answer[4:5]), "That is its length in hexadecimal: one sixteen and no ones."),
        mistake(len(str(eid)), "That many digits it has; two of them fit into a byte."),
        mistake(
            asked.raw_answer[2],
            """That is the length of the whole answer, BF3E. The EID is the object in it.""",
        ),
        why=text(
            """Right: `10` in hexadecimal is {length}. The EID stays with the chip for life, whatever
            profiles come and go; an ICCID belongs to a profile. Its last two digits are check digits, so
            that a wrong digit is noticed: the whole number leaves 1 when divided by 97 (SGP.29).""",
            length=length,
        ),
        hint=text("Behind the tag `5A` stands the length, in hexadecimal."),
    )


def _trust(listener: Listener, isdr: Isdr, bench: Bench) -> Steps:
    listener.heard()
    trusted = isdr.get_euicc_info1()["euiccCiPKIdListForVerification"]
    asked = listener.last("STORE DATA")
    ours = bench.smdp.identity.credentials[0].ci_key_id
    strangers = TestPki.create(entropy=entropy("strangers"), now=NOW)
    theirs = SmdpIdentity.from_pki(strangers, ADDRESS).credentials[0].ci_key_id
    yield chapter("Whom it trusts")
    yield say(
        """A chip that lets others write subscriptions into it must know whom to believe. The manufacturer
        has put in two things that cannot be changed from outside: a private key of the chip's own with a
        certificate, so that it can prove to be a genuine eUICC, and the public keys of certificate issuers
        (CIs), by which it checks the certificates of servers. Both lie in a part called ECASD. EUICCInfo1
        names the issuers:"""
    )
    yield show(asked)
    stranger = make_smdp(strangers, "strangers")
    matching_id = stranger.add_order(package("travel-operator"))
    lpa = Lpa(Isdr(InProcessLink(bench.euicc)), InProcessEs9(stranger))
    refused = refused_with(lambda: lpa.download(f"1${ADDRESS}${matching_id}"))
    claim((refused, theirs in trusted) == ("8.8.4/3.7", False), "a server of another PKI gets nowhere")
    yield choice(
        text("Two servers offer a profile. Whose certificate will this eUICC accept?"),
        _server("The one whose issuer has the key `{key}`.", theirs, trusted, refused),
        _server("The one whose issuer has the key `{key}`.", ours, trusted, refused),
        option(
            "Both: certificates are checked by the phone, not by the chip.",
            False,
            text(
                """The phone checks the certificate of the HTTPS connection. The chip checks the server's
                signature again, for itself: it does not trust the phone."""
            ),
        ),
        hint=text("The keys for verification are shown above; compare."),
    )


def _server(template: str, issuer: bytes, trusted: list[bytes], refused: str) -> Option:
    """A server, by the key identifier of the CI that its certificate comes from."""
    if issuer in trusted:
        why = text("""Right: that issuer is in the list. Here it is the test CI of this simulator; in a
        phone it is the GSMA's.""")
        return option(template, True, why, key=hexed(issuer))
    why = text(
        """That issuer is not in the list. We tried: the server has no certificate that this eUICC can
        verify, and ends the conversation with {refused} (SGP.22 §5.6.1).""",
        refused=refused,
    )
    return option(template, False, why, key=hexed(issuer))


def _arrival(listener: Listener, bench: Bench) -> Steps:
    bench.download(package())
    uicc = Uicc(listener.link)
    listener.link.reset()
    with Isdr(listener.link) as isdr:
        isdr.get_profiles_info()
    listed = listener.last("STORE DATA: GetProfilesInfo")
    number_before = refusal(uicc.read_iccid) == SW.OK
    with bench.lpa() as lpa:
        lpa.enable(lpa.profiles()[0].iccid)
    listener.link.reset()
    listener.heard()
    iccid = uicc.read_iccid()
    read = listener.last("READ BINARY")
    yield chapter("A profile arrives")
    yield say(
        """Now a profile is downloaded (lesson 4 shows how). A profile is a whole SIM in a package: files,
        PINs, keys. The LPA asks the ISD-R what is there:"""
    )
    yield show(listed, only=("iccid", "isdpAid", "profileState", "profileName"))
    yield choice(
        text("The profile is on the chip. The phone now reads EF.ICCID. What happens?"),
        option(
            "It gets the ICCID of the profile.",
            number_before,
            text("Not yet. Look at the state of the profile: it is there, and does nothing."),
        ),
        option(
            "The card answers that there is no such file, as before.",
            not number_before,
            text(
                """Right: a new profile is disabled, and what is disabled cannot be seen from outside. Only
                an enabled profile is the card (SGP.22 §3.1.3, §3.2.1)."""
            ),
        ),
        option(
            """The card asks for the PIN.""",
            False,
            text("""EF.ICCID needs no PIN, on no card. What is its state?"""),
        ),
        hint=text("Look at profileState."),
    )
    yield say(
        """The LPA enables it, and the card is reset. The same command as at the beginning now finds the
        file:"""
    )
    yield show(read)
    claim(str(iccid) == iccid_of_package(), "the ICCID is the profile's")


def iccid_of_package() -> str:
    """With its check digit."""
    return str(Iccid.with_check_digit(subscription().iccid))


def _same_card(bench: Bench) -> Steps:
    described = subscription()
    sim = plain_sim()
    on_sim, on_euicc = files_of(sim.card, described.pins.pin1), files_of(bench.euicc, described.pins.pin1)
    claim(on_sim.keys() == on_euicc.keys(), "a SIM and an eUICC with one profile have the same files")
    differing = sum(on_sim[path] != on_euicc[path] for path in on_sim)
    results = [_authenticated(card, described) for card in (sim.card, bench.euicc)]
    yield chapter("Is it the same?")
    yield say(
        """The same profile package can be made into a plain SIM, too. We did that, typed PIN {pin} on both
        cards, and read all {count} files on each: header and content.""",
        pin=described.pins.pin1,
        count=len(on_sim),
    )
    yield ask(
        Kind.NUMBER,
        text("In how many of the {count} files do the two cards differ?", count=len(on_sim)),
        differing,
        mistake(1, "Which one would it be? The EID is in no file; it is with the ISD-R."),
        mistake(len(on_sim), "They are the same package, and were installed by the same rules."),
        why=text(
            """Right. A profile *is* a SIM. What an eUICC adds lies beside it: the ISD-R, the ECASD, a
            directory of profiles."""
        ),
        hint=text("Both come from one package."),
    )
    sim_result, euicc_result = results
    yield say(
        """At last the network sends the same challenge to both cards (lesson 2): RES from the plain SIM is
        `{sim}`, from the eUICC `{euicc}`.""",
        sim=hexed(sim_result),
        euicc=hexed(euicc_result),
    )
    is_same = sim_result == euicc_result
    yield choice(
        text("Can the network see, when it authenticates a subscriber, whether a SIM or an eSIM answers?"),
        option(
            "Yes, the answers differ.", not is_same, text("Compare the two values of RES, digit by digit.")
        ),
        option(
            "No, the answers are the same.",
            is_same,
            text(
                """Right. To the network there are only subscriptions. So roaming, coverage and price do
                not depend on the kind of card, but on the operator and the tariff. (The operator knows it
                from its own records.)"""
            ),
        ),
        option(
            "Yes, an eSIM has to send its EID.",
            False,
            text("The EID goes to servers that profiles come from. No message of a registration holds it."),
        ),
        hint=text("It is the key in the profile that answers, wherever the profile is."),
    )


def _authenticated(card: CardLike, described: Subscription) -> bytes:
    """RES to a challenge of the operator's, the same for every card."""
    keys = described.authentication
    assert keys.opc is not None
    vector = generate_vector(
        Milenage(keys.key, keys.opc), bytes(range(16)), (1 << 5).to_bytes(6, """big"""), bytes(2)
    )
    uicc = Uicc(InProcessLink(card))
    uicc.verify_pin(PIN1, described.pins.pin1)
    uicc.select("MF/ADF.USIM")
    answer = uicc.authenticate(vector.rand, vector.autn)
    claim(answer.res == vector.xres, "the card answers as the network expects")
    return answer.res
