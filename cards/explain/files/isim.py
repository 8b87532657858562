"""The files of the ISIM (TS 31.103 §4.2)."""

from __future__ import annotations

from cards.explain.access import rules
from cards.explain.fields import Decoder, ascii_text, utf8
from cards.explain.files import telecom
from cards.explain.files.contents import administrative_data, length_value
from cards.explain.files.row import FileRow, whole
from cards.explain.numbers import typed_address
from cards.explain.services import ISIM, service_table
from cards.explain.tlvs import Row, template


def _row(title: str, decoder: Decoder, clause: str) -> FileRow:
    return FileRow(title, decoder, f"TS 31.103 §{clause}")


def _text(name: str) -> Decoder:
    return template({0x80: Row(name, utf8)})


FILES = {
    **{name: telecom.FILES[name] for name in ("EF.SMS", "EF.SMSP", "EF.SMSS", "EF.SMSR")},
    "EF.IMPI": _row("private user identity", _text("private user identity"), "4.2.2"),
    "EF.DOMAIN": _row("home network domain", _text("domain"), "4.2.3"),
    "EF.IMPU": _row("public user identity", _text("public user identity"), "4.2.4"),
    "EF.AD": _row("administrative data", administrative_data, "4.2.5"),
    "EF.ARR": _row("access rules", rules, "4.2.6"),
    "EF.IST": _row("ISIM services", service_table(ISIM), "4.2.7"),
    "EF.P-CSCF": _row("proxy call session control", template({0x80: Row("P-CSCF", typed_address)}), "4.2.8"),
    "EF.GBABP": _row("GBA bootstrapping", length_value("RAND", "B-TID", "key lifetime"), "4.2.9"),
    "EF.GBANL": _row("GBA NAF", template({0x80: Row("NAF_ID", ascii_text), 0x81: Row("B-TID", ascii_text)}), "4.2.10"),
    "EF.NAFKCA": _row("NAF key centre", _text("address"), "4.2.11"),
    "EF.UICCIARI": _row("IMS application reference", _text("IARI"), "4.2.16"),
    "EF.FROMPREFERRED": _row("From header", whole("preferred", lambda d: "yes" if d[0] & 1 else "no"), "4.2.17"),
}  # fmt: skip
