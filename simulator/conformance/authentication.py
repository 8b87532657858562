"""Whom an eUICC believes: AuthenticateServer, PrepareDownload, CancelSession, with every refusal that a test
PKI can provoke (SGP.22 §5.7.5, §5.7.7, §5.7.13, §5.7.14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asn1 import rsp, tlv
from cards.errors import CardStatusError
from cards.isdr.errors import AuthenticateServerError
from simulator.conformance.equipment import issuer
from simulator.conformance.model import Check, NotApplicable, Subject, expect
from simulator.conformance.outcomes import case, refused, refused_by_status
from simulator.conformance.server import Package, Server, flipped, metadata, package, pieces, serving
from simulator.crypto import issue
from simulator.crypto.certificates import Role
from simulator.crypto.ecc import one_time_key, verify_raw
from simulator.crypto.pki import CertificateAndKey, TestPki
from simulator.crypto.spoilt import Defect, spoilt

Work = Callable[[Server], None]
_CONFIGURATION: Final = "invalidCertificate|invalidCertOrCrlConfiguration"
_DEFECTS: Final = {
    Defect.EXPIRED: "invalidCertificate|invalidCertOrCrlTime",
    Defect.NOT_YET_VALID: "invalidCertificate|invalidCertOrCrlTime",
    Defect.WRONG_ROLE: _CONFIGURATION,
    Defect.WRONG_ISSUER: "ciPKUnknown",
    Defect.SELF_SIGNED: "invalidCertificate|ciPKUnknown",
    Defect.WRONG_SIGNATURE: "invalidCertificate",
    Defect.WRONG_CURVE: "unsupportedCurve",
    Defect.WRONG_KEY_USAGE: _CONFIGURATION,
    Defect.MISSING_EXTENSION: _CONFIGURATION,
}
"""What AuthenticateServer answers; the second name is that of version 3, which tells more apart."""
_TIMES: Final = (Defect.EXPIRED, Defect.NOT_YET_VALID)


def _with(work: Work) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        with serving(subject) as server:
            work(server)

    return run


def _spoilt(server: Server, item: CertificateAndKey, defect: Defect) -> CertificateAndKey:
    bench = server.equipment
    return spoilt(item, defect, issuer(server.branch.ci), entropy=bench.entropy, now=bench.clock())


def _other_pki(server: Server) -> TestPki:
    bench = server.equipment
    curve = server.auth.certificate.curve
    return TestPki.create(entropy=bench.entropy, now=bench.clock(), curves=[curve])


def _foreign(server: Server, name: str) -> CertificateAndKey:
    """A certificate of a PKI that nobody trusts."""
    return next(iter(_other_pki(server).branches.values())).items[name]


# AuthenticateServer, §5.7.13


def _refuses(name: str, doing: str, **changes: Any) -> Work:
    def work(server: Server) -> None:
        request = server.authentication(**changes)
        refused(lambda: server.isdr.authenticate_server(request), name, doing)

    return work


def _refuses_defect(defect: Defect) -> Work:
    def work(server: Server) -> None:
        item = _spoilt(server, server.auth, defect)
        # A signature of 64 bytes needs a key on a curve of RSP; the certificate is refused before.
        key = server.auth.key if defect is Defect.WRONG_CURVE else item.key
        request = server.authentication(server=item, key=key)
        if defect in _TIMES:
            _needs_a_clock(server, request)
        else:
            call = lambda: server.isdr.authenticate_server(request)  # noqa: E731
            refused(call, _expected(server, _DEFECTS[defect]), defect.words)
        server.authenticate()

    return work


def _needs_a_clock(server: Server, request: dict[str, Any]) -> None:
    try:
        server.isdr.authenticate_server(request)
    except AuthenticateServerError as error:
        wanted = _expected(server, _DEFECTS[Defect.EXPIRED])
        expect(error.name in wanted.split("|"), f"{error.name} in place of {wanted}")
        return
    raise NotApplicable("the eUICC takes no notice of the time: it need not have a clock")


def _expected(server: Server, names: str) -> str:
    """Of two names where version 3 tells more apart, the one for this eUICC."""
    first, _, second = names.partition("|")
    if not second or "ciPKUnknown" in names:
        return names
    return second if server.is_v3 else first


def _wrong_signature(server: Server) -> None:
    request = server.authentication()
    request["serverSignature1"] = flipped(request["serverSignature1"])
    refused(lambda: server.isdr.authenticate_server(request), "invalidSignature", "a wrong signature")


def _anothers_key(server: Server) -> None:
    key = one_time_key(server.auth.certificate.curve, server.equipment.entropy)
    _refuses("invalidSignature", "a signature with another key", key=key)(server)


def _changed_address(server: Server) -> None:
    request = server.authentication()
    changed = rsp.encode("ServerSigned1", {**request["serverSigned1"], "serverAddress": "other.example.com"})
    request["serverSigned1"] = rsp.decode("ServerSigned1", changed)
    refused(lambda: server.isdr.authenticate_server(request), "invalidSignature", "another serverAddress")


def _foreign_challenge(server: Server) -> None:
    server.isdr.get_euicc_challenge()
    _refuses("euiccChallengeMismatch", "a challenge of nobody's", challenge=bytes(range(16)))(server)


def _older_challenge(server: Server) -> None:
    older = server.isdr.get_euicc_challenge()
    server.isdr.get_euicc_challenge()
    _refuses("euiccChallengeMismatch", "the challenge before", challenge=older)(server)


def _no_challenge(subject: Subject) -> None:
    with serving(subject) as server:
        request = server.authentication()
        subject.link.reset()
        server.isdr.restart()
        refused(lambda: server.isdr.authenticate_server(request), "noSessionContext", "no challenge")


def _replayed(server: Server) -> None:
    request = server.authentication()
    server.isdr.authenticate_server(request)
    refused(
        lambda: server.isdr.authenticate_server(request),
        "noSessionContext|euiccChallengeMismatch",
        "the same message once more",
    )


def _foreign_ci(server: Server) -> None:
    _refuses("ciPKUnknown", "a server under a foreign CI", server=_foreign(server, "dp_auth"))(server)


def _manufacturer(server: Server) -> None:
    item = server.branch.eum
    if item is None or item.key is None:
        raise NotApplicable("the manufacturer's key is not in the PKI")
    _refuses(_expected(server, _CONFIGURATION), "the manufacturer's certificate", server=item)(server)


def _tls(server: Server) -> None:
    item = server.branch.tls
    if item is None or item.key is None:
        raise NotApplicable("there is no TLS certificate under this CI")
    _refuses(_expected(server, _CONFIGURATION), "a certificate for TLS", server=item)(server)


def _for_binding(server: Server) -> None:
    _refuses(_expected(server, _CONFIGURATION), "a certificate for binding", server=server.binding)(server)


def _discovery_server(server: Server) -> None:
    """An SM-DS authenticates itself like an SM-DP+, with a certificate of its own kind."""
    bench = server.equipment
    ci = issuer(server.branch.ci)
    key = one_time_key(server.auth.certificate.curve, bench.entropy)
    der = issue.server_certificate(
        ci, key.public_key(), Role.DS_AUTH, issue.DS_OID, entropy=bench.entropy, now=bench.clock()
    )
    server.authenticate(server=CertificateAndKey(der, key))


def _echoes(server: Server) -> None:
    """euiccSigned1 has what the server and the LPA sent, and the eUICC's description of itself."""
    request = server.authentication()
    _, answer = server.isdr.authenticate_server(request)
    signed = answer["euiccSigned1"]
    for member in ("serverAddress", "serverChallenge"):
        expect(signed[member] == request["serverSigned1"][member], f"euiccSigned1 has another {member}")
    expect(signed["ctxParams1"] == request["ctxParams1"], "euiccSigned1 has another ctxParams1")
    expect(signed["euiccInfo2"] == server.isdr.get_euicc_info2(), "euiccSigned1 has another EUICCInfo2")


