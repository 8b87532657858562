"""Activation codes drawn, saved and read again by another program's reader."""

from __future__ import annotations

import io
import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from simulator.cli import codes, qr
from simulator.lpa import ActivationCode
from tests.simulator.cli.conftest import Esim

CODE = "LPA:1$SMDP.GSMA.COM$04386-AGYFT-A74Y8-3F815$1.3.6.1.4.1.31746$1"
"""An example of SGP.22 §4.1."""
BLOCKS = {" ": (0, 0), "▀": (255, 0), "▄": (0, 255), "█": (255, 255)}
"""Half block → light of its upper and lower half, on a dark background."""


def read(image: Image.Image) -> str:
    (found,) = zxingcpp.read_barcodes(image)
    assert str(found.format).endswith("QRCode") or "QR" in str(found.format)
    return found.text


def test_what_is_drawn_on_the_terminal_can_be_scanned(esim: Esim) -> None:
    drawn = [line for line in esim("qr", CODE).out.splitlines() if line[:1] in BLOCKS and line[:1] != " "]
    rows = [[BLOCKS[block][half] for block in line] for line in drawn for half in (0, 1)]
    image = Image.new("L", (len(rows[0]), len(rows)))
    image.putdata([light for row in rows for light in row])
    assert read(image.resize((image.width * 4, image.height * 4), Image.Resampling.NEAREST)) == CODE
    assert image.width <= 80


def test_colours_do_not_depend_on_the_terminal() -> None:
    lines = qr.drawing(ActivationCode.parse(CODE), colours=True).splitlines()
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)


def test_pictures_are_written_and_read(esim: Esim, tmp_path: Path) -> None:
    picture, drawing = tmp_path / "code.png", tmp_path / "code.svg"
    assert esim("qr", CODE, "-o", picture).status == 0
    with Image.open(picture) as image:
        assert read(image.convert("L")) == CODE
        image.convert("RGB").rotate(7, expand=True, fillcolor="white").save(tmp_path / "photo.jpg")
    for source in ("code.png", "photo.jpg"):
        data = json.loads(esim("qr", "--json", tmp_path / source).out)
        assert data == {
            "code": CODE,
            "smdp_address": "SMDP.GSMA.COM",
            "matching_id": "04386-AGYFT-A74Y8-3F815",
            "smdp_oid": "1.3.6.1.4.1.31746",
            "confirmation_code_required": True,
        }
    assert esim("qr", CODE, "-o", drawing).status == 0
    assert ElementTree.parse(drawing).getroot().tag.endswith("svg")
    assert "give it as PNG or JPEG" in esim("qr", drawing).err
    assert esim("qr", CODE, "-o", tmp_path / "code.bmp").status == 2


def test_codes_come_from_text_files_and_standard_input(
    esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "code.txt"
    path.write_text(f"{CODE}\n")
    assert CODE in esim("qr", "--read", path).out
    assert CODE in esim("qr", "--read", "-", stdin=f"{CODE}\n").out
    picture = tmp_path / "code.png"
    esim("qr", CODE, "-o", picture)

    class Piped(io.StringIO):
        buffer = io.BytesIO(picture.read_bytes())

    monkeypatch.setattr(sys, "stdin", Piped())
    assert codes.text_of("-") == CODE


def test_what_cannot_be_read_is_told_in_one_sentence(esim: Esim, tmp_path: Path) -> None:
    Image.new("L", (60, 60), 255).save(tmp_path / "blank.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "blank.png").read_bytes()[:40])
    (tmp_path / "noise.txt").write_bytes(b"\xff\xfe\x00\x80")
    both = Image.new("L", (800, 400), 255)
    for place, matching_id in ((0, "ONE"), (400, "TWO")):
        esim("qr", f"LPA:1$a.example${matching_id}", "-o", tmp_path / "x.png")
        with Image.open(tmp_path / "x.png") as image:
            both.paste(image.convert("L"), (place, 0))
    both.save(tmp_path / "both.png")
    for name, words in (
        ("blank.png", "shows no QR code"),
        ("cut.png", "cannot be read"),
        ("noise.txt", "neither text nor a picture"),
        ("both.png", "shows 2 codes"),
        ("absent.png", "there is no file"),
    ):
        refused = esim("qr", tmp_path / name)
        assert (refused.status, refused.err.count("\n")) == (1, 1)
        assert words in refused.err


@pytest.mark.parametrize("cut", ["LPA:1:8443-ID", "LPA:1", "1"])
def test_a_code_that_a_shell_has_cut_gets_the_hint(esim: Esim, cut: str) -> None:
    assert "single quotes" in esim("qr", cut).err


def test_the_reader_is_an_extra(esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    esim("qr", CODE, "-o", tmp_path / "code.png")
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    assert "esim-simulator[qr]" in esim("qr", tmp_path / "code.png").err
