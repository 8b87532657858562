"""Activation codes from wherever people have them: typed, in a text file, in a picture, on standard input."""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulator.lpa import ActivationCode

IMAGE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")
"""How PNG, JPEG, GIF, BMP, WebP and TIFF begin."""
STANDARD_INPUT = "-"
MISSING_READER = (
    "reading pictures needs Pillow and zxing-cpp: install them with pip install 'esim-simulator[qr]'."
)


def activation_code(source: str) -> ActivationCode:
    """The code that `source` is, or that stands in the file of this name, text or picture; '-' is standard
    input. Says in a sentence what is wrong with it."""
    from simulator.lpa import ActivationCode

    return ActivationCode.parse(text_of(source))


def text_of(source: str) -> str:
    """The text of an activation code, unread."""
    if source == STANDARD_INPUT:
        stream = getattr(sys.stdin, "buffer", None)
        data = stream.read() if stream else sys.stdin.read().encode()
        return _decode(data, "standard input")
    path = _path(source)
    return _decode(path.read_bytes(), str(path)) if path else source


def _path(source: str) -> Path | None:
    """The file that is meant; None for a code, which holds '$' or begins with 'LPA:' or '1'."""
    if "$" in source or source[:4].upper() == "LPA:" or not source:
        return None
    path = Path(source)
    if path.is_file():
        return path
    if path.suffix.lower() in (".txt", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg"):
        raise click.ClickException(f"there is no file {source}.")
    return None


def _decode(data: bytes, where: str) -> str:
    if data.startswith(IMAGE_STARTS):
        return read_picture(data, where)
    if data.lstrip()[:5] in (b"<?xml", b"<svg "):
        raise click.ClickException(f"{where} is an SVG drawing: give it as PNG or JPEG.")
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise click.ClickException(f"{where} is neither text nor a picture.") from None


def read_picture(data: bytes, where: str) -> str:
    """The one activation code among the QR codes of a picture."""
    try:
        import zxingcpp
        from PIL import Image, UnidentifiedImageError
    except ImportError:
        raise click.ClickException(MISSING_READER) from None
    try:
        with Image.open(BytesIO(data)) as image:
            found = zxingcpp.read_barcodes(image.convert("L"))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        raise click.ClickException(f"{where} is a picture that cannot be read.") from None
    texts = list(dict.fromkeys(code.text for code in found))
    codes = [text for text in texts if text[:4].upper() == "LPA:"] or texts
    if not codes:
        raise click.ClickException(f"{where} shows no QR code, or it is too small or blurred to read.")
    if len(codes) > 1:
        raise click.ClickException(f"{where} shows {len(codes)} codes; cut one out.")
    return codes[0]