def _certificates(server: Server) -> None:
    """The eUICC's certificates lead to the CI that the server asked for, and name the EID."""
    answer = server.authenticate()
    chains = server.equipment.smdp().identity.chains
    others = answer.get("otherCertsInChain", ())
    chains.verify_path(
        [answer["euiccCertificate"], answer["eumCertificate"]], Role.EUICC, server.equipment.clock(), others
    )
    eid = server.isdr.get_eid().to_bytes()
    expect(server.eid() == eid, "the eUICC's certificate names another EID than GetEID")


def _each_ci(server: Server) -> None:
    """Of every CI that both sides have, one session."""
    info = server.isdr.get_euicc_info1()
    common = [
        branch
        for branch in server.equipment.pki.branches.values()
        if branch.ci_key_id in info["euiccCiPKIdListForVerification"] and branch.dp_auth
    ]
    for branch in common:
        if branch.ci_key_id in info["euiccCiPKIdListForSigning"]:
            server.authenticate(server=branch.dp_auth, ci=branch.ci_key_id)


def _malformed(server: Server) -> None:
    message = rsp.encode("AuthenticateServerRequest", server.authentication())
    cut = tlv.encode(0xBF38, tlv.read(message).value[:-20])
    refused_by_status(lambda: server.isdr.store_data(cut), (0x6A80,), "a message that is cut off")


