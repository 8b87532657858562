"""Whom an eUICC believes: AuthenticateServer and its refusals (SGP.22 §5.7.13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from asn1 import rsp, tlv
from cards.isdr.errors import AuthenticateServerError
from simulator.conformance.equipment import issuer
from simulator.conformance.model import Check, NotApplicable, Subject, expect
from simulator.conformance.outcomes import case, refused, refused_by_status
from simulator.conformance.server import (
    Server,
    flipped,
    serving,
    with_server,
)
from simulator.crypto import issue
from simulator.crypto.certificates import Role
from simulator.crypto.ecc import one_time_key
from simulator.crypto.pki import CertificateAndKey
from simulator.crypto.spoilt import Defect

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


# AuthenticateServer, §5.7.13


def _refuses(name: str, doing: str, **changes: Any) -> Work:
    def work(server: Server) -> None:
        request = server.authentication(**changes)
        refused(lambda: server.isdr.authenticate_server(request), name, doing)

    return work


def _refuses_defect(defect: Defect) -> Work:
    def work(server: Server) -> None:
        item = server.spoilt(server.auth, defect)
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
    _refuses("ciPKUnknown", "a server under a foreign CI", server=server.foreign("dp_auth"))(server)


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


def _row(function: str, title: str, clause: str, run: Callable[[Subject], None]) -> Check:
    needs = ("es10b", "server")
    whole = f"{function} {title}"
    return Check("authentication", whole, f"SGP.22 §{clause}", run, needs, True, case(function))


def _authenticate(title: str, work: Work) -> Check:
    return _row("AuthenticateServer", title, "5.7.13", with_server(work))


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
)  # fmt: skip
"""The checks of this suite."""
