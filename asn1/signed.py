"""Which types of RSP carry a signature over themselves, and which are handed on without looking inside.

The signer's octets are what counts: a signed SEQUENCE is decoded to a Record, which keeps them, so that
nothing signed is ever encoded again. Clauses are those of SGP.22 v2.
"""

SIGNED: dict[str, frozenset[str]] = {
    "rsp": frozenset(
        {
            "ServerSigned1",  # §5.6.1, §5.7.13: signed by the SM-DP+
            "EuiccSigned1",  # §5.7.13: signed by the eUICC
            "SmdpSigned2",  # §5.6.2, §5.7.5: signed by the SM-DP+
            "EUICCSigned2",  # §5.7.5: signed by the eUICC
            "EuiccCancelSessionSigned",  # §5.7.14: signed by the eUICC
            "ProfileInstallationResultData",  # §2.5.6: signed by the eUICC
            "NotificationMetadata",  # §4.1.10, as tbsOtherNotification: signed by the eUICC
        }
    ),
}

OPAQUE: dict[str, frozenset[str]] = {
    # Checked by the X.509 code, and their octets are signed.
    "rsp": frozenset({"Certificate", "CertificateList"}),
}
