"""AT commands to a modem that follows a script: what is sent, what is taken, what is refused."""

from __future__ import annotations

import pytest

from cards import Uicc
from cards.at import AtClient, CglaLink, CrsmLink, CsimLink, ModemError, ModemSilent, open_modem
from cards.at.errors import CME_ERRORS
from cards.errors import CardProtocolError, LinkError


class ScriptedPort:
    """A port that expects these lines and says these, each already with its line ends."""

    def __init__(self, *exchanges: tuple[str, str]) -> None:
        self.exchanges = list(exchanges)
        self.waiting = b""
        self.is_open = True

    def write(self, data: bytes) -> None:
        assert self.exchanges, f"unexpected {data!r}"
        expected, answer = self.exchanges.pop(0)
        assert data == expected.encode() + b"\r"
        self.waiting += answer.encode()

    def read(self, limit: int, seconds: float) -> bytes:
        piece, self.waiting = self.waiting[:7], self.waiting[7:]  # in pieces, as a serial line brings it
        return piece

    def close(self) -> None:
        self.is_open = False


def said(*lines: str) -> str:
    return "".join(f"\r\n{line}\r\n" for line in (*lines, "OK"))


def client(*exchanges: tuple[str, str]) -> AtClient:
    return AtClient(ScriptedPort(*exchanges))


def test_an_apdu_in_csim() -> None:
    link = CsimLink(client(('AT+CSIM=14,"00A40004023F00"', said('+CSIM: 4,"611E"'))))
    assert link.transmit(bytes.fromhex("00A40004023F00")) == b"\x61\x1e"


@pytest.mark.parametrize("answer", ["+CSIM: 4,6982", '+CSIM:4,"6982"', '+CSIM: 4, "6982"'])
def test_answers_with_and_without_quotes(answer: str) -> None:
    link = CsimLink(client(('AT+CSIM=10,"00B0000001"', said(answer))))
    assert link.transmit(bytes.fromhex("00B0000001")) == b"\x69\x82"


def test_echo_and_what_the_modem_says_of_itself() -> None:
    answer = 'AT+CSIM=10,"00B0000001"\r\r\n+CREG: 1\r\n' + said('+CSIM: 6,"AA9000"')
    link = CsimLink(client(('AT+CSIM=10,"00B0000001"', answer)))
    assert link.transmit(bytes.fromhex("00B0000001")) == b"\xaa\x90\x00"


@pytest.mark.parametrize(
    "answer", ['+CSIM: 6,"9000"', '+CSIM: 4,"90G0"', '+CSIM: 2,"90"', "+CSIM: x", ""], ids=repr
)
def test_answers_that_are_none(answer: str) -> None:
    link = CsimLink(client(('AT+CSIM=10,"00B0000001"', said(*[answer] if answer else []))))
    with pytest.raises(CardProtocolError):
        link.transmit(bytes.fromhex("00B0000001"))


def test_refusals_in_words() -> None:
    port = client(
        ("AT+CFUN=0", "\r\n+CME ERROR: 10\r\n"),
        ("AT+X", "\r\nERROR\r\n"),
        ("AT+Y", "\r\n+CME ERROR: 999\r\n"),
    )
    with pytest.raises(ModemError, match=r"refused AT.CFUN: error 10, SIM not inserted: insert a card"):
        port.execute("+CFUN=0")
    with pytest.raises(ModemError, match=r"refused AT.X: ERROR"):
        port.execute("+X")
    with pytest.raises(ModemError, match=r"refused AT.Y: error 999"):
        port.execute("+Y")


def test_every_error_has_words() -> None:
    assert all(row.text for row in CME_ERRORS.values())


def test_a_modem_that_says_nothing_and_one_that_says_it_late() -> None:
    moments = iter([0.0, 0.0, 11.0, 20.0, *[20.0] * 9])
    port = ScriptedPort(("AT+CFUN=0", ""), ("AT+CFUN=1", said("+NEW: 1")))
    late = AtClient(port, clock=lambda: next(moments))
    with pytest.raises(ModemSilent, match=r"did not answer AT.CFUN within 10 seconds"):
        late.execute("+CFUN=0")
    port.waiting = b"\r\n+OLD: 1\r\nOK\r\n"
    assert late.execute("+CFUN=1") == ["+NEW: 1"]


def test_what_is_no_modem() -> None:
    port = ScriptedPort(("ATE0", ""))
    port.read = lambda limit, seconds: b"\x00" * limit  # type: ignore[method-assign]
    with pytest.raises(LinkError, match="not the AT port"):
        AtClient(port).start()


class TestWhichWay:
    """`open_modem` asks what the modem knows."""

    HELLO = (("ATE0", said()), ("AT+CMEE=1", "\r\nERROR\r\n"))

    def test_the_best_that_it_knows(self) -> None:
        port = ScriptedPort(*self.HELLO, ("AT+CSIM=?", "\r\nERROR\r\n"), ("AT+CGLA=?", said()))
        assert isinstance(open_modem(port), CglaLink)

    def test_the_one_that_is_named(self) -> None:
        assert isinstance(open_modem(ScriptedPort(*self.HELLO), "crsm"), CrsmLink)

    def test_none(self) -> None:
        unknown = [(f"AT+{name}=?", "\r\nERROR\r\n") for name in ("CSIM", "CGLA", "CRSM")]
        port = ScriptedPort(*self.HELLO, *unknown)
        with pytest.raises(LinkError, match="knows none of"):
            open_modem(port)
        assert not port.is_open


