"""What the elementary files of a card hold: directory and name → decoder."""

from __future__ import annotations

from functools import cache

from cards.explain.files.row import FileRow

__all__ = ["FileRow", "decoder_of", "tables"]


@cache
def tables() -> dict[str, dict[str, FileRow]]:
    """Directory → name of the file → its row. Names are those of `cards.files.TREE`."""
    from cards.explain.files import csim, five_gs, gsm, isim, phonebook, telecom, uicc, usim

    return {
        "MF": uicc.FILES,
        "DF.TELECOM": telecom.FILES,
        "DF.PHONEBOOK": phonebook.FILES,
        "DF.GRAPHICS": phonebook.GRAPHICS,
        "DF.GSM": gsm.FILES,
        "ADF.USIM": {**telecom.FILES, **usim.FILES},
        "DF.5GS": five_gs.FILES,
        "DF.SAIP": five_gs.SAIP,
        "DF.SNPN": five_gs.SNPN,
        "DF.GSM-ACCESS": gsm.ACCESS,
        "DF.MMSS": telecom.MMSS,
        "DF.MCS": telecom.MCS,
        "DF.V2X": telecom.V2X,
        "DF.HNB": usim.HNB,
        "DF.WLAN": usim.WLAN,
        "ADF.ISIM": isim.FILES,
        "ADF.CSIM": csim.FILES,
        "DF.CDMA": csim.CDMA,
    }


def decoder_of(directory: str, name: str) -> FileRow | None:
    """The row of a file; None if its content has no known layout."""
    return tables().get(directory, {}).get(name)
