"""File templates of ADF.USIM: its own files (SAIP annex A, §9.5.1, §9.5.2).

Columns: see `model`. Files after 3GPP TS 31.102 §4.2. SAIP writes service 19 (SPN) for EF.CBMID, which
TS 31.102 §4.2.20 gives to service 29 (SMS-CB data download): 29 it is.
"""

from simulator.profile.templates.model import Source, changed

_USIM = """
adf-usim       -    ADF.USIM     ADF -      -  14 -         -
  ef-imsi      6F07 EF.IMSI      TR  9      07 2  -         !
  ef-arr       6F06 EF.ARR       LF  ?x?    17 10 -         !
  ef-keys      6F08 EF.Keys      TR+ 33     08 5  -         07FF*
  ef-keysPS    6F09 EF.KeysPS    TR+ 33     09 5  -         07FF*
  ef-hpplmn    6F31 EF.HPPLMN    TR  1      12 2  -         0A
  ef-ust       6F38 EF.UST       TR  14     04 2  -         !
  ef-fdn       6F3B EF.FDN       LF  20x26  -  8  2,89      FF*
  ef-sms       6F3C EF.SMS       LF  10x176 -  5  10        00FF*
  ef-smsp      6F42 EF.SMSP      LF  1x38   -  5  12        FF*
  ef-smss      6F43 EF.SMSS      TR  2      -  5  10        FF*
  ef-spn       6F46 EF.SPN       TR  17     -  10 19        !
  ef-est       6F56 EF.EST       TR  1      05 8  2,6,34,35 !
  ef-start-hfn 6F5B EF.START-HFN TR+ 6      0F 5  -         F00000F00000
  ef-threshold 6F5C EF.THRESHOLD TR  3      10 2  -         FF*
  ef-psloci    6F73 EF.PSLOCI    TR+ 14     0C 5  -         FF*0000FF01
  ef-acc       6F78 EF.ACC       TR  2      06 2  -         !
  ef-fplmn     6F7B EF.FPLMN     TR  12     0D 5  -         FF*
  ef-loci      6F7E EF.LOCI      TR+ 11     0B 5  -         FF*0000FF01
  ef-ad        6FAD EF.AD        TR  4      03 10 -         00000002
  ef-ecc       6FB7 EF.ECC       LF  1x4    01 10 -         !
  ef-netpar    6FC4 EF.NETPAR    TR+ 128    -  5  -         FF*
  ef-epsloci   6FE3 EF.EPSLOCI   TR+ 18     1E 5  85        FF*000001
  ef-epsnsc    6FE4 EF.EPSNSC    LF+ 1x80   18 5  85        FF*
"""

_USIM_2 = changed(_USIM, "  ef-ust 6F38 EF.UST TR 17 04 2 - !")

