"""`esim shell`: a conversation with one card, simulated or in a reader."""

from __future__ import annotations

import cmd
import shlex
import sys
from typing import TYPE_CHECKING

import click

from simulator.cli.which import Which, card_options

if TYPE_CHECKING:
    from cards import Uicc
    from cards.fcp import Fcp
    from cards.gsm import GsmStatus, Sim
    from cards.link import CardLink


@click.command()
@card_options()
def command(which: Which) -> None:
    """Talk to a card: select and read files, send APDUs, verify PINs.

    Type `help` for the words, Ctrl-D to leave. Commands come from standard input, one a line, where that is
    no terminal; the exit status is then 1 if one of them failed.
    """
    with which.opened() as link:
        shell = Shell(link, is_interactive=sys.stdin.isatty())
        shell.say(f"ATR {shell.reset().hex().upper()}")
        shell.cmdloop()
    if shell.failed and not shell.is_interactive:
        raise click.exceptions.Exit(1)


class UsageError(Exception):
    """A word was used wrongly."""


class Shell(cmd.Cmd):
    """The words of the shell; each method's first line is its help."""

    def __init__(self, link: CardLink, *, is_interactive: bool = True) -> None:
        super().__init__(stdin=sys.stdin, stdout=sys.stdout)
        from cards import Uicc

        self.link = link
        self.uicc: Uicc | Sim = Uicc(link)
        self.place = "MF"
        self.failed = False
        self.is_interactive = is_interactive
        self.use_rawinput = is_interactive
        if not is_interactive:
            self.intro = None

    @property
    def prompt(self) -> str:  # type: ignore[override]
        return f"{self.place}> " if self.is_interactive else ""

    def say(self, line: str) -> None:
        click.echo(line)

    def onecmd(self, line: str) -> bool:
        """One line. Errors are told, and the shell goes on; a card that is back is found by `reset`."""
        from cards import ApduError
        from cards.errors import CardError
        from cards.files import UnknownFileError

        line = line.strip()
        if not line or line.startswith("#"):
            return False
        if line == "EOF":
            return True
        try:
            return bool(super().onecmd(line))
        except KeyboardInterrupt:
            self.say("")
        except (CardError, ApduError, UnknownFileError, UsageError, ValueError) as error:
            self.failed = True
            click.echo(f"esim: {error}", err=True)
        return False

    def default(self, line: str) -> None:
        word = line.split()[0]
        raise UsageError(f"no word {word!r}; type help")

    def do_help(self, arg: str) -> None:
        """help: list the words."""
        for name in sorted(self.get_names()):
            text = getattr(self, name).__doc__ if name.startswith("do_") else None
            if text:
                self.say(f"  {text.splitlines()[0]}")

    def do_select(self, arg: str) -> None:
        """select PATH: a file by names (MF/ADF.USIM/EF.IMSI), an FID (6F07) or an AID."""
        (target,) = _words(arg, 1)
        is_aid = len(target) >= 10 and all(digit in "0123456789abcdefABCDEF" for digit in target)
        self.say(
            _describe(self._uicc().select(bytes.fromhex(target)) if is_aid else self.uicc.select(target))
        )
        self.place = target

    def _uicc(self) -> Uicc:
        """The card, if it is a UICC; UsageError for a SIM of the second generation."""
        from cards import Uicc

        if isinstance(self.uicc, Uicc):
            return self.uicc
        raise UsageError("the card is a SIM of the second generation, which does not have this")

    def do_fcp(self, arg: str) -> None:
        """fcp: the file control parameters of the current directory (STATUS)."""
        self.say(_describe(self.uicc.status()))

    def do_read(self, arg: str) -> None:
        """read [NUMBER]: the selected file, or one record of it."""
        fcp = self.uicc.selected
        if fcp is None:
            raise UsageError("select a file first")
        if arg:
            self.say(self.uicc.read_record(_number(arg)).hex().upper())
        elif fcp.structure == "BER-TLV":
            for tag, value in self._uicc().read_objects().items():
                self.say(f"{tag:02X}  {value.hex().upper()}")
        elif fcp.record_length:
            for number, record in enumerate(self.uicc.read_records(), 1):
                self.say(f"{number:>3}  {record.hex().upper()}")
        else:
            self.say(self.uicc.read_binary().hex().upper())

    def do_update(self, arg: str) -> None:
        """update HEX, or update NUMBER HEX: write the selected file, or one record of it."""
        words = shlex.split(arg)
        if not 1 <= len(words) <= 2:
            raise UsageError("update takes HEX, or NUMBER and HEX")
        data = bytes.fromhex(words[-1])
        if len(words) == 2:
            self.uicc.update_record(_number(words[0]), data)
        else:
            self.uicc.update_binary(data)

    def do_ls(self, arg: str) -> None:
        """ls: the applications of the card, and the names known here."""
        from cards.files import TREE
        from cards.gsm import Sim

        for entry in () if isinstance(self.uicc, Sim) else self.uicc.applications():
            self.say(f"{entry.aid.hex().upper()}  {entry.label}")
        directory = self.place.rpartition("/")[2].upper()
        self.say(" ".join(TREE.get(directory, TREE["MF"])))
        if directory in TREE:
            self.uicc.select(self.place)

    def do_apdu(self, arg: str) -> None:
        """apdu HEX: send a command and fetch its whole answer."""
        from cards import CommandApdu

        response = self.uicc.session.fetching.transmit(CommandApdu.from_hex(arg.replace(" ", "")))
        if response.data:
            self.say(response.data.hex().upper())
        self.say(f"{response.sw} {response.sw.meaning}")

    def do_verify(self, arg: str) -> None:
        """verify PIN, or verify REFERENCE PIN: PIN 1, or a key reference (hexadecimal: 81, 0A)."""
        words = shlex.split(arg)
        if not 1 <= len(words) <= 2:
            raise UsageError("verify takes PIN, or REFERENCE and PIN")
        self.uicc.verify_pin(int(words[0], 16) if len(words) == 2 else 0x01, words[-1])
        self.say("verified")

    def do_tries(self, arg: str) -> None:
        """tries [REFERENCE]: how many tries a PIN has left."""
        self.say(str(self.uicc.pin_tries(int(arg, 16) if arg else 0x01)))

    def do_authenticate(self, arg: str) -> None:
        """authenticate RAND AUTN: in the 3G context of the selected application."""
        rand, autn = (bytes.fromhex(word) for word in _words(arg, 2))
        result = self._uicc().authenticate(rand, autn)
        for name in ("res", "ck", "ik", "kc", "auts"):
            if value := getattr(result, name, b""):
                self.say(f"{name.upper():<5}{value.hex().upper()}")

    def do_info(self, arg: str) -> None:
        """info: what the card tells of itself."""
        from cards.survey import survey
        from simulator.cli.card_info import survey_lines

        atr = self.reset()
        for line in survey_lines(survey(self.uicc, atr)):
            self.say(line)

    def do_reset(self, arg: str) -> None:
        """reset: reset the card; finds it again after it was taken out or the service ended."""
        self.say(f"ATR {self.reset().hex().upper()}")

    def do_quit(self, arg: str) -> bool:
        """quit: leave."""
        return True

    def reset(self) -> bytes:
        """Reset the card; its ATR. Which generation it is of is found out, too."""
        from cards.gsm import card_on

        atr = self.link.reset()
        self.uicc = card_on(self.link)
        self.place = "MF"
        return atr


def _words(arg: str, count: int) -> list[str]:
    words = shlex.split(arg)
    if len(words) != count:
        raise UsageError(f"this takes {count} {'word' if count == 1 else 'words'}, not {len(words)}")
    return words


def _number(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= 254:
        raise UsageError(f"{word!r} is no record number: 1 to 254")
    return int(word)


def _describe(fcp: Fcp | GsmStatus) -> str:
    if fcp.is_df:
        kind = "ADF" if fcp.aid else "directory"
        pins = ", ".join(f"{pin.reference:02X} {'on' if pin.enabled else 'off'}" for pin in fcp.pins)
        return f"{kind}{f', PINs {pins}' if pins else ''}"
    size = f"{fcp.record_count} records of {fcp.record_length}" if fcp.record_length else f"{fcp.file_size}"
    return f"{fcp.structure}, {size} bytes"
