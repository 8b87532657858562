"""The command tree of `esim`: which module holds which command, and how an error reaches the user.

A module is imported only when its command is called, so that `esim --help` costs little more than the
interpreter and click.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import NoReturn

import click

COMMANDS = {
    "demo": "Download a profile into a software eUICC and tell the story.",
    "lesson": "Learn about SIM cards and eSIMs, with questions.",
    "travel": "Take phones and cards abroad, and compare the ways to be connected.",
    "download": "Download a profile, from a file or from any SM-DP+.",
    "lpa": "Look after the profiles of an eUICC: enable, delete, notify …",
    "ipa": "Play the IPA of an IoT device: fetch what eIMs want, and carry it out.",
    "qr": "Draw an activation code as QR code, or read one.",
    "card": "Make, list, show and delete simulated cards; read any card.",
    "reader": "List and watch readers; plug a simulated card into a virtual one.",
    "shell": "Talk to a card: files, APDUs, PINs.",
    "apdu": "Send command APDUs to a card.",
    "script": "Run APDU scripts on a card.",
    "trace": "Show, convert and replay traces of APDUs.",
    "explain": "Say in words what commands, answers and data mean.",
    "compare": "Run one script on two cards and say where they differ.",
    "conform": "Check a card against the clauses of its specifications.",
    "phone": "Switch a phone on somewhere in the world: networks, registration.",
    "profile": "Build, print and check profile packages.",
    "smdp": "Run a test SM-DP+, and manage its orders.",
    "smds": "Run a test SM-DS.",
    "eim": "Run a test eIM, and order what IoT devices do.",
    "operator": "Order profiles at an SM-DP+ as an operator does.",
    "pki": "Make and explain the test certificates.",
    "world": "Show the mobile world: operators, agreements, devices, offers, and where it is from.",
    "web": "Show a page with a phone, SIMs, an eUICC and an SM-DP+.",
    "doctor": "Say what works on this machine and what is missing.",
}
"""Command name → its line in the help. Command NAME is `command` in the module `simulator.cli.NAME`."""

OUR_PACKAGES = ("asn1", "cards", "simulator")


class LazyGroup(click.Group):
    """A group that lists `COMMANDS` and imports a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"simulator.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="esim-simulator", prog_name="esim")
@click.option("--debug", is_flag=True, help="Show the Python traceback of an error.")
@click.option(
    "--quirks",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    envvar="ESIM_QUIRKS",
    help="Let this Python file make cards and servers misbehave (docs/faults.md).",
)
def cli(debug: bool, quirks: Path | None) -> None:
    """A software UICC and eUICC, a test SM-DP+ and an LPA that speak the real protocols."""


def is_ours(error: BaseException) -> bool:
    """Whether the error was raised on purpose by this project: its text is a sentence for a user."""
    return type(error).__module__.partition(".")[0] in OUR_PACKAGES


def run() -> NoReturn:
    """Run the command line. Exit status: 0 done, 1 failed, 2 called wrongly, 70 a fault of ours."""
    try:
        status = cli.main(prog_name="esim", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        click.echo(f"esim: {error.format_message()}", err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - the last stop before a user would see a traceback
        sys.exit(report(error))
    sys.exit(status if isinstance(status, int) else 0)


def report(error: Exception) -> int:
    """Tell an error in one sentence on standard error; return the exit status."""
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exc()
    if is_ours(error):
        click.echo(f"esim: {error}", err=True)
        return 1
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"esim: {where}{error.strerror or error}", err=True)
        return 1
    click.echo(
        f"esim: this is a fault of esim-simulator itself ({type(error).__name__}: {error}); "
        "run it again with `esim --debug …` and report what it prints.",
        err=True,
    )
    return 70
