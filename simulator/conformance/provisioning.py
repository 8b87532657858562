"""Downloads, right and wrong: what an eUICC believes and what it installs (SGP.22 §3.0.1, §3.1.3, §5.7).

The server is ours and plays by the rules but for the one thing that a check is about. Profiles that were
installed are deleted again; their notifications stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from asn1 import rsp, tlv
from cards import Iccid, Isdr
from cards.errors import CardError, CardStatusError
from cards.isdr import bpp
from cards.isdr.errors import Es10Error, InstallationError
from simulator.conformance.model import Check, Subject, expect
from simulator.conformance.profiles import refused
from simulator.crypto.ecc import sign_raw
from simulator.smdp.core import SmdpPlus

Value = dict[str, Any]
ICCID = Iccid.with_check_digit("899990000000009990")
"""Of the profile that these checks install."""


@cache
def _package() -> bytes:
    from simulator.profile import build, describe

    subscription = describe.load_shipped("test-operator").model_copy(update={"iccid": str(ICCID)})
    return build.build_package(subscription)


class _Session:
    """An RSP session, step by step, with room for one wrong thing in each."""

    def __init__(self, isdr: Isdr, smdp: SmdpPlus) -> None:
        self.isdr, self.smdp = isdr, smdp
        self.matching_id = smdp.add_order(_package())

    def open(self, *, challenge: bytes = b"") -> Value:
        """The request of AuthenticateServer, from the server's answer to InitiateAuthentication."""
        challenge = challenge or self.isdr.get_euicc_challenge()
        info1 = self.isdr.get_euicc_info1()
        answer = self.smdp.initiate_authentication(
            {"euiccChallenge": challenge, "euiccInfo1": info1, "smdpAddress": self.smdp.identity.address}
        )
        self.transaction_id: bytes = answer.pop("transactionId")
        context = {
            "matchingId": self.matching_id,
            "deviceInfo": {"tac": b"\x35\x29\x06\x11", "deviceCapabilities": {}},
        }
        return {**answer, "ctxParams1": ("ctxParamsForCommonAuthentication", context)}

    def authenticate(self) -> Value:
        """Common mutual authentication; the request of PrepareDownload."""
        proof = self.isdr.authenticate_server(self.open())
        self.signature1: bytes = proof[1]["euiccSignature1"]
        answer = self.smdp.authenticate_client(
            {"transactionId": self.transaction_id, "authenticateServerResponse": proof}
        )
        return {name: answer[name] for name in ("smdpSigned2", "smdpSignature2", "smdpCertificate")}

    def bind(self) -> bytes:
        """The bound profile package."""
        prepared = self.isdr.prepare_download(self.authenticate())
        answer = self.smdp.get_bound_profile_package(
            {"transactionId": self.transaction_id, "prepareDownloadResponse": prepared}
        )
        package: bytes = answer["boundProfilePackage"]
        return package


@contextmanager
def _session(subject: Subject) -> Iterator[_Session]:
    assert subject.smdp is not None, "checks of this suite need a server"
    with subject.isdr() as isdr:
        _delete(isdr)
        yield _Session(isdr, subject.smdp)
        _delete(isdr)


def _delete(isdr: Isdr) -> None:
    for profile in isdr.get_profiles_info(("iccid", ICCID.to_bytes())):
        isdr.delete_profile(profile["isdpAid"])


def _flipped(data: bytes, at: int = -1) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


# AuthenticateServer, §5.7.13


def _wrong_server_signature(subject: Subject) -> None:
    with _session(subject) as session:
        request = session.open()
        request["serverSignature1"] = _flipped(request["serverSignature1"])
        refused(lambda: session.isdr.authenticate_server(request), "invalidSignature", "a wrong signature")


def _foreign_challenge(subject: Subject) -> None:
    with _session(subject) as session:
        session.isdr.get_euicc_challenge()
        request = session.open(challenge=bytes(16))
        refused(
            lambda: session.isdr.authenticate_server(request), "euiccChallengeMismatch", "another challenge"
        )


def _no_challenge(subject: Subject) -> None:
    with _session(subject) as session:
        request = session.open()
        session.isdr.authenticate_server(request)
        subject.link.reset()
        session.isdr.restart()
        refused(
            lambda: session.isdr.authenticate_server(request),
            "noSessionContext",
            "no challenge since the reset",
        )


def _unknown_ci(subject: Subject) -> None:
    with _session(subject) as session:
        request = session.open() | {"euiccCiPKIdToBeUsed": bytes(20)}
        refused(lambda: session.isdr.authenticate_server(request), "ciPKUnknown", "an unknown CI")


