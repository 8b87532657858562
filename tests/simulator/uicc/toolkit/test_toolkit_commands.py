"""Proactive commands against the bytes of the conformance tests (ETSI TS 102 384, 3GPP TS 31.124 §27.22)."""

from __future__ import annotations

import pytest

from cards.proactive import parse_proactive
from cards.toolkit import (
    COMMANDS,
    ToolkitError,
    decode_text,
    encode_text,
    parse_objects,
    profile_of,
    read_template,
)
from simulator.uicc.toolkit import commands
from simulator.uicc.toolkit.commands import Local, Proactive, RefreshMode

ITEMS = ["Item 1", "Item 2", "Item 3", "Item 4"]
ITEM_BYTES = "".join(f"8F070{n}4974656D203{n}" for n in range(1, 5))
TPDU = bytes.fromhex("01000891109132547600000130")

VECTORS = {
    "DISPLAY TEXT 1.1.1": (
        commands.display_text("Toolkit Test 1"),
        "D01A8103012180820281028D0F04546F6F6C6B697420546573742031",
    ),
    "DISPLAY TEXT, high priority": (
        commands.display_text("Toolkit Test 2", high_priority=True),
        "D01A8103012181820281028D0F04546F6F6C6B697420546573742032",
    ),
    "GET INKEY 1.1.1": (
        commands.get_inkey('Enter "+"', digits_only=True),
        "D0158103012200820281828D0A04456E74657220222B22",
    ),
    "GET INPUT 1.1.1": (
        commands.get_input("Enter 12345", 5, 5),
        "D01B8103012300820281828D0C04456E74657220313233343591020505",
    ),
    "MORE TIME": (commands.more_time(), "D009810301020082028182"),
    "PLAY TONE": (
        commands.play_tone(1, 5, title="Dial Tone"),
        "D01B81030120008202810385094469616C20546F6E658E010184020105",
    ),
    "POLL INTERVAL 1.1.1": (commands.poll_interval(60), "D00D81030103008202818284020001"),
    "POLLING OFF": (commands.polling_off(), "D009810301040082028182"),
    "REFRESH, UICC reset": (commands.refresh(RefreshMode.UICC_RESET), "D009810301010482028182"),
    "REFRESH, file change": (
        commands.refresh(RefreshMode.FILE_CHANGE, [bytes.fromhex("3F007F206F46")]),
        "D0128103010101820281829207013F007F206F46",
    ),
    "SELECT ITEM 1.1.1": (
        commands.select_item("Toolkit Select", ITEMS),
        "D03D810301240082028182850E546F6F6C6B69742053656C656374" + ITEM_BYTES,
    ),
    "SET UP MENU 1.1.1": (
        commands.set_up_menu("Toolkit Menu", ITEMS),
        "D03B810301250082028182850C546F6F6C6B6974204D656E75" + ITEM_BYTES,
    ),
    "SET UP MENU, removed": (commands.set_up_menu("", []), "D00B8103012500820281828F00"),
    "SEND SHORT MESSAGE": (
        commands.send_short_message(TPDU, title="Send SM"),
        "D021810301130082028183850753656E6420534D8B0D" + TPDU.hex(),
    ),
    "SET UP CALL": (
        commands.set_up_call("+012340123456", title="Not busy"),
        "D01C8103011000820281838508 4E6F742062757379 8607 91103204214365",
    ),
    "SEND DTMF": (commands.send_dtmf("1234567890"), "D010810301140082028183AC052143658709"),
    "PROVIDE LOCAL INFORMATION, IMEI": (
        commands.provide_local_information(Local.IMEI),
        "D009810301260182028182",
    ),
    "SET UP EVENT LIST": (commands.set_up_event_list([4]), "D00C810301050082028182990104"),
    "TIMER MANAGEMENT, start": (
        commands.start_timer(1, 300),
        "D011810301270082028182A40101A503005000",
    ),
    "LAUNCH BROWSER": (
        commands.launch_browser(""),
        "D00B810301150082028182B100",
    ),
    "CLOSE CHANNEL": (commands.close_channel(1), "D009810301410082028121"),
    "RECEIVE DATA": (commands.receive_data(1, 200), "D00C810301420082028121B701C8"),
    "GET CHANNEL STATUS": (commands.get_channel_status(), "D009810301440082028182"),
    "LANGUAGE NOTIFICATION": (commands.language_notification("se"), "D00D810301350182028182AD027365"),
    "SET UP IDLE MODE TEXT": (
        commands.set_up_idle_mode_text("Idle Mode Text"),
        "D01A8103012800820281828D0F0449646C65204D6F64652054657874",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_commands_are_coded_as_the_conformance_tests_have_them(name: str) -> None:
    command, expected = VECTORS[name]
    assert command.to_bytes().hex().upper() == expected.replace(" ", "").upper()


@pytest.mark.parametrize("name", VECTORS)
def test_terminals_read_what_cards_send(name: str) -> None:
    command, _ = VECTORS[name]
    read = parse_proactive(command.to_bytes())
    assert (read.type, read.qualifier) == (command.type, command.qualifier)
    assert name.startswith(read.name)


def test_every_command_can_be_made() -> None:
    """Each row of the table has a function that makes it."""
    made = {command.type for command, _ in VECTORS.values()}
    made |= {
        command.type
        for command in (
            commands.send_ss(bytes.fromhex("91AA120A214365870921436587A9")),
            commands.send_ussd("*100#"),
            commands.open_channel(bytes((127, 0, 0, 1)), 8080, apn="internet.example"),
            commands.send_data(1, b"\x00\x01"),
        )
    }
    assert made == set(COMMANDS)
    assert isinstance(commands.get_timer(1), Proactive)


def test_open_channel_carries_bearer_buffer_and_address() -> None:
    command = commands.open_channel(bytes((127, 0, 0, 1)), 8080, apn="gprs.test")
    objects = {item.tag: item.value.hex() for item in parse_proactive(command.to_bytes()).objects}
    assert objects[0x39] == "0400"
    assert objects[0x47] == "046770727304" + b"test".hex()
    assert objects[0x3C] == "021f90"
    assert objects[0x3E] == "217f000001"


@pytest.mark.parametrize(("text", "value"), [("Hi", "044869"), ("", ""), ("ЗД", "0804170414")])
def test_texts(text: str, value: str) -> None:
    assert encode_text(text).hex() == value
    assert decode_text(bytes.fromhex(value)) == text


def test_packed_text() -> None:
    """TS 31.124 §27.22.4.1, DISPLAY TEXT with a text in seven bits."""
    assert decode_text(bytes.fromhex("00D4F79BBD4ED341D4F29C0E9A01")) == "Toolkit Test 3"
    with pytest.raises(ToolkitError):
        decode_text(b"\x0c1")


@pytest.mark.parametrize("data", ["81", "8103", "810301", "8180", "81840000000100", "7F"])
def test_objects_that_are_none(data: str) -> None:
    with pytest.raises(ToolkitError):
        parse_objects(bytes.fromhex(data))
    with pytest.raises(ToolkitError):
        read_template(b"\xd6\x05" + bytes.fromhex(data)[:4])


def test_a_profile_tells_what_the_terminal_has() -> None:
    assert profile_of([0x21]).hex() == "2b0001"
