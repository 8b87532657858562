"""A server that plays by the rules of RSP but for the one thing that a check is about (SGP.22 §3.0.1, §5.5).

It is written from `simulator.crypto` alone, so that each message can be wrong in one place and right in all
others. What it does to a card is taken back: profiles of its are deleted, notifications removed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from asn1 import rsp, tlv
from cards.apdu import SHORT_DATA_LIMIT
from cards.errors import CardError
from cards.identities import Iccid
from cards.isdr import Isdr
from cards.isdr.errors import InstallationError
from simulator.conformance.equipment import Equipment, issuer
from simulator.conformance.model import Subject, expect
from simulator.conformance.outcomes import Value, is_version_3, profile_of
from simulator.crypto.bsp import Bsp, SessionKeys, derive_session_keys
from simulator.crypto.certificates import Certificate
from simulator.crypto.ecc import one_time_key, public_bytes, shared_secret, sign_raw, verify_raw
from simulator.crypto.pki import CertificateAndKey, TestPki
from simulator.crypto.spoilt import Defect, spoilt
from simulator.smdp.metadata import NotificationConfiguration, PackageHeader, ProfileMetadata, ProfileOwner

ICCID: Final = Iccid.with_check_digit("899990000000009990")
"""Of the profile that checks install."""
SECOND_ICCID: Final = Iccid.with_check_digit("899990000000009991")
"""Of another one, where a check needs two."""
OWNER: Final = ProfileOwner("99970")
COMMON: Final = "ctxParamsForCommonAuthentication"
DEVICE: Final[Value] = {"tac": b"\x35\x29\x06\x11", "deviceCapabilities": {}}
ALL_EVENTS: Final = ("enable", "disable", "delete")
_SIGNATURE, _EUICC_OTPK = 0x5F37, 0x5F49
_HOST: Final = b"conformance"
_PPK: Final = SessionKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
REPLACE_KEYS: Final = rsp.encode(
    "ReplaceSessionKeysRequest",
    {"initialMacChainingValue": _PPK.initial_mcv, "ppkEnc": _PPK.s_enc, "ppkCmac": _PPK.s_mac},
)


@cache
def package(iccid: Iccid = ICCID, *, is_test: bool = False) -> bytes:
    """A profile package, DER. A test profile's key is one that SGP.22 lets it have."""
    from simulator.profile import build, describe

    changes: dict[str, Any] = {"iccid": str(iccid)}
    subscription = describe.load_shipped("test-operator")
    if is_test:
        authentication = subscription.authentication.model_copy(update={"key": bytes(range(16))})
        changes["authentication"] = authentication
    return build.build_package(subscription.model_copy(update=changes))


def metadata(upp: bytes, address: str, **members: Any) -> bytes:
    """StoreMetadataRequest for a package, DER, with further members of it."""
    made = ProfileMetadata(owner=OWNER, notifications=(NotificationConfiguration(address, ALL_EVENTS),))
    value = rsp.decode("StoreMetadataRequest", made.encode(PackageHeader.read(upp), address))
    return rsp.encode("StoreMetadataRequest", {**value, **members})


@dataclass
class Package:
    """What a bound profile package is made of. A check exchanges some of it."""

    upp: bytes
    metadata: bytes
    operation: int = 1
    transaction: bytes | None = None
    key_type: bytes = b"\x88"
    key_length: bytes = b"\x10"
    point: bytes = b""
    """In place of otPK.DP.ECKA."""
    spoils_signature: bool = False
    configure: bytes = rsp.encode("ConfigureISDPRequest", {})
    replace_keys: bytes | None = None
    order: str = "0123"
    """Sequences 'A0' to 'A3' in the order in which they are sent; 2 only if there are keys to replace."""
    spoilt: dict[str, int] = field(default_factory=dict)
    """Sequence → byte of its contents that is wrong, counted from the end if negative."""
    upp_keys: SessionKeys = _PPK
    """Keys that protect the package, if it says that keys are replaced."""


