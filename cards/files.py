"""File identifiers by the names that people write: `MF/ADF.USIM/EF.IMSI` (TS 102 221 §13, TS 31.102 §4,
TS 31.103 §4, TS 51.011 §10)."""

from __future__ import annotations

from typing import Final

MF: Final = 0x3F00
CURRENT_ADF: Final = 0x7FFF
"""Stands for the ADF of the application that is active on the channel (TS 102 221 §8.3)."""

APPLICATIONS: Final[dict[str, bytes]] = {
    "ADF.USIM": bytes.fromhex("A0000000871002"),
    "ADF.ISIM": bytes.fromhex("A0000000871004"),
    "ADF.CSIM": bytes.fromhex("A0000003431002"),
}
"""Name → RID and application code, the first 7 bytes of the AID (TS 101 220 Annex E)."""

_MF = {
    "DF.TELECOM": 0x7F10, "DF.GSM": 0x7F20, "DF.CD": 0x7F11, "DF.CDMA": 0x7F25,
    "EF.DIR": 0x2F00, "EF.PL": 0x2F05, "EF.ARR": 0x2F06, "EF.UMPC": 0x2F08, "EF.ICCID": 0x2FE2,
}  # fmt: skip
_TELECOM = {
    "DF.GRAPHICS": 0x5F50, "DF.PHONEBOOK": 0x5F3A, "DF.MULTIMEDIA": 0x5F3B, "DF.MMSS": 0x5F3C,
    "DF.MCS": 0x5F3D, "DF.V2X": 0x5F3E,
    "EF.ADN": 0x6F3A, "EF.FDN": 0x6F3B, "EF.SMS": 0x6F3C, "EF.MSISDN": 0x6F40, "EF.SMSP": 0x6F42,
    "EF.SMSS": 0x6F43, "EF.LND": 0x6F44, "EF.SMSR": 0x6F47, "EF.SDN": 0x6F49, "EF.EXT1": 0x6F4A,
    "EF.EXT2": 0x6F4B, "EF.EXT3": 0x6F4C, "EF.BDN": 0x6F4D, "EF.EXT4": 0x6F4E, "EF.CCP": 0x6F4F,
    "EF.ECCP": 0x6F4F, "EF.SUME": 0x6F54, "EF.CMI": 0x6F58, "EF.ICE_DN": 0x6FE0, "EF.ICE_FF": 0x6FE1,
    "EF.RMA": 0x6F53, "EF.PSISMSC": 0x6FE5, "EF.ARR": 0x6F06,
}  # fmt: skip
_PHONEBOOK = {"EF.PBR": 0x4F30, "EF.PSC": 0x4F22, "EF.CC": 0x4F23, "EF.PUID": 0x4F24}
_GSM = {
    "EF.LP": 0x6F05, "EF.IMSI": 0x6F07, "EF.KC": 0x6F20, "EF.DCK": 0x6F2C, "EF.PLMNSEL": 0x6F30,
    "EF.HPPLMN": 0x6F31, "EF.CNL": 0x6F32, "EF.ACMMAX": 0x6F37, "EF.SST": 0x6F38, "EF.ACM": 0x6F39,
    "EF.GID1": 0x6F3E, "EF.GID2": 0x6F3F, "EF.PUCT": 0x6F41, "EF.CBMI": 0x6F45, "EF.SPN": 0x6F46,
    "EF.CBMID": 0x6F48, "EF.CBMIR": 0x6F50, "EF.KCGPRS": 0x6F52, "EF.LOCIGPRS": 0x6F53,
    "EF.PLMNWACT": 0x6F60, "EF.OPLMNWACT": 0x6F61, "EF.HPLMNWACT": 0x6F62, "EF.INVSCAN": 0x6F64,
    "EF.BCCH": 0x6F74, "EF.ACC": 0x6F78, "EF.FPLMN": 0x6F7B, "EF.LOCI": 0x6F7E, "EF.AD": 0x6FAD,
    "EF.PHASE": 0x6FAE, "EF.ECC": 0x6FB7, "EF.PNN": 0x6FC5, "EF.OPL": 0x6FC6, "EF.MBDN": 0x6FC7,
    "EF.MBI": 0x6FC9, "EF.MWIS": 0x6FCA, "EF.SPDI": 0x6FCD,
}  # fmt: skip
_USIM = {
    "DF.PHONEBOOK": 0x5F3A, "DF.GSM-ACCESS": 0x5F3B, "DF.MEXE": 0x5F3C, "DF.SOLSA": 0x5F70, "DF.WLAN": 0x5F40,
    "DF.HNB": 0x5F50, "DF.PROSE": 0x5F90, "DF.ACDC": 0x5FA0, "DF.TV": 0x5FB0, "DF.5GS": 0x5FC0,
    "DF.SAIP": 0x5FD0, "DF.SNPN": 0x5FE0, "DF.5GPROSE": 0x5FF0,
    "EF.LI": 0x6F05, "EF.ARR": 0x6F06, "EF.IMSI": 0x6F07, "EF.KEYS": 0x6F08, "EF.KEYSPS": 0x6F09,
    "EF.DCK": 0x6F2C, "EF.HPPLMN": 0x6F31, "EF.CNL": 0x6F32, "EF.ACMMAX": 0x6F37, "EF.UST": 0x6F38,
    "EF.ACM": 0x6F39, "EF.FDN": 0x6F3B, "EF.SMS": 0x6F3C, "EF.GID1": 0x6F3E, "EF.GID2": 0x6F3F,
    "EF.MSISDN": 0x6F40, "EF.PUCT": 0x6F41, "EF.SMSP": 0x6F42, "EF.SMSS": 0x6F43, "EF.CBMI": 0x6F45,
    "EF.SPN": 0x6F46, "EF.SMSR": 0x6F47, "EF.CBMID": 0x6F48, "EF.SDN": 0x6F49, "EF.EXT2": 0x6F4B,
    "EF.EXT3": 0x6F4C, "EF.BDN": 0x6F4D, "EF.EXT5": 0x6F4E, "EF.CCP2": 0x6F4F, "EF.CBMIR": 0x6F50,
    "EF.EXT4": 0x6F55, "EF.EST": 0x6F56, "EF.ACL": 0x6F57, "EF.CMI": 0x6F58, "EF.START-HFN": 0x6F5B,
    "EF.THRESHOLD": 0x6F5C, "EF.PLMNWACT": 0x6F60, "EF.OPLMNWACT": 0x6F61, "EF.HPLMNWACT": 0x6F62,
    "EF.PSLOCI": 0x6F73, "EF.ACC": 0x6F78, "EF.FPLMN": 0x6F7B, "EF.LOCI": 0x6F7E, "EF.ICI": 0x6F80,
    "EF.OCI": 0x6F81, "EF.ICT": 0x6F82, "EF.OCT": 0x6F83, "EF.AD": 0x6FAD, "EF.VGCS": 0x6FB1,
    "EF.VGCSS": 0x6FB2, "EF.VBS": 0x6FB3, "EF.VBSS": 0x6FB4, "EF.EMLPP": 0x6FB5, "EF.AAEM": 0x6FB6,
    "EF.ECC": 0x6FB7, "EF.HIDDENKEY": 0x6FC3, "EF.NETPAR": 0x6FC4, "EF.PNN": 0x6FC5, "EF.OPL": 0x6FC6,
    "EF.MBDN": 0x6FC7, "EF.EXT6": 0x6FC8, "EF.MBI": 0x6FC9, "EF.MWIS": 0x6FCA, "EF.CFIS": 0x6FCB,
    "EF.EXT7": 0x6FCC, "EF.SPDI": 0x6FCD, "EF.MMSN": 0x6FCE, "EF.EXT8": 0x6FCF, "EF.MMSICP": 0x6FD0,
    "EF.MMSUP": 0x6FD1, "EF.MMSUCP": 0x6FD2, "EF.NIA": 0x6FD3, "EF.VGCSCA": 0x6FD4, "EF.VBSCA": 0x6FD5,
    "EF.GBABP": 0x6FD6, "EF.MSK": 0x6FD7, "EF.MUK": 0x6FD8, "EF.EHPLMN": 0x6FD9, "EF.GBANL": 0x6FDA,
    "EF.EHPLMNPI": 0x6FDB, "EF.LRPLMNSI": 0x6FDC, "EF.NAFKCA": 0x6FDD, "EF.SPNI": 0x6FDE, "EF.PNNI": 0x6FDF,
    "EF.NCP-IP": 0x6FE2, "EF.EPSLOCI": 0x6FE3, "EF.EPSNSC": 0x6FE4, "EF.UFC": 0x6FE6, "EF.UICCIARI": 0x6FE7,
    "EF.NASCONFIG": 0x6FE8, "EF.PWS": 0x6FEC, "EF.FDNURI": 0x6FED, "EF.BDNURI": 0x6FEE, "EF.SDNURI": 0x6FEF,
    "EF.IWL": 0x6FF0, "EF.IPS": 0x6FF1, "EF.IPD": 0x6FF2, "EF.EPDGID": 0x6FF3, "EF.EPDGSELECTION": 0x6FF4,
    "EF.EPDGIDEM": 0x6FF5, "EF.EPDGSELECTIONEM": 0x6FF6, "EF.FROMPREFERRED": 0x6FF7,
    "EF.IMSCONFIGDATA": 0x6FF8, "EF.3GPPPSDATAOFF": 0x6FF9, "EF.3GPPPSDATAOFFSERVICELIST": 0x6FFA,
    "EF.TVCONFIG": 0x6FFB, "EF.XCAPCONFIGDATA": 0x6FFC, "EF.EARFCNLIST": 0x6FFD,
    "EF.MUDMIDCONFIGDATA": 0x6FFE,
}  # fmt: skip
_5GS = {
    "EF.5GS3GPPLOCI": 0x4F01, "EF.5GSN3GPPLOCI": 0x4F02, "EF.5GS3GPPNSC": 0x4F03, "EF.5GSN3GPPNSC": 0x4F04,
    "EF.5GAUTHKEYS": 0x4F05, "EF.UAC_AIC": 0x4F06, "EF.SUCI_CALC_INFO": 0x4F07, "EF.OPL5G": 0x4F08,
    "EF.SUPI_NAI": 0x4F09, "EF.ROUTING_INDICATOR": 0x4F0A, "EF.URSP": 0x4F0B, "EF.TN3GPPSNN": 0x4F0C,
    "EF.CAG": 0x4F0D, "EF.SOR-CMCI": 0x4F0E, "EF.DRI": 0x4F0F, "EF.5GSEDRX": 0x4F10, "EF.5GNSWO_CONF": 0x4F11,
}  # fmt: skip
_GSM_ACCESS = {"EF.KC": 0x4F20, "EF.KCGPRS": 0x4F52, "EF.CPBCCH": 0x4F63, "EF.INVSCAN": 0x4F64}
_ISIM = {
    "EF.IMPI": 0x6F02, "EF.DOMAIN": 0x6F03, "EF.IMPU": 0x6F04, "EF.ARR": 0x6F06, "EF.IST": 0x6F07,
    "EF.P-CSCF": 0x6F09, "EF.SMS": 0x6F3C, "EF.SMSP": 0x6F42, "EF.SMSS": 0x6F43, "EF.SMSR": 0x6F47,
    "EF.AD": 0x6FAD, "EF.GBABP": 0x6FD5, "EF.GBANL": 0x6FD7, "EF.NAFKCA": 0x6FDD, "EF.UICCIARI": 0x6FE7,
    "EF.FROMPREFERRED": 0x6FF7, "EF.IMSCONFIGDATA": 0x6FF8, "EF.XCAPCONFIGDATA": 0x6FFC,
}  # fmt: skip

