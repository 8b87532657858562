"""File templates of the IoT minimal profile (SAIP 3.3 annex A, §9.10, §7.5).

Columns: see `model`. One element makes both MF and ADF.USIM. Its rows are those of the templates of MF,
ADF.USIM, DF.5GS and DF.SAIP, of which it is a choice; where DF and ADF need a PIN status template, '010A' is
the default.
"""

from simulator.profile.templates.model import Source

_IOT = """
mf             3F00 MF           MF  -   -  14 - -
  ef-pl        2F05 EF.PL        TR  2   05 1  - FF*
  ef-iccid     2FE2 EF.ICCID     TR  10  -  11 - !
  ef-dir       2F00 EF.DIR       LF  ?x? 1E 10 - !
  ef-arr       2F06 EF.ARR       LF  ?x? -  10 - !
  ef-umpc      2F08 EF.UMPC      TR  5   08 10 - -
adf-usim       -    ADF.USIM     ADF -   -  14 - -
  ef-imsi      6F07 EF.IMSI      TR  9   07 2  - !
  ef-arr-usim  6F06 EF.ARR       LF  ?x? 17 10 - !
  ef-keys      6F08 EF.Keys      TR+ 33  08 5  - 07FF*
  ef-keysPS    6F09 EF.KeysPS    TR+ 33  09 5  - 07FF*
  ef-hpplmn    6F31 EF.HPPLMN    TR  1   12 2  - 0A
  ef-ust       6F38 EF.UST       TR  14  04 2  - !
  ef-start-hfn 6F5B EF.START-HFN TR+ 6   0F 5  - F00000F00000
  ef-threshold 6F5C EF.THRESHOLD TR  3   10 2  - FF*
  ef-psloci    6F73 EF.PSLOCI    TR+ 14  0C 5  - FF*0000FF01
  ef-acc       6F78 EF.ACC       TR  2   06 2  - !
  ef-fplmn     6F7B EF.FPLMN     TR  12  0D 5  - FF*
  ef-loci      6F7E EF.LOCI      TR+ 11  0B 5  - FF*0000FF01
  ef-ad        6FAD EF.AD        TR  4   03 10 - 00000002
  ef-ecc       6FB7 EF.ECC       LF  1x4 01 10 - !
  ef-netpar    6FC4 EF.NETPAR    TR+ 128 -  5  - FF*
"""

_OPTIONAL = """
ef-fdn                   6F3B EF.FDN               LF  20x26  -  8  2,89                    FF*
ef-sms                   6F3C EF.SMS               LF  10x176 -  5  10                      00FF*
ef-smsp                  6F42 EF.SMSP              LF  1x38   -  5  12                      FF*
ef-smss                  6F43 EF.SMSS              TR  2      -  5  10                      FF*
ef-spn                   6F46 EF.SPN               TR  17     -  10 19                      !
ef-est                   6F56 EF.EST               TR  1      05 8  2,6,34,35               !
ef-oplmnwact             6F61 EF.OPLMNwAcT         TR  40     11 2  42                      (FFFFFF0000)*
ef-hplmnwact             6F62 EF.HPLMNwAcT         TR  5      13 2  43                      (FFFFFF0000)*
ef-ehplmn                6FD9 EF.EHPLMN            TR  15     1D 2  71                      FF*
ef-epsloci               6FE3 EF.EPSLOCI           TR+ 18     1E 5  85                      FF*000001
ef-epsnsc                6FE4 EF.EPSNSC            LF+ 1x80   18 5  85                      FF*
df-df-5gs                5FC0 DF.5GS               DF  -      -  14 122|126|127|128|129|130 -
  ef-5gs3gpploci         4F01 EF.5GS3GPPLOCI       TR+ 20     01 5  122                     FF*00000001
  ef-5gsn3gpploci        4F02 EF.5GSN3GPPLOCI      TR+ 20     02 5  122                     FF*00000001
  ef-5gs3gppnsc          4F03 EF.5GS3GPPNSC        LF+ 1x57   03 5  122                     FF*
  ef-5gsn3gppnsc         4F04 EF.5GSN3GPPNSC       LF+ 1x57   04 5  122                     FF*
  ef-5gauthkeys          4F05 EF.5GAUTHKEYS        TR+ 110    05 5  123                     !
  ef-uac-aic             4F06 EF.UAC_AIC           TR  4      06 2  126                     !
  ef-suci-calc-info      4F07 EF.SUCI_Calc_Info    TR  ?      07 2  124                     FF*
  ef-opl5g               4F08 EF.OPL5G             LF  ?x10   08 10 129                     FF*
  ef-supi-nai            4F09 EF.SUPI_NAI          TR  ?      09 2  130                     !
  ef-routing-indicator   4F0A EF.Routing_Indicator TR  4      0A 2  124                     F0FFFFFF
  ef-ursp                4F0B EF.URSP              BT  ?      -  2  132                     -
  ef-tn3gppsnn           4F0C EF.TN3GPPSNN         TR  1      0C 2  135                     00
df-df-saip               5FD0 DF.SAIP              DF  -      -  14 124|125                 -
  ef-suci-calc-info-usim 4F01 EF.SUCICalcInfo      TR  ?      -  3  125                     FF*
"""

SOURCES = (
    Source("17", "IoT", "iot", "9.10.1", _IOT, created_by_default=True),
    Source("18", "IoT optional files", "opt-iot", "9.10.2", _OPTIONAL, parent="iot"),
)
