"""Applications on a card, a terminal before it: menus, events, timers, busy and confused terminals."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cards import InProcessLink, Uicc
from cards.errors import CardStatusError
from cards.identities import Imsi, Plmn
from cards.proactive import Reply, Responder, ToolkitTerminal, at_a_prompt, scripted
from cards.session import CardSession
from cards.toolkit import DataObject, Event, Tag, profile_of
from simulator.crypto.aka import generate_vector
from simulator.crypto.milenage import Milenage
from simulator.profile import build, describe, image_of
from simulator.uicc import Card, FileSystem
from simulator.uicc.image import AkaAlgorithm, AkaImage
from simulator.uicc.toolkit import Applet, commands
from simulator.uicc.toolkit.multi_imsi import Identity, MultiImsi
from simulator.uicc.toolkit.runtime import Session
from simulator.uicc.toolkit.service_menu import ServiceMenu
from tests.simulator.uicc.conftest import KEY, OPC
from tests.simulator.uicc.test_uicc_instructions import walk

OPERATOR = image_of(build.build_package(describe.load_shipped("test-operator")))
USIM = OPERATOR.adfs[0].aid


def identity(name: str, imsi: str, plmn: Plmn, key: bytes, countries: str = "") -> Identity:
    aka = AkaImage(USIM, AkaAlgorithm.MILENAGE, key, opc=OPC)
    return Identity(name, Imsi(imsi), plmn, aka, frozenset(countries.split()))


HOME = identity("Home", "999700000000001", Plmn("999", "70"), KEY)
THAI = identity("Thailand", "520990000000007", Plmn("520", "99"), bytes(16), "520")
VIET = identity("Vietnam", "452990000000009", Plmn("452", "99"), bytes(range(16)), "452 456")


class Terminal(ToolkitTerminal):
    """A terminal, its card, and what the card reported of itself."""

    def __init__(self, card: Card, respond: Responder, **options: bytes) -> None:
        self.card = card
        self.faults: list[Exception] = []
        card.on_fault = lambda apdu, error: self.faults.append(error)
        super().__init__(CardSession(InProcessLink(card)), respond, **options)

    def __call__(self, command: str) -> str:
        return self.card.transmit(bytes.fromhex(command)).hex().upper()

    @property
    def names(self) -> list[str]:
        return [command.name for command in self.log]


def terminal(*applets: Applet, respond: Responder | None = None, **options: bytes) -> Terminal:
    card = Card(FileSystem(OPERATOR), entropy=bytes, applets=applets)
    return Terminal(card, respond or scripted({}), **options)


def test_the_menu_is_set_up_and_chosen_from() -> None:
    replies = scripted({"SELECT ITEM": [Reply.item(2), Reply(0x10)], "SEND USSD": [Reply.text("12.34")]})
    phone = terminal(ServiceMenu(), respond=replies)
    phone.start()
    assert phone.menu == {1: "Services"}
    phone.choose(1)
    assert phone.names == ["SET UP MENU", "SELECT ITEM", "SEND USSD", "DISPLAY TEXT", "SELECT ITEM"]
    assert phone.log[1].items == {1: "My number", 2: "Balance", 3: "Write to us"}
    assert phone.log[3].text == "12.34"
    assert not phone.faults


def test_the_own_number_and_a_message() -> None:
    replies = scripted(
        {
            "SELECT ITEM": [Reply.item(1), Reply.item(3), Reply(0x10)],
            "GET INPUT": [Reply.text("Hello")],
        }
    )
    phone = terminal(ServiceMenu(service="+123456"), respond=replies)
    phone.start()
    phone.choose(1)
    shown = [command.text for command in phone.log if command.name == "DISPLAY TEXT"]
    assert shown[0] == "+88210123456"
    assert shown[1] == "Thank you."
    (message,) = [command for command in phone.log if command.name == "SEND SHORT MESSAGE"]
    tpdu = next(item.value for item in message.objects if item.tag == Tag.SMS_TPDU)
    assert tpdu.hex() == "0100" + "0691214365" + "0004" + "05" + b"Hello".hex()


def test_a_person_at_the_prompt() -> None:
    asked, shown = [], []

    def ask(question: str) -> str:
        asked.append(question)
        return "1" if len(asked) == 1 else ""

    phone = terminal(ServiceMenu(), respond=at_a_prompt(ask, shown.append))
    phone.start()
    phone.choose(1)
    assert "2  Balance" in asked[0]
    assert len(shown) == 1


def network_answers(phone: Terminal, key: bytes, sequence: int) -> bool:
    """Whether the card authenticates a network that has this key."""
    rand = sequence.to_bytes(16, "big")
    vector = generate_vector(Milenage(key, OPC), rand, (sequence << 5).to_bytes(6, "big"), bytes(2))
    uicc = Uicc(InProcessLink(phone.card))
    uicc.select("MF/ADF.USIM")
    try:
        return uicc.authenticate(rand, vector.autn).res == vector.xres
    except CardStatusError:
        return False


def imsi_of(phone: Terminal) -> str:
    return str(Uicc(InProcessLink(phone.card)).read_imsi())


def test_the_global_sim_follows_the_traveller() -> None:
    applet = MultiImsi([HOME, THAI, VIET])
    here = Reply.location(Plmn("520", "03").to_bytes())
    phone = terminal(applet, respond=scripted({"PROVIDE LOCAL INFORMATION": [here]}))
    applet.attach(phone.card)
    phone.start()
    assert phone.names == ["SET UP MENU", "SET UP EVENT LIST", "PROVIDE LOCAL INFORMATION", "REFRESH"]
    assert phone.log[-1].qualifier == 0
    assert imsi_of(phone) == str(THAI.imsi)
    phone.moved_to(Plmn("452", "01").to_bytes())
    assert imsi_of(phone) == str(VIET.imsi)
    assert network_answers(phone, VIET.aka.key, 1)
    assert not network_answers(phone, KEY, 2)
    phone.moved_to(Plmn("452", "04").to_bytes())
    assert phone.names.count("REFRESH") == 2, "still in the same country: nothing changes"
    phone.moved_to(Plmn("262", "01").to_bytes())
    assert imsi_of(phone) == str(HOME.imsi)
    assert network_answers(phone, KEY, 3)
    assert not phone.faults


def test_a_new_identity_was_nowhere_yet() -> None:
    """What networks of the old identity left: temporary identities and keys, those of 5G and of EPS, too."""
    applet = MultiImsi([HOME, THAI])
    phone = terminal(applet)
    applet.attach(phone.card)
    phone.start()
    left = {"DF.5GS/EF.5GS3GPPLOCI": 20, "DF.5GS/EF.5GSN3GPPLOCI": 20, "DF.5GS/EF.5GAUTHKEYS": 110}
    for name, length in left.items():
        read_or_write(phone, name, bytes(length))
    phone.moved_to(Plmn("520", "01").to_bytes())
    assert imsi_of(phone) == str(THAI.imsi)
    unknown = "FF" * 16 + "00000001"
    assert [read_or_write(phone, name) for name in left] == [unknown, unknown, "FF" * 110]
    uicc = Uicc(InProcessLink(phone.card))
    for directory, name in ((0x5FC0, 0x4F03), (0x5FC0, 0x4F04), (None, 0x6FE4)):
        uicc.select(uicc.find_application("ADF.USIM"))
        if directory:
            uicc.select(directory)
        uicc.select(name)
        assert not uicc.read_record(1).strip(b"\xff")


def read_or_write(phone: Terminal, name: str, data: bytes = b"") -> str:
    uicc = Uicc(InProcessLink(phone.card))
    uicc.select(f"MF/ADF.USIM/{name}")
    if data:
        uicc.update_binary(data)
    return uicc.read_binary().hex().upper()


def test_sequence_numbers_are_kept_for_each_identity_and_over_the_power() -> None:
    applet = MultiImsi([HOME, THAI, VIET])
    phone = terminal(applet)
    applet.attach(phone.card)
    phone.start()
    phone.moved_to(Plmn("452", "01").to_bytes())
    assert network_answers(phone, VIET.aka.key, 9)
    phone.moved_to(Plmn("520", "01").to_bytes())
    assert network_answers(phone, THAI.aka.key, 5)
    saved = phone.card.files.save()
    again = terminal(applet)
    applet.attach(again.card)
    again.card.files.restore(saved)
    assert imsi_of(again) == str(THAI.imsi)
    assert not network_answers(again, THAI.aka.key, 5), "not fresh"
    assert network_answers(again, THAI.aka.key, 6)
    again.start()
    again.moved_to(Plmn("452", "01").to_bytes())
    assert not network_answers(again, VIET.aka.key, 9)
    assert network_answers(again, VIET.aka.key, 10)


def test_the_user_takes_an_identity() -> None:
    applet = MultiImsi([HOME, THAI, VIET])
    phone = terminal(applet, respond=scripted({"SELECT ITEM": [Reply.item(2)]}))
    applet.attach(phone.card)
    phone.start()
    phone.choose(1)
    assert imsi_of(phone) == str(THAI.imsi)


class Probe(Applet):
    """Notes what it hears."""

    title = "Probe"
    events = frozenset({Event.IDLE_SCREEN, Event.USER_ACTIVITY})

    def __init__(self) -> None:
        self.heard: list[object] = []

    def selected(self, card: Card) -> Session:
        answer = yield commands.display_text("one")
        self.heard.append(answer.result)
        answer = yield commands.display_text("two")
        self.heard.append(answer.result)

    def happened(self, card: Card, event: int, objects: Sequence[DataObject]) -> Session:
        self.heard.append(event)
        yield commands.more_time()

    def timer_expired(self, card: Card, timer: int) -> Session:
        self.heard.append(f"timer {timer}")
        yield from ()


def test_events_and_timers_reach_who_wants_them() -> None:
    probe = Probe()
    phone = terminal(probe)
    phone.start()
    phone.event(Event.USER_ACTIVITY)
    phone.event(Event.LANGUAGE_SELECTION)
    phone.timer_expired(3)
    assert probe.heard == [Event.USER_ACTIVITY, "timer 3"]
    assert phone.names == ["SET UP MENU", "SET UP EVENT LIST", "MORE TIME"]


def test_the_protocol_step_by_step() -> None:
    """Announced, fetched, answered; a second choice meanwhile finds the toolkit busy."""
    probe = Probe()
    phone = terminal(probe, profile=profile_of([0x21]))
    walk(
        phone,  # type: ignore[arg-type]
        """
        8012000000                          -> 6985
        8010000003 2B0001                   -> 9000   # no menu, no events: it has DISPLAY TEXT alone
        80C2000009 D30782020181900101       -> 9111
        80C2000009 D30782020181900101       -> 9300
        801400000C 810301218082028281830100 -> 6985   # not fetched yet
        8012000010                          -> 6C11
        8012000011 -> D00F8103012180820281028D0404 6F6E65 9000
        80F2000C                            -> 9000   # while the terminal is at it nothing is announced
        801400000C 810301228082028281830100 -> 6A80   # another command's details
        8014000003 810301                   -> 6A80
        801400000C 810301218082028281830110 -> 9111
        """,
    )
    assert probe.heard == [0x10]
    phone.card.reset()
    assert phone("8012000011") == "6985"


def test_a_terminal_without_the_command_is_told_so() -> None:
    probe = Probe()
    phone = terminal(probe, profile=profile_of([0x25]))
    phone.start()
    phone.choose(1)
    assert probe.heard == [0x30, 0x30]
    assert phone.names == ["SET UP MENU"]


def test_a_choice_that_is_not_in_the_menu() -> None:
    phone = terminal(Probe())
    phone.start()
    with pytest.raises(CardStatusError):
        phone.choose(2)


class Broken(Applet):
    title = "Broken"

    def selected(self, card: Card) -> Session:
        yield commands.more_time()
        raise ZeroDivisionError


def test_an_application_that_fails_does_not_stop_the_card() -> None:
    phone = terminal(Broken(), Probe())
    phone.start()
    phone.choose(1)
    assert isinstance(phone.faults[0], ZeroDivisionError)
    phone.choose(2)
    assert phone.names[-1] == "DISPLAY TEXT"


def test_call_control_allows_where_nobody_is_registered() -> None:
    phone = terminal(Probe())
    phone.start()
    assert phone("80C2000007D4058202828100") == "6A80"
    assert phone("80C200000AD4088202828186028101" + "00") == "00009000"
