"""Lesson 6: switching between profiles (SGP.22 §2.9, §3.2, §3.5; version 3 §3.4; TS 102 223 §6.4.7)."""

from __future__ import annotations

from dataclasses import dataclass

from cards import Iccid, InProcessLink, Isdr, Uicc
from cards.ports import EsimPorts
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.euicc.features import V3
from simulator.euicc.ports import Mep
from simulator.lessons.listening import Listener
from simulator.lessons.model import (
    Kind,
    Option,
    Rows,
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
from simulator.lessons.parts import package, refused_with
from simulator.lpa import Lpa
from simulator.smdp.metadata import ProfileMetadata, ProfileOwner
from simulator.testing.bench import NOW, Bench, clock, entropy, make_bench

HOME, TRAVEL = "home-operator", "travel-operator"


@dataclass
class Phone:
    """An eUICC with the profile of the home operator enabled and that of a travel operator beside it."""

    bench: Bench
    listener: Listener
    lpa: Lpa
    home: Iccid
    travel: Iccid

    @classmethod
    def made(cls, seed: str = "lesson", metadata: ProfileMetadata | None = None) -> Phone:
        """`metadata`: of the home operator's profile."""
        bench = make_bench(seed=seed)
        bench.download(package(HOME), enable=True, metadata=metadata)
        bench.download(package(TRAVEL))
        listener = Listener(bench.euicc)
        listener.link.reset()
        lpa = bench.lpa(listener.link)
        lpa.isdr.open()
        lpa.process_notifications()
        home, travel = (profile.iccid for profile in lpa.profiles())
        listener.heard()
        return cls(bench, listener, lpa, home, travel)

    def enabled(self) -> list[Iccid]:
        return [profile.iccid for profile in self.lpa.profiles() if profile.is_enabled]

    def seen(self) -> Iccid:
        """The number that a phone reads from the card's files."""
        return Uicc(self.listener.link).read_iccid()


def steps() -> Steps:
    """Enable, refresh, a battery that falls out, rules, reports, and two at once."""
    phone = Phone.made()
    yield from _enable(phone)
    yield from _battery()
    yield from _delete(phone)
    yield from _rules()
    yield from _reports(phone)
    yield from _two_at_once()


def _name(phone: Phone, iccid: Iccid) -> str:
    return {phone.home: "Home", phone.travel: "Travel"}[iccid]


def _enable(phone: Phone) -> Steps:
    phone.lpa.isdr.enable_profile(phone.travel)
    enabling = phone.listener.last("STORE DATA")
    listed, read = phone.enabled(), phone.seen()
    claim(listed == [phone.travel], "the list has the new profile enabled at once, and that one alone")
    phone.listener.heard()
    phone.lpa.isdr.settle()
    fetched = next(one for one in phone.listener.heard() if one.title.startswith("FETCH"))
    after = phone.seen()
    claim(after == phone.travel, "after the reset the new profile is the card")
    yield chapter("One of many is the card")
    yield say(
        """You land abroad. On your eUICC are two profiles, *Home*, which is enabled, and *Travel*. You
        choose Travel in the settings, and the LPA sends EnableProfile to the ISD-R:"""
    )
    yield show(enabling, command=True)
    yield say(
        """The answer is OK, and the eUICC now lists Travel as enabled and Home as disabled. But look at
        the status word: not 9000 but 91, a command of the card's own is waiting. The phone has not fetched
        it yet."""
    )
    yield choice(
        text("If the phone reads EF.ICCID in this very moment, whose number does it get?"),
        option(
            "That of Travel: it is enabled.",
            read == phone.travel,
            text("The list says so. The files that the card shows are another matter."),
        ),
        option(
            "That of Home, still.",
            read == phone.home,
            text(
                """Right. A phone keeps in mind what it has read of a card, so the card does not change
                under its hands. Until the phone agrees to begin anew, it shows the old files (SGP.22
                §3.2.1)."""
            ),
        ),
        option(
            "None: there is no file for a moment.",
            False,
            text("We tried: EF.ICCID is read without an error."),
        ),
        hint=text("Would a phone like it if files changed between two commands?"),
    )
    yield say("The phone fetches what the card wants:")
    yield show(fetched, only=("type", "qualifier"))
    yield say(
        "It resets the card, reads everything anew, and now finds the ICCID {iccid}, that of Travel.",
        iccid=after,
    )


def _battery() -> Steps:
    phone = Phone.made("lesson, battery")
    phone.lpa.isdr.enable_profile(phone.travel)
    phone.listener.link.reset()
    found = phone.seen()
    yield chapter("A battery falls out")
    yield say(
        """Once more from the beginning, on another phone. EnableProfile has been answered with OK, and
        before the phone fetches anything the battery falls out. You put it back in."""
    )
    yield choice(
        text("Which profile is the card after that?"),
        option(
            "Home: the switch was not finished.",
            found == phone.home,
            text("For the card it was finished: it wrote the new state before it answered OK."),
        ),
        option(
            "Neither: both are disabled.",
            False,
            text("The eUICC changes both in one step, so that there is no between."),
        ),
        option(
            "Travel.",
            found == phone.travel,
            text(
                """Right. What a card has answered with OK is written in memory that keeps without power.
                REFRESH only asks the phone to look again, and after a power-up it does anyway."""
            ),
        ),
        hint=text("When does a card write down what it has done: before its answer, or after?"),
    )


def _tried(lpa: Lpa, action: str, iccid: Iccid) -> str:
    """What enabling, disabling or deleting is refused with; empty if it works."""
    return refused_with(lambda: getattr(lpa, action)(iccid))


def _delete(phone: Phone) -> Steps:
    phone.listener.heard()
    refused = _tried(phone.lpa, "delete", phone.travel)
    deleting = phone.listener.last("STORE DATA: DeleteProfile")
    claim(refused == "profileNotInDisabledState", "an enabled profile cannot be deleted")
    yield chapter("What cannot be done")
    yield say(
        "You are back home. You want to get rid of Travel, and delete it right away, while it is enabled:"
    )
    yield show(deleting, only=("deleteResult",))
    order = ("enable", phone.home), ("delete", phone.travel)
    works = all(not _tried(phone.lpa, action, iccid) for action, iccid in order)
    yield choice(
        text("What must be done first?"),
        option(
            "Travel must be disabled, for example by enabling Home.",
            works,
            text(
                """Right: a profile that is in use is not deleted (SGP.22 §3.2.3). We enabled Home, which
                disables Travel, and then it worked."""
            ),
        ),
        option(
            "The operator must allow it.",
            False,
            text("No server was asked. A rule can forbid it, but that would be another result."),
        ),
        option("The phone must be restarted.", False, text("A restart changes no states.")),
        hint=text("The name of the result says in which state the profile is not."),
    )


def _rules() -> Steps:
    owner = ProfileOwner("99970")
    rule1 = Phone.made("lesson, rule 1", ProfileMetadata(policy_rules=("ppr1",), owner=owner))
    rule2 = Phone.made("lesson, rule 2", ProfileMetadata(policy_rules=("ppr2",), owner=owner))
    results = (
        ("ppr1", "enable the other one", _tried(rule1.lpa, "enable", rule1.travel)),
        ("ppr1", "disable it", _tried(rule1.lpa, "disable", rule1.home)),
        ("ppr2", "enable the other one", _tried(rule2.lpa, "enable", rule2.travel)),
        ("ppr2", "delete it", _tried(rule2.lpa, "delete", rule2.home)),
    )
    by = {(rule, action): result for rule, action, result in results}
    yield chapter("Rules of the operator")
    yield say(
        """A phone that is sold cheaply with a contract may come with a profile that has *policy rules*:
        PPR1 says that it must not be disabled, PPR2 that it must not be deleted. The user agrees to them
        at the download. We put each on the profile *Home* of an eUICC and tried:"""
    )
    yield Rows(
        (text("rule"), text("try to"), text("result")),
        tuple((rule, text(action), result or "ok") for rule, action, result in results),
    )
    stuck = by["ppr1", "enable the other one"] == "disallowedByPolicy"
    free = not by["ppr2", "enable the other one"]
    yield choice(
        text("With which rule is your travel eSIM of no use, as long as Home is there?"),
        option(
            "PPR1.",
            stuck and free,
            text(
                """Right: to enable Travel, Home would have to be disabled, and PPR1 forbids just that
                (SGP.22 §2.9.1)."""
            ),
        ),
        option("PPR2.", not free, text("Only the deletion was refused there. Switching worked.")),
        option("Both.", stuck and not free, text("Look at the third line of the table.")),
        hint=text("Travel has to be enabled; what happens to Home then?"),
    )


def _reports(phone: Phone) -> Steps:
    waiting = phone.lpa.notifications()
    rows = tuple(
        (str(one.sequence_number), one.operation, _name(phone, one.iccid) if one.iccid else "")
        for one in waiting
    )
    yield chapter("Who hears of it")
    yield say(
        """On our first phone we enabled Travel, then Home, then deleted Travel. Of each change the eUICC
        writes a signed notification for the operator's server. They wait until the LPA delivers them, one
        after the other:"""
    )
    yield Rows((text("number"), text("what"), text("profile")), rows)
    count = sum(one.operation == "disable" for one in waiting)
    yield ask(
        Kind.NUMBER,
        text("Nobody ever pressed *disable*. How many times was a profile disabled all the same?"),
        count,
        mistake(0, "Enabling one profile disables the one before. Look at the list."),
        mistake(len(waiting), "These are all notifications. Count those that say disable."),
        why=text(
            """Right: each time another one was enabled. One command, two changes, two notifications
            (SGP.22 §3.2.1, §3.5)."""
        ),
        hint=text("Count the lines."),
    )
    deliveries = phone.lpa.process_notifications()
    claim(all(one.error is None for one in deliveries) and not phone.lpa.notifications(), "all are delivered")
    told = [one.event for one in phone.bench.smdp.notifications()][-len(deliveries) :]
    claim(told == [one.operation for one in waiting], "the server has heard of each change, in order")


def _two_at_once() -> Steps:
    bench = make_bench(seed="lesson, ports")
    identity = EuiccIdentity.from_pki(bench.pki, entropy=entropy("lesson, ports"), now=NOW)
    features = Features(svn=V3, mep=Mep(profiles=2))
    bench.euicc = Euicc(identity, entropy=entropy("lesson, ports card"), clock=clock, features=features)
    for name in (HOME, TRAVEL, "test-operator"):
        bench.download(package(name))
    ports = EsimPorts(InProcessLink(bench.euicc))
    agreed = ports.configure(["MEP-A2"])
    with Isdr(ports.port(0)) as isdr:
        profiles = isdr.get_profiles_info()
        chosen = [isdr.enable_profile(one["isdpAid"], refresh=False) for one in profiles[:2]]
        rows = tuple((str(port), str(Uicc(ports.port(port or 0)).read_iccid())) for port in chosen)
        third = refused_with(lambda: isdr.enable_profile(profiles[2]["isdpAid"], refresh=False))
    claim(agreed.profiles == 2, "this eUICC has two profiles enabled at once")
    yield chapter("Two at once")
    yield say(
        """Phones since about 2021 keep two eSIMs in service at the same time. For that version 3 of SGP.22
        gives the eUICC *ports*: it behaves like several cards behind one set of contacts (multiple enabled
        profiles, MEP). Ours has {count}. We enabled two profiles, the eUICC chose the ports, and on each
        we read EF.ICCID:""",
        count=agreed.profiles,
    )
    yield Rows((text("port"), text("EF.ICCID")), rows)
    yield choice(
        text("There is a third profile on the eUICC. We enable it as well. What happens?"),
        option(
            "It takes the place of the first.",
            False,
            text("On one port it would. But here the eUICC chooses the port, and it throws nobody out."),
        ),
        _third("All three are enabled.", not third, third),
        _third("The eUICC refuses.", bool(third), third),
        hint=text("How many ports are taken?"),
    )


def _third(words: str, right: bool, result: str) -> Option:
    why = (
        "Right: {result}. One of the two has to be disabled first (SGP.22 v3 §3.4)."
        if right
        else "The eUICC answered {result}."
    )
    return option(words, right, text(why, result=result))