_OPTIONAL = """
ef-li        6F05 EF.LI        TR  6     02 1  -     FF*
ef-acmax     6F37 EF.ACMmax    TR  3     -  5  13    000000
ef-acm       6F39 EF.ACM       CY+ 1x3   -  7  13    000000
ef-gid1      6F3E EF.GID1      TR  8     -  2  17    !
ef-gid2      6F3F EF.GID2      TR  8     -  2  18    !
ef-msisdn    6F40 EF.MSISDN    LF  1x24  -  2  21    FF*
ef-puct      6F41 EF.PUCT      TR  5     -  5  13    FFFFFF0000
ef-cbmi      6F45 EF.CBMI      TR  10    -  5  15    FF*
ef-cbmid     6F48 EF.CBMID     TR  10    0E 2  29    FF*
ef-sdn       6F49 EF.SDN       LF  10x24 -  2  4,89  FF*
ef-ext2      6F4B EF.EXT2      LF  10x13 -  8  3     00FF*
ef-ext3      6F4C EF.EXT3      LF  10x13 -  2  5     00FF*
ef-cbmir     6F50 EF.CBMIR     TR  20    -  5  16    FF*
ef-plmnwact  6F60 EF.PLMNwAcT  TR  40    0A 5  20    (FFFFFF0000)*
ef-oplmnwact 6F61 EF.OPLMNwAcT TR  40    11 2  42    (FFFFFF0000)*
ef-hplmnwact 6F62 EF.HPLMNwAcT TR  5     13 2  43    (FFFFFF0000)*
ef-dck       6F2C EF.DCK       TR  16    -  5  36    FF*
ef-cnl       6F32 EF.CNL       TR  30    -  2  37    FF*
ef-smsr      6F47 EF.SMSR      LF  10x30 -  5  11    00FF*
ef-bdn       6F4D EF.BDN       LF  10x25 -  8  6     FF*
ef-ext5      6F4E EF.EXT5      LF  10x13 -  5  44    00FF*
ef-ccp2      6F4F EF.CCP2      LF  5x15  16 5  14    FF*
ef-ext4      6F55 EF.EXT4      LF  10x13 -  8  7     00FF*
ef-acl       6F57 EF.ACL       TR  101   -  8  35    00FF*
ef-cmi       6F58 EF.CMI       LF  10x11 -  2  6     FF*
ef-ici       6F80 EF.ICI       CY+ 20x38 14 5  9     FF*0000000001FFFF
ef-oci       6F81 EF.OCI       CY+ 20x37 15 5  8     FF*00000001FFFF
ef-ict       6F82 EF.ICT       CY+ 1x3   -  7  9     000000
ef-oct       6F83 EF.OCT       CY+ 1x3   -  7  8     000000
ef-vgcs      6FB1 EF.VGCS      TR  20    -  2  57    !
ef-vgcss     6FB2 EF.VGCSS     TR  7     -  5  57    !
ef-vbs       6FB3 EF.VBS       TR  20    -  2  58    !
ef-vbss      6FB4 EF.VBSS      TR  7     -  5  58    !
ef-emlpp     6FB5 EF.eMLPP     TR  2     -  2  24    !
ef-aaem      6FB6 EF.AaeM      TR  1     -  5  25    00
ef-hiddenkey 6FC3 EF.HiddenKey TR  4     -  5  -     FF*
ef-pnn       6FC5 EF.PNN       LF  10x16 19 10 45    !
ef-opl       6FC6 EF.OPL       LF  5x8   1A 10 46    !
ef-mbdn      6FC7 EF.MBDN      LF  3x24  -  5  47    !
ef-ext6      6FC8 EF.EXT6      LF  10x13 -  5  47    00FF*
ef-mbi       6FC9 EF.MBI       LF  10x5  -  5  47    !
ef-mwis      6FCA EF.MWIS      LF+ 10x6  -  5  48    00*
ef-cfis      6FCB EF.CFIS      LF  10x16 -  5  49    0100FF*
ef-ext7      6FCC EF.EXT7      LF  10x13 -  5  49    00FF*
ef-spdi      6FCD EF.SPDI      TR  17    1B 2  51    !
ef-mmsn      6FCE EF.MMSN      LF  10x6  -  5  52    000000FF*
ef-ext8      6FCF EF.EXT8      LF  10x13 -  5  53    00FF*
ef-mmsicp    6FD0 EF.MMSICP    TR  100   -  2  52    FF*
ef-mmsup     6FD1 EF.MMSUP     LF  ?x?   -  5  52    FF*
ef-mmsucp    6FD2 EF.MMSUCP    TR  100   -  5  52,55 FF*
ef-nia       6FD3 EF.NIA       LF  5x11  -  2  56    FF*
ef-vgcsca    6FD4 EF.VGCSCA    TR  ?     -  2  64    00*
ef-vbsca     6FD5 EF.VBSCA     TR  ?     -  2  65    00*
ef-gbabp     6FD6 EF.GBABP     TR  ?     -  5  68    FF*
ef-msk       6FD7 EF.MSK       LF+ ?x?   -  2  69    FF*
ef-muk       6FD8 EF.MUK       LF  ?x?   -  2  69    FF*
ef-ehplmn    6FD9 EF.EHPLMN    TR  15    1D 2  71    FF*
ef-gbanl     6FDA EF.GBANL     LF  ?x?   -  2  68    FF*
ef-ehplmnpi  6FDB EF.EHPLMNPI  TR  1     -  2  71,73 00
ef-lrplmnsi  6FDC EF.LRPLMNSI  TR  1     -  2  74    00
ef-nafkca    6FDD EF.NAFKCA    LF  ?x?   -  2  68,76 FF*
ef-spni      6FDE EF.SPNI      TR  ?     -  10 78    00FF*
ef-pnni      6FDF EF.PNNI      LF  ?x?   -  10 79    00FF*
ef-ncp-ip    6FE2 EF.NCP-IP    LF  ?x?   -  2  80    !
ef-ufc       6FE6 EF.UFC       TR  30    -  10 -     801E60C01E9000800400*F0000000004000000000000080
ef-nasconfig 6FE8 EF.NASCONFIG TR  18    -  2  96    !
ef-uicciari  6FE7 EF.UICCIARI  LF  ?x?   -  2  95    !
ef-pws       6FEC EF.PWS       TR  ?     -  10 97    !
ef-fdnuri    6FED EF.FDNURI    LF  ?x?   -  8  2,99  FF*
ef-bdnuri    6FEE EF.BDNURI    LF  ?x?   -  8  6,99  FF*
ef-sdnuri    6FEF EF.SDNURI    LF  ?x?   -  2  4,99  FF*
ef-ial       6FF0 EF.IAL       LF  ?x?   -  3  102   FF*
ef-ips       6FF1 EF.IPS       CY+ ?x4   -  10 102   FF*
ef-ipd       6FF2 EF.IPD       LF+ ?x?   -  3  102   FF*
"""

