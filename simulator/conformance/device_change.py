"""A profile goes to another device and comes back, and what an SM-DS tells: PrepareDeviceChange,
VerifyDeviceChange, VerifySmdpResponse, VerifyProfileRecovery, VerifySmdsResponse (SGP.22 v3 §3.11, §5.7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from asn1 import rsp, tlv
from simulator.conformance.equipment import issuer
from simulator.conformance.model import Check, Subject, expect
from simulator.conformance.outcomes import Value, case, profile_of, refused
from simulator.conformance.server import DEVICE, ICCID, Server, flipped, serving
from simulator.crypto import issue
from simulator.crypto.bsp import Bsp, derive_session_keys
from simulator.crypto.certificates import Role
from simulator.crypto.ecc import one_time_key, public_bytes, shared_secret, verify_raw
from simulator.crypto.pki import CertificateAndKey

_CHANGE, _RECOVERY = "ctxParamsForDeviceChange", "ctxParamsForProfileRecovery"
_PUSH: Final = "ctxParamsForPushServiceRegistration"
_HOST: Final = b"conformance"
_TEMPLATE: Final[Value] = {"keyType": b"\x88", "keyLen": b"\x10", "hostId": _HOST}
_SEGMENT: Final = 0x87
_ANOTHER: Final = {"transactionId": b"another"}
Data = tuple[str, Any]


class _Changer:
    """The server of a profile that may change over it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.iccid = ICCID.to_bytes()
        self.otpk = b""

    @property
    def address(self) -> str:
        return self.server.equipment.address

    def authenticate(self, kind: str = _CHANGE, **context: Any) -> None:
        self.server.transaction = self.server.equipment.entropy(16)
        self.server.authenticate(context=(kind, {"deviceInfo": DEVICE, "iccid": self.iccid, **context}))

    def _message(self, kind: str, value: Value, after: int) -> Value:
        signed, signature = self.server.signed(kind, value, after)
        number = kind[-1]
        return {f"smdpSigned{number}": signed, f"smdpSignature{number}": signature}

    def offer(self, **members: Any) -> Value:
        return self._message("SmdpSigned4", {"ccRequiredFlag": False, **members}, 1)

    def later(self, **members: Any) -> Value:
        retry = {"retryDelay": 5, "dcSessionId": b"session"}
        return self._message("SmdpSigned6", {"requestSpecificData": ("retryData", retry), **members}, 1)

    def prepare(self, **changes: Any) -> None:
        """PrepareDeviceChange, whose signature is verified."""
        request = {**self.offer(), **changes}
        _, answer = self.server.isdr.prepare_device_change(request)
        signed, signature = answer["euiccSigned3"], answer["euiccSignature3"]
        assert self.server.euicc is not None
        covered = signed.raw + tlv.encode(0x5F37, request["smdpSignature4"])
        is_signed = verify_raw(self.server.euicc.public_key, signature, covered)
        expect(is_signed, "euiccSignature3 is not the eUICC's over euiccSigned3 and smdpSignature4")
        if "hashCc" in changes:
            expect(signed.get("hashCc") == changes["hashCc"], "euiccSigned3 has another hashCc")
        self.server.signatures[3] = signature
        self.otpk = signed.get("eacEuiccOtpk", b"")

    def data(self, **members: Any) -> Data:
        """DeviceChangeData, encrypted if the eUICC wants that."""
        value = {"iccid": self.iccid, "activationCodeForDc": f"1${self.address}$NEW", **members}
        if not self.otpk:
            return "deviceChangeData", value
        return self.encrypted(rsp.encode("DeviceChangeData", value))

    def encrypted(self, der: bytes, template: Value = _TEMPLATE, host: bytes = _HOST) -> Data:
        key = one_time_key(self.server.auth.certificate.curve, self.server.equipment.entropy)
        secret = shared_secret(key, self.otpk)
        keys = derive_session_keys(secret, host_id=host, eid=self.server.eid())
        segments = Bsp.from_keys(keys).protect_all(_SEGMENT, der)
        return "encryptedDeviceChangeData", {
            "controlRefTemplate": template,
            "eacSmdpOtpk": public_bytes(key),
            "sequenceOf87": [tlv.read(segment).value for segment in segments],
        }

    def answer(self, data: Data, **members: Any) -> Value:
        return self._message("SmdpSigned5", {"deviceChangeResponse": data, **members}, 3)

    def verify(self, data: Data, **members: Any) -> Value:
        return self.server.isdr.verify_device_change(self.answer(data, **members))


