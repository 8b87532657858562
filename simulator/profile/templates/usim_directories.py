"""File templates of the DFs below ADF.USIM (SAIP annex A, §9.5.3 to §9.5.14), and DF.EAP (§9.8).

Columns: see `model`. Files after 3GPP TS 31.102 §4.4 and ETSI TS 102 310.
"""

from simulator.profile.templates.card import PHONEBOOK
from simulator.profile.templates.model import Source, changed

_GSM_ACCESS = """
df-gsm-access 5F3B DF.GSM-ACCESS DF  -  -  14 27 -
  ef-kc       4F20 EF.Kc         TR+ 9  01 5  27 FF*07
  ef-kcgprs   4F52 EF.KcGPRS     TR+ 9  02 5  27 FF*07
  ef-cpbcch   4F63 EF.CPBCCH     TR+ 10 -  5  39 FF*
  ef-invscan  4F64 EF.InvScan    TR  1  -  2  40 00
"""

_FIVE_GS = """
df-df-5gs              5FC0 DF.5GS               DF  -    -  14 122|126|127|128|129|130 -
  ef-5gs3gpploci       4F01 EF.5GS3GPPLOCI       TR+ 20   01 5  122                     FF*00000001
  ef-5gsn3gpploci      4F02 EF.5GSN3GPPLOCI      TR+ 20   02 5  122                     FF*00000001
  ef-5gs3gppnsc        4F03 EF.5GS3GPPNSC        LF+ 1x57 03 5  122                     FF*
  ef-5gsn3gppnsc       4F04 EF.5GSN3GPPNSC       LF+ 1x57 04 5  122                     FF*
  ef-5gauthkeys        4F05 EF.5GAUTHKEYS        TR+ 110  05 5  123                     !
  ef-uac-aic           4F06 EF.UAC_AIC           TR  4    06 2  126                     !
  ef-suci-calc-info    4F07 EF.SUCI_Calc_Info    TR  ?    07 2  124                     FF*
  ef-opl5g             4F08 EF.OPL5G             LF  ?x10 08 10 129                     FF*
  ef-supinai           4F09 EF.SUPI_NAI          TR  ?    09 2  130                     !
  ef-routing-indicator 4F0A EF.Routing_Indicator TR  4    0A 2  124                     F0FFFFFF
"""

_FIVE_GS_2 = (
    _FIVE_GS
    + """
  ef-ursp      4F0B EF.URSP      BT ? -  2 132 -
  ef-tn3gppsnn 4F0C EF.TN3GPPSNN TR 1 0C 2 135 00
"""
)

_FIVE_GS_3 = changed(
    _FIVE_GS_2,
    """
  ef-5gs3gppnsc  4F03 EF.5GS3GPPNSC  LF+ 2x62 03 5 122 FF*
  ef-5gsn3gppnsc 4F04 EF.5GSN3GPPNSC LF+ 2x62 04 5 122 FF*
""",
)

_FIVE_GS_4 = (
    changed(
        _FIVE_GS_3,
        """
  ef-routing-indicator 4F0A EF.Routing_Indicator TR 4 0A 2 124 F0FF0000
""",
    )
    + """
  ef-cag              4F0D EF.CAG              TR 2 0D 2 137 !
  ef-sor-cmci         4F0E EF.SOR_CMCI         TR ? 0E 2 138 !
  ef-dri              4F0F EF.DRI              TR 7 0F 2 150 !
  ef-5gsedrx          4F10 EF.5GSEDRX          TR 2 10 2 141 !
  ef-5gnswo-conf      4F11 EF.5GNSWO_CONF      TR 1 11 2 142 !
  ef-mchpplmn         4F15 EF.MCHPPLMN         TR 1 15 2 144 !
  ef-kausf-derivation 4F16 EF.KAUSF_DERIVATION TR 1 16 2 145 !
"""
)

_SAIP = """
df-df-saip               5FD0 DF.SAIP         DF - - 14 124|125 -
  ef-suci-calc-info-usim 4F01 EF.SUCICalcInfo TR ? - 3  125     FF*
"""

_SNPN = """
df-df-snpn    5FE0 DF.SNPN     DF - - 14 143 -
  ef-pws-snpn 4F01 EF.PWS_SNPN TR 1 - 10 143 !
"""

_FIVE_G_PROSE = """
df-df-5g-prose      5FF0 DF.5G_ProSe       DF -  -  14 139 -
  ef-5g-prose-st    4F01 EF.5G_PROSE_ST    TR 1  01 2  139 !
  ef-5g-prose-dd    4F02 EF.5G_PROSE_DD    TR 26 02 2  139 !
  ef-5g-prose-dc    4F03 EF.5G_PROSE_DC    TR 12 03 2  139 !
  ef-5g-prose-u2nru 4F04 EF.5G_PROSE_U2NRU TR 32 04 2  139 !
  ef-5g-prose-ru    4F05 EF.5G_PROSE_RU    TR 29 05 2  139 !
  ef-5g-prose-uir   4F06 EF.5G_PROSE_UIR   TR 32 06 2  139 !
"""

_EAP = """
df-eap         -    DF.EAP       DF  - - 14 124|125 -
  ef-eapkeys   4F01 EF.EAPKEYS   TR+ ? - 2  -       !
  ef-eapstatus 4F02 EF.EAPSTATUS TR+ 1 - 2  -       00
  ef-puid      4F03 EF.PUId      TR  ? - 2  -       !
  ef-ps        4F04 EF.Ps        TR+ ? - 5  -       FF*
  ef-curid     4F20 EF.CurID     TR+ ? - 5  -       FF*
  ef-reid      4F21 EF.ReID      TR  ? - 5  -       !
  ef-realm     4F22 EF.Realm     TR  ? - 5  -       !
"""

SOURCES = (
    Source("6", "DF.PHONEBOOK", "phonebook", "9.5.3", PHONEBOOK, parent="usim"),
    Source("7", "DF.GSM-ACCESS", "gsm-access", "9.5.4", _GSM_ACCESS, parent="usim"),
    Source("12", "DF.EAP", "eap", "9.8", _EAP, parent="usim"),
    Source("13", "DF.5GS", "df-5gs", "9.5.11.1", _FIVE_GS, parent="usim"),
    Source("13.2", "DF.5GS version 2", "df-5gs", "9.5.11.2", _FIVE_GS_2, parent="usim"),
    Source("13.3", "DF.5GS version 3", "df-5gs", "9.5.11.3", _FIVE_GS_3, parent="usim"),
    Source("13.4", "DF.5GS version 4", "df-5gs", "9.5.11.4", _FIVE_GS_4, parent="usim"),
    Source("14", "DF.SAIP", "df-saip", "9.5.12", _SAIP, parent="usim"),
    Source("15", "DF.SNPN", "df-snpn", "9.5.13", _SNPN, parent="usim"),
    Source("16", "DF.5G_ProSe", "df-5gprose", "9.5.14", _FIVE_G_PROSE, parent="usim"),
)
