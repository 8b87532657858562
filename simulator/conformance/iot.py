"""The eUICC of an IoT device: packages of eIMs, their signatures and counters, results, the ways back (SGP.32
§5.9).

The eIM is one of these checks. Only an eUICC without eIMs takes it, so others are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from asn1 import iot, tlv
from cards import Isdr
from cards.errors import CardError
from simulator.conformance.model import Check, Subject, expect, require
from simulator.conformance.outcomes import Value, refused
from simulator.conformance.server import ICCID, SECOND_ICCID, Server, flipped, serving
from simulator.conformance.states import enabled
from simulator.crypto.certificates import Certificate
from simulator.crypto.ecc import Curve, one_time_key, sign_raw, verify_raw

_EIM: Final = "conformance.example.com"
_FIRST, _SECOND = {"iccid": ICCID.to_bytes()}, {"iccid": SECOND_ICCID.to_bytes()}
_NOBODY: Final = {"iccid": bytes.fromhex("98000000000000000000")}
_TOO_HIGH: Final = 0x800000


class _Eim:
    """An eIM before an eUICC with two profiles of ours, none enabled."""

    def __init__(self, server: Server, eim_id: str = _EIM) -> None:
        self.server, self.isdr, self.eim_id = server, server.isdr, eim_id
        self.counter = 0
        self.key = one_time_key(Curve.NIST_P256, server.equipment.entropy)
        self.euicc = Certificate.parse(self.isdr.get_certs()["euiccCertificate"])

    def configuration(self, **changes: Any) -> Value:
        public = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        data = {
            "eimId": self.eim_id,
            "eimIdType": 2,
            "counterValue": self.counter,
            "eimPublicKeyData": ("eimPublicKey", public),
        }
        return {name: value for name, value in (data | changes).items() if value is not None}

    def package(self, *operations: tuple[str, Any], **changes: Any) -> Value:
        """EuiccPackageRequest with these operations on profiles, or on eIMs."""
        self.counter += 1
        kind = "ecoList" if operations and operations[0][0].endswith("Eim") else "psmoList"
        signed = {
            "eimId": self.eim_id,
            "eidValue": self.euicc.eid,
            "counterValue": self.counter,
            "eimTransactionId": b"T1",
            "euiccPackage": (kind, list(operations)),
        } | changes
        tbs = iot.encode("EuiccPackageSigned", signed)
        signature = sign_raw(self.key, tbs + tlv.encode(0x84, b"\0"))
        return {"euiccPackageSigned": iot.decode("EuiccPackageSigned", tbs), "eimSignature": signature}

    def load(self, request: Value) -> Any:
        """The results, after the eUICC's signature was verified; or the name of the error."""
        kind, value = self.isdr.load_euicc_package(request)
        if kind == "euiccPackageErrorUnsigned":
            return "unsigned"
        is_result = kind == "euiccPackageResultSigned"
        signed = value["euiccPackageResultDataSigned" if is_result else "euiccPackageErrorDataSigned"]
        signature = value["euiccSignEPR" if is_result else "euiccSignEPE"]
        covered = signed.raw + tlv.encode(0x84, b"\0")
        expect(verify_raw(self.euicc.public_key, signature, covered), "the signature of the result is wrong")
        expect(signed["eimTransactionId"] == b"T1", "the result is of another transaction")
        if is_result:
            return signed["euiccResult"]
        names = iot.names("EuiccPackageErrorCode")
        return next(name for name, code in names.items() if code == signed["euiccPackageErrorCode"])

    def send(self, *operations: tuple[str, Any], **changes: Any) -> Any:
        return self.load(self.package(*operations, **changes))

    def settle(self) -> None:
        """After what asks for a REFRESH."""
        self.isdr.restart()

    def gives(self, wanted: list[tuple[str, Any]], *operations: tuple[str, Any]) -> None:
        """The operations of a package have these results."""
        found = self.send(*operations)
        expect(found == wanted, f"the results are {found} in place of {wanted}")


@contextmanager
def _bench(subject: Subject, **members: Any) -> Iterator[_Eim]:
    with serving(subject) as server:
        isdr = server.isdr
        require(not isdr.get_eim_configuration_data(), "the eUICC has an eIM, and takes no other")
        before, waiting = enabled(server), _results_of(isdr)
        server.profile()
        server.profile(SECOND_ICCID, **members)
        if before is not None:
            isdr.disable_profile(before["isdpAid"], refresh=False)
        try:
            yield _Eim(server)
        finally:
            isdr.restart()
            with suppress(CardError):
                isdr.iot_euicc_memory_reset("resetEimConfigData")
            for number in _results_of(isdr) - waiting:
                isdr.remove_notification_from_list(number)
            _go_back(isdr, before)


