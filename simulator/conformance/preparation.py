"""What comes after mutual authentication: PrepareDownload and CancelSession, with every refusal that a test
PKI can provoke (SGP.22 §5.7.5, §5.7.14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asn1 import rsp
from cards.errors import CardStatusError
from simulator.conformance.equipment import issuer
from simulator.conformance.model import Check, NotApplicable, Subject, expect
from simulator.conformance.outcomes import case, refused
from simulator.conformance.server import (
    Package,
    Server,
    flipped,
    metadata,
    package,
    pieces,
    serving,
    with_server,
)
from simulator.crypto import issue
from simulator.crypto.certificates import Role
from simulator.crypto.ecc import one_time_key, verify_raw
from simulator.crypto.pki import CertificateAndKey
from simulator.crypto.spoilt import Defect

Work = Callable[[Server], None]

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
        item = server.spoilt(server.binding, defect)
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
    _prepared("invalidCertificate", "a foreign CI", server=server.foreign("dp_pb"))(server)


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


def _prepare(title: str, work: Work) -> Check:
    return _row("PrepareDownload", title, "5.7.5", with_server(work))


def _cancel(title: str, work: Work) -> Check:
    return _row("CancelSession", title, "5.7.14", with_server(work))


_REASONS: Final = ("endUserRejection", "postponed", "timeout", "pprNotAllowed")
CHECKS = (
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