def pieces(bound: bytes) -> list[bytes]:
    """A package as an LPA cuts it (§2.5.5), whatever the order of its sequences."""
    _, start, _ = tlv.read_header(bound, 0)
    first = start + tlv.read(bound[start:]).end
    found, rest = [bound[:first]], bound[first:]
    while rest:
        _, start, end = tlv.read_header(rest, 0)
        sequence, rest = rest[:end], rest[end:]
        if sequence[0] in (0xA0, 0xA2):
            found.append(sequence)
            continue
        found.append(sequence[:start])
        while start < end:
            segment = tlv.read(sequence[start:]).end
            found.append(sequence[start : start + segment])
            start += segment
    return found


class Server:
    """One server in front of one eUICC."""

    def __init__(self, isdr: Isdr, equipment: Equipment) -> None:
        self.isdr, self.equipment = isdr, equipment
        info = isdr.get_euicc_info1()
        self.branch = equipment.branch(info["euiccCiPKIdListForVerification"])
        signing: list[bytes] = info["euiccCiPKIdListForSigning"]
        own = self.branch.ci_key_id
        self.signing_ci = own if own in signing else signing[0]
        assert self.branch.dp_auth is not None, "Equipment.branch looks for it"
        assert self.branch.dp_pb is not None, "Equipment.branch looks for it"
        self.auth: CertificateAndKey = self.branch.dp_auth
        self.binding: CertificateAndKey = self.branch.dp_pb
        self.is_v3 = is_version_3(isdr)
        self.transaction = equipment.entropy(16)
        self.signatures: dict[int, bytes] = {}
        """euiccSignature1, 2 and 3 of the session."""
        self.euicc: Certificate | None = None
        """CERT.EUICC.ECDSA, once the eUICC has proved itself."""
        self.euicc_otpk = b""

    # Common mutual authentication

    def authentication(self, **changes: Any) -> Value:
        """AuthenticateServerRequest. `changes`: challenge, transaction, server (certificate and key), key,
        signature, ci, context, others, lists, signed (further members of serverSigned1)."""
        server: CertificateAndKey = changes.get("server", self.auth)
        signed = {
            "transactionId": changes.get("transaction", self.transaction),
            "euiccChallenge": changes.get("challenge") or self.isdr.get_euicc_challenge(),
            "serverAddress": self.equipment.address,
            "serverChallenge": self.equipment.entropy(16),
            **changes.get("signed", {}),
        }
        raw = rsp.encode("ServerSigned1", signed)
        key = changes.get("key") or server.require_key()
        request: Value = {
            "serverSigned1": rsp.decode("ServerSigned1", raw),
            "serverSignature1": changes.get("signature") or sign_raw(key, raw),
            "euiccCiPKIdToBeUsed": changes.get("ci", self.signing_ci),
            "serverCertificate": server.certificate_der,
            "ctxParams1": changes.get("context", (COMMON, {"deviceInfo": DEVICE})),
        }
        for member, name in (("others", "otherCertsInChain"), ("lists", "crlList")):
            if member in changes:
                request[name] = list(changes[member])
        return request

    def authenticate(self, **changes: Any) -> Value:
        """Have the eUICC believe the server; AuthenticateResponseOk, whose signature is verified."""
        _, answer = self.isdr.authenticate_server(self.authentication(**changes))
        signed, signature = answer["euiccSigned1"], answer["euiccSignature1"]
        self.euicc = Certificate.parse(answer["euiccCertificate"])
        expect(self._is_signed(signature, signed.raw), "euiccSignature1 is not the eUICC's over euiccSigned1")
        expect(signed["transactionId"] == self.transaction, "euiccSigned1 has another transactionId")
        self.signatures[1] = signature
        return dict(answer)

    def _is_signed(self, signature: bytes, data: bytes) -> bool:
        assert self.euicc is not None, "the eUICC has proved itself"
        return verify_raw(self.euicc.public_key, signature, data)

    def signed(self, kind: str, value: Value, after: int, key: Any = None) -> tuple[Any, bytes]:
        """A member that the server signs, and the signature over it and over the eUICC's signature of that
        number."""
        raw = rsp.encode(kind, {"transactionId": self.transaction, **value})
        key = key or self.auth.require_key()
        return rsp.decode(kind, raw), sign_raw(key, raw + tlv.encode(_SIGNATURE, self.signatures[after]))

    # Download

    def preparation(self, **changes: Any) -> Value:
        """PrepareDownloadRequest. `changes`: server (certificate and key), key, signature, signed (members of
        smdpSigned2), hash_cc."""
        server: CertificateAndKey = changes.get("server", self.binding)
        key = changes.get("key") or server.require_key()
        value = {"ccRequiredFlag": False, **changes.get("signed", {})}
        signed, signature = self.signed("SmdpSigned2", value, 1, key)
        request = {
            "smdpSigned2": signed,
            "smdpSignature2": changes.get("signature") or signature,
            "smdpCertificate": server.certificate_der,
        }
        return request | ({"hashCc": changes["hash_cc"]} if "hash_cc" in changes else {})

    def prepare(self, **changes: Any) -> Value:
        """Have the eUICC make its one-time key; EUICCSigned2, whose signature is verified."""
        request = self.preparation(**changes)
        _, answer = self.isdr.prepare_download(request)
        signed = answer["euiccSigned2"]
        covered = signed.raw + tlv.encode(_SIGNATURE, request["smdpSignature2"])
        expect(
            self._is_signed(answer["euiccSignature2"], covered),
            "euiccSignature2 is not the eUICC's over euiccSigned2 and smdpSignature2",
        )
        self.euicc_otpk = signed["euiccOtpk"]
        return dict(signed)

    def bind(self, wanted: Package) -> bytes:
        """The bound profile package."""
        curve = self.binding.certificate.curve
        own = one_time_key(curve, self.equipment.entropy)
        secret = shared_secret(own, self.euicc_otpk)
        bsp = Bsp.from_keys(derive_session_keys(secret, host_id=_HOST, eid=self.eid()))
        sequences = {
            "0": b"".join(bsp.protect_all(0x87, wanted.configure)),
            "1": b"".join(bsp.mac_only_all(0x88, wanted.metadata)),
        }
        if wanted.replace_keys is not None:
            sequences["2"] = b"".join(bsp.protect_all(0x87, wanted.replace_keys))
            bsp = Bsp.from_keys(wanted.upp_keys)
        sequences["3"] = b"".join(bsp.protect_all(0x86, wanted.upp))
        for name, place in wanted.spoilt.items():
            sequences[name] = flipped(sequences[name], place)
        names = [name for name in wanted.order if name in sequences]
        body = b"".join(tlv.encode(0xA0 + int(name), sequences[name]) for name in names)
        return tlv.encode(0xBF36, self._initialise(wanted, public_bytes(own)) + body)

    def eid(self) -> bytes:
        """The EID, as the eUICC's certificate has it."""
        assert self.euicc is not None, "the eUICC has proved itself"
        return self.euicc.eid

    def _initialise(self, wanted: Package, point: bytes) -> bytes:
        transaction = self.transaction if wanted.transaction is None else wanted.transaction
        members = tlv.encode(0x82, bytes((wanted.operation,))) + tlv.encode(0x80, transaction)
        template = tlv.encode(0x80, wanted.key_type) + tlv.encode(0x81, wanted.key_length)
        members += tlv.encode(0xA6, template + tlv.encode(0x84, _HOST))
        members += tlv.encode(_EUICC_OTPK, wanted.point or point)
        signature = sign_raw(self.binding.require_key(), members + tlv.encode(_EUICC_OTPK, self.euicc_otpk))
        signature = flipped(signature) if wanted.spoils_signature else signature
        return tlv.encode(0xBF23, members + tlv.encode(_SIGNATURE, signature))

    def load(self, wanted: Package) -> Value:
        """ProfileInstallationResultData of the first piece that is answered; its signature is verified."""
        for piece in pieces(self.bind(wanted)):
            answer = self.isdr.store_data(piece)
            if answer:
                return self.result(answer)
        expect(False, "the eUICC took the whole package and gave no result")
        raise AssertionError  # for the type checker

    def result(self, answer: bytes) -> Value:
        """ProfileInstallationResultData, whose signature is verified."""
        result = self.isdr.decode("ProfileInstallationResult", answer)
        data = result["profileInstallationResultData"]
        is_signed = self._is_signed(result["euiccSignPIR"], data.raw)
        expect(is_signed, "euiccSignPIR is not the eUICC's over its result")
        expect(data["transactionId"] == self.transaction, "the result is of another transaction")
        return dict(data)

    def install(self, wanted: Package) -> None:
        """A whole download of a package that must install."""
        self.transaction = self.equipment.entropy(16)
        self.authenticate()
        self.prepare()
        kind, value = self.load(wanted)["finalResult"]
        if kind != "successResult":
            raise InstallationError({"profileInstallationResultData": {"finalResult": (kind, value)}})

    # Certificates that are not as they should be

    def spoilt(self, item: CertificateAndKey, defect: Defect) -> CertificateAndKey:
        """The certificate with this defect, otherwise issued by the CI as it should be."""
        bench = self.equipment
        return spoilt(item, defect, issuer(self.branch.ci), entropy=bench.entropy, now=bench.clock())

    def foreign(self, name: str) -> CertificateAndKey:
        """A certificate of a PKI that nobody trusts."""
        bench = self.equipment
        curves = [self.auth.certificate.curve]
        other = TestPki.create(entropy=bench.entropy, now=bench.clock(), curves=curves)
        return next(iter(other.branches.values())).items[name]

    # A profile

    def profile(self, iccid: Iccid = ICCID, *, is_test: bool = False, **members: Any) -> Value:
        """Install a profile with these members of its metadata; its ProfileInfo."""
        upp = package(iccid, is_test=is_test)
        if is_test:
            members = {"profileClass": 0, **members}
        self.install(Package(upp, metadata(upp, self.equipment.address, **members)))
        found = profile_of(self.isdr, iccid.to_bytes())
        expect(found is not None, "the profile is not listed after its installation")
        assert found is not None
        return found