def _results_of(isdr: Isdr) -> set[int]:
    """Numbers of the results of packages that wait."""
    members = ("euiccPackageResultDataSigned", "euiccPackageErrorDataSigned")
    values = [value for _, value in isdr.retrieve_euicc_package_results()]
    return {value[name]["seqNumber"] for value in values for name in members if name in value}


def _go_back(isdr: Isdr, before: Value | None) -> None:
    for profile in isdr.get_profiles_info():
        if profile["profileState"] == 1:
            isdr.disable_profile(profile["isdpAid"], refresh=False)
    if before is not None:
        isdr.enable_profile(before["isdpAid"], refresh=False)


@contextmanager
def _eim(subject: Subject, **members: Any) -> Iterator[_Eim]:
    """The same, with the eIM added."""
    with _bench(subject, **members) as eim:
        eim.isdr.add_initial_eim([eim.configuration()])
        yield eim


# AddInitialEim, §5.9.4


def _added(subject: Subject) -> None:
    with _bench(subject) as eim:
        tokens = eim.isdr.add_initial_eim([eim.configuration(associationToken=-1)])
        expect(tokens[0] is not None, "no association token was made, though one was asked for")
        listed = [one["eimId"] for one in eim.isdr.get_eim_configuration_data()]
        expect(listed == [_EIM], f"the eIMs are {listed}")
        other = _Eim(eim.server, "other.example.com").configuration()
        call = lambda: eim.isdr.add_initial_eim([other])  # noqa: E731
        refused(call, "associatedEimAlreadyExists", "another first eIM")


def _not_added(subject: Subject) -> None:
    """All or none: a good one beside each that is refused is not added either."""
    with _bench(subject) as eim:
        for doing, name, changes in (
            ("without a key", "commandError", {"eimPublicKeyData": None}),
            ("with a key that is none", "commandError", {"eimPublicKeyData": ("eimPublicKey", b"\x30\x00")}),
            ("without a counter", "commandError", {"counterValue": None}),
            ("with a counter too high", "counterValueOutOfRange", {"counterValue": _TOO_HIGH}),
            ("under a CI that the eUICC has no certificate of", "ciPKUnknown", {"euiccCiPKId": bytes(20)}),
            ("with a token of its own", "invalidAssociationToken", {"associationToken": 5}),
        ):
            bad = _Eim(eim.server, "bad.example.com").configuration(**changes)
            pair = [eim.configuration(), bad]
            refused(lambda: eim.isdr.add_initial_eim(pair), name, f"an eIM {doing}")  # noqa: B023
            expect(not eim.isdr.get_eim_configuration_data(), f"beside an eIM {doing} another one is added")


# LoadEuiccPackage, §5.9.1


def _operations(subject: Subject) -> None:
    with _eim(subject) as eim:
        eim.gives([("enableResult", 0)], ("enable", _FIRST))
        eim.settle()
        (found,) = eim.isdr.get_profiles_info(("iccid", ICCID.to_bytes()))
        expect(found["profileState"] == 1, "the profile is not enabled")
        eim.gives([("disableResult", 0)], ("disable", _FIRST))
        eim.settle()
        eim.gives([("deleteResult", 0)], ("delete", _FIRST))
        expect(not eim.isdr.get_profiles_info(("iccid", ICCID.to_bytes())), "the profile is still there")


def _listing(subject: Subject) -> None:
    with _eim(subject) as eim:
        ((name, (kind, infos)),) = eim.send(("listProfileInfo", {}))
        expect((name, kind) == ("listProfileInfoResult", "profileInfoListOk"), f"{name} is {kind}")
        expect(ICCID.to_bytes() in [one["iccid"] for one in infos], "a profile is not listed")
        wanted = ("listProfileInfoResult", ("profileInfoListError", 1))
        eim.gives([wanted], ("listProfileInfo", {"tagList": b"\x9f"}))
        ((name, _),) = eim.send(("getRAT", {}))
        expect(name == "getRATResult", f"getRAT gives {name}")


def _refused_operations(subject: Subject) -> None:
    """iccidOrAidNotFound (1) and wrong states (2); what follows a failure is not carried out."""
    with _eim(subject) as eim:
        for operation in ("enable", "disable", "delete"):
            eim.gives([(f"{operation}Result", 1)], (operation, _NOBODY), ("delete", _FIRST))
        eim.gives([("disableResult", 2)], ("disable", _FIRST))
        expect(
            bool(eim.isdr.get_profiles_info(("iccid", ICCID.to_bytes()))),
            "what follows a failure is carried out",
        )
        eim.isdr.enable_profile(ICCID, refresh=False)
        eim.gives([("enableResult", 2)], ("enable", _FIRST))
        eim.gives([("deleteResult", 2)], ("delete", _FIRST))


