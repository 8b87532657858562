"""Readers without readers: every PC/SC error in words, and a link before a service that does what a test
says.

The numbers of the errors are compared with those of the PC/SC library.
"""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from smartcard import scard as real

from cards.errors import LinkError
from cards.pcsc import Protocol, ReaderError, Service, daemon, native
from cards.pcsc.errors import ROWS
from cards.pcsc.limits import longest_apdu

ATR = bytes.fromhex("3B9F96801FC78031A073BE21136743200718000001A5")


def test_codes_are_those_of_the_library() -> None:
    known = {
        name: getattr(real, name) & 0xFFFFFFFF
        for name in dir(real)
        if name.startswith(("SCARD_E_", "SCARD_W_", "SCARD_F_", "SCARD_P_"))
    }
    ours: dict[str, set[int]] = {}
    for row in ROWS:
        ours.setdefault(row.name, set()).add(row.code)
    assert set(known) - {"SCARD_E_UNEXPECTED"} == set(ours)
    for name, codes in ours.items():
        assert known[name] in codes
    assert len({row.code for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_error_is_one_sentence_that_says_what_to_do(row: Any) -> None:
    error = ReaderError(row.code, "Reader")
    assert str(error) == f"Reader: {row.what} ({row.name}); {row.advice}"
    assert row.what
    assert row.advice
    assert ReaderError(row.code - (1 << 32)).name == row.name


def test_an_unknown_code_is_told_by_its_number() -> None:
    assert str(ReaderError(0x80109999)).startswith("the PC/SC service answered 0x80109999 (0x80109999);")


def test_a_service_that_listens_but_not_for_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "pcscd.comm"
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(place))
    assert daemon.wake() is None
    assert "does not run" in str(ReaderError(real.SCARD_E_NO_SERVICE))
    place.touch()
    monkeypatch.setattr("os.access", lambda path, mode: bool(path != place or stat.S_ISSOCK(mode)))
    assert "not allowed to call the PC/SC service" in str(ReaderError(real.SCARD_E_NO_SERVICE))


def test_without_pyscard_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "smartcard", None)
    with pytest.raises(LinkError, match=r"need pyscard, .*pip install 'esim-simulator\[pcsc\]'"):
        native.load()


class FakePcsc(SimpleNamespace):
    """`smartcard.scard` with one reader. A test sets what a function answers; `calls` keeps what was
    called."""

    def __init__(self) -> None:
        super().__init__(**{name: value for name, value in vars(real).items() if name.startswith("SCARD_")})
        self.calls: list[tuple[Any, ...]] = []
        self.answer = b"\x90\0"
        self.codes: dict[str, int] = {}
        self.readers = [("ACME Reader 0", real.SCARD_STATE_PRESENT, ATR)]
        self.features: dict[int, bytes] = {}

    def _do(self, name: str, *arguments: Any) -> int:
        self.calls.append((name, *arguments))
        return self.codes.get(name, 0)

    def SCARD_CTL_CODE(self, number: int) -> int:  # noqa: N802
        return 0x42000000 + number

    def SCardEstablishContext(self, scope: int) -> tuple[int, object]:  # noqa: N802
        return self._do("establish"), "context"

    def SCardReleaseContext(self, context: object) -> int:  # noqa: N802
        return self._do("release")

    def SCardListReaders(self, context: object, groups: list[str]) -> tuple[int, list[str]]:  # noqa: N802
        return self._do("list"), [name for name, _, _ in self.readers]

    def SCardGetStatusChange(  # noqa: N802
        self, context: object, milliseconds: int, known: list[tuple[str, int]]
    ) -> tuple[int, list[Any]]:
        code = self._do("status change", milliseconds)
        return code, [reader for reader in self.readers if reader[0] in dict(known)]

    def SCardConnect(  # noqa: N802
        self, context: object, reader: str, share: int, protocols: int
    ) -> tuple[int, object, int]:
        return self._do("connect", reader, share, protocols), "card", real.SCARD_PROTOCOL_T0

    def SCardReconnect(self, card: object, share: int, protocols: int, how: int) -> tuple[int, int]:  # noqa: N802
        return self._do("reconnect", how), real.SCARD_PROTOCOL_T1

    def SCardStatus(self, card: object) -> tuple[int, str, int, int, list[int]]:  # noqa: N802
        return self._do("status"), "ACME Reader 0", 0, 0, list(ATR)

    def SCardTransmit(self, card: object, protocol: int, apdu: list[int]) -> tuple[int, list[int]]:  # noqa: N802
        return self._do("transmit", bytes(apdu)), list(self.answer)

    def SCardDisconnect(self, card: object, how: int) -> int:  # noqa: N802
        return self._do("disconnect", how)

    def SCardControl(self, card: object, code: int, data: list[int]) -> tuple[int, list[int]]:  # noqa: N802
        answer = self.features.get(code)
        return (real.SCARD_E_NOT_TRANSACTED, []) if answer is None else (0, list(answer))