@contextmanager
def _changer(subject: Subject) -> Iterator[_Changer]:
    with serving(subject) as server:
        how = ("requestToDp", {"smdpAddressForDc": server.equipment.address})
        server.profile(deviceChangeConfiguration=how)
        yield _Changer(server)


Work = Callable[[_Changer], None]


def _with(work: Work) -> Callable[[Subject], None]:
    def run(subject: Subject) -> None:
        with _changer(subject) as changer:
            work(changer)

    return run


# AuthenticateServer for a change


def _not_configured(subject: Subject) -> None:
    """Only of a profile that is there and may change over a server: invalidIccid."""
    with serving(subject) as server:
        server.profile()
        for iccid in (ICCID.to_bytes(), bytes(10)):
            request = server.authentication(context=(_CHANGE, {"deviceInfo": DEVICE, "iccid": iccid}))
            call = lambda: server.isdr.authenticate_server(request)  # noqa: B023, E731
            refused(call, "invalidIccid", "a profile that may not change")


def _allowed_ci(subject: Subject) -> None:
    with serving(subject) as server:
        how = {"smdpAddressForDc": server.equipment.address, "allowedCiPKId": bytes(20)}
        server.profile(deviceChangeConfiguration=("requestToDp", how))
        request = server.authentication(context=(_CHANGE, {"deviceInfo": DEVICE, "iccid": ICCID.to_bytes()}))
        refused(lambda: server.isdr.authenticate_server(request), "ciPKUnknown", "a CI that is not allowed")


# PrepareDeviceChange


def _prepares(changer: _Changer) -> None:
    changer.authenticate()
    changer.prepare(hashCc=bytes(range(32)))
    first = changer.otpk
    changer.authenticate()
    changer.prepare()
    expect(not first or changer.otpk != first, "eacEuiccOtpk is the same in two sessions")


def _prepare_refusals(changer: _Changer) -> None:
    isdr = changer.server.isdr
    changer.authenticate(_RECOVERY)
    request = changer.offer()
    refused(lambda: isdr.prepare_device_change(request), "noSessionContext", "a session for something else")
    changer.authenticate()
    wrong = changer.offer() | {"smdpSignature4": bytes(64)}
    refused(lambda: isdr.prepare_device_change(wrong), "invalidSignature", "a wrong signature")
    other = changer.offer(**_ANOTHER)
    refused(lambda: isdr.prepare_device_change(other), "invalidTransactionId", "another transaction")
    changer.prepare()


# VerifyDeviceChange


def _deletes(changer: _Changer) -> None:
    changer.authenticate()
    changer.prepare()
    told = changer.verify(changer.data(deleteOldProfile=None, notificationAddress=changer.address))
    expect(told["activationCodeForDc"] == f"1${changer.address}$NEW", "another activation code comes back")
    isdr = changer.server.isdr
    expect(profile_of(isdr, changer.iccid) is None, "the profile is still there")
    waiting = [one.get("iccid") for one in isdr.list_notification("notificationDelete")]
    expect(changer.iccid in waiting, "the deletion does not wait to be told")


def _keeps(changer: _Changer) -> None:
    changer.authenticate()
    changer.prepare()
    changer.verify(changer.data())
    expect(profile_of(changer.server.isdr, changer.iccid) is not None, "the profile is gone")