# PrepareDownload, §5.7.5


def _prepared(name: str, doing: str, **changes: Any) -> Work:
    """A refusal after which the right message is still taken."""

    def work(server: Server) -> None:
        server.authenticate()
        request = server.preparation(**changes)
        refused(lambda: server.isdr.prepare_download(request), name, doing)
        server.prepare()

    return work


def _binding_defect(defect: Defect, name: str) -> Work:
    def work(server: Server) -> None:
        item = _spoilt(server, server.binding, defect)
        _prepared(name, defect.words, server=item)(server)

    return work


def _prepare_without_session(subject: Subject) -> None:
    with serving(subject) as server:
        server.authenticate()
        request = server.preparation()
        subject.link.reset()
        server.isdr.restart()
        refused(lambda: server.isdr.prepare_download(request), "noSessionContext", "after a reset")


def _prepare_after_challenge(server: Server) -> None:
    server.authenticate()
    request = server.preparation()
    server.isdr.get_euicc_challenge()
    refused(lambda: server.isdr.prepare_download(request), "noSessionContext", "after a new challenge")


def _prepare_after_cancelling(server: Server) -> None:
    server.authenticate()
    request = server.preparation()
    server.isdr.cancel_session(server.transaction, "endUserRejection")
    refused(lambda: server.isdr.prepare_download(request), "noSessionContext", "after CancelSession")


def _prepare_wrong_signature(server: Server) -> None:
    server.authenticate()
    request = server.preparation()
    request["smdpSignature2"] = flipped(request["smdpSignature2"])
    refused(lambda: server.isdr.prepare_download(request), "invalidSignature", "a wrong signature")
    server.prepare()


def _prepare_alone(server: Server) -> None:
    """smdpSignature2 covers euiccSignature1: one over zeros in its place is wrong."""
    server.authenticate()
    right, server.signatures[1] = server.signatures[1], bytes(64)
    request = server.preparation()
    server.signatures[1] = right
    refused(lambda: server.isdr.prepare_download(request), "invalidSignature", "a signature without it")
    server.prepare()


def _prepare_other_server(server: Server) -> None:
    bench = server.equipment
    key = one_time_key(server.binding.certificate.curve, bench.entropy)
    der = issue.server_certificate(
        issuer(server.branch.ci),
        key.public_key(),
        Role.DP_PB,
        "2.999.99",
        entropy=bench.entropy,
        now=bench.clock(),
    )
    other = CertificateAndKey(der, key)
    _prepared("invalidCertificate|invalidOid", "a certificate of another SM-DP+", server=other)(server)


def _prepare_foreign(server: Server) -> None:
    _prepared("invalidCertificate", "a foreign CI", server=_foreign(server, "dp_pb"))(server)