def flipped(data: bytes, at: int = -1) -> bytes:
    """The same but for the lowest bit of one byte."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def with_server(work: Callable[[Server], None]) -> Callable[[Subject], None]:
    """What a check does that needs the server alone."""

    def run(subject: Subject) -> None:
        with serving(subject) as server:
            work(server)

    return run


@contextmanager
def serving(
    subject: Subject, *, segment_length: int = SHORT_DATA_LIMIT, device_capabilities: int = 0
) -> Iterator[Server]:
    """A server before the card, whose messages come in blocks of `segment_length`; the device announces
    `device_capabilities`. Afterwards its profiles are gone, and the notifications that came meanwhile."""
    opened = Isdr(subject.link, segment_length=segment_length)
    opened.device_capabilities = device_capabilities
    with opened as isdr:
        clean(isdr)
        before = {item["seqNumber"] for item in isdr.list_notification()}
        made = Server(isdr, subject.bench)
        try:
            yield made
        finally:
            with suppress(CardError):
                clean(isdr)
                forget_notifications(isdr, before)


def forget_notifications(isdr: Isdr, before: set[int]) -> None:
    """Remove the notifications that came since."""
    for item in isdr.list_notification():
        if item["seqNumber"] not in before:
            isdr.remove_notification_from_list(item["seqNumber"])


def clean(isdr: Isdr, iccids: Sequence[Iccid] = (ICCID, SECOND_ICCID)) -> None:
    """Delete the profiles of checks; the one that is enabled is disabled before."""
    for iccid in iccids:
        profile = profile_of(isdr, iccid.to_bytes())
        if profile is None:
            continue
        if profile["profileState"] == 1:
            isdr.disable_profile(profile["isdpAid"], refresh=False)
        isdr.delete_profile(profile["isdpAid"])