def _verify_session(changer: _Changer) -> None:
    changer.server.signatures[3] = bytes(64)
    changer.authenticate()
    request = changer.answer(("deviceChangeData", {"iccid": changer.iccid, "activationCodeForDc": "1$a$b"}))
    call = lambda: changer.server.isdr.verify_device_change(request)  # noqa: E731
    refused(call, "noSession", "a change that was not prepared")


def _verify_refusals(changer: _Changer) -> None:
    """Whatever is refused leaves profile and session, so that the right one is taken then."""
    isdr = changer.server.isdr
    changer.authenticate()
    changer.prepare()
    right = changer.data(deleteOldProfile=None)
    wrong = changer.answer(right)
    wrong["smdpSignature5"] = flipped(wrong["smdpSignature5"])
    refused(lambda: isdr.verify_device_change(wrong), "invalidSignature", "a wrong signature")
    refused(lambda: changer.verify(right, **_ANOTHER), "invalidTransactionId", "another transaction")
    other = changer.data(iccid=bytes(10))
    refused(lambda: changer.verify(other), "invalidData", "data of another profile")
    expect(profile_of(isdr, changer.iccid) is not None, "a refused change deletes the profile")
    changer.verify(right)


def _verify_encryption(changer: _Changer) -> None:
    changer.authenticate()
    changer.prepare()
    if not changer.otpk:
        return
    der = rsp.encode("DeviceChangeData", {"iccid": changer.iccid, "activationCodeForDc": "1$a$b"})
    for doing, name, data in (
        (
            "another key type",
            "unsupportedCrtValues",
            changer.encrypted(der, {**_TEMPLATE, "keyType": b"\x80"}),
        ),
        (
            "another key length",
            "unsupportedCrtValues",
            changer.encrypted(der, {**_TEMPLATE, "keyLen": b"\x20"}),
        ),
        ("another host", "invalidData", changer.encrypted(der, host=b"other")),
        ("no data", "invalidData", changer.encrypted(b"")),
    ):
        refused(lambda: changer.verify(data), name, doing)  # noqa: B023
    clear = ("deviceChangeData", {"iccid": changer.iccid, "activationCodeForDc": "1$a$b"})
    refused(lambda: changer.verify(clear), "invalidData", "data in clear")
    changer.verify(changer.data())


def _verify_enabled(changer: _Changer) -> None:
    """An enabled profile is disabled first; the session outlives that."""
    isdr = changer.server.isdr
    others = [one for one in isdr.get_profiles_info() if one["profileState"] == 1]
    changer.authenticate()
    changer.prepare()
    isdr.enable_profile(ICCID, refresh=False)
    data = changer.data(deleteOldProfile=None)
    try:
        refused(lambda: changer.verify(data), "profileNotInDisabledState", "an enabled profile")
    finally:
        isdr.disable_profile(ICCID, refresh=False)
    changer.verify(data)
    for one in others:
        isdr.enable_profile(one["isdpAid"], refresh=False)


# VerifySmdpResponse, VerifyProfileRecovery, VerifySmdsResponse


def _later(changer: _Changer) -> None:
    isdr = changer.server.isdr
    changer.authenticate()
    isdr.verify_smdp_response(request := changer.later())
    refused(lambda: isdr.verify_smdp_response(request), "noSession", "a second time")
    changer.authenticate()
    other = changer.later(**_ANOTHER)
    refused(lambda: isdr.verify_smdp_response(other), "invalidTransactionId", "another transaction")
    wrong = changer.later() | {"smdpSignature6": bytes(64)}
    refused(lambda: isdr.verify_smdp_response(wrong), "invalidSignature", "a wrong signature")
    changer.authenticate(_RECOVERY)
    request = changer.later()
    refused(lambda: isdr.verify_smdp_response(request), "noSession", "a session for something else")