def _strangers(subject: Subject) -> None:
    """An eIM that nobody added, and a wrong signature, are answered unsigned."""
    with _eim(subject) as eim:
        stranger = _Eim(eim.server, "stranger.example.com")
        expect(stranger.send(("getRAT", {})) == "unsigned", "a stranger's package is carried out")
        request = eim.package(("getRAT", {}))
        request["eimSignature"] = flipped(request["eimSignature"])
        expect(eim.load(request) == "unsigned", "a package with a wrong signature is carried out")


def _counters(subject: Subject) -> None:
    """Each package once, for this eUICC, with a counter in range."""
    with _eim(subject) as eim:
        request = eim.package(("getRAT", {}))
        eim.load(request)
        found = eim.load(request)
        expect(found == "replayError", f"the same package once more: {found} in place of replayError")
        for wanted, change in (("invalidEid", {"eidValue": bytes(16)}),
                               ("counterValueOutOfRange", {"counterValue": _TOO_HIGH})):  # fmt: skip
            found = eim.send(("getRAT", {}), **change)
            expect(found == wanted, f"{found} in place of {wanted}")
        eim.settle()
        expect(eim.load(request) == "replayError", "after a reset the same package is carried out again")


def _results(subject: Subject) -> None:
    """A result waits until it is removed, over a reset too."""
    with _eim(subject) as eim:
        eim.send(("getRAT", {}))
        eim.settle()
        waiting = eim.isdr.retrieve_euicc_package_results()
        expect(len(waiting) == 1, f"{len(waiting)} results wait in place of one")
        number = waiting[0][1]["euiccPackageResultDataSigned"]["seqNumber"]
        expect(bool(eim.isdr.retrieve_euicc_package_results(number)), "it is not found by its number")
        eim.isdr.remove_notification_from_list(number)
        expect(not eim.isdr.retrieve_euicc_package_results(), "it waits after it was removed")
        call = lambda: eim.isdr.remove_notification_from_list(number)  # noqa: E731
        refused(call, "nothingToDelete", "removing it once more")


def _eims(subject: Subject) -> None:
    """addEim, updateEim, listEim, deleteEim."""
    with _eim(subject) as eim:
        other = _Eim(eim.server, "other.example.com")
        eim.gives([("addEimResult", ("addEimResultCode", 0))], ("addEim", other.configuration()))
        eim.gives([("addEimResult", ("addEimResultCode", 2))], ("addEim", other.configuration()))
        eim.gives([("updateEimResult", 1)], ("updateEim", {"eimId": "nobody.example.com"}))
        eim.gives(
            [("updateEimResult", 0)], ("updateEim", {"eimId": other.eim_id, "eimFqdn": "new.example.com"})
        )
        ((_, (kind, listed)),) = other.send(("listEim", {}))
        names = [one["eimId"] for one in listed]
        expect((kind, names) == ("eimIdList", [_EIM, other.eim_id]), f"listEim gives {names}")
        other.gives([("deleteEimResult", 0)], ("deleteEim", {"eimId": _EIM}))
        other.gives([("deleteEimResult", 1)], ("deleteEim", {"eimId": _EIM}))
        other.gives([("deleteEimResult", 2)], ("deleteEim", {"eimId": other.eim_id}))


# The ways back, §5.9.15 to §5.9.21


def _rollback(subject: Subject) -> None:
    with _eim(subject) as eim:
        refused(lambda: eim.isdr.profile_rollback(refresh=False), "rollbackNotAllowed", "before any package")
        eim.isdr.enable_profile(ICCID, refresh=False)
        eim.gives([("enableResult", 0)], ("enable", {**_SECOND, "rollbackFlag": None}))
        eim.settle()
        eim.isdr.profile_rollback(refresh=False)
        (found,) = eim.isdr.get_profiles_info(("iccid", ICCID.to_bytes()))
        expect(found["profileState"] == 1, "the profile before is not enabled again")
        refused(lambda: eim.isdr.profile_rollback(refresh=False), "rollbackNotAllowed", "a second time")


