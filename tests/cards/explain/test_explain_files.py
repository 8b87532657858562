"""Contents of files: published vectors (those of pySim's tests, of TS 31.102 and of real cards), and the real
packages of TS.48."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cards import files
from cards.explain.fields import Field, read
from cards.explain.files import tables
from cards.explain.files.phonebook import BY_REFERENCE, PhoneBooks
from cards.explain.objects import UnknownFile, explain_content
from simulator.profile import image_of
from simulator.uicc.image import DfImage, EfImage, FileStructure

VECTORS: list[tuple[str, str, dict[str, str]]] = [
    ("MF/EF.ICCID", "988812010000400310F0", {"ICCID": "8988211000000430010"}),
    ("MF/EF.PL", "6465656EFFFF", {"language 1": "de", "language 2": "en"}),
    ("MF/EF.UMPC", "3CFF02", {"maximum consumption": "60 mA", "time-out for maximum consumption": "255 s",
                              "additional information": "UICC suspension supported"}),
    ("MF/EF.DIR", "61194F10A0000000871004FFFFFFFF890709000050054953696D31",
     {"AID (4F)": "A0000000871004FFFFFFFF8907090000 (ADF.ISIM)", "label (50)": "“ISim1”"}),
    ("MF/EF.ARR", "80010190008001029700800118A40683010A9501088401D4A40683010A950108",
     {"key reference (83)": "0A: ADM 1", "for (84)": "RESIZE FILE (INS D4)", "always (90)": "allowed",
      "never (97)": "forbidden"}),
    ("ADF.USIM/EF.IMSI", "082982608200002080", {"IMSI": "228062800000208"}),
    ("ADF.USIM/EF.IMSI", "082926101160845740", {"IMSI": "262011106487504"}),
    ("ADF.USIM/EF.LOCI", "47D1264A62F21037211E00",
     {"TMSI": "47D1264A", "location area: PLMN": "262-01", "location area: LAC": "3721",
      "location update status": "00: updated"}),
    ("ADF.USIM/EF.LOCI", "FFFFFFFF62F2200000FF01",
     {"TMSI": "not set", "location area: PLMN": "262-02", "location update status": "01: not updated"}),
    ("DF.GSM/EF.LOCI", "7802570222F81009780000", {"location area: PLMN": "228-01", "TMSI": "78025702"}),
    ("DF.GSM/EF.LOCIGPRS", "FFFFFFFFFFFFFF22F8990000FF01",
     {"routing area: PLMN": "228-99", "routing area update status": "01: not updated"}),
    ("ADF.USIM/EF.AD", "00000002",
     {"UE operation mode": "00: normal", "length of MNC in the IMSI": "2 digits"}),
    ("ADF.USIM/EF.AD", "01000102",
     {"UE operation mode": "01: normal, specific facilities",
      "additional information": "ciphering indicator enabled"}),
    ("ADF.USIM/EF.ACC", "802B", {"classes": "0, 1, 3, 5, 15"}),
    ("ADF.USIM/EF.ACC", "0100", {"classes": "8"}),
    ("ADF.USIM/EF.SPN", "0147534D2D52204348FFFFFFFFFFFFFFFF",
     {"name": "“GSM-R CH”",
      "display condition": "registered PLMN shown, too; name shown in listed networks"}),
    ("ADF.USIM/EF.HPPLMN", "05", {"period": "30 min"}),
    ("ADF.USIM/EF.ECC", "19F1FF01", {"emergency call code": "911", "service category": "police"}),
    ("ADF.USIM/EF.ECC", "19F3FF02", {"emergency call code": "913", "service category": "ambulance"}),
    ("ADF.USIM/EF.FPLMN", "22F860330420FFFFFF", {"PLMN 1": "228-06", "PLMN 2": "334-020"}),
    ("ADF.USIM/EF.PLMNWACT", "62F2104000", {"PLMN 1": "262-01 (E-UTRAN)"}),
    ("ADF.USIM/EF.PLMNWACT", "62F2108000", {"PLMN 1": "262-01 (UTRAN)"}),
    ("ADF.USIM/EF.PLMNWACT", "62F220488C",
     {"PLMN 1": "262-02 (NG-RAN, E-UTRAN, GSM and EC-GSM-IoT)"}),
    ("ADF.USIM/EF.START-HFN", "F00000F00000", {"START CS": "F00000", "START PS": "F00000"}),
    ("ADF.USIM/EF.THRESHOLD", "F01000", {"maximum": "F01000"}),
    ("ADF.USIM/EF.EHPLMNPI", "02", {"shown": "02: all"}),
    ("ADF.USIM/EF.OPL", "62F2100000FFFE01",
     {"PLMN": "262-01", "last location area": "FFFE", "record of EF.PNN": "1"}),
    ("ADF.USIM/EF.OPL", "216354789ABCDE12", {"PLMN": "123-456", "record of EF.PNN": "18"}),
    ("ADF.USIM/EF.PNN", "430A82D432BBBC7EB75DE432450A82D432BBBC7EB75DE432FFFFFFFF",
     {"full name (43)": "“Telekom.de”", "short name (45)": "“Telekom.de”"}),
    ("ADF.USIM/EF.MBI", "0100000000", {"voice mailbox: record of EF.MBDN": "1"}),
    ("ADF.USIM/EF.MWIS", "0000000000", {"messages wait": "none", "voice messages": "0"}),
    ("ADF.USIM/EF.CFIS", "0100FFFFFFFFFFFFFFFFFFFFFFFFFFFF", {"profile": "1", "forwarded": "none"}),
    ("ADF.USIM/EF.EMLPP", "7C04", {"levels": "0, 1, 2, 3, 4", "fast set-up": "0"}),
    ("ADF.USIM/EF.AAEM", "3C", {"levels": "0, 1, 2, 3"}),
    ("ADF.USIM/EF.VGCS", "92F9FFFF", {"group 1": "299"}),
    ("ADF.USIM/EF.VGCSS", "010000004540FC", {"active groups": "1, 33, 35, 39, 47"}),
    ("ADF.USIM/EF.PWS", "00", {"ignored": "none"}),
    ("ADF.USIM/EF.EPDGID", "801100657064672E6F736D6F636F6D2E6F7267", {"ePDG (80)": "epdg.osmocom.org"}),
    ("ADF.USIM/EF.EPDGID", "800501C0A8A001", {"ePDG (80)": "192.168.160.1"}),
    ("ADF.USIM/EF.EPDGID", "80110220010DB8000000000000000000000023", {"ePDG (80)": "2001:db8::23"}),
    ("ADF.USIM/EF.EPDGSELECTION", "800600110000A001",
     {"entry 1: PLMN": "001-001", "priority": "160", "name format": "01: location"}),
    ("ADF.USIM/EF.SPDI", "A305800337F800FFFF", {"PLMN 1": "738-00"}),
    ("ADF.USIM/EF.EXT2", "00FFFFFFFFFFFFFFFFFFFFFFFF", {"type of record": "00: free"}),
    ("DF.HNB/EF.ACSGL", "A00D800362F21081060000000002E0", {"PLMN (80)": "262-01"}),
    ("DF.HNB/EF.HNBN", "800B8108006D61686C7A656974", {"name (80)": "“mahlzeit”"}),
    ("DF.HNB/EF.CSGT", "8906810300666F6F801068747470733A2F2F666F6F2E6261722F",
     {"text (89)": "“foo”", "icon URI (80)": "https://foo.bar/"}),
    ("DF.TELECOM/EF.ADN", "42204841203120536963FFFFFFFFFFFF06810628560810FFFFFFFFFFFFFF",
     {"label": "“B HA 1 Sic”", "number": "6082658001", "extension record": "none"}),
    ("DF.TELECOM/EF.ADN", "4B756E64656E626574726575756E67FF0791947112122721FFFFFFFFFFFF",
     {"label": "“Kundenbetreuung”", "number": "+491721217212"}),
    ("DF.TELECOM/EF.MSISDN", "456967656E65205275666E756D6D6572FFFFFFFF0891947172199181F3FFFFFFFFFF",
     {"label": "“Eigene Rufnummer”", "number": "+4917279119183"}),
    ("DF.TELECOM/EF.MSISDN", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF04B12143F5FFFFFFFFFFFFFFFFFF",
     {"label": "empty", "number": "12345", "type of number": "B1: network specific, ISDN (E.164)"}),
    ("DF.TELECOM/EF.SMSP", "534D5343FFFFFFFFFFFFFFFFFFFFFFFFE1FFFFFFFFFFFFFFFFFFFFFFFF0891945197109099F9FFFFFF0000A9",
     {"label": "“SMSC”", "number": "+4915790109999", "validity period": "3 days",
      "parameters that are present": "service centre, protocol, coding, validity"}),
    ("DF.TELECOM/EF.SMS",
     "0107911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07" + "FF" * 136,
     {"service centre": "+31624000000", "originating address": "+31641600986", "text": "“How are you?”",
      "service centre time stamp": "2002-08-26 19:37:41 UTC-00:00"}),
    ("DF.GSM/EF.KC", "837D783609A3858F05", {"Kc": "837D783609A3858F", "key sequence number": "05: a key set"}),
    ("DF.GSM/EF.AD", "00FFFF", {"MS operation mode": "00: normal"}),
    ("DF.5GS/EF.UAC_AIC", "03", {"configured": "multimedia priority service, mission critical services"}),
    ("DF.5GS/EF.SUCI_CALC_INFO",
     "A00401010000A14A80010A81204E858C4D49D1343E6181284C47CA721730C98742CB7C6182D2E8126E08088D3680010B"
     "8120D1BC365F4997D17CE4374E72181431CBFEBA9E1B98D7618F79D48561B144672A",
     {"priority 0": "Profile A (X25519), key 1", "priority 1": "null scheme", "key identifier (80)": "11",
      "public key (81)": "D1BC365F4997D17CE4374E72181431CBFEBA9E1B98D7618F79D48561B144672A"}),
    ("DF.5GS/EF.ROUTING_INDICATOR", "F0FFFFFF", {"digits": "0"}),
    ("ADF.ISIM/EF.IMPI",
     "803137333830303630303030303031303140696D732E6D6E633030302E6D63633733382E336770706E6574776F726B2E6F7267",
     {"private user identity (80)": "738006000000101@ims.mnc000.mcc738.3gppnetwork.org"}),
    ("ADF.ISIM/EF.P-CSCF", "800501C0A80C22", {"P-CSCF (80)": "192.168.12.34"}),
    ("ADF.ISIM/EF.P-CSCF", "801102FE800000000000000042D7FFFE530335", {"P-CSCF (80)": "fe80::42:d7ff:fe53:335"}),
    ("ADF.ISIM/EF.NAFKCA",
     "80296273662E696D732E6D6E633030302E6D63633733382E7075622E336770706E6574776F726B2E6F7267",
     {"address (80)": "bsf.ims.mnc000.mcc738.pub.3gppnetwork.org"}),
    ("ADF.ISIM/EF.IST", "11", {"  1 P-CSCF address": "available", "  2 Generic Bootstrapping Architecture (GBA)":
                               "not available"}),
    ("ADF.USIM/EF.UST", "9E6B1DFC67F6580000",
     {"  2 Fixed Dialling Numbers (FDN)": "available", " 27 GSM Access": "available",
      " 28 Data download via SMS-PP": "available", "  1 Local Phone Book": "not available"}),
    # As TS.48 has them: A5/1 and A5/3 for the keys of group 1; a call that no entry of the phone book belongs to.
    ("ADF.USIM/EF.VGCSCA", "0103FFFF", {"group 1: algorithms of its keys": "A5/1, A5/3"}),
    ("ADF.USIM/EF.OCI", "FF" * 24 + "00FFFF", {"link to the phone book": "no entry, phone book of DF.TELECOM"}),
    ("DF.V2X/EF.VST", "0600", {"  2 V2X policy configuration data over PC5": "available"}),
    # The CSIM of TS.48, whose IMSI is 001010123456063: what is coded says so, digit by digit.
    ("ADF.CSIM/EF.IMSI_M", "008D03CB11033480DE03",
     {"MCC, three digits": "001", "IMSI_M_S2, three digits": "010", "IMSI_M_S1, seven digits": "1234560",
      "IMSI_M_11_12, two digits": "63", "state": "programmed, ADDR_NUM 0"}),
    ("ADF.CSIM/EF.CDMAHOME", "E803AE0803", {"SID": "1000", "NID": "2222", "band class": "3"}),
    ("ADF.CSIM/EF.TERM", "07", {"calls are accepted": "at home, roaming in a known network (SID), roaming in a known NID"}),
    ("ADF.CSIM/EF.CSIM_ST", "F8F2009C030000000000",
     {"  6 Short Message Storage (SMS)": "available", " 27 Outgoing Call Information": "available",
      " 34 SF_EUIMID-based EUIMID": "available", "  1 Local Phone Book": "not available"}),
    ("ADF.CSIM/EF.PRL", "001200000000400121000280005000006EDB",
     {"size of the list": "18", "default roaming indicator": "0", "acquisition records": "1",
      "system records": "1", "CRC": "6EDB"}),
    ("ADF.CSIM/EF.OTA", "0500020201020303010401000000000000",
     {"number of features": "5", "feature 1": "NAM download, revision 2",
      "feature 5": "parameter administration (OTAPA), revision 1"}),
    ("ADF.CSIM/EF.MDN", "0A21436587A9FFFFFF0A00", {"number of digits": "10", "number": "1234567890"}),
    ("ADF.CSIM/EF.SIPCAP", "15084000",
     {"NAIs, at most": "1", "length of a NAI, at most": "40", "length of a secret, at most": "8"}),
    ("ADF.CSIM/EF.MIPCAP", "1508404200",
     {"length of a MN-AAA secret, at most": "8", "length of a MN-HA secret, at most": "8", "MN-HA algorithms": "64"}),
    ("ADF.CSIM/EF.SIPUPP", "1710143132333435363738393040727333672E636F6D2010FF",
     {"number of NAIs; index of the first": "1; 0", "length of NAI": "20", "NAI": "1234567890@rs3g.com "}),
    ("ADF.CSIM/EF.HRPDUPP", "0D0B6162634078797A2E636F6D10", {"NAI": "abc@xyz.com", "authentication algorithm": "1"}),
    ("ADF.CSIM/EF.MAX_PRL", "00122000", {"PRL, at most": "18 bytes", "EPRL, at most": "8192 bytes"}),
    ("ADF.CSIM/EF.SPN", "01020144656661756C7420536572766963652050726F7669646572204E616D65FFFFFF",
     {"display condition": "shown in the home area", "name": "“Default Service Provider Name”", "language": "01: English"}),
    # pySim's vector of the R-UIM.
    ("DF.CDMA/EF.SPN", "010801536B796C696E6B204E57FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
     {"display condition": "shown in the home area", "character encoding": "08: Latin", "language": "01: English",
      "name": "“Skylink NW”"}),
    ("DF.CDMA/EF.AD", "000000", {"operation mode": "00: normal"}),
    ("DF.CDMA/EF.CST", "FF3F", {"  1 CHV disable function": "activated", "  8 SF_EUIMID-based EUIMID": "not allocated"}),
    # The phone book, records put together by hand (TS 31.102 §4.4.2.9, §4.4.2.2, §4.4.2.5, §4.4.2.13).
    ("DF.PHONEBOOK/EF.ANR", "0107915121436587F9FFFFFFFFFF02",
     {"kind of number: record of EF.AAS": "1", "number": "+15123456789", "capability configuration record": "none",
      "extension record": "2"}),
    ("DF.PHONEBOOK/EF.IAP", "02FF", {"record in the file of type 2, 1": "2", "record in the file of type 2, 2": "none"}),
    ("DF.PHONEBOOK/EF.PBC", "0105", {"changed": "by a terminal that keeps no phone book of its own", "hidden key": "5"}),
    ("DF.PHONEBOOK/EF.GRP", "0300", {"group 1: record of EF.GAS": "3", "group 2: record of EF.GAS": "none"}),
    ("DF.PHONEBOOK/EF.EMAIL", "6100622E63FFFF", {"address": "“a@b.c”"}),
    ("DF.PHONEBOOK/EF.PURI", "80077369703A404141", {"URI (80)": "sip:@AA"}),
    ("DF.GSM/EF.SST", "FF3F", {"  1 CHV1 disable function": "activated", "  8 reserved": "not allocated"}),
]  # fmt: skip


def found(fields: tuple[Field, ...]) -> dict[str, str]:
    return {field.name: field.value for top in fields for field in top.walk()}


@pytest.mark.parametrize(
    ("path", "content", "expected"), VECTORS, ids=[f"{p} {c[:12]}" for p, c, _ in VECTORS]
)
def test_a_published_content(path: str, content: str, expected: dict[str, str]) -> None:
    fields = explain_content(path, bytes.fromhex(content)).answer
    assert found(fields).items() >= expected.items()
    assert not [field for top in fields for field in top.walk() if field.problem]


def test_a_name_alone_means_the_usim() -> None:
    assert explain_content("ef.imsi", bytes.fromhex("082982608200002080")).title == (
        "Content of EF.IMSI: subscriber identity"
    )
    with pytest.raises(UnknownFile, match=r"EF\.NOTHING"):
        explain_content("EF.NOTHING", b"\x00")


def all_rows() -> list[tuple[str, str]]:
    return [(directory, name) for directory, table in tables().items() for name in table]


def test_every_row_is_the_name_of_a_file() -> None:
    shared = {"EF.PBR", *BY_REFERENCE}
    unknown = [
        (directory, name)
        for directory, name in all_rows()
        if name not in files.TREE[directory]
        and not any(name in t for t in files.TREE.values())
        and name not in shared
    ]
    assert unknown == []


@pytest.mark.parametrize(("directory", "name"), all_rows())
@settings(max_examples=15, deadline=None)
@given(st.binary(max_size=64))
def test_no_content_makes_a_decoder_raise(directory: str, name: str, content: bytes) -> None:
    fields = read(tables()[directory][name].decoder, content)
    for top in fields:
        for field in top.walk():
            assert 0 <= field.offset <= field.offset + field.length <= len(content)


def records(file: EfImage) -> list[bytes]:
    if file.record_length:
        return [
            file.content[at : at + file.record_length]
            for at in range(0, len(file.content), file.record_length)
        ]
    return [file.content]


def walk(directory: DfImage, name: str) -> list[tuple[str, EfImage]]:
    here: list[tuple[str, EfImage]] = []
    for child in directory.children:
        if isinstance(child, DfImage):
            here += walk(child, files.name_in(name, child.fid) or f"{name}/{child.fid:04X}")
        else:
            here.append((name, child))
    return here


APPLICATIONS = {aid.hex(): name for name, aid in files.APPLICATIONS.items()}
NOT_LAID_DOWN = {
    ("MF", 0x2FFB), ("DF.TELECOM", 0x6FFE), ("ADF.USIM", 0x6FFE), ("ADF.ISIM", 0x6FFE),
}  # fmt: skip
"""Files of TS.48 that no specification of ours names."""
ALL_ZERO = {("ADF.CSIM", 0x6F22), ("ADF.CSIM", 0x6F23)}
"""Files that are zero in the first version of TS.48, which codes no IMSI: 0 stands for no digit."""


def test_real_packages_hold_nothing_that_is_not_read(ts48_package: Path) -> None:
    image = image_of(ts48_package.read_bytes())
    contents = walk(image.mf, "MF")
    for adf in image.adfs:
        contents += walk(adf, APPLICATIONS[adf.aid[:7].hex()])
    books = PhoneBooks()
    for directory, file in contents:
        if (directory, file.fid) == ("DF.PHONEBOOK", 0x4F30):
            for record in records(file):
                books.learn(directory, record)
    problems, without = [], []
    for directory, file in contents:
        if directory not in tables() or file.structure is FileStructure.BER_TLV:
            continue
        name = files.name_in(directory, file.fid)
        assigned = books.by_identifier(directory, file.fid)
        row = assigned.row if assigned else tables()[directory].get(name)
        if row is None:
            if (directory, file.fid) not in NOT_LAID_DOWN:
                without.append(f"{directory}/{file.fid:04X} {name}")
            continue
        for record in records(file):
            fields = read(row.decoder, record)
            used = bool(record.strip(b"\xff")) and (directory, file.fid) not in ALL_ZERO
            problems += [
                f"{directory}/{name} {record.hex()}: {field.name}: {field.problem}"
                for top in fields
                for field in top.walk()
                if field.problem and used
            ]
    assert problems == []
    assert without == []