def _prepare_authentication(server: Server) -> None:
    _prepared("invalidCertificate", "a certificate for authentication", server=server.auth)(server)


def _confirmation_code(server: Server) -> None:
    server.authenticate()
    hashed = bytes(range(32))
    signed = server.prepare(signed={"ccRequiredFlag": True}, hash_cc=hashed)
    expect(signed.get("hashCc") == hashed, "euiccSigned2 has another hashCc")
    server.authenticate()
    expect("hashCc" not in server.prepare(), "euiccSigned2 has a hashCc that nobody sent")


def _new_keys(server: Server) -> None:
    points = []
    for _ in range(2):
        server.authenticate()
        points.append(server.prepare()["euiccOtpk"])
    expect(len(points[0]) == 65 and points[0][0] == 4, "otPK.EUICC.ECKA is no uncompressed point")
    expect(points[0] != points[1], "otPK.EUICC.ECKA is the same in two sessions")


def _key_again(server: Server) -> None:
    """After a download that failed, the server may bind with the same one-time key once more."""
    server.authenticate()
    point = server.prepare()["euiccOtpk"]
    upp = package()
    wanted = Package(upp, metadata(upp, server.equipment.address), spoils_signature=True)
    server.load(wanted)
    server.authenticate()
    again = server.prepare(signed={"bppEuiccOtpk": point})["euiccOtpk"]
    if again != point:
        raise NotApplicable("the eUICC keeps no one-time key for another attempt: it need not")
    wanted.spoils_signature = False
    expect(server.load(wanted)["finalResult"][0] == "successResult", "the second attempt failed")


# CancelSession, §5.7.14


def _cancels(reason: str) -> Work:
    def work(server: Server) -> None:
        server.authenticate()
        _, answer = server.isdr.cancel_session(server.transaction, reason)
        signed = answer["euiccCancelSessionSigned"]
        assert server.euicc is not None, "the eUICC has proved itself"
        is_signed = verify_raw(server.euicc.public_key, answer["euiccCancelSessionSignature"], signed.raw)
        expect(is_signed, "euiccCancelSessionSignature is wrong")
        expect(signed["transactionId"] == server.transaction, "another transactionId is signed")
        expect(signed["reason"] == rsp.names("CancelSessionReason")[reason], "another reason is signed")
        oid = server.auth.certificate.registered_id
        expect(signed["smdpOid"] == oid, f"smdpOid {signed['smdpOid']} is signed in place of {oid}")

    return work


def _cancel_other(server: Server) -> None:
    server.authenticate()
    call = lambda: server.isdr.cancel_session(b"another", "postponed")  # noqa: E731
    refused(call, "invalidTransactionId", "another transaction")
    server.prepare()


def _cancel_nothing(server: Server) -> None:
    call = lambda: server.isdr.cancel_session(b"none", "postponed")  # noqa: E731
    refused(call, "invalidTransactionId", "without a session")
    server.authenticate()
    server.isdr.cancel_session(server.transaction, "postponed")
    call = lambda: server.isdr.cancel_session(server.transaction, "postponed")  # noqa: E731
    refused(call, "invalidTransactionId", "a second time")


def _cancel_prepared(server: Server) -> None:
    """After PrepareDownload too; what was prepared cannot be loaded then."""
    server.authenticate()
    server.prepare()
    upp = package()
    first = pieces(server.bind(Package(upp, metadata(upp, server.equipment.address))))[0]
    server.isdr.cancel_session(server.transaction, "timeout")
    try:
        answer = server.isdr.store_data(first)
    except CardStatusError as error:
        expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
        return
    expect(bool(answer), "the package of a cancelled session is taken")


def _row(function: str, title: str, clause: str, run: Callable[[Subject], None]) -> Check:
    needs = ("es10b", "server")
    whole = f"{function} {title}"
    return Check("authentication", whole, f"SGP.22 §{clause}", run, needs, True, case(function))