def _binding_certificate(subject: Subject) -> None:
    with _session(subject) as session:
        request = session.open()
        credentials = session.smdp.identity.credentials_under(request["euiccCiPKIdToBeUsed"])
        assert credentials is not None
        request["serverCertificate"] = rsp.decode("Certificate", credentials.pb_certificate)
        refused(
            lambda: session.isdr.authenticate_server(request),
            "invalidCertificate",
            "a certificate for binding",
        )


def _forged_certificate(subject: Subject) -> None:
    with _session(subject) as session:
        request = session.open()
        der = _flipped(rsp.encode("Certificate", request["serverCertificate"]))
        request["serverCertificate"] = rsp.decode("Certificate", der)
        refused(
            lambda: session.isdr.authenticate_server(request), "invalidCertificate", "a forged certificate"
        )


def _authenticates(subject: Subject) -> None:
    with _session(subject) as session:
        session.authenticate()  # the server verifies chain, signature and challenge


# PrepareDownload, §5.7.5


def _prepare_without_session(subject: Subject) -> None:
    with _session(subject) as session:
        request = session.authenticate()
        subject.link.reset()
        session.isdr.restart()
        refused(
            lambda: session.isdr.prepare_download(request),
            "noSessionContext",
            "PrepareDownload after a reset",
        )


def _wrong_smdp_signature(subject: Subject) -> None:
    with _session(subject) as session:
        request = session.authenticate()
        request["smdpSignature2"] = _flipped(request["smdpSignature2"])
        refused(lambda: session.isdr.prepare_download(request), "invalidSignature", "a wrong signature")


def _authentication_certificate(subject: Subject) -> None:
    with _session(subject) as session:
        request = session.authenticate()
        credentials = session.smdp.identity.credentials[0]
        request["smdpCertificate"] = rsp.decode("Certificate", credentials.auth_certificate)
        refused(
            lambda: session.isdr.prepare_download(request),
            "invalidCertificate",
            "a certificate for authentication",
        )


def _other_transaction(subject: Subject) -> None:
    with _session(subject) as session:
        session.authenticate()
        der = rsp.encode("SmdpSigned2", {"transactionId": b"another", "ccRequiredFlag": False})
        credentials = session.smdp.identity.credentials[0]
        signature = sign_raw(credentials.pb_key, der + tlv.encode(0x5F37, session.signature1))
        request = {
            "smdpSigned2": rsp.decode("SmdpSigned2", der),
            "smdpSignature2": signature,
            "smdpCertificate": rsp.decode("Certificate", credentials.pb_certificate),
        }
        refused(lambda: session.isdr.prepare_download(request), "invalidTransactionId", "another transaction")


# CancelSession, §5.7.14


def _cancel(subject: Subject) -> None:
    with _session(subject) as session:
        session.authenticate()
        refused(
            lambda: session.isdr.cancel_session(b"another", "postponed"),
            "invalidTransactionId",
            "another transaction",
        )
        session.isdr.cancel_session(session.transaction_id, "postponed")
        refused(
            lambda: session.isdr.cancel_session(session.transaction_id, "postponed"),
            "invalidTransactionId",
            "a second time",
        )


# LoadBoundProfilePackage, §5.7.6


def _installs(subject: Subject) -> None:
    with _session(subject) as session:
        result = session.isdr.load_bound_profile_package(session.bind())
        session.smdp.handle_notification({"pendingNotification": ("profileInstallationResult", result)})
        (profile,) = session.isdr.get_profiles_info(("iccid", ICCID.to_bytes()))
        expect(profile["profileState"] == 0, "the profile is not disabled after its installation")
        waiting = [item["seqNumber"] for item in session.isdr.list_notification("notificationInstall")]
        number = result["profileInstallationResultData"]["notificationMetadata"]["seqNumber"]
        expect(number in waiting, "the result is not among the notifications that wait")


def _installed_twice(subject: Subject) -> None:
    with _session(subject) as session:
        session.isdr.load_bound_profile_package(session.bind())
        again = _Session(session.isdr, session.smdp)
        _installation_fails(again, again.bind(), "installFailedDueToIccidAlreadyExistsOnEuicc")


