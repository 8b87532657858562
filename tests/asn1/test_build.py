"""The tables: current with the modules, and refused where the decoders could not tell members apart."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asn1 import build, schema

TABLES = Path(build.__file__).parent / "tables"


@pytest.mark.parametrize("codec", sorted(build.CODECS))
def test_the_committed_tables_are_current(codec: str) -> None:
    assert build.main([codec, "--check"]) == 0


def test_building_writes_what_is_committed(tmp_path: Path) -> None:
    assert build.main(["--tables", str(tmp_path)]) == 0
    for codec in build.CODECS:
        assert (tmp_path / f"{codec}.py").read_bytes() == (TABLES / f"{codec}.py").read_bytes()


def test_a_stale_table_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(["pkix", "--check", "--tables", str(tmp_path)]) == 1
    assert "asn1/tables/pkix.py is not what the modules give" in capsys.readouterr().err


def test_a_broken_module_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "saip.asn").write_text("PEDefinitions DEFINITIONS ::= BEGIN A ::= SEQUENCE { b Missing } END")
    assert build.main(["saip", "--modules", str(tmp_path), "--tables", str(tmp_path)]) == 1
    assert "Missing" in capsys.readouterr().err
    assert not (tmp_path / "saip.py").exists()


def test_without_asn1tools(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert build.main(["--check"]) == 1
    assert "asn1tools is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("T ::= SEQUENCE {a [1] NULL OPTIONAL, b [1] NULL}", r"T\.b: its tag may belong"),
        ("T ::= INTEGER (0..limit)", "no value limit"),
        ("T ::= SEQUENCE {a OCTET STRING DEFAULT '1'B}", "in hexadecimal"),
        ("T ::= SEQUENCE {a T OPTIONAL}", "T contains itself"),
        ("T ::= SEQUENCE OF U U ::= [1] CHOICE {a NULL, t T}", "T contains itself"),
        ('T ::= SEQUENCE {a UTF8String DEFAULT "x", b NULL DEFAULT NULL}', "DEFAULT"),
    ],
)
def test_what_the_tables_cannot_hold(types: Callable[..., Any], text: str, reason: str) -> None:
    with pytest.raises(schema.SchemaError, match=reason):
        types(text)


def test_tags(types: Callable[..., Any]) -> None:
    table = types(
        "A ::= [56] SEQUENCE {} B ::= [PRIVATE 3] OCTET STRING C ::= [APPLICATION 15] A"
        " D ::= [200] CHOICE {a NULL} E ::= SEQUENCE {x [1] A, y A}"
    ).table
    assert [table[name][1] for name in "ABCD"] == [0xBF38, 0xC3, 0x6F, 0xBF8148]
    assert table["E"][2] == (("x", ("IMPLICIT", 0xA1, "A")), ("y", "A"))
