"""File templates at the MF: MF, DF.CD, DF.TELECOM and its phonebook (SAIP annex A, §9.2 to §9.4).

Columns: see `model`. Files after ETSI TS 102 221 §13 and 3GPP TS 31.102 §4.6.
"""

from textwrap import indent

from simulator.profile.templates.model import Source

_MF = """
mf         3F00 MF       MF -   -  14 - -
  ef-pl    2F05 EF.PL    TR 2   05 1  - FF*
  ef-iccid 2FE2 EF.ICCID TR 10  -  11 - !
  ef-dir   2F00 EF.DIR   LF ?x? 1E 10 - !
  ef-arr   2F06 EF.ARR   LF ?x? -  10 - !
  ef-umpc  2F08 EF.UMPC  TR 5   08 10 - -
"""

_CD = """
df-cd          7F11      DF.CD        DF - - 14 - -
  ef-launchpad 6F01      EF.LAUNCHPAD TR ? - 2  - !
  ef-icon      6F40-6F7F EF.ICON      TR ? - 2  - !
"""

_TELECOM = """
df-telecom          7F10      DF.TELECOM      DF -     - 14 -     -
  ef-arr            6F06      EF.ARR          LF ?x?   - 10 -     !
  ef-rma            6F53      EF.RMA          LF ?x?   - 3  -     !
  ef-sume           6F54      EF.SUME         TR 22    - 3  -     !
  ef-ice-dn         6FE0      EF.ICE_DN       LF 50x24 - 9  -     FF*
  ef-ice-ff         6FE1      EF.ICE_FF       LF ?x?   - 9  -     FF*
  ef-psismsc        6FE5      EF.PSISMSC      LF ?x?   - 5  12,91 !
  df-graphics       5F50      DF.GRAPHICS     DF -     - 14 -     -
    ef-img          4F20      EF.IMG          LF ?x?   - 2  -     00FF*
    ef-ice-graphics 4F21      EF.ICE_GRAPHICS BT ?     - 9  -     -
    ef-launch-scws  4F01      EF.LAUNCH_SCWS  TR ?     - 10 -     !
    ef-iidf         4F40-4F7F EF.IIDF         TR ?     - 2  -     FF*
    ef-icon         4F80-4FBF EF.ICON         TR ?     - 10 -     !
"""

PHONEBOOK = """
df-phonebook 5F3A      DF.PHONEBOOK DF  -    - 14 - -
  ef-pbr     4F30      EF.PBR       LF  ?x?  - 2  - !
  ef-ext1    4F38-4F3F EF.EXT1      LF  ?x13 - 5  - 00FF*
  ef-aas     4F40-4F47 EF.AAS       LF  ?x?  - 5  - FF*
  ef-gas     4F48-4F4F EF.GAS       LF  ?x?  - 5  - FF*
  ef-psc     4F22      EF.PSC       TR  4    - 5  - 00000000
  ef-cc      4F23      EF.CC        TR+ 2    - 5  - 0000
  ef-puid    4F24      EF.PUID      TR+ 2    - 5  - 0000
  ef-iap     4F50-4F57 EF.IAP       LF  ?x?  - 5  - FF*
  ef-adn     4F58-4F5F EF.ADN       LF  ?x?  - 5  - FF*
  ef-pbc     4F60-4F67 EF.PBC       LF  ?x2  - 5  - 0000
  ef-anr     4F68-4F6F EF.ANR       LF  ?x?  - 5  - FF*
  ef-puri    4F70-4F77 EF.PURI      LF  ?x?  - 5  - !
  ef-email   4F78-4F7F EF.EMAIL     LF  ?x?  - 5  - FF*
  ef-sne     4F80-4F87 EF.SNE       LF  ?x?  - 5  - FF*
  ef-uid     4F88-4F8F EF.UID       LF  ?x2  - 5  - 0000
  ef-grp     4F90-4F97 EF.GRP       LF  ?x?  - 5  - 00*
  ef-ccp1    4F98-4F9F EF.CCP1      LF  ?x?  - 5  - FF*
"""
"""DF.PHONEBOOK, below DF.TELECOM and below ADF.USIM (§9.5.3). Each field takes one of eight file
identifiers, for up to eight phonebook entries of EF.PBR."""

_MULTIMEDIA = """
  df-multimedia 5F3B DF.MULTIMEDIA DF - -  14 67 -
    ef-mml      4F47 EF.MML        BT ? -  5  67 -
    ef-mmdf     4F48 EF.MMDF       BT ? -  5  67 -
  df-mmss       5F3C DF.MMSS       DF - -  14 -  -
    ef-mlpl     4F20 EF.MLPL       TR ? 01 2  -  !
    ef-mspl     4F21 EF.MSPL       TR ? 02 2  -  !
    ef-mmssmode 4F22 EF.MMSSMODE   TR 1 03 2  -  !
"""

_SINCE_3_1 = """
  df-mcs          5F3D DF.MCS        DF - -  14 109 -
    ef-mst        4F01 EF.MST        TR ? 01 2  109 !
    ef-mcs-config 4F02 EF.MCSCONFIG  BT ? 02 2  109 !
  df-v2x          5F3E DF.V2X        DF - -  14 119 -
    ef-vst        4F01 EF.VST        TR ? 01 2  119 !
    ef-v2x-config 4F02 EF.V2X_CONFIG BT ? 02 2  119 !
    ef-v2xp-pc5   4F03 EF.V2XP_PC5   TR ? -  2  119 !
    ef-v2xp-Uu    4F04 EF.V2XP_Uu    TR ? -  2  119 !
"""

_TELECOM_1 = _TELECOM + indent(PHONEBOOK, "  ") + _MULTIMEDIA

SOURCES = (
    Source("1", "MF", "mf", "9.2", _MF, created_by_default=True),
    Source("2", "DF.CD", "cd", "9.3", _CD, parent="mf"),
    Source("3", "DF.TELECOM", "telecom", "9.4.1", _TELECOM_1, parent="mf"),
    Source("3.2", "DF.TELECOM version 2", "telecom", "9.4.2", _TELECOM_1 + _SINCE_3_1, parent="mf"),
)