_SINCE_3_1 = """
ef-epdgid                   6FF3 EF.EPDGID                   TR ?   - 2  106|107 !
ef-epdgselection            6FF4 EF.EPDGSELECTION            TR ?   - 2  106|107 !
ef-epdgidem                 6FF5 EF.EPDGIDEM                 TR ?   - 2  110|111 !
ef-epdgselectionem          6FF6 EF.EPDGSELECTIONEM          TR ?   - 2  110|111 !
ef-frompreferred            6FF7 EF.FromPreferred            TR 1   - 2  114     00
ef-imsconfigdata            6FF8 EF.IMSConfigData            BT ?   - 2  115     !
ef-3gpppsdataoff            6FF9 EF.3GPPPSDataOff            TR 4   - 2  117     !
ef-3gpppsdataoffservicelist 6FFA EF.3GPPPSDataOffServiceList LF ?x? - 2  118     !
ef-xcapconfigdata           6FFC EF.XCAPConfigData           BT ?   - 2  120     !
ef-earfcnlist               6FFD EF.EARFCNLIST               TR ?   - 10 121     !
ef-mudmidconfigdata         6FFE EF.MuDMiDConfigData         BT ?   - 2  134     !
"""

_OPTIONAL_2 = _OPTIONAL + _SINCE_3_1

_SINCE_3_3 = """
ef-eaka 6F01 EF.eAKA TR 1 - 3 - !
"""

SOURCES = (
    Source("4", "ADF.USIM", "usim", "9.5.1.1", _USIM, created_by_default=True),
    Source("4.2", "ADF.USIM version 2", "usim", "9.5.1.2", _USIM_2, created_by_default=True),
    Source("5", "ADF.USIM optional files", "opt-usim", "9.5.2.1", _OPTIONAL, parent="usim"),
    Source("5.2", "ADF.USIM optional files version 2", "opt-usim", "9.5.2.2", _OPTIONAL_2, parent="usim"),
    Source(
        "5.3",
        "ADF.USIM optional files version 3",
        "opt-usim",
        "9.5.2.3",
        _OPTIONAL_2 + _SINCE_3_3,
        parent="usim",
    ),
)
