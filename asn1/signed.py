"""Which types of RSP carry a signature or a MAC, and which are handed on without looking inside.

The signer's octets are what counts: a signed SEQUENCE is decoded to a Record, which keeps them, so that
nothing signed is ever encoded again. Clauses are those of SGP.22 v2, or "v3" where v3 added the type.
"""

SIGNED: dict[str, frozenset[str]] = {
    "rsp": frozenset(
        {
            "ServerSigned1",  # by the server: §5.6.1, verified in §5.7.13
            "EuiccSigned1",  # by the eUICC: §5.7.13, verified in §5.6.3
            "SmdpSigned2",  # by the SM-DP+: §5.6.3, verified in §5.7.5
            "EUICCSigned2",  # by the eUICC: §5.7.5, verified in §5.6.2
            "StoreMetadataRequest",  # under the MACs of a bound profile package: §5.5.3
            "InitialiseSecureChannelRequest",  # by the SM-DP+, over its members and euiccOtpk: §5.5.1
            "ProfileInstallationResultData",  # by the eUICC: §2.5.6
            "NotificationMetadata",  # by the eUICC, as tbsOtherNotification: §5.7.10
            "EuiccCancelSessionSigned",  # by the eUICC: §5.7.14
            "SmdpSigned3",  # v3: RPM package
            "LoadRpmPackageResultDataSigned",  # v3: its result
            "SmdpSigned4",  # v3: device change and profile recovery
            "EUICCSigned3",  # v3: device change
            "SmdpSigned5",  # v3: device change data
            "SmdpSigned6",  # v3: device change, to be retried
            "SmdsSigned2",  # v3: answers of the SM-DS
        }
    ),
    "iot": frozenset(
        {
            "EuiccPackageSigned",  # by the eIM: SGP.32 §2.11.1.1
            "EuiccPackageResultDataSigned",  # by the eUICC: SGP.32 §2.11.2.1
            "EuiccPackageErrorDataSigned",
            # Those of RSP that pass over ESipa: SGP.32 §6.3.2
            "ServerSigned1",
            "EuiccSigned1",
            "SmdpSigned2",
            "EUICCSigned2",
            "StoreMetadataRequest",
            "InitialiseSecureChannelRequest",
            "ProfileInstallationResultData",
            "NotificationMetadata",
            "EuiccCancelSessionSigned",
        }
    ),
}

OPAQUE: dict[str, frozenset[str]] = {
    # Checked by the X.509 code, and their octets are signed.
    "rsp": frozenset({"Certificate", "CertificateList"}),
    "iot": frozenset({"Certificate", "SubjectPublicKeyInfo"}),
}
