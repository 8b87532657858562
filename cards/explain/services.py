"""The services that EF.UST, EF.EST, EF.IST and EF.SST tell of, by number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cards.explain.fields import Cursor, Decoder, Field

USIM = (
    "Local Phone Book", "Fixed Dialling Numbers (FDN)", "Extension 2", "Service Dialling Numbers (SDN)",
    "Extension 3", "Barred Dialling Numbers (BDN)", "Extension 4", "Outgoing Call Information (OCI and OCT)",
    "Incoming Call Information (ICI and ICT)", "Short Message Storage (SMS)",
    "Short Message Status Reports (SMSR)", "Short Message Service Parameters (SMSP)",
    "Advice of Charge (AoC)",
    "Capability Configuration Parameters 2 (CCP2)", "Cell Broadcast Message Identifier",
    "Cell Broadcast Message Identifier Ranges", "Group Identifier Level 1", "Group Identifier Level 2",
    "Service Provider Name", "User controlled PLMN selector with Access Technology", "MSISDN", "Image (IMG)",
    "Support of Localised Service Areas (SoLSA)", "Enhanced Multi-Level Precedence and Pre-emption Service",
    "Automatic Answer for eMLPP", "reserved", "GSM Access", "Data download via SMS-PP",
    "Data download via SMS-CB", "Call Control by USIM", "MO-SMS Control by USIM", "RUN AT COMMAND command",
    "shall be set to 1", "Enabled Services Table", "APN Control List (ACL)", "Depersonalisation Control Keys",
    "Co-operative Network List", "GSM security context", "CPBCCH Information", "Investigation Scan", "MExE",
    "Operator controlled PLMN selector with Access Technology", "HPLMN selector with Access Technology",
    "Extension 5", "PLMN Network Name", "Operator PLMN List", "Mailbox Dialling Numbers",
    "Message Waiting Indication Status", "Call Forwarding Indication Status", "reserved and ignored",
    "Service Provider Display Information", "Multimedia Messaging Service (MMS)", "Extension 8",
    "Call control on GPRS by USIM", "MMS User Connectivity Parameters",
    "Network's indication of alerting in the MS (NIA)", "VGCS Group Identifier List",
    "VBS Group Identifier List",
    "Pseudonym", "User controlled PLMN selector for I-WLAN access",
    "Operator controlled PLMN selector for I-WLAN access", "User controlled WSID list",
    "Operator controlled WSID list", "VGCS security", "VBS security", "WLAN Reauthentication Identity",
    "Multimedia Messages Storage", "Generic Bootstrapping Architecture (GBA)", "MBMS security",
    "Data download via USSD and USSD application mode", "Equivalent HPLMN",
    "Additional TERMINAL PROFILE after UICC activation", "Equivalent HPLMN Presentation Indication",
    "Last RPLMN Selection Indication", "OMA BCAST Smart Card Profile",
    "GBA-based Local Key Establishment Mechanism", "Terminal Applications", "Service Provider Name Icon",
    "PLMN Network Name Icon", "Connectivity Parameters for USIM IP connections",
    "Home I-WLAN Specific Identifier List", "I-WLAN Equivalent HPLMN Presentation Indication",
    "I-WLAN HPLMN Priority Indication", "I-WLAN Last Registered PLMN", "EPS Mobility Management Information",
    "Allowed CSG Lists and corresponding indications", "Call control on EPS PDN connection by USIM",
    "HPLMN Direct Access", "eCall Data", "Operator CSG Lists and corresponding indications",
    "Support for SM-over-IP", "Support of CSG Display Control", "Communication Control for IMS by USIM",
    "Extended Terminal Applications", "Support of UICC access to IMS",
    "Non-Access Stratum configuration by USIM", "PWS configuration by USIM", "reserved",
    "URI support by UICC",
    "Extended EARFCN support", "ProSe", "USAT Application Pairing", "Media Type support",
    "IMS call disconnection cause", "URI support for MO SHORT MESSAGE CONTROL",
    "ePDG configuration Information support", "ePDG configuration Information configured", "ACDC support",
    "Mission Critical Services", "ePDG configuration Information for Emergency Service support",
    "ePDG configuration Information for Emergency Service configured", "eCall Data over IMS",
    "URI support for SMS-PP DOWNLOAD", "From Preferred", "IMS configuration data", "TV configuration",
    "3GPP PS Data Off", "3GPP PS Data Off Service List", "V2X", "XCAP Configuration Data",
    "EARFCN list for MTC/NB-IoT UEs", "5GS Mobility Management Information", "5G Security Parameters",
    "Subscription identifier privacy support", "SUCI calculation by the USIM",
    "UAC Access Identities support",
    "Control plane-based steering of roaming expected at initial registration in VPLMN",
    "Call control on PDU Session by USIM", "5GS Operator PLMN List",
    "Support for SUPI of type NSI or GLI or GCI", "3GPP PS Data Off separate Home and Roaming lists",
    "Support for URSP by USIM", "5G Security Parameters extended", "MuD and MiD configuration data",
    "Support for Trusted non-3GPP access networks by USIM",
    "Multiple records of NAS security context storage for multiple registration",
    "Pre-configured CAG information list", "SOR-CMCI storage in USIM", "5G ProSe",
    "Storage of disaster roaming information in USIM", "Pre-configured eDRX parameters", "5G NSWO support",
    "PWS configuration for SNPN in USIM",
    "Multiplier Coefficient for Higher Priority PLMN search via NG-RAN satellite access",
    "K_AUSF derivation configuration", "Network Identifier for SNPN (NID)",
)  # fmt: skip
"""EF.UST, from service 1 on (TS 31.102 §4.2.8)."""

ENABLED = ("Fixed Dialling Numbers (FDN)", "Barred Dialling Numbers (BDN)", "APN Control List (ACL)")
"""EF.EST (TS 31.102 §4.2.47)."""

ISIM = (
    "P-CSCF address", "Generic Bootstrapping Architecture (GBA)", "HTTP Digest",
    "GBA-based Local Key Establishment Mechanism", "Support of P-CSCF discovery for IMS Local Break Out",
    "Short Message Storage (SMS)", "Short Message Status Reports (SMSR)",
    "Support for SM-over-IP including data download via SMS-PP", "Communication Control for IMS by ISIM",
    "Support of UICC access to IMS", "URI support by UICC", "Media Type support",
    "IMS call disconnection cause",
    "URI support for MO SHORT MESSAGE CONTROL", "Mission Critical Services",
    "URI support for SMS-PP DOWNLOAD",
    "From Preferred", "IMS configuration data", "XCAP Configuration Data", "WebRTC URI",
    "MuD and MiD configuration data", "IMS Data Channel indication",
)  # fmt: skip
"""EF.IST (TS 31.103 §4.2.7)."""

SIM = (
    "CHV1 disable function", "Abbreviated Dialling Numbers (ADN)", "Fixed Dialling Numbers (FDN)",
    "Short Message Storage (SMS)", "Advice of Charge (AoC)", "Capability Configuration Parameters (CCP)",
    "PLMN selector", "reserved", "MSISDN", "Extension 1", "Extension 2", "SMS Parameters",
    "Last Number Dialled (LND)", "Cell Broadcast Message Identifier", "Group Identifier Level 1",
    "Group Identifier Level 2", "Service Provider Name", "Service Dialling Numbers (SDN)", "Extension 3",
    "reserved", "VGCS Group Identifier List", "VBS Group Identifier List",
    "Enhanced Multi-Level Precedence and Pre-emption Service", "Automatic Answer for eMLPP",
    "Data download via SMS-CB", "Data download via SMS-PP", "Menu selection", "Call control", "Proactive SIM",
    "Cell Broadcast Message Identifier Ranges", "Barred Dialling Numbers (BDN)", "Extension 4",
    "Depersonalisation Control Keys", "Co-operative Network List", "Short Message Status Reports",
    "Network's indication of alerting in the MS", "Mobile Originated Short Message control by SIM", "GPRS",
    "Image (IMG)", "Support of Localised Service Areas (SoLSA)",
    "USSD string data object supported in Call Control", "RUN AT COMMAND command",
    "User controlled PLMN selector with Access Technology",
    "Operator controlled PLMN selector with Access Technology", "HPLMN selector with Access Technology",
    "CPBCCH Information", "Investigation Scan", "Extended Capability Configuration Parameters", "MExE",
    "reserved and ignored", "PLMN Network Name", "Operator PLMN List", "Mailbox Dialling Numbers",
    "Message Waiting Indication Status", "Call Forwarding Indication Status",
    "Service Provider Display Information", "Multimedia Messaging Service (MMS)", "Extension 8",
    "MMS User Connectivity Parameters",
)  # fmt: skip
"""EF.SST (TS 51.011 §10.3.7)."""


CSIM = (
    "Local Phone Book", "Fixed Dialling Numbers (FDN)", "Extension 2", "Service Dialling Numbers (SDN)",
    "Extension 3", "Short Message Storage (SMS)", "Short Message Parameters", "HRPD",
    "Service Category Program for BC-SMS", "CDMA Home Service Provider Name",
    "Data Download via SMS Broadcast", "Data Download via SMS-PP", "Call Control", "3GPD-SIP", "3GPD-MIP",
    "AKA", "IP-based Location Services", "BCMCS", "Multimedia Messaging Service (MMS)", "Extension 8",
    "MMS User Connectivity Parameters", "Application Authentication", "Group Identifier Level 1",
    "Group Identifier Level 2", "De-Personalization Control Keys", "Cooperative Network List",
    "Outgoing Call Information", "Incoming Call Information", "Extension 5", "Multimedia Storage",
    "Image (IMG)", "Enabled Services Table", "Capability Configuration Parameters (CCP)",
    "SF_EUIMID-based EUIMID",
    "Messaging and 3GPD Extensions", "Root Certificates", "Browser", "Java", "Reserved for CDG",
    "Reserved for CDG", "IPv6",
)  # fmt: skip
"""EF.CSIM_ST (3GPP2 C.S0065 §5.2.18)."""

RUIM = (
    "CHV disable function", "Abbreviated Dialling Numbers (ADN)", "Fixed Dialling Numbers (FDN)",
    "Short Message Storage (SMS)", "HRPD", "Enhanced Phone Book", "Multi Media Domain (MMD)",
    "SF_EUIMID-based EUIMID", "MEID Support", "Extension 1", "Extension 2", "SMS Parameters",
    "Last Number Dialled (LND)", "Service Category Program for BC-SMS", "Messaging and 3GPD Extensions",
    "Root Certificates", "CDMA Home Service Provider Name", "Service Dialling Numbers (SDN)", "Extension 3",
    "3GPD-SIP", "Browser", "Java", "Reserved for CDG", "Reserved for CDG", "Data Download via SMS Broadcast",
    "Data Download via SMS-PP", "Menu Selection", "Call Control", "Proactive R-UIM", "AKA", "IPv6",
    "reserved", "reserved", "reserved", "reserved", "reserved", "reserved", "3GPD-MIP", "BCMCS",
    "Multimedia Messaging Service (MMS)", "Extension 8", "MMS User Connectivity Parameters",
    "Application Authentication", "Group Identifier Level 1", "Group Identifier Level 2",
    "De-Personalization Control Keys", "Cooperative Network List",
)  # fmt: skip
"""EF.CST of DF.CDMA (3GPP2 C.S0023 §3.4.18)."""


def service_table(services: Sequence[str], *, yes: str = "available", no: str = "not available") -> Decoder:
    """A service a bit: service n is bit (n-1) mod 8 of byte (n-1) div 8 (TS 31.102 §4.2.8)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        start = cursor.at
        for at, octet in enumerate(cursor.take(cursor.left)):
            for bit in range(8):
                index = 8 * at + bit
                name = services[index] if index < len(services) else "reserved"
                state = yes if octet >> bit & 1 else no
                yield Field(f"{index + 1:3} {name}", state, start + at, 1)

    return decode


def two_bit_table(services: Sequence[str]) -> Decoder:
    """Two bits a service: allocated, and activated (TS 51.011 §10.3.7)."""

    def decode(cursor: Cursor) -> Iterator[Field]:
        start = cursor.at
        for at, octet in enumerate(cursor.take(cursor.left)):
            for place in range(4):
                index = 4 * at + place
                name = services[index] if index < len(services) else "reserved"
                allocated, activated = octet >> 2 * place & 1, octet >> (2 * place + 1) & 1
                state = (
                    "activated" if allocated and activated else "allocated" if allocated else "not allocated"
                )
                yield Field(f"{index + 1:3} {name}", state, start + at, 1)

    return decode
