"""File templates of ADF.USIM and its DFs (SAIP annex A, §9.5).

Columns: see `model`. Files after 3GPP TS 31.102 §4.2 and §4.4.
"""

from simulator.profile.templates.model import Source

_USIM = """
adf-usim       -    ADF.USIM     ADF -      -  14 -                                    -
  ef-imsi      6F07 EF.IMSI      TR  9      07 2  !                                    -
  ef-arr       6F06 EF.ARR       LF  ?x?    17 10 !                                    -
  ef-keys      6F08 EF.Keys      TR+ 33     08 5  07FF*                                -
  ef-keysPS    6F09 EF.KeysPS    TR+ 33     09 5  07FF*                                -
  ef-hpplmn    6F31 EF.HPPLMN    TR  1      12 2  0A                                   -
  ef-ust       6F38 EF.UST       TR  14     04 2  !                                    -
  ef-fdn       6F3B EF.FDN       LF  20x26  -  8  FF*                                  2,89
  ef-sms       6F3C EF.SMS       LF  10x176 -  5  00FF*                                10
  ef-smsp      6F42 EF.SMSP      LF  1x38   -  5  FF*                                  12
  ef-smss      6F43 EF.SMSS      TR  2      -  5  FFFF                                 10
  ef-spn       6F46 EF.SPN       TR  17     -  10 !                                    19
  ef-est       6F56 EF.EST       TR  1      05 8  !                                    2,6,34,35
  ef-start-hfn 6F5B EF.START-HFN TR+ 6      0F 5  F00000F00000                         -
  ef-threshold 6F5C EF.THRESHOLD TR  3      10 2  FFFFFF                               -
  ef-psloci    6F73 EF.PSLOCI    TR+ 14     0C 5  FFFFFFFFFFFFFFFFFFFF0000FF01         -
  ef-acc       6F78 EF.ACC       TR  2      06 2  !                                    -
  ef-fplmn     6F7B EF.FPLMN     TR  12     0D 5  FF*                                  -
  ef-loci      6F7E EF.LOCI      TR+ 11     0B 5  FFFFFFFFFFFFFF0000FF01               -
  ef-ad        6FAD EF.AD        TR  4      03 10 00000002                             -
  ef-ecc       6FB7 EF.ECC       LF  1x4    01 10 !                                    -
  ef-netpar    6FC4 EF.NETPAR    TR+ 128    -  5  FF*                                  -
  ef-epsloci   6FE3 EF.EPSLOCI   TR+ 18     1E 5  FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF000001 85
  ef-epsnsc    6FE4 EF.EPSNSC    LF+ 1x80   18 5  FF*                                  85
"""

SOURCES = (Source("4", "ADF.USIM", "usim", "9.5.1.1", _USIM, created_by_default=True),)
