"""What stands in the files of a card, as far as a card must have it (TS 102 221 §13, TS 31.102 §4.2)."""

from __future__ import annotations

from cards.errors import CardStatusError
from cards.identities import Iccid, from_card
from cards.status import SW
from simulator.conformance.model import Check, Subject, expect
from simulator.conformance.pin_state import present_pin

_SERVICES = (
    (2, "EF.FDN"),
    (10, "EF.SMS"),
    (12, "EF.SMSP"),
    (19, "EF.SPN"),
    (20, "EF.PLMNwAcT"),
    (42, "EF.OPLMNwAcT"),
    (43, "EF.HPLMNwAcT"),
    (45, "EF.PNN"),
    (46, "EF.OPL"),
    (71, "EF.EHPLMN"),
)
"""Services of EF.UST (TS 31.102 §4.2.8) whose file must be there if the service is available."""


def _iccid(subject: Subject) -> None:
    card = subject.uicc
    fcp = card.select("MF/EF.ICCID")
    expect(fcp.file_size == 10, f"EF.ICCID has {fcp.file_size} bytes in place of 10")
    expect(fcp.structure == "transparent", f"EF.ICCID is {fcp.structure} in place of transparent")
    iccid = from_card(Iccid, card.read_binary())
    expect(iccid.is_valid, f"the check digit of {iccid} is wrong")


def _dir(subject: Subject) -> None:
    card = subject.uicc
    for entry in card.applications():
        expect(5 <= len(entry.aid) <= 16, f"EF.DIR has an AID of {len(entry.aid)} bytes: 5 to 16 are allowed")
        card.select(entry.aid)


def _access_rules(subject: Subject) -> None:
    """Files that refer to EF.ARR refer to a record that is there."""
    card = subject.uicc
    for path in ("MF/EF.ICCID", "MF/EF.DIR"):
        fcp = card.select(path)
        if fcp.arr_fid is None:
            continue
        card.select("MF")
        arr = card.select(fcp.arr_fid)
        for number in fcp.arr_records:
            expect(
                1 <= number <= arr.record_count,
                f"{path} refers to record {number} of EF.ARR, which has {arr.record_count}",
            )


def _imsi(subject: Subject) -> None:
    try:
        subject.uicc.read_imsi()
    except CardStatusError as error:
        if error.sw != SW.SECURITY_STATUS_NOT_SATISFIED:
            raise


def _administrative_data(subject: Subject) -> None:
    card = subject.uicc
    card.select("MF/ADF.USIM/EF.AD")
    data = card.read_binary()
    expect(len(data) >= 4, f"EF.AD has {len(data)} bytes in place of 4 or more")
    expect(data[3] & 0x0F in (2, 3), f"EF.AD says that the MNC has {data[3] & 0x0F} digits")


def _services(subject: Subject) -> None:
    card = subject.uicc
    card.select("MF/ADF.USIM")
    present_pin(subject, card)
    card.select("MF/ADF.USIM/EF.UST")
    table = card.read_binary()
    missing = []
    for service, name in _SERVICES:
        index, bit = divmod(service - 1, 8)
        if index >= len(table) or not table[index] >> bit & 1:
            continue
        try:
            card.select(f"MF/ADF.USIM/{name}")
        except CardStatusError:
            missing.append(f"{name} (service {service})")
    expect(not missing, f"EF.UST announces what is not there: {', '.join(missing)}")


def _forbidden_networks(subject: Subject) -> None:
    fcp = subject.uicc.select("MF/ADF.USIM/EF.FPLMN")
    size = fcp.file_size or 0
    expect(
        size >= 12 and size % 3 == 0,
        f"EF.FPLMN has {size} bytes: three for each network, four networks at least",
    )


def _lengths(subject: Subject) -> None:
    for name, length in (("EF.IMSI", 9), ("EF.LOCI", 11), ("EF.PSLOCI", 14), ("EF.ACC", 2), ("EF.Keys", 33)):
        size = subject.uicc.select(f"MF/ADF.USIM/{name}").file_size
        expect(size == length, f"{name} has {size} bytes in place of {length}")


_NAME = "files"
CHECKS = (
    Check(_NAME, "EF.ICCID holds a number with the right check digit", "TS 102 221 §13.2", _iccid, ("uicc",
          "files")),
    Check(_NAME, "Every application of EF.DIR can be selected", "TS 102 221 §13.1", _dir, ("uicc", "files")),
    Check(_NAME, "References to EF.ARR lead to a record", "TS 102 221 §9.2.7", _access_rules, ("uicc",
          "files")),
    Check(_NAME, "EF.IMSI holds an IMSI, if it can be read", "TS 31.102 §4.2.2", _imsi, ("usim",)),
    Check(_NAME, "EF.AD says how long the MNC is", "TS 31.102 §4.2.18", _administrative_data, ("usim",)),
    Check(_NAME, "Files of available services are there", "TS 31.102 §4.2.8", _services, ("usim",)),
    Check(_NAME, "EF.FPLMN has room for four networks", "TS 31.102 §4.2.16", _forbidden_networks, ("usim",)),
    Check(_NAME, "Files of fixed length have it", "TS 31.102 §4.2", _lengths, ("usim",)),
)  # fmt: skip
"""The checks of this suite."""