ISD_R = "A0000005591010FFFFFFFF8900000100"


class TestChannelsOfTheModem:
    """AT+CCHO, +CGLA, +CCHC in place of MANAGE CHANNEL and SELECT by AID."""

    def test_a_session(self) -> None:
        link = CglaLink(
            client(
                (f'AT+CCHO="{ISD_R}"', said("3")),  # §8.45: the number alone
                (f'AT+CGLA=3,42,"03A4040410{ISD_R}"', said('+CGLA: 4,"6121"')),
                ('AT+CGLA=3,16,"83E2910003BF2E00"', said('+CGLA: 4,"6115"')),
                ("AT+CCHC=3", said()),
            )
        )
        assert link.transmit(bytes.fromhex("0070000001")) == b"\x01\x90\x00"
        assert link.transmit(bytes.fromhex("01A4040410" + ISD_R)) == b"\x61\x21"
        assert link.transmit(bytes.fromhex("81E2910003BF2E00")) == b"\x61\x15"
        assert link.transmit(bytes.fromhex("00708001")) == b"\x90\x00"
        assert link.transmit(bytes.fromhex("00708001")) == b"\x6a\x86"

    def test_a_modem_that_lets_no_second_select_pass(self) -> None:
        link = CglaLink(
            client(
                (f'AT+CCHO="{ISD_R}"', said("+CCHO: 1")),
                (f'AT+CGLA=1,42,"01A4040410{ISD_R}"', "\r\n+CME ERROR: 3\r\n"),
            )
        )
        link.transmit(bytes.fromhex("0070000001"))
        assert link.transmit(bytes.fromhex("01A4040410" + ISD_R)) == b"\x90\x00"

    def test_an_application_that_is_not_there(self) -> None:
        link = CglaLink(client((f'AT+CCHO="{ISD_R}"', "\r\n+CME ERROR: 22\r\n")))
        link.transmit(bytes.fromhex("0070000001"))
        assert link.transmit(bytes.fromhex("01A4040410" + ISD_R)) == b"\x6a\x82"
        assert link.transmit(bytes.fromhex("81E2910003BF2E00")) == b"\x69\x85"

    def test_the_basic_channel_is_the_modems(self) -> None:
        link = CglaLink(client())
        assert link.transmit(bytes.fromhex("00A40004023F00")) == b"\x68\x81"

    def test_nineteen_channels_and_no_more(self) -> None:
        link = CglaLink(client())
        numbers = [link.transmit(bytes.fromhex("0070000001")) for _ in range(20)]
        assert [answer[0] for answer in numbers[:19]] == list(range(1, 20))
        assert numbers[19] == b"\x6a\x81"

    def test_closing_gives_them_back(self) -> None:
        port = ScriptedPort(
            (f'AT+CCHO="{ISD_R}"', said("2")),
            (f'AT+CGLA=2,42,"02A4040410{ISD_R}"', said('+CGLA: 4,"9000"')),
            ("AT+CCHC=2", said()),
        )
        link = CglaLink(AtClient(port))
        link.transmit(bytes.fromhex("0070000001"))
        link.transmit(bytes.fromhex("01A4040410" + ISD_R))
        link.close()
        assert not port.exchanges
        assert not port.is_open


class TestFilesOnly:
    """AT+CRSM: SELECT is remembered, and each command names its file."""

    def test_iccid_and_imsi(self) -> None:
        card = Uicc(
            CrsmLink(
                client(
                    ("AT+CRSM=192,16128,0,0,0", said('+CRSM: 144,0,"62088202782183023F00"')),
                    ("AT+CRSM=192,12258,0,0,0", said('+CRSM: 144,0,"620C8202412183022FE28002000A"')),
                    (
                        "AT+CRSM=176,12258,0,0,10",
                        said('+CRSM: 144,0,"98103254769810321 4F4"'.replace(" ", "")),
                    ),
                    ("AT+CRSM=192,32767,0,0,0", said('+CRSM: 144,0,"62088202782183027FFF"')),
                    (
                        'AT+CRSM=192,28423,0,0,0,"","7FFF"',
                        said('+CRSM: 144,0,"620C8202412183026F0780020009"'),
                    ),
                    ('AT+CRSM=214,28423,0,0,1,"08","7FFF"', said("+CRSM: 105,130")),
                )
            )
        )
        assert str(card.read_iccid()) == "8901234567890123414"
        card.select(bytes.fromhex("A0000000871002"))
        card.select(0x6F07)
        assert card.session.link.transmit(bytes.fromhex("00D600000108")) == b"\x69\x82"

    def test_what_it_cannot_carry(self) -> None:
        link = CrsmLink(client())
        assert link.transmit(bytes.fromhex("0020000108" + "31323334FFFFFFFF")) == b"\x6d\x00"
        assert link.transmit(bytes.fromhex("00A4040410" + ISD_R)) == b"\x6a\x82"
        assert link.transmit(bytes.fromhex("00B0000001")) == b"\x69\x86"

    def test_an_answer_that_is_none(self) -> None:
        link = CrsmLink(client(("AT+CRSM=192,16128,0,0,0", said("+CRSM: x"))))
        with pytest.raises(CardProtocolError):
            link.transmit(bytes.fromhex("00A40004023F00"))
