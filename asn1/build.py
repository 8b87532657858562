"""`python -m asn1.build` writes the codecs' tables from the ASN.1 modules; `--check` finds stale ones.

asn1tools, a development dependency, parses the modules and resolves every reference; see asn1/schema.py for
what becomes of them. The tables are Python literals, because those load from byte code as constants.
"""

from __future__ import annotations

import argparse
import copy
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from asn1.schema import Schema, SchemaError
from asn1.signed import OPAQUE

HERE = Path(__file__).parent

# Of every codec: its files, and the modules in them whose types it offers.
CODECS = {
    "iot": (("iot.asn", "rsp.asn", "pkix.asn"), ("SGP32Definitions",)),
    "pkix": (("pkix.asn",), ("PKIX1Explicit88", "PKIX1Implicit88")),
    "rsp": (("rsp.asn", "pkix.asn"), ("RSPDefinitions",)),
    "saip": (("saip.asn",), ("PEDefinitions",)),
}

HEADER = '''"""Tables of the {codec} codec, from {sources}: written by `python -m asn1.build`, not by hand."""
# The form of a node is told in asn1/der/assemble.py.

'''


def build(codec: str, modules: Path) -> str:
    """The text of one table. Raises SchemaError, or an asn1tools error that names file and line."""
    import asn1tools

    files, offered = CODECS[codec]
    parsed = asn1tools.parse_files([str(modules / file) for file in files])
    asn1tools.compile_dict(copy.deepcopy(parsed), "der")
    schema = Schema(parsed, OPAQUE.get(codec, ()))
    for module in offered:
        schema.add_module(module)
    header = HEADER.format(codec=codec, sources=" and ".join(f"asn1/modules/{file}" for file in files))
    return header + _dict("TYPES", schema.types) + "\n" + _dict("NAMES", schema.names)


def _dict(name: str, entries: dict[str, Any]) -> str:
    lines = [f"    {key!r}: {_literal(value)},\n" for key, value in entries.items()]
    return f"{name} = {{\n{''.join(lines)}}}\n"


def _literal(node: Any) -> str:
    """A node on one line, or a SEQUENCE or CHOICE with one member on each."""
    if isinstance(node, tuple) and node[0] in ("SEQUENCE", "SET", "CHOICE") and node[2]:
        members = "".join(f"        {_inline(member)},\n" for member in node[2])
        return f"({node[0]!r}, {_hex(node[1])}, (\n{members}    ), {node[3]!r})"
    return _inline(node)


def _inline(node: Any) -> str:
    if isinstance(node, tuple):
        # A keyword and a tag begin every node but a member and a range; tags read better in hexadecimal.
        is_tagged = len(node) > 1 and isinstance(node[0], str) and type(node[1]) is int
        items = [_hex(item) if is_tagged and at == 1 else _inline(item) for at, item in enumerate(node)]
        return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return repr(node)


def _hex(tag: int | None) -> str:
    return "None" if tag is None else f"0x{tag:02X}"


def stale(codec: str, modules: Path, tables: Path) -> bool:
    """Whether the committed table differs from what the modules give."""
    table = tables / f"{codec}.py"
    return not table.is_file() or table.read_text(encoding="utf-8") != build(codec, modules)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables, or check them; 1 with a sentence when something is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m asn1.build", description="Build the tables of the ASN.1 codecs."
    )
    parser.add_argument(
        "codecs", nargs="*", default=list(CODECS), help="which ones: iot, pkix, rsp, saip; all by default"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where a table is not current"
    )
    parser.add_argument("--modules", type=Path, default=HERE / "modules", help="the folder of the .asn files")
    parser.add_argument("--tables", type=Path, default=HERE / "tables", help="the folder of the tables")
    options = parser.parse_args(arguments)
    if importlib.util.find_spec("asn1tools") is None:
        print("asn1tools is missing: install the project with its extra [dev]", file=sys.stderr)
        return 1
    failed = [codec for codec in options.codecs if not _run(codec, options)]
    return 1 if failed else 0


def _run(codec: str, options: argparse.Namespace) -> bool:
    import asn1tools

    try:
        if not options.check:
            text = build(codec, options.modules)
            (options.tables / f"{codec}.py").write_text(text, encoding="utf-8")
        elif stale(codec, options.modules, options.tables):
            print(
                f"asn1/tables/{codec}.py is not what the modules give: run python -m asn1.build",
                file=sys.stderr,
            )
            return False
    except (SchemaError, asn1tools.errors.Error, OSError) as error:
        print(f"{codec}: {error}", file=sys.stderr)
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
