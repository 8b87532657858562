"""The files of the USIM (TS 31.102 §4.2, §4.4.5, §4.4.6)."""

from __future__ import annotations

from cards.explain.access import rules
from cards.explain.fields import Decoder, ascii_text, flags, hexadecimal, named, number, or_unused, utf8
from cards.explain.files.contents import (
    DISPLAY,
    EARFCN,
    EPDG,
    LEVELS,
    MMS,
    NAS,
    NETWORK_NAMES,
    PLAIN_URI,
    SECURITY_CONTEXT,
    administrative_data,
    apns,
    control_classes,
    depersonalisation,
    emergency_code,
    epdg_selection,
    eps_location,
    forwarding,
    group_algorithms,
    group_identifiers,
    group_status,
    imsi,
    length_value,
    location,
    mailboxes,
    operator_list,
    packet_location,
    price,
    ranges,
    service_provider_name,
    waiting,
)
from cards.explain.files.row import FileRow, parts, whole
from cards.explain.files.uicc import languages
from cards.explain.numbers import KEY, KEY_SET, alpha, bcd, plmn, plmns, plmns_with_access
from cards.explain.services import ENABLED, USIM, service_table
from cards.explain.tlvs import Row, template

_CALL_METER = whole("units", number)
_NAME = or_unused(hexadecimal)


def _row(title: str, decoder: Decoder, clause: str) -> FileRow:
    return FileRow(title, decoder, f"TS 31.102 §{clause}")