_SAIP = {"EF.SUCI_CALC_INFO_USIM": 0x4F01}
_SNPN = {"EF.PWS_SNPN": 0x4F01, "EF.NID": 0x4F02}
_GRAPHICS = {"EF.IMG": 0x4F20, "EF.LAUNCH_SCWS": 0x4F01}
_MMSS = {"EF.MLPL": 0x4F20, "EF.MSPL": 0x4F21, "EF.MMSSMODE": 0x4F22}
_MCS = {"EF.MST": 0x4F01, "EF.MCS_CONFIG": 0x4F02}
_V2X = {"EF.VST": 0x4F01, "EF.V2X_CONFIG": 0x4F02, "EF.V2XP_PC5": 0x4F03, "EF.V2XP_UU": 0x4F04}
_HNB = {
    "EF.ACSGL": 0x4F81, "EF.CSGT": 0x4F82, "EF.HNBN": 0x4F83, "EF.OCSGL": 0x4F84, "EF.OCSGT": 0x4F85,
    "EF.OHNBN": 0x4F86,
}  # fmt: skip
_WLAN = {
    "EF.PSEUDO": 0x4F41, "EF.UPLMNWLAN": 0x4F42, "EF.OPLMNWLAN": 0x4F43, "EF.UWSIDL": 0x4F44,
    "EF.OWSIDL": 0x4F45,
}  # fmt: skip

