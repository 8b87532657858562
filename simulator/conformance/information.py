"""What an eUICC tells of itself, and whether that agrees with itself (SGP.22 §4.3, §5.7.1, §5.7.8, §5.7.20,
§5.7.22)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from asn1 import tlv
from cards.atr import Atr, AtrError
from cards.errors import CardStatusError
from cards.identities import Eid
from cards.isdr import ECASD_AID, ISD_R_AID
from cards.session import CardSession
from simulator.conformance.exchange import Line, answers
from simulator.conformance.model import Check, NotApplicable, Subject, expect, require
from simulator.conformance.outcomes import refused_by_status, row

_MEMBERS: Final = (
    *("profileVersion", "svn", "euiccFirmwareVer", "extCardResource", "uiccCapability", "rspCapability"),
    *("euiccCiPKIdListForVerification", "euiccCiPKIdListForSigning", "ppVersion", "sasAcreditationNumber"),
)
"""Members that EUICCInfo2 must have (§4.3)."""


def _atr(subject: Subject) -> None:
    """b8 and b2 of the first TB after T=15."""
    raw = subject.link.reset()
    require(bool(raw), "the way to the card does not tell its ATR")
    try:
        atr = Atr.parse(raw)
    except AtrError as error:
        expect(False, f"{raw.hex().upper()} is {error}")
        return
    expect(atr.is_euicc, f"the ATR {atr} does not say that the card is an eUICC")


def _selected(subject: Subject) -> None:
    """The FCI names the ISD-R, and the highest version 2 that the eUICC follows."""
    session = CardSession(subject.link)
    session.terminal_capability()
    number = session.open_channel()
    data = CardSession(subject.link, number).select_application(ISD_R_AID)
    template = tlv.read(data)
    expect(template.tag == 0x6F, f"SELECT answers the tag '{template.tag:X}' in place of '6F'")
    expect(tlv.find(template.value, 0x84) == ISD_R_AID, "the FCI has another AID ('84')")
    proprietary = tlv.find(template.value, 0xA5)
    expect(proprietary is not None, "the FCI has no proprietary data ('A5')")
    svn = tlv.find(tlv.find(proprietary or b"", 0xE0) or b"", 0x82)
    expect(svn is not None and len(svn) == 3, "the FCI has no version of SGP.22 ('E0' '82')")
    session.close_channel(number)
    with subject.isdr() as isdr:
        told = isdr.get_euicc_info1()["svn"]
    expect(svn == told, f"the FCI tells version {(svn or b'').hex('.')}, EUICCInfo1 {told.hex('.')}")


def _ecasd(subject: Subject) -> None:
    """The ECASD is there; its EID is that of GetEID."""
    session = CardSession(subject.link)
    number = session.open_channel()
    channel = CardSession(subject.link, number)
    try:
        channel.select_application(ECASD_AID)
    except CardStatusError as error:
        raise NotApplicable(f"the ECASD cannot be selected ({error.sw}): it need not") from None
    line = Line(subject.link, number)
    response = line.send("80CA005A00")
    answers(response.sw, "9000", "GET DATA '5A' of the ECASD")
    session.close_channel(number)
    with subject.isdr() as isdr:
        eid = isdr.get_eid().to_bytes()
    expect(tlv.find(response.data, 0x5A) == eid, "the ECASD has another EID than GetEID")


def _infos_agree(subject: Subject) -> None:
    """EUICCInfo1 says nothing that EUICCInfo2 does not."""
    with subject.isdr() as isdr:
        first, second = isdr.get_euicc_info1(), isdr.get_euicc_info2()
    for name in ("svn", "euiccCiPKIdListForVerification", "euiccCiPKIdListForSigning", "highestSvn"):
        expect(first.get(name) == second.get(name), f"EUICCInfo1 and EUICCInfo2 tell another {name}")


def _info2_members(subject: Subject) -> None:
    with subject.isdr() as isdr:
        info = isdr.get_euicc_info2()
    missing = [name for name in _MEMBERS if name not in info]
    expect(not missing, f"EUICCInfo2 lacks {', '.join(missing)}")
    expect(bool(info["euiccCiPKIdListForVerification"]), "the eUICC trusts no CI")
    resource = {part.tag: part.value for part in tlv.read_all(info["extCardResource"])}
    lacking = {0x81, 0x82, 0x83} - resource.keys()
    expect(not lacking, f"extCardResource lacks the tags {', '.join(f'{tag:X}' for tag in sorted(lacking))}")


def _signs_under_what_it_trusts(subject: Subject) -> None:
    with subject.isdr() as isdr:
        info = isdr.get_euicc_info1()
    strange = [
        one for one in info["euiccCiPKIdListForSigning"] if one not in info["euiccCiPKIdListForVerification"]
    ]
    expect(not strange, f"it signs under {len(strange)} CIs that it does not trust")


def _version_3(subject: Subject) -> None:
    """The version that LPAs of version 2 see is a version 2 all the same."""
    with subject.isdr() as isdr:
        info = isdr.get_euicc_info2()
    expect(info["svn"][0] == 2, f"svn is {info['svn'].hex('.')}, where LPAs of version 2 look")
    expect("treProperties" in info, "EUICCInfo2 lacks treProperties")


def _eid(subject: Subject) -> None:
    with subject.isdr() as isdr:
        eid: Eid = isdr.get_eid()
    expect(eid.is_valid, f"the check digits of the EID {eid} are wrong")


def _rat(subject: Subject) -> None:
    """Every entry of the rules authorisation table names rules and operators."""
    with subject.isdr() as isdr:
        table = isdr.get_rat()
    for number, entry in enumerate(table, 1):
        expect(
            bool(entry["allowedOperators"]),
            f"entry {number} of the rules authorisation table names no operator",
        )
        for operator in entry["allowedOperators"]:
            expect(
                len(operator["mccMnc"]) == 3,
                f"entry {number} has an operator of {len(operator['mccMnc'])} bytes",
            )


def _addresses(subject: Subject) -> None:
    with subject.isdr() as isdr:
        addresses = isdr.get_euicc_configured_addresses()
    expect(bool(addresses.get("rootDsAddress")), "the eUICC has no address of a root SM-DS")


def _malformed(tag: str) -> Callable[[Subject], None]:
    """A request whose length reaches over its end is no message."""

    def run(subject: Subject) -> None:
        with subject.isdr() as isdr:
            call = lambda: isdr.store_data(bytes.fromhex(tag) + b"\x05\x01")  # noqa: E731
            refused_by_status(call, (0x6A80, 0x6700), f"a message {tag} that is cut off")

    return run


def _check(function: str, title: str, clause: str, run: Callable[[Subject], None], *needs: str) -> Check:
    return row("es10", function, title, clause, run, "es10b", *needs, changes=False)


_SELECTION, _INFO = "ISD-R selection", "GetEUICCInfo"
CHECKS = (
    _check(_SELECTION, "The ATR says that the card is an eUICC", "§5.7.1", _atr),
    _check(_SELECTION, "The FCI of the ISD-R names AID and version", "§5.7.1", _selected),
    _check(_SELECTION, "The ECASD has the EID of the eUICC", "§2.4.3", _ecasd),
    _check(_INFO, "EUICCInfo1 and EUICCInfo2 agree", "§4.3, §5.7.8", _infos_agree),
    _check(_INFO, "EUICCInfo2 has what it must have", "§4.3", _info2_members),
    _check(_INFO, "The eUICC signs under CIs that it trusts", "§4.3", _signs_under_what_it_trusts),
    _check(_INFO, "A version 3 tells LPAs of version 2 a version 2", "v3 §4.3", _version_3, "version3"),
    _check("GetEID", "The EID has the right check digits", "§5.7.20, SGP.02 §2.2.2", _eid, "es10c"),
    _check("GetRAT", "Entries of the rules authorisation table name operators", "§2.9.2, §5.7.22", _rat),
    _check("GetEuiccConfiguredAddresses", "There is a root SM-DS", "§5.7.3", _addresses, "es10a"),
    *(_check(function, f"{function} refuses a message that is cut off: 6A80", f"§5.7.2, §5.7.{clause}",
        _malformed(tag)) for function, tag, clause in (("SetDefaultDpAddress", "BF3F", "4"),
        ("PrepareDownload", "BF21", "5"), ("ListNotification", "BF28", "9"), ("RetrieveNotificationsList",
        "BF2B", "10"), ("RemoveNotificationFromList", "BF30", "11"), ("CancelSession", "BF41", "14"),
        ("GetProfilesInfo", "BF2D", "15"), ("EnableProfile", "BF31", "16"), ("DisableProfile", "BF32",
        "17"), ("DeleteProfile", "BF33", "18"), ("eUICCMemoryReset", "BF34", "19"), ("GetEID", "BF3E",
        "20"), ("SetNickname", "BF29", "21")) ),
)  # fmt: skip
"""The checks of this suite that compare what an eUICC tells."""