FILES = {
    "EF.LI": _row("languages", languages, "4.2.1"),
    "EF.ARR": _row("access rules", rules, "4.2.55"),
    "EF.IMSI": _row("subscriber identity", imsi, "4.2.2"),
    "EF.KEYS": _row("ciphering keys", parts(("key set", 1, KEY_SET), ("CK", 16, KEY), ("IK", 16, KEY)), "4.2.3"),
    "EF.KEYSPS": _row("packet keys", parts(("key set", 1, KEY_SET), ("CK", 16, KEY), ("IK", 16, KEY)), "4.2.4"),
    "EF.PLMNWACT": _row("the user's PLMNs", plmns_with_access, "4.2.5"),
    "EF.HPPLMN": _row("PLMN search period", whole("period", lambda d: f"{6 * d[0]} min" if d[0] else "none"), "4.2.6"),
    "EF.ACMMAX": _row("call meter maximum", _CALL_METER, "4.2.7"),
    "EF.UST": _row("USIM services", service_table(USIM), "4.2.8"),
    "EF.ACM": _row("call meter", _CALL_METER, "4.2.9"),
    "EF.GID1": _row("group identifier 1", whole("identifier", _NAME), "4.2.10"),
    "EF.GID2": _row("group identifier 2", whole("identifier", _NAME), "4.2.11"),
    "EF.SPN": _row("service provider name", service_provider_name, "4.2.12"),
    "EF.PUCT": _row("price per unit", price, "4.2.13"),
    "EF.CBMI": _row("cell broadcast messages", ranges("message", 1), "4.2.14"),
    "EF.ACC": _row("access control classes", whole("classes", control_classes), "4.2.15"),
    "EF.FPLMN": _row("forbidden PLMNs", plmns, "4.2.16"),
    "EF.LOCI": _row("location", location, "4.2.17"),
    "EF.AD": _row("administrative data", administrative_data, "4.2.18"),
    "EF.CBMID": _row("cell broadcasts for download", ranges("message", 1), "4.2.20"),
    "EF.ECC": _row("emergency call code", emergency_code, "4.2.21"),
    "EF.CBMIR": _row("cell broadcast ranges", ranges("messages", 2), "4.2.22"),
    "EF.PSLOCI": _row("packet location", packet_location, "4.2.23"),
    "EF.ICT": _row("incoming call timer", whole("seconds", number), "4.2.35"),
    "EF.OCT": _row("outgoing call timer", whole("seconds", number), "4.2.36"),
    "EF.EST": _row("enabled services", service_table(ENABLED, yes="enabled", no="not enabled"), "4.2.47"),
    "EF.ACL": _row("access point control list", apns, "4.2.48"),
    "EF.DCK": _row("depersonalisation keys", depersonalisation, "4.2.49"),
    "EF.CNL": _row("co-operative networks", ranges("network", 3), "4.2.50"),
    "EF.START-HFN": _row("hyperframe numbers", parts(("START CS", 3, hexadecimal), ("START PS", 3, hexadecimal)), "4.2.51"),
    "EF.THRESHOLD": _row("maximum of START", whole("maximum", hexadecimal), "4.2.52"),
    "EF.OPLMNWACT": _row("the operator's PLMNs", plmns_with_access, "4.2.53"),
    "EF.HPLMNWACT": _row("home PLMN's access", plmns_with_access, "4.2.54"),
    "EF.HIDDENKEY": _row("hidden key", whole("key", or_unused(bcd)), "4.2.42"),
    "EF.NETPAR": _row("network parameters", template({}), "4.2.57"),
    "EF.PNN": _row("network name", template(NETWORK_NAMES), "4.2.58"),
    "EF.OPL": _row("operator PLMN", operator_list, "4.2.59"),
    "EF.MBI": _row("mailbox identifiers", mailboxes, "4.2.62"),
    "EF.MWIS": _row("messages waiting", waiting, "4.2.63"),
    "EF.CFIS": _row("call forwarding", forwarding, "4.2.64"),
    "EF.SPDI": _row("provider name display", template(DISPLAY), "4.2.66"),
    "EF.MMSN": _row("MMS notification", parts(("status", 2, hexadecimal), ("implementation", 1, hexadecimal), ("notification", None, hexadecimal)), "4.2.67"),
    "EF.MMSICP": _row("MMS connection", template(MMS), "4.2.68"),
    "EF.MMSUP": _row("MMS preferences", template(MMS), "4.2.69"),
    "EF.MMSUCP": _row("the user's MMS connection", template(MMS), "4.2.70"),
    "EF.NIA": _row("indication of alerting", parts(("category", 1, or_unused(number)), ("text", None, or_unused(alpha))), "4.2.71"),
    "EF.VGCS": _row("voice group calls", group_identifiers, "4.2.73"),
    "EF.VGCSS": _row("voice group call status", whole("active groups", group_status), "4.2.74"),
    "EF.VBS": _row("voice broadcasts", group_identifiers, "4.2.75"),
    "EF.VBSS": _row("voice broadcast status", whole("active groups", group_status), "4.2.76"),
    "EF.VGCSCA": _row("group call ciphering", group_algorithms, "4.2.77"),
    "EF.VBSCA": _row("broadcast ciphering", group_algorithms, "4.2.78"),
    "EF.EMLPP": _row("priority levels", parts(("levels", 1, flags(LEVELS)), ("fast set-up", 1, flags(LEVELS))), "4.2.39"),
    "EF.AAEM": _row("automatic answer", whole("levels", flags(LEVELS)), "4.2.40"),
    "EF.GBABP": _row("GBA bootstrapping", length_value("RAND", "B-TID", "key lifetime"), "4.2.79"),
    "EF.MSK": _row("MBMS service keys", parts(("key domain", 3, hexadecimal), ("number of keys", 1, number), ("identifiers and counters", None, hexadecimal)), "4.2.80"),
    "EF.MUK": _row("MBMS user key", template({}), "4.2.81"),
    "EF.EHPLMN": _row("equivalent home PLMNs", plmns, "4.2.84"),
    "EF.GBANL": _row("GBA NAF", template({0x80: Row("NAF_ID", ascii_text), 0x81: Row("B-TID", ascii_text)}), "4.2.83"),
    "EF.EHPLMNPI": _row("equivalent home PLMN display", whole("shown", named({0: "no preference", 1: "highest priority only", 2: "all"})), "4.2.85"),
    "EF.LRPLMNSI": _row("last registered PLMN", whole("at switch-on", named({0: "last RPLMN first", 1: "home first"})), "4.2.86"),
    "EF.NAFKCA": _row("NAF key centre", template({0x80: Row("address", utf8)}), "4.2.87"),
    "EF.SPNI": _row("provider name icon", template({0x80: Row("icon URI", utf8), 0x81: Row("icon record")}), "4.2.88"),
    "EF.PNNI": _row("network name icon", template({0x80: Row("icon URI", utf8), 0x81: Row("icon record")}), "4.2.89"),
    "EF.NCP-IP": _row("IP connection", template({}), "4.2.90"),
    "EF.EPSLOCI": _row("EPS location", eps_location, "4.2.91"),
    "EF.EPSNSC": _row("EPS security context", template(SECURITY_CONTEXT), "4.2.92"),
    "EF.UFC": _row("USAT facility control", whole("facilities", hexadecimal), "4.2.93"),
    "EF.NASCONFIG": _row("NAS configuration", template(NAS), "4.2.94"),
    "EF.UICCIARI": _row("IMS application reference", template({0x80: Row("IARI", utf8)}), "4.2.95"),
    "EF.PWS": _row("public warnings", whole("ignored", flags({1: "in home networks", 2: "in visited networks"})), "4.2.96"),
    "EF.FDNURI": _row("fixed dialling URI", template(PLAIN_URI), "4.2.97"),
    "EF.BDNURI": _row("barred dialling URI", template(PLAIN_URI), "4.2.98"),
    "EF.SDNURI": _row("service dialling URI", template(PLAIN_URI), "4.2.99"),
    "EF.IPS": _row("IMEI pairing status", parts(("status", 2, or_unused(ascii_text)), ("record of EF.IPD", 1, or_unused(number)), ("reserved", 1, hexadecimal)), "4.2.101"),
    "EF.EPDGID": _row("home ePDG", template(EPDG), "4.2.103"),
    "EF.EPDGSELECTION": _row("ePDG selection", template({0x80: Row("entries", inside=epdg_selection)}), "4.2.104"),
    "EF.EPDGIDEM": _row("emergency ePDG", template(EPDG), "4.2.105"),
    "EF.EPDGSELECTIONEM": _row("emergency ePDG selection", template({0x80: Row("entries", inside=epdg_selection)}), "4.2.106"),
    "EF.FROMPREFERRED": _row("From header", whole("preferred", lambda d: "yes" if d[0] & 1 else "no"), "4.2.107"),
    "EF.3GPPPSDATAOFF": _row("PS data off", parts(("exempt at home", 4, hexadecimal), ("exempt when roaming", None, hexadecimal)), "4.2.109"),
    "EF.EARFCNLIST": _row("EARFCNs", template(EARFCN), "4.2.112"),
}  # fmt: skip

