"""`esim explain`: says in words what commands ask, what answers mean, and what bytes hold."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from simulator.cli import explaining, output

if TYPE_CHECKING:
    from cards.explain import Explanation

STANDARD_INPUT = "-"


@click.command()
@click.argument("words", nargs=-1, metavar="[HEX]...")
@click.option(
    "--as", "path", default="", metavar="FILE", help="HEX is the content, or a record, of this file."
)
@explaining.KEY_LOG
@click.option("--brief", is_flag=True, help="A line for each, without fields.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(words: tuple[str, ...], path: str, keylog: Path | None, brief: bool, as_json: bool) -> None:
    """Explain commands, answers and data, given in hexadecimal.

    A command that is followed by its answer is explained with it, and what it selects holds for those behind
    it. Without HEX, standard input is read: hexadecimal, a recording, a capture, or another program's log.

    \b
    esim explain 00A40004023F00
    esim explain 00A40804022FE2 9000 00B000000A 980010325476981032149000
    esim explain D009810301010482028182
    esim explain --as MF/ADF.USIM/EF.IMSI 080910101032547698
    """
    try:
        explanations = list(_explained(words, path, keylog))
    except ValueError as error:
        raise click.ClickException(f"{error}.") from None
    if as_json:
        output.write_json([one.as_data() for one in explanations])
        return
    for one in explanations:
        explaining.show(one, brief=brief)


def _explained(words: tuple[str, ...], path: str, keylog: Path | None) -> Iterator[Explanation]:
    from cards.explain.objects import explain_all, explain_content

    if not words or words == (STANDARD_INPUT,):
        yield from _standard_input(path, keylog)
    elif path:
        yield from (explain_content(path, octets) for octets in _octets(words))
    else:
        yield from explain_all(_octets(words), explaining.explainer(keylog))


def _octets(words: Iterable[str]) -> Iterator[bytes]:
    for word in words:
        try:
            yield bytes.fromhex(word.replace(":", ""))
        except ValueError:
            raise click.ClickException(f"{word!r} is not hexadecimal.") from None


def _standard_input(path: str, keylog: Path | None) -> Iterator[Explanation]:
    """Lines of hexadecimal are as arguments; anything else is a trace."""
    from cards.explain.objects import explain_all, explain_content
    from cards.trace import text
    from cards.trace.reading import read

    stream = getattr(sys.stdin, "buffer", None)
    data: bytes = stream.read() if stream else sys.stdin.read().encode()
    words = text.hex_words(data)
    if not data.strip():
        raise click.ClickException("standard input is empty; give it hexadecimal, or a trace.")
    if words is None:
        yield from explaining.entries_in_words(read(data, "standard input"), keylog)
    elif path:
        yield from (explain_content(path, octets) for octets in words)
    else:
        yield from explain_all(words, explaining.explainer(keylog))