def _fallback(subject: Subject) -> None:
    with _eim(subject, fallbackAllowed=True) as eim:
        isdr = eim.isdr
        refused(lambda: isdr.execute_fallback_mechanism(refresh=False), "fallbackNotAvailable", "without one")
        eim.gives([("setFallbackAttributeResult", 1)], ("setFallbackAttribute", _NOBODY))
        eim.gives([("setFallbackAttributeResult", 2)], ("setFallbackAttribute", _FIRST))
        eim.gives([("setFallbackAttributeResult", 0)], ("setFallbackAttribute", _SECOND))
        isdr.enable_profile(ICCID, refresh=False)
        isdr.execute_fallback_mechanism(refresh=False)
        (found,) = isdr.get_profiles_info(("iccid", SECOND_ICCID.to_bytes()))
        expect(found["profileState"] == 1, "the fallback profile is not enabled")
        eim.gives([("unsetFallbackAttributeResult", 3)], ("unsetFallbackAttribute", {}))
        isdr.return_from_fallback(refresh=False)
        (found,) = isdr.get_profiles_info(("iccid", ICCID.to_bytes()))
        expect(found["profileState"] == 1, "the profile before is not enabled again")
        eim.gives([("unsetFallbackAttributeResult", 0)], ("unsetFallbackAttribute", {}))


def _immediate(subject: Subject) -> None:
    with _bench(subject) as eim:
        isdr = eim.isdr
        isdr.configure_immediate_profile_enabling(enable=False)
        call = lambda: isdr.immediate_enable(refresh=False)  # noqa: E731
        refused(call, "immediateEnableNotAvailable", "where it is not configured")
        isdr.configure_immediate_profile_enabling()
        isdr.immediate_enable(refresh=False)
        (found,) = isdr.get_profiles_info(("iccid", SECOND_ICCID.to_bytes()))
        expect(found["profileState"] == 1, "the profile that was installed last is not enabled")
        isdr.configure_immediate_profile_enabling(enable=False)
        isdr.add_initial_eim([eim.configuration()])
        call = lambda: isdr.configure_immediate_profile_enabling()  # noqa: E731
        refused(call, "associatedEimAlreadyExists", "where an eIM does it")


def _emergency(subject: Subject) -> None:
    with _bench(subject) as eim:
        call = lambda: eim.isdr.enable_emergency_profile(refresh=False)  # noqa: E731
        refused(call, "ecallNotAvailable", "without an emergency profile")


def _certificates(subject: Subject) -> None:
    with subject.isdr() as isdr:
        certificate = Certificate.parse(isdr.get_certs()["euiccCertificate"])
        expect(certificate.eid == isdr.get_eid().to_bytes(), "the certificate names another EID than GetEID")
        refused(
            lambda: isdr.get_certs(bytes(20)), "invalidCiPKId", "a CI that the eUICC has no certificate of"
        )


def _reset_eims(subject: Subject) -> None:
    with _eim(subject) as eim:
        eim.isdr.iot_euicc_memory_reset("resetEimConfigData")
        expect(not eim.isdr.get_eim_configuration_data(), "the eIM is still there")
        expect(bool(eim.isdr.get_profiles_info(("iccid", ICCID.to_bytes()))), "a profile is gone")


def _row(
    function: str, title: str, clause: str, run: Callable[[Subject], None], *, changes: bool = True
) -> Check:
    needs = ("es10b", "iot", *(("server",) if changes else ()))
    return Check("iot", f"{function} {title}", f"SGP.32 §5.9.{clause}", run, needs, changes)


CHECKS = (
    _row("AddInitialEim", "adds the first eIM, once: associatedEimAlreadyExists", "4", _added),
    _row("AddInitialEim", "refuses what cannot be an eIM, all or none", "4", _not_added),
    _row("LoadEuiccPackage", "enables, disables and deletes", "1", _operations),
    _row("LoadEuiccPackage", "lists profiles and rules, and refuses half a tag", "1", _listing),
    _row("LoadEuiccPackage", "refuses what cannot be done, and ends there", "1", _refused_operations),
    _row("LoadEuiccPackage", "of a stranger, or with a wrong signature, is answered unsigned", "1",
         _strangers),
    _row("LoadEuiccPackage", "refuses: replayError, invalidEid, counterValueOutOfRange", "1", _counters),
    _row("LoadEuiccPackage", "adds, changes, lists and deletes eIMs", "1", _eims),
    _row("RetrieveNotificationsList", "has a package's result until it is removed", "11", _results),
    _row("ProfileRollback", "goes back where a package allowed it, once: rollbackNotAllowed", "16",
         _rollback),
    _row("ExecuteFallbackMechanism", "and the way back: fallbackNotAvailable", "20", _fallback),
    _row("ImmediateEnable", "where it is configured: immediateEnableNotAvailable", "15", _immediate),
    _row("EnableEmergencyProfile", "where there is none: ecallNotAvailable", "22", _emergency),
    _row("GetCerts", "gives certificates of the EID: invalidCiPKId", "10", _certificates, changes=False),
    _row("EuiccMemoryReset", "forgets eIMs, and leaves profiles", "5", _reset_eims),
)  # fmt: skip
"""The checks of this suite."""