def _authenticate(title: str, work: Work) -> Check:
    return _row("AuthenticateServer", title, "5.7.13", _with(work))


def _prepare(title: str, work: Work) -> Check:
    return _row("PrepareDownload", title, "5.7.5", _with(work))


def _cancel(title: str, work: Work) -> Check:
    return _row("CancelSession", title, "5.7.14", _with(work))


_REASONS: Final = ("endUserRejection", "postponed", "timeout", "pprNotAllowed")
CHECKS = (
    _authenticate("signs what was sent", _echoes),
    _authenticate("brings certificates that lead to the CI, and name the EID", _certificates),
    _authenticate("takes each CI that both sides have", _each_ci),
    _authenticate("takes an SM-DS's certificate", _discovery_server),
    _authenticate("refuses a wrong signature: invalidSignature", _wrong_signature),
    _authenticate("refuses a signature with another key: invalidSignature", _anothers_key),
    _authenticate("refuses a message that was changed: invalidSignature", _changed_address),
    _authenticate("refuses another challenge: euiccChallengeMismatch", _foreign_challenge),
    _authenticate("refuses the challenge before the last: euiccChallengeMismatch", _older_challenge),
    _row("AuthenticateServer", "needs a challenge since the reset: noSessionContext", "5.7.13",
         _no_challenge),
    _authenticate("refuses the same message once more", _replayed),
    _authenticate("refuses an unknown CI: ciPKUnknown", _refuses("ciPKUnknown", "unknown", ci=bytes(20))),
    _authenticate("refuses a server under a foreign CI: ciPKUnknown", _foreign_ci),
    _authenticate("refuses a certificate for binding", _for_binding),
    _authenticate("refuses the manufacturer's certificate", _manufacturer),
    _authenticate("refuses a certificate for TLS", _tls),
    *(_authenticate(f"refuses a certificate: {defect.words}",
        _refuses_defect(defect)) for defect in _DEFECTS ),
    _authenticate("refuses a message that is cut off: 6A80", _malformed),
    _prepare("signs a confirmation code, if there is one", _confirmation_code),
    _prepare("makes a new one-time key each time", _new_keys),
    _prepare("uses a one-time key again for another attempt", _key_again),
    _row("PrepareDownload", "needs a session since the reset: noSessionContext", "5.7.5",
         _prepare_without_session),
    _prepare("needs the session of the last challenge: noSessionContext", _prepare_after_challenge),
    _prepare("does nothing after CancelSession: noSessionContext", _prepare_after_cancelling),
    _prepare("refuses a wrong signature: invalidSignature", _prepare_wrong_signature),
    _prepare("refuses a signature that leaves euiccSignature1 out", _prepare_alone),
    _prepare("refuses another transaction: invalidTransactionId", _prepared("invalidTransactionId",
             "another", signed={"transactionId": b"another"})),
    _prepare("refuses a certificate of another SM-DP+: invalidCertificate", _prepare_other_server),
    _prepare("refuses a certificate for authentication: invalidCertificate", _prepare_authentication),
    _prepare("refuses a certificate under a foreign CI: invalidCertificate", _prepare_foreign),
    _prepare(f"refuses a certificate: {Defect.WRONG_SIGNATURE.words}",
             _binding_defect(Defect.WRONG_SIGNATURE, "invalidCertificate")),
    _prepare(f"refuses a certificate: {Defect.SELF_SIGNED.words}", _binding_defect(Defect.SELF_SIGNED,
             "invalidCertificate")),
    _prepare(f"refuses a certificate: {Defect.WRONG_KEY_USAGE.words}",
             _binding_defect(Defect.WRONG_KEY_USAGE, "invalidCertificate")),
    *(_cancel(f"signs the reason {reason}", _cancels(reason)) for reason in _REASONS),
    _cancel("refuses another transaction: invalidTransactionId", _cancel_other),
    _cancel("ends a session once: invalidTransactionId", _cancel_nothing),
    _cancel("ends a prepared download", _cancel_prepared),
)  # fmt: skip
"""The checks of this suite."""
