"""File templates of ADF.ISIM (SAIP annex A, §9.6).

Columns: see `model`. Files after 3GPP TS 31.103 §4.2.
"""

from simulator.profile.templates.model import Source

_ISIM = """
adf-isim    -    ADF.ISIM  ADF -   -  14 - -
  ef-impi   6F02 EF.IMPI   TR  ?   02 2  - !
  ef-impu   6F04 EF.IMPU   LF  1x? 04 2  - !
  ef-domain 6F03 EF.Domain TR  ?   05 2  - !
  ef-ist    6F07 EF.IST    TR  14  07 2  - !
  ef-ad     6FAD EF.AD     TR  3   03 10 - 000000
  ef-arr    6F06 EF.ARR    LF  ?x? 06 10 - !
"""

_OPTIONAL = """
ef-pcscf    6F09 EF.P-CSCF   LF 1x?    - 2 1,5 !
ef-sms      6F3C EF.SMS      LF 10x176 - 5 6,8 00FF*
ef-smsp     6F42 EF.SMSP     LF 1x38   - 5 8   FF*
ef-smss     6F43 EF.SMSS     TR 2      - 5 6,8 FF*
ef-smsr     6F47 EF.SMSR     LF 10x30  - 5 7,8 00FF*
ef-gbabp    6FD5 EF.GBABP    TR ?      - 5 2   FF*
ef-gbanl    6FD7 EF.GBANL    LF ?x?    - 2 2   FF*
ef-nafkca   6FDD EF.NAFKCA   LF ?x?    - 2 2,4 FF*
ef-uicciari 6FE7 EF.UICCIARI LF ?x?    - 2 10  !
"""

_SINCE_3_1 = """
ef-frompreferred    6FF7 EF.FromPreferred    TR 1   - 2 17 00
ef-imsconfigdata    6FF8 EF.IMSConfigData    BT ?   - 2 18 !
ef-xcapconfigdata   6FFC EF.XCAPConfigData   BT ?   - 2 19 !
ef-webrtcuri        6FFA EF.WebRTCURI        LF ?x? - 2 20 !
ef-mudmidconfigdata 6FFE EF.MuDMiDConfigData BT ?   - 2 21 !
"""

SOURCES = (
    Source("8", "ADF.ISIM", "isim", "9.6.1", _ISIM, created_by_default=True),
    Source("9", "ADF.ISIM optional files", "opt-isim", "9.6.2.1", _OPTIONAL, parent="isim"),
    Source(
        "9.2",
        "ADF.ISIM optional files version 2",
        "opt-isim",
        "9.6.2.2",
        _OPTIONAL + _SINCE_3_1,
        parent="isim",
    ),
)