_CDMA_FILES = {
    "EF.COUNT": 0x6F21, "EF.IMSI_M": 0x6F22, "EF.IMSI_T": 0x6F23, "EF.TMSI": 0x6F24, "EF.AH": 0x6F25,
    "EF.AOP": 0x6F26, "EF.ALOC": 0x6F27, "EF.CDMAHOME": 0x6F28, "EF.ZNREGI": 0x6F29, "EF.SNREGI": 0x6F2A,
    "EF.DISTREGI": 0x6F2B, "EF.ACCOLC": 0x6F2C, "EF.TERM": 0x6F2D, "EF.ACP": 0x6F2F, "EF.PRL": 0x6F30,
    "EF.RUIMID": 0x6F31, "EF.SPC": 0x6F33, "EF.OTAPASPC": 0x6F34, "EF.NAMLOCK": 0x6F35, "EF.OTA": 0x6F36,
    "EF.SP": 0x6F37, "EF.ESN_MEID_ME": 0x6F38, "EF.LI": 0x6F3A, "EF.USGIND": 0x6F42, "EF.AD": 0x6F43,
    "EF.MAX_PRL": 0x6F45, "EF.SPCS": 0x6F46, "EF.MECRP": 0x6F55, "EF.HOME_TAG": 0x6F70,
    "EF.GROUP_TAG": 0x6F71, "EF.SPECIFIC_TAG": 0x6F72, "EF.CALL_PROMPT": 0x6F73, "EF.SSCI": 0x6F2E,
    "EF.SMS": 0x6F3C, "EF.SMSP": 0x6F3D, "EF.SMSS": 0x6F3E, "EF.SSFC": 0x6F3F, "EF.SPN": 0x6F41,
    "EF.MDN": 0x6F44, "EF.ECC": 0x6F47, "EF.ME3GPDOPC": 0x6F48, "EF.3GPDOPM": 0x6F49, "EF.SIPCAP": 0x6F4A,
    "EF.MIPCAP": 0x6F4B, "EF.SIPUPP": 0x6F4C, "EF.MIPUPP": 0x6F4D, "EF.SIPSP": 0x6F4E, "EF.MIPSP": 0x6F4F,
    "EF.SIPPAPSS": 0x6F50, "EF.PUZL": 0x6F53, "EF.MAXPUZL": 0x6F54, "EF.HRPDCAP": 0x6F56,
    "EF.HRPDUPP": 0x6F57, "EF.CSSPR": 0x6F58, "EF.ATC": 0x6F59, "EF.EPRL": 0x6F5A, "EF.BCSMSCFG": 0x6F5B,
    "EF.BCSMSPREF": 0x6F5C, "EF.BCSMSTABLE": 0x6F5D, "EF.BCSMSP": 0x6F5E, "EF.BAKPARA": 0x6F63,
    "EF.UPBAKPARA": 0x6F64, "EF.MMSN": 0x6F65, "EF.EXT8": 0x6F66, "EF.MMSICP": 0x6F67, "EF.MMSUP": 0x6F68,
    "EF.MMSUCP": 0x6F69, "EF.AUTHCAPABILITY": 0x6F6A, "EF.3GCIK": 0x6F6B, "EF.DCK": 0x6F6C,
    "EF.GID1": 0x6F6D, "EF.GID2": 0x6F6E, "EF.CDMACNL": 0x6F6F, "EF.SF_EUIMID": 0x6F74, "EF.LCSVER": 0x6F77,
    "EF.LCSCP": 0x6F78, "EF.APPLABELS": 0x6F80, "EF.MODEL": 0x6F81, "EF.RC": 0x6F82, "EF.SMSCAP": 0x6F83,
    "EF.MIPFLAGS": 0x6F84, "EF.3GPDUPPEXT": 0x6F85, "EF.IPV6CAP": 0x6F87, "EF.TCPCONFIG": 0x6F88,
    "EF.DGC": 0x6F89, "EF.WAPBROWSERCP": 0x6F8A, "EF.WAPBROWSERBM": 0x6F8B, "EF.MMSCONFIG": 0x6F8C,
    "EF.JDL": 0x6F8D,
}  # fmt: skip
"""Files that the CSIM and DF.CDMA of a R-UIM have alike (3GPP2 C.S0065 §5.2, C.S0023 §3.4)."""
_CSIM = {
    **_CDMA_FILES,
    "EF.ARR": 0x6F06, "EF.CSIM_ST": 0x6F32, "EF.FDN": 0x6F3B, "EF.EST": 0x6F75, "EF.HIDDENKEY": 0x6F76,
    "EF.SDN": 0x6F79, "EF.EXT2": 0x6F7A, "EF.EXT3": 0x6F7B, "EF.ICI": 0x6F7C, "EF.OCI": 0x6F7D,
    "EF.EXT5": 0x6F7E, "EF.CCP2": 0x6F7F,
}  # fmt: skip
_CDMA = {**_CDMA_FILES, "EF.CST": 0x6F32}

