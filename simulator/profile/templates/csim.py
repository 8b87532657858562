"""File templates of ADF.CSIM (SAIP annex A, §9.7).

Columns: see `model`. Files after 3GPP2 C.S0065 §5.2. Versions 1 and 2 of each template share a table here:
the tables of §9.7 were not at hand, so sizes and access conditions are those that GSMA's TS.48 profiles
rely on and C.S0065 gives. Short file identifiers are left out; a profile that wants one says so.
"""

from simulator.profile.templates.model import Source

_CSIM = """
adf-csim          -    ADF.CSIM        ADF -   - 14 - -
  ef-arr          6F06 EF.ARR          LF  ?x? - 10 - !
  ef-call-count   6F21 EF.COUNT        CY+ 2x2 - 7  - 0000
  ef-imsi-m       6F22 EF.IMSI_M       TR  10  - 2  - !
  ef-imsi-t       6F23 EF.IMSI_T       TR  10  - 2  - !
  ef-tmsi         6F24 EF.TMSI         TR+ 16  - 5  - !
  ef-ah           6F25 EF.AH           TR  2   - 5  - !
  ef-aop          6F26 EF.AOP          TR  1   - 5  - !
  ef-aloc         6F27 EF.ALOC         TR+ 7   - 5  - !
  ef-cdmahome     6F28 EF.CDMAHOME     LF  ?x5 - 5  - !
  ef-znregi       6F29 EF.ZNREGI       LF+ ?x8 - 5  - !
  ef-snregi       6F2A EF.SNREGI       TR+ 7   - 5  - !
  ef-distregi     6F2B EF.DISTREGI     TR+ 8   - 5  - !
  ef-accolc       6F2C EF.ACCOLC       TR  1   - 2  - !
  ef-term         6F2D EF.TERM         TR  1   - 5  - !
  ef-acp          6F2F EF.ACP          TR  7   - 5  - !
  ef-prl          6F30 EF.PRL          TR  ?   - 2  - !
  ef-ruimid       6F31 EF.RUIMID       TR  8   - 11 - !
  ef-csim-st      6F32 EF.CSIM_ST      TR  ?   - 2  - !
  ef-spc          6F33 EF.SPC          TR  3   - 3  - !
  ef-otapaspc     6F34 EF.OTAPASPC     TR  1   - 5  - !
  ef-namlock      6F35 EF.NAMLOCK      TR  1   - 5  - !
  ef-ota          6F36 EF.OTA          TR  17  - 2  - !
  ef-sp           6F37 EF.SP           TR  1   - 5  - !
  ef-esn-meid-me  6F38 EF.ESN_MEID_ME  TR  8   - 10 - !
  ef-li           6F3A EF.LI           TR  ?   - 1  - !
  ef-usgind       6F42 EF.USGIND       TR  1   - 2  - !
  ef-ad           6F43 EF.AD           TR  3   - 10 - !
  ef-max-prl      6F45 EF.MAX_PRL      TR  4   - 2  - !
  ef-spcs         6F46 EF.SPCS         TR  1   - 12 - !
  ef-mecrp        6F55 EF.MECRP        TR  3   - 5  - !
  ef-home-tag     6F70 EF.HOME_TAG     TR  ?   - 2  - !
  ef-group-tag    6F71 EF.GROUP_TAG    TR  ?   - 2  - !
  ef-specific-tag 6F72 EF.SPECIFIC_TAG TR  ?   - 2  - !
  ef-call-prompt  6F73 EF.CALL_PROMPT  TR  ?   - 2  - !
"""