_CSG = {0x80: Row("PLMN", plmn), 0x81: Row("CSG"), 0x82: Row("display", named({0: "all", 1: "listed only"}))}


HNB = {
    "EF.ACSGL": _row("allowed CSGs", template({0xA0: Row("CSGs", inside=template(_CSG))}), "4.4.6.2"),
    "EF.CSGT": _row("CSG type", template({0x89: Row("text", alpha), 0x80: Row("icon URI", utf8), 0x81: Row("icon record", number)}), "4.4.6.3"),
    "EF.HNBN": _row("home node B name", template({0x80: Row("name", alpha)}), "4.4.6.4"),
    "EF.OCSGL": _row("the operator's CSGs", template({0xA0: Row("CSGs", inside=template(_CSG))}), "4.4.6.5"),
    "EF.OCSGT": _row("the operator's CSG type", template({0x89: Row("text", alpha), 0x80: Row("icon URI", utf8), 0x81: Row("icon record", number)}), "4.4.6.6"),
    "EF.OHNBN": _row("the operator's home node B name", template({0x80: Row("name", alpha)}), "4.4.6.7"),
}  # fmt: skip
"""DF.HNB."""

WLAN = {
    "EF.PSEUDO": _row("pseudonym", whole("pseudonym", hexadecimal), "4.4.5.1"),
    "EF.UPLMNWLAN": _row("the user's PLMNs for WLAN", plmns, "4.4.5.2"),
    "EF.OPLMNWLAN": _row("the operator's PLMNs for WLAN", plmns, "4.4.5.3"),
    "EF.UWSIDL": _row("the user's WLANs", length_value("WSID"), "4.4.5.4"),
    "EF.OWSIDL": _row("the operator's WLANs", length_value("WSID"), "4.4.5.5"),
}
"""DF.WLAN."""