@pytest.fixture
def pcsc() -> FakePcsc:
    return FakePcsc()


def names(pcsc: FakePcsc) -> list[str]:
    return [call[0] for call in pcsc.calls]


def test_a_link_is_exclusive_and_resets_the_card_at_its_end(pcsc: FakePcsc) -> None:
    with Service(pcsc) as service, service.connect("acme") as link:
        assert link.atr == ATR
        assert link.protocol is Protocol.T0
        assert link.transmit(b"\0\xa4\0\0") == b"\x90\0"
        assert link.reset() == ATR
        assert link.protocol is Protocol.T1
        link.reset(is_cold=True)
    both = real.SCARD_PROTOCOL_T0 | real.SCARD_PROTOCOL_T1
    assert ("connect", "ACME Reader 0", real.SCARD_SHARE_EXCLUSIVE, both) in pcsc.calls
    assert [call for call in pcsc.calls if call[0] in ("reconnect", "disconnect")] == [
        ("reconnect", real.SCARD_RESET_CARD),
        ("reconnect", real.SCARD_UNPOWER_CARD),
        ("disconnect", real.SCARD_RESET_CARD),
    ]
    assert names(pcsc).count("establish") == names(pcsc).count("release") == 2


def test_a_shared_link_leaves_the_card_alone_at_its_end(pcsc: FakePcsc) -> None:
    with Service(pcsc).connect("0", protocol=Protocol.T1, is_shared=True):
        pass
    assert ("connect", "ACME Reader 0", real.SCARD_SHARE_SHARED, real.SCARD_PROTOCOL_T1) in pcsc.calls
    assert ("disconnect", real.SCARD_LEAVE_CARD) in pcsc.calls


@pytest.mark.parametrize(
    ("function", "act"),
    [
        ("transmit", lambda link: link.transmit(b"\0\xb0\0\0\0")),
        ("reconnect", lambda link: link.reset()),
        ("status", lambda link: link.reset()),
    ],
)
def test_a_link_that_failed_is_down_until_it_is_reset(
    pcsc: FakePcsc, function: str, act: Callable[[Any], object]
) -> None:
    link = Service(pcsc).connect("0")
    pcsc.codes[function] = real.SCARD_W_UNPOWERED_CARD
    with pytest.raises(ReaderError, match=r"ACME Reader 0: the card has no power .*insert it again"):
        act(link)
    pcsc.codes.clear()
    assert link.protocol is Protocol.ANY
    with pytest.raises(ReaderError, match="the card has no power"):
        link.transmit(b"\0\xb0\0\0\0")
    assert link.reset() == ATR
    assert link.transmit(b"\0\xb0\0\0\0") == b"\x90\0"
    link.close()
    link.close()
    with pytest.raises(LinkError, match="the link was closed"):
        link.transmit(b"\0\xb0\0\0\0")
    assert names(pcsc).count("establish") == names(pcsc).count("release") + 1  # the service's own