def _recovery(changer: _Changer) -> None:
    isdr = changer.server.isdr
    code = {"activationCodeForProfileRecovery": f"1${changer.address}$BACK"}
    changer.authenticate(_RECOVERY)
    isdr.verify_profile_recovery(request := changer.offer(**code))
    refused(lambda: isdr.verify_profile_recovery(request), "noSession", "a second time")
    changer.authenticate(_RECOVERY)
    other = changer.offer(**code, **_ANOTHER)
    refused(lambda: isdr.verify_profile_recovery(other), "invalidTransactionId", "another transaction")
    wrong = changer.offer(**code) | {"smdpSignature4": bytes(64)}
    refused(lambda: isdr.verify_profile_recovery(wrong), "invalidSignature", "a wrong signature")
    changer.authenticate()
    request = changer.offer(**code)
    refused(lambda: isdr.verify_profile_recovery(request), "noSession", "a session for something else")


def _events(subject: Subject) -> None:
    """The list of events of an SM-DS is believed once; not under another signature or transaction."""
    with serving(subject) as server:
        bench, isdr = server.equipment, server.isdr
        key = one_time_key(server.auth.certificate.curve, bench.entropy)
        der = issue.server_certificate(
            issuer(server.branch.ci), key.public_key(), Role.DS_AUTH, issue.DS_OID,
            entropy=bench.entropy, now=bench.clock(),
        )  # fmt: skip
        context = (_PUSH, {"selectedPushService": "2.999.70.1", "pushToken": "token"})
        server.authenticate(server=CertificateAndKey(der, key), context=context)
        content: Value = {"requestSpecificData": ("eventList", {"eventEntries": []})}
        other = server.signed("SmdsSigned2", {**content, **_ANOTHER}, 1, key)
        refused(lambda: isdr.verify_smds_response(*other), "invalidTransactionId", "another transaction")
        signed, signature = server.signed("SmdsSigned2", content, 1, key)
        refused(lambda: isdr.verify_smds_response(signed, bytes(64)), "invalidSignature", "a wrong signature")
        isdr.verify_smds_response(signed, signature)
        refused(lambda: isdr.verify_smds_response(signed, signature), "noSession", "a second time")


def _row(function: str, title: str, run: Callable[[Subject], None]) -> Check:
    needs = ("es10b", "version3", "server")
    return Check("version3", f"{function} {title}", "SGP.22 v3 §5.7", run, needs, True, case(function))


CHECKS = (
    _row("AuthenticateServer", "for a change of a profile that may not: invalidIccid", _not_configured),
    _row("AuthenticateServer", "for a change under a CI that is not allowed: ciPKUnknown", _allowed_ci),
    _row("PrepareDeviceChange", "signs the code and a new one-time key", _with(_prepares)),
    _row("PrepareDeviceChange", "refuses: noSessionContext, invalidSignature, invalidTransactionId",
         _with(_prepare_refusals)),
    _row("VerifyDeviceChange", "deletes the profile, and that is told", _with(_deletes)),
    _row("VerifyDeviceChange", "leaves a profile that is to stay", _with(_keeps)),
    _row("VerifyDeviceChange", "needs a change that was prepared: noSession", _with(_verify_session)),
    _row("VerifyDeviceChange", "refuses: invalidSignature, invalidTransactionId, invalidData",
         _with(_verify_refusals)),
    _row("VerifyDeviceChange", "refuses data that do not open: unsupportedCrtValues, invalidData",
         _with(_verify_encryption)),
    _row("VerifyDeviceChange", "of an enabled profile: profileNotInDisabledState", _with(_verify_enabled)),
    _row("VerifySmdpResponse", "is taken once: noSession, invalidSignature, invalidTransactionId",
         _with(_later)),
    _row("VerifyProfileRecovery", "is taken once: noSession, invalidSignature, invalidTransactionId",
         _with(_recovery)),
    _row("VerifySmdsResponse", "is taken once: noSession, invalidSignature, invalidTransactionId", _events),
)  # fmt: skip
"""The checks of this suite about device change and discovery."""