TREE: Final[dict[str, dict[str, int]]] = {
    "MF": _MF,
    "DF.TELECOM": _TELECOM,
    "DF.PHONEBOOK": _PHONEBOOK,
    "DF.GSM": _GSM,
    "ADF.USIM": _USIM,
    "DF.5GS": _5GS,
    "DF.GSM-ACCESS": _GSM_ACCESS,
    "DF.SAIP": _SAIP,
    "DF.SNPN": _SNPN,
    "DF.GRAPHICS": _GRAPHICS,
    "DF.MMSS": _MMSS,
    "DF.MCS": _MCS,
    "DF.V2X": _V2X,
    "DF.HNB": _HNB,
    "DF.WLAN": _WLAN,
    "ADF.ISIM": _ISIM,
    "ADF.CSIM": _CSIM,
    "DF.CDMA": _CDMA,
}
"""Directory → names of its children → file identifier. Names are upper case."""


_OF_CDMA = ("ADF.CSIM", "DF.CDMA")


def name_in(directory: str, fid: int) -> str:
    """The name of a child of a directory; empty for one that is not known."""
    return next((name for name, number in TREE.get(directory, {}).items() if number == fid), "")


class UnknownFileError(ValueError):
    """A name that stands for no file."""


def file_identifier(name: str, directory: str = "") -> int:
    """The FID of a name, or of four hexadecimal digits. Names are looked up in `directory` if it is known,
    else in all; upper and lower case are the same. Raises UnknownFileError."""
    wanted = name.strip().upper()
    if wanted == "MF":
        return MF
    if wanted in TREE.get(directory.upper(), {}):
        return TREE[directory.upper()][wanted]
    if len(wanted) == 4 and all(digit in "0123456789ABCDEF" for digit in wanted):
        return int(wanted, 16)
    found = {
        children[wanted] for name, children in TREE.items() if wanted in children and name not in _OF_CDMA
    }
    # Many names are those of other files in a CSIM, which few people mean.
    found = found or {TREE[name][wanted] for name in _OF_CDMA if wanted in TREE[name]}
    if len(found) != 1:
        why = "is ambiguous: give the whole path" if found else "is the name of no known file"
        raise UnknownFileError(f"{name!r} {why}")
    return found.pop()