def test_a_failed_exchange_is_a_removed_card_if_there_is_none(
    pcsc: FakePcsc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cards.pcsc.link._POLLING_SECONDS", 0)
    link = Service(pcsc).connect("0")
    pcsc.codes["transmit"] = real.SCARD_E_NOT_TRANSACTED
    with pytest.raises(ReaderError, match="could not exchange the APDU"):
        link.transmit(b"\0\xb0\0\0\0")
    pcsc.codes.clear()
    link.reset()
    pcsc.codes["transmit"] = real.SCARD_E_NOT_TRANSACTED
    pcsc.readers = [("ACME Reader 0", real.SCARD_STATE_EMPTY, b"")]
    with pytest.raises(ReaderError, match="the card was removed"):
        link.transmit(b"\0\xb0\0\0\0")


def test_an_answer_without_bytes_is_none(pcsc: FakePcsc, monkeypatch: pytest.MonkeyPatch) -> None:
    """As vpcd's driver gives it where the card was pulled at that moment."""
    monkeypatch.setattr("cards.pcsc.link._POLLING_SECONDS", 0)
    link = Service(pcsc).connect("0")
    pcsc.answer = b""
    with pytest.raises(ReaderError, match="could not exchange the APDU"):
        link.transmit(b"\0\xb0\0\0\0")
    link.reset()
    pcsc.readers = [("ACME Reader 0", real.SCARD_STATE_EMPTY, b"")]
    with pytest.raises(ReaderError, match="the card was removed"):
        link.transmit(b"\0\xb0\0\0\0")


@pytest.mark.parametrize("function", ["establish", "connect"])
def test_connecting_fails_and_leaves_nothing_open(pcsc: FakePcsc, function: str) -> None:
    service = Service(pcsc)
    service.readers()
    pcsc.codes[function] = real.SCARD_W_SECURITY_VIOLATION
    with pytest.raises(ReaderError, match=r"not allowed to use the reader .*polkit"):
        service.connect("0")
    service.close()
    failed = function == "establish"
    assert names(pcsc).count("establish") == names(pcsc).count("release") + failed


def test_a_lost_service_is_called_again(pcsc: FakePcsc) -> None:
    service = Service(pcsc)
    assert [reader.name for reader in service.readers()] == ["ACME Reader 0"]
    for function in ("list", "status change"):
        pcsc.codes[function] = real.SCARD_E_SERVICE_STOPPED
        with pytest.raises(ReaderError, match=r"was stopped .*start it with"):
            service.readers()
        pcsc.codes.clear()
        assert service.readers()[0].state == "card"


def test_finding_a_reader(pcsc: FakePcsc) -> None:
    service = Service(pcsc)
    pcsc.readers = [
        ("ACME Reader 0", real.SCARD_STATE_EMPTY, b""),
        ("ACME Reader 1", real.SCARD_STATE_PRESENT | real.SCARD_STATE_EXCLUSIVE, ATR),
        ("Other 2", real.SCARD_STATE_PRESENT | real.SCARD_STATE_MUTE, b""),
        ("Other 3", real.SCARD_STATE_PRESENT | real.SCARD_STATE_INUSE, bytes.fromhex("3B800181")),
    ]
    assert service.find("3").name == "Other 3"
    assert service.find("other 2").number == 2
    assert service.find("3B9F").number == service.find("3b9f....1fc7*").number == 1
    assert service.find("3B80").number == 3
    with pytest.raises(
        LinkError, match=r"'3BAA' fits no reader \(readers: 0: ACME Reader 0, no card; 1: "
    ) as error:
        service.find("3BAA")
    assert "1: ACME Reader 1, card in exclusive use; 2: Other 2, a card that does not answer" in str(
        error.value
    )
    assert "3: Other 3, card in use" in str(error.value)
    with pytest.raises(LinkError, match="'ACME' fits 2 readers; name one by its number"):
        service.find("ACME")
    pcsc.codes["list"] = real.SCARD_E_NO_READERS_AVAILABLE
    assert service.readers() == []
    with pytest.raises(ReaderError, match=r"there is no reader .*esim reader plug"):
        service.find("0")


def test_changes(pcsc: FakePcsc) -> None:
    changes = Service(pcsc).changes(0)
    seen = [next(changes), next(changes)]
    empty = ("ACME Reader 0", real.SCARD_STATE_EMPTY, b"")
    other = ("Other 1", real.SCARD_STATE_PRESENT, bytes.fromhex("3B800181"))
    for now in ([empty], [other], [("Other 1", real.SCARD_STATE_PRESENT, ATR)]):
        pcsc.readers = now
        seen.append(next(changes))
        while len(seen) in (4, 5, 7):
            seen.append(next(changes))
    assert [(change.what, change.reader.name) for change in seen] == [
        ("reader plugged in", "ACME Reader 0"),
        ("card inserted", "ACME Reader 0"),
        ("card removed", "ACME Reader 0"),
        ("reader unplugged", "ACME Reader 0"),
        ("reader plugged in", "Other 1"),
        ("card inserted", "Other 1"),
        ("card removed", "Other 1"),
        ("card inserted", "Other 1"),
    ]
    assert seen[-1].reader.atr == ATR
    assert list(changes) == []


GET_FEATURES = 0x42000000 + 3400


def features(size: int) -> dict[int, bytes]:
    """CM_IOCTL_GET_FEATURE_REQUEST with two features, of which the properties name dwMaxAPDUDataSize."""
    return {
        GET_FEATURES: bytes.fromhex("0604 42330006 1204 42330012"),
        0x42330012: bytes.fromhex("0102 0000 0A04") + size.to_bytes(4, "little") + bytes.fromhex("0B02 0000"),
    }


@pytest.mark.parametrize(("size", "longest"), [(0, 261), (0x10000, 65545), (2048, 2057)])
def test_the_reader_says_how_long_an_apdu_it_takes(pcsc: FakePcsc, size: int, longest: int) -> None:
    pcsc.features = features(size)
    assert longest_apdu(pcsc, "card") == longest


def test_a_reader_that_does_not_say(pcsc: FakePcsc) -> None:
    assert longest_apdu(pcsc, "card") is None
    pcsc.features = {GET_FEATURES: bytes.fromhex("0604 42330006")}
    assert longest_apdu(pcsc, "card") is None
    pcsc.features = {GET_FEATURES: bytes.fromhex("1204 42330012"), 0x42330012: bytes.fromhex("0102 0000")}
    assert longest_apdu(pcsc, "card") is None


def test_an_apdu_that_is_too_long_for_the_reader_is_not_sent(pcsc: FakePcsc) -> None:
    pcsc.features = features(0)
    link = Service(pcsc).connect("0")
    assert link.transmit(bytes(261)) == b"\x90\0"
    with pytest.raises(
        LinkError, match="takes APDUs of up to 261 bytes, this has 262; send the data in a chain"
    ):
        link.transmit(bytes(262))
    assert names(pcsc).count("transmit") == 1
    assert link.transmit(bytes(5)) == b"\x90\0"