def _damaged(part: int, reason: str) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        with _session(subject) as session:
            package = bytearray(session.bind())
            segments = bpp.cut(bytes(package))
            end = sum(len(segment.data) for segment in segments[: part + 1])
            package[end - 1] ^= 1
            _installation_fails(session, bytes(package), reason)
            expect(
                not session.isdr.get_profiles_info(("iccid", ICCID.to_bytes())),
                "a part of the profile is there",
            )

    return run


def _installation_fails(session: _Session, package: bytes, reason: str) -> None:
    try:
        session.isdr.load_bound_profile_package(package)
    except InstallationError as error:
        expect(error.name == reason, f"{error.name} in place of {reason}")
        pending = ("profileInstallationResult", error.result)
        session.smdp.handle_notification({"pendingNotification": pending})  # verifies its signature
        return
    expect(False, f"the package was installed, in place of {reason}")


def _without_preparation(subject: Subject) -> None:
    with _session(subject) as session:
        package = session.bind()
        subject.link.reset()
        session.isdr.restart()
        try:
            session.isdr.load_bound_profile_package(package)
        except InstallationError:
            return
        except CardStatusError as error:
            expect(error.sw.sw1 == 0x69 or error.sw.sw1 == 0x6A, f"the card answered {error.sw}")
            return
        expect(False, "a package was installed that nobody prepared")


def _power_lost(subject: Subject) -> None:
    with _session(subject) as session:
        for segment in bpp.cut(session.bind())[:-1]:
            session.isdr.store_data(segment.data)
        subject.link.reset()
        session.isdr.restart()
        expect(
            not session.isdr.get_profiles_info(("iccid", ICCID.to_bytes())), "a part of the profile is there"
        )
        again = _Session(session.isdr, session.smdp)
        session.isdr.load_bound_profile_package(again.bind())


def _deleted(subject: Subject) -> None:
    with _session(subject) as session:
        session.isdr.load_bound_profile_package(session.bind())
        (profile,) = session.isdr.get_profiles_info(("iccid", ICCID.to_bytes()))
        session.isdr.delete_profile(profile["isdpAid"])
        try:
            session.isdr.delete_profile(profile["isdpAid"])
        except Es10Error as error:
            expect(error.name == "iccidOrAidNotFound", f"{error.name} in place of iccidOrAidNotFound")
        except CardError as error:
            expect(False, str(error))


def _check(title: str, clause: str, run: Callable[[Subject], None]) -> Check:
    return Check("provisioning", title, f"SGP.22 {clause}", run, ("es10b", "server"), True)


_SECURITY = "scp03tSecurityError"
CHECKS = (
    _check("AuthenticateServer believes its server, which believes the eUICC", "§5.7.13", _authenticates),
    _check("AuthenticateServer refuses a wrong signature", "§5.7.13", _wrong_server_signature),
    _check("AuthenticateServer refuses another challenge", "§5.7.13", _foreign_challenge),
    _check("AuthenticateServer needs a challenge since the reset", "§5.7.13", _no_challenge),
    _check("AuthenticateServer refuses an unknown CI", "§5.7.13", _unknown_ci),
    _check("AuthenticateServer refuses a certificate for binding", "§5.7.13", _binding_certificate),
    _check("AuthenticateServer refuses a forged certificate", "§5.7.13", _forged_certificate),
    _check("PrepareDownload needs a session", "§5.7.5", _prepare_without_session),
    _check("PrepareDownload refuses a wrong signature", "§5.7.5", _wrong_smdp_signature),
    _check("PrepareDownload refuses a certificate for authentication", "§5.7.5", _authentication_certificate),
    _check("PrepareDownload refuses another transaction", "§5.7.5", _other_transaction),
    _check("CancelSession ends the session of its transaction", "§5.7.14", _cancel),
    _check("LoadBoundProfilePackage installs, and signs a result that verifies", "§5.7.6", _installs),
    _check("LoadBoundProfilePackage refuses an ICCID that is there", "§2.5.6", _installed_twice),
    _check("A damaged InitialiseSecureChannel ends signed", "§2.5.6", _damaged(0, "invalidSignature")),
    _check("A damaged ConfigureISDP ends signed", "§2.5.6", _damaged(1, _SECURITY)),
    _check("A damaged last segment ends signed", "§2.5.6", _damaged(-1, _SECURITY)),
    _check("LoadBoundProfilePackage needs a prepared download", "§5.7.6", _without_preparation),
    _check("A reset within the package leaves no part; the next attempt installs", "§3.1.3.1", _power_lost),
    _check("DeleteProfile deletes once", "§5.7.18", _deleted),
)  # fmt: skip
"""The checks of this suite."""