_OPTIONAL = """
ef-ssci            6F2E EF.SSCI           TR  1    - 5  - !
ef-fdn             6F3B EF.FDN            LF  ?x?  - 8  - FF*
ef-sms             6F3C EF.SMS            LF+ ?x?  - 5  - 00FF*
ef-smsp            6F3D EF.SMSP           LF  ?x?  - 5  - FF*
ef-smss            6F3E EF.SMSS           TR  ?    - 5  - FF*
ef-ssfc            6F3F EF.SSFC           TR  ?    - 5  - 00FF*
ef-spn             6F41 EF.SPN            TR  35   - 10 - !
ef-mdn             6F44 EF.MDN            LF  ?x11 - 5  - !
ef-ecc             6F47 EF.ECC            TR  ?    - 10 - !
ef-me3gpdopc       6F48 EF.ME3GPDOPC      TR  1    - 5  - !
ef-3gpdopm         6F49 EF.3GPDOPM        TR  1    - 5  - !
ef-sipcap          6F4A EF.SIPCAP         TR  4    - 2  - !
ef-mipcap          6F4B EF.MIPCAP         TR  5    - 2  - !
ef-sipupp          6F4C EF.SIPUPP         TR  ?    - 2  - !
ef-mipupp          6F4D EF.MIPUPP         TR  ?    - 2  - !
ef-sipsp           6F4E EF.SIPSP          TR  1    - 5  - !
ef-mipsp           6F4F EF.MIPSP          TR  ?    - 5  - !
ef-sippapss        6F50 EF.SIPPAPSS       TR  ?    - 5  - !
ef-puzl            6F53 EF.PUZL           TR  ?    - 5  - !
ef-maxpuzl         6F54 EF.MAXPUZL        TR  5    - 5  - !
ef-hrpdcap         6F56 EF.HRPDCAP        TR  3    - 2  - !
ef-hrpdupp         6F57 EF.HRPDUPP        TR  ?    - 2  - !
ef-csspr           6F58 EF.CSSPR          TR  1    - 2  - !
ef-atc             6F59 EF.ATC            TR  1    - 2  - !
ef-eprl            6F5A EF.EPRL           TR  ?    - 2  - !
ef-bcsmscfg        6F5B EF.BCSMScfg       TR  1    - 2  - !
ef-bcsmspref       6F5C EF.BCSMSpref      TR  1    - 5  - !
ef-bcsmstable      6F5D EF.BCSMStable     LF  ?x?  - 2  - 00FF*
ef-bcsmsp          6F5E EF.BCSMSP         LF+ ?x2  - 5  - FF*
ef-bakpara         6F63 EF.BAKPARA        LF+ ?x?  - 2  - !
ef-upbakpara       6F64 EF.UpBAKPARA      CY+ ?x?  - 2  - !
ef-mmsn            6F65 EF.MMSN           LF  ?x?  - 5  - 000000FF*
ef-ext8            6F66 EF.EXT8           LF  ?x13 - 5  - 00FF*
ef-mmsicp          6F67 EF.MMSICP         TR  ?    - 2  - FF*
ef-mmsup           6F68 EF.MMSUP          LF  ?x?  - 5  - FF*
ef-mmsucp          6F69 EF.MMSUCP         TR  ?    - 5  - FF*
ef-auth-capability 6F6A EF.AuthCapability LF  ?x5  - 2  - !
ef-3gcik           6F6B EF.3GCIK          TR  32   - 2  - !
ef-dck             6F6C EF.DCK            TR  20   - 5  - FF*
ef-gid1            6F6D EF.GID1           TR  ?    - 2  - !
ef-gid2            6F6E EF.GID2           TR  ?    - 2  - !
ef-cdmacnl         6F6F EF.CDMACNL        TR  ?    - 2  - !
ef-sf-euimid       6F74 EF.SF_EUIMID      TR  7    - 11 - !
ef-est             6F75 EF.EST            TR  ?    - 8  - !
ef-hidden-key      6F76 EF.HiddenKey      TR  4    - 5  - FF*
ef-lcsver          6F77 EF.LCSVER         TR  ?    - 2  - !
ef-lcscp           6F78 EF.LCSCP          TR  ?    - 5  - !
ef-sdn             6F79 EF.SDN            LF  ?x?  - 2  - FF*
ef-ext2            6F7A EF.EXT2           LF  ?x13 - 8  - 00FF*
ef-ext3            6F7B EF.EXT3           LF  ?x13 - 2  - 00FF*
ef-ici             6F7C EF.ICI            CY+ ?x?  - 5  - FF*
ef-oci             6F7D EF.OCI            CY+ ?x?  - 5  - FF*
ef-ext5            6F7E EF.EXT5           LF  ?x13 - 5  - 00FF*
ef-ccp2            6F7F EF.CCP2           LF  ?x?  - 5  - FF*
ef-applabels       6F80 EF.AppLabels      TR  ?    - 2  - !
ef-model           6F81 EF.MODEL          TR  126  - 5  - FF*
ef-rc              6F82 EF.RC             TR  ?    - 2  - !
ef-smscap          6F83 EF.SMSCAP         TR  4    - 2  - !
ef-mipflags        6F84 EF.MIPFlags       TR  1    - 2  - !
ef-3gpduppext      6F85 EF.3GPDUPPExt     TR  ?    - 2  - !
ef-ipv6cap         6F87 EF.IPv6CAP        TR  21   - 2  - !
ef-tcpconfig       6F88 EF.TCPConfig      TR  2    - 2  - !
ef-dgc             6F89 EF.DGC            TR  3    - 2  - !
ef-wapbrowsercp    6F8A EF.WAPBrowserCP   LF  ?x?  - 2  - !
ef-wapbrowserbm    6F8B EF.WAPBrowserBM   LF  ?x?  - 5  - !
ef-mmsconfig       6F8C EF.MMSConfig      TR  8    - 2  - !
ef-jdl             6F8D EF.JDL            TR  ?    - 2  - !
"""

SOURCES = (
    Source("10", "ADF.CSIM", "csim", "9.7.1.1", _CSIM, created_by_default=True),
    Source("10.2", "ADF.CSIM version 2", "csim", "9.7.1.2", _CSIM, created_by_default=True),
    Source("11", "ADF.CSIM optional files", "opt-csim", "9.7.2.1", _OPTIONAL, parent="csim"),
    Source("11.2", "ADF.CSIM optional files version 2", "opt-csim", "9.7.2.2", _OPTIONAL, parent="csim"),
)
