"""Every way in which an installation can fail: at which command of the package, for which reason
(SGP.22 §2.5.6).

Packages are bound here by hand, so that each can be wrong in one place and right in all others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from asn1 import rsp, tlv
from simulator.crypto.bsp import Bsp, SessionKeys, derive_session_keys
from simulator.crypto.ecc import (
    Curve,
    one_time_key,
    public_bytes,
    shared_secret,
    sign_raw,
    verify_raw,
)
from simulator.euicc import Euicc
from simulator.euicc.core import Session
from simulator.euicc.features import Features
from simulator.euicc.installation import BppCommand, Reason
from simulator.profile import build, describe
from simulator.smdp.metadata import PackageHeader, ProfileMetadata
from tests.simulator.conftest import ADDRESS, Bench, entropy

TRANSACTION = bytes(range(16))
KEYS = SessionKeys(bytes(range(16)), bytes(range(16, 32)), bytes(range(32, 48)))
HOST = b"host"
OWNER = {"mccMnc": bytes.fromhex("99F907")}
UPP = build.build_package(describe.load_shipped("home-operator"))
OTHER_UPP = build.build_package(describe.load_shipped("travel-operator"))


@dataclass
class Package:
    """What a bound profile package is made of. A case exchanges some of it."""

    metadata: bytes
    operation: int = 1
    transaction: bytes = TRANSACTION
    key_type: bytes = b"\x88"
    key_length: bytes = b"\x10"
    point: bytes = b""
    """In place of otPK.DP.ECKA."""
    spoil_signature: bool = False
    configure: bytes = rsp.encode("ConfigureISDPRequest", {})
    replace_keys: bytes | None = None
    order: str = "0123"
    """Sequences 'A0' to 'A3' in the order they are sent; 2 only if there are keys to replace."""
    upp: bytes = UPP
    spoil: dict[str, int] = field(default_factory=dict)
    """Sequence → byte of its contents that is wrong, counted from the end if negative."""
    upp_keys: SessionKeys | None = None
    """Keys that protect the package, if not those that it says."""

    def bind(self, euicc: Euicc, pb_key: Any) -> bytes:
        session = euicc.core.session
        assert session is not None
        own = one_time_key(Curve.NIST_P256, entropy("server"))
        secret = shared_secret(own, session.one_time_point)
        bsp = Bsp.from_keys(derive_session_keys(secret, host_id=HOST, eid=euicc.core.identity.eid))
        sequences = {
            "0": b"".join(bsp.protect_all(0x87, self.configure)),
            "1": b"".join(bsp.mac_only_all(0x88, self.metadata)),
        }
        if self.replace_keys is not None:
            sequences["2"] = b"".join(bsp.protect_all(0x87, self.replace_keys))
            bsp = Bsp.from_keys(self.upp_keys or KEYS)
        sequences["3"] = b"".join(bsp.protect_all(0x86, self.upp))
        for name, place in self.spoil.items():
            damaged = bytearray(sequences[name])
            damaged[place] ^= 0x01
            sequences[name] = bytes(damaged)
        body = b"".join(
            tlv.encode(0xA0 + int(name), sequences[name]) for name in self.order if name in sequences
        )
        return tlv.encode(0xBF36, self._initialise(public_bytes(own), session, pb_key) + body)

    def _initialise(self, point: bytes, session: Session, pb_key: Any) -> bytes:
        members = tlv.encode(0x82, bytes((self.operation,))) + tlv.encode(0x80, self.transaction)
        template = tlv.encode(0x80, self.key_type) + tlv.encode(0x81, self.key_length)
        members += tlv.encode(0xA6, template + tlv.encode(0x84, HOST))
        members += tlv.encode(0x5F49, self.point or point)
        signature = sign_raw(pb_key, members + tlv.encode(0x5F49, session.one_time_point))
        if self.spoil_signature:
            signature = signature[:-1] + bytes((signature[-1] ^ 1,))
        return tlv.encode(0xBF23, members + tlv.encode(0x5F37, signature))


def metadata(upp: bytes = UPP, **members: Any) -> bytes:
    """StoreMetadataRequest for a package."""
    made = rsp.decode("StoreMetadataRequest", ProfileMetadata().encode(PackageHeader.read(upp), ADDRESS))
    return rsp.encode("StoreMetadataRequest", {**made, **members})


@pytest.fixture
def prepared(bench: Bench) -> Bench:
    """An eUICC that has prepared a download."""
    core = bench.euicc.core
    credential = core.identity.credentials[0]
    server = next(one for one in bench.smdp.identity.credentials if one.curve is Curve.NIST_P256)
    key = one_time_key(Curve.NIST_P256, entropy("card"))
    core.session = Session(
        bytes(16),
        transaction_id=TRANSACTION,
        server_address=ADDRESS,
        server_oid="2.999.10",
        credential=credential,
        pb_certificate=server.pb_certificate,
        one_time_key=key,
        one_time_point=public_bytes(key),
    )
    return bench


def pieces(bound: bytes) -> list[bytes]:
    """The package as an LPA cuts it (§2.5.5), whatever the order of its sequences."""
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


def install(bench: Bench, package: Package) -> dict[str, Any]:
    """ProfileInstallationResultData of the first piece that is answered."""
    server = next(one for one in bench.smdp.identity.credentials if one.curve is Curve.NIST_P256)
    for piece in pieces(package.bind(bench.euicc, server.pb_key)):
        answer = bench.euicc.isdr.execute(piece)
        if answer:
            data: dict[str, Any] = rsp.decode("ProfileInstallationResult", answer)[
                "profileInstallationResultData"
            ]
            return data
    raise AssertionError("no piece was answered")


PPR = {"profilePolicyRules": (b"\x40", 2), "profileOwner": OWNER}
REPLACE = rsp.encode(
    "ReplaceSessionKeysRequest",
    {"initialMacChainingValue": KEYS.initial_mcv, "ppkEnc": KEYS.s_enc, "ppkCmac": KEYS.s_mac},
)

Setting = Callable[[Bench], Any]
CASES: list[tuple[BppCommand, Reason, dict[str, Any], Setting | None]] = [
    (
        BppCommand.INITIALISE_SECURE_CHANNEL,
        Reason.INCORRECT_INPUT_VALUES,
        {"point": b"\x04" + bytes(64)},
        None,
    ),
    (BppCommand.INITIALISE_SECURE_CHANNEL, Reason.INVALID_SIGNATURE, {"spoil_signature": True}, None),
    (BppCommand.INITIALISE_SECURE_CHANNEL, Reason.INVALID_TRANSACTION_ID, {"transaction": bytes(16)}, None),
    (BppCommand.INITIALISE_SECURE_CHANNEL, Reason.UNSUPPORTED_CRT_VALUES, {"key_type": b"\x80"}, None),
    (BppCommand.INITIALISE_SECURE_CHANNEL, Reason.UNSUPPORTED_CRT_VALUES, {"key_length": b"\x20"}, None),
    (BppCommand.INITIALISE_SECURE_CHANNEL, Reason.UNSUPPORTED_REMOTE_OPERATION_TYPE, {"operation": 2}, None),
    (BppCommand.INITIALISE_SECURE_CHANNEL, Reason.SCP03T_STRUCTURE_ERROR, {"order": "103"}, None),
    (BppCommand.CONFIGURE_ISDP, Reason.INCORRECT_INPUT_VALUES, {"configure": b"\xbf\x24\x01"}, None),
    (BppCommand.CONFIGURE_ISDP, Reason.SCP03T_STRUCTURE_ERROR, {"spoil": {"0": 0}}, None),
    (BppCommand.CONFIGURE_ISDP, Reason.SCP03T_STRUCTURE_ERROR, {"order": "031"}, None),
    (BppCommand.CONFIGURE_ISDP, Reason.SCP03T_SECURITY_ERROR, {"spoil": {"0": -1}}, None),
    (BppCommand.STORE_METADATA, Reason.INCORRECT_INPUT_VALUES, {"metadata": b"\xbf\x25\x02\x5a\x00"}, None),
    (BppCommand.STORE_METADATA, Reason.SCP03T_STRUCTURE_ERROR, {"spoil": {"1": 0}}, None),
    (BppCommand.STORE_METADATA, Reason.SCP03T_SECURITY_ERROR, {"spoil": {"1": -1}}, None),
    (
        BppCommand.STORE_METADATA,
        Reason.UNSUPPORTED_PROFILE_CLASS,
        {"metadata": metadata(profileClass=0)},
        lambda bench: setattr(bench.euicc.core, "features", Features(test_profiles=False)),
    ),
    (
        BppCommand.STORE_METADATA,
        Reason.PPR_NOT_ALLOWED,
        {"metadata": metadata(**PPR)},
        lambda bench: setattr(bench.euicc.core, "features", Features(rules=())),
    ),
    (
        BppCommand.REPLACE_SESSION_KEYS,
        Reason.INCORRECT_INPUT_VALUES,
        {"replace_keys": REPLACE[:-1]},
        None,
    ),
    (
        BppCommand.REPLACE_SESSION_KEYS,
        Reason.SCP03T_STRUCTURE_ERROR,
        {"replace_keys": REPLACE, "spoil": {"2": 0}},
        None,
    ),
    (
        BppCommand.REPLACE_SESSION_KEYS,
        Reason.SCP03T_SECURITY_ERROR,
        {"replace_keys": REPLACE, "spoil": {"2": -1}},
        None,
    ),
    (BppCommand.LOAD_PROFILE_ELEMENTS, Reason.SCP03T_STRUCTURE_ERROR, {"spoil": {"3": 0}}, None),
    (BppCommand.LOAD_PROFILE_ELEMENTS, Reason.SCP03T_SECURITY_ERROR, {"spoil": {"3": -1}}, None),
    (
        BppCommand.LOAD_PROFILE_ELEMENTS,
        Reason.SCP03T_SECURITY_ERROR,
        {"replace_keys": REPLACE, "upp_keys": SessionKeys(*([bytes(16)] * 3))},
        None,
    ),
    (
        BppCommand.LOAD_PROFILE_ELEMENTS,
        Reason.INSUFFICIENT_MEMORY,
        {},
        lambda bench: setattr(bench.euicc.core.registry, "memory", len(UPP) - 1),
    ),
    (BppCommand.LOAD_PROFILE_ELEMENTS, Reason.PE_PROCESSING_ERROR, {"upp": UPP[:-1]}, None),
    (BppCommand.LOAD_PROFILE_ELEMENTS, Reason.DATA_MISMATCH, {"upp": OTHER_UPP}, None),
    (BppCommand.LOAD_PROFILE_ELEMENTS, Reason.INVALID_NAA_KEY, {"metadata": metadata(profileClass=0)}, None),
]


@pytest.mark.parametrize(
    ("command", "reason", "changes", "setting"),
    CASES,
    ids=[f"{command.name}-{reason.name}-{number}" for number, (command, reason, *_) in enumerate(CASES)],
)
def test_a_failure_is_named_signed_and_leaves_nothing(
    prepared: Bench, command: BppCommand, reason: Reason, changes: dict[str, Any], setting: Setting | None
) -> None:
    core = prepared.euicc.core
    if setting is not None:
        setting(prepared)
    kind, error = install(prepared, replace(Package(metadata()), **changes))["finalResult"]
    assert kind == "errorResult"
    assert (error["bppCommandId"], error["errorReason"]) == (command, reason)
    assert ("simaResponse" in error) is (reason is Reason.PE_PROCESSING_ERROR)
    [pending] = core.notifications.pending
    _, offset, _ = tlv.read_header(pending.der, 0)
    data = pending.der[offset : tlv.read(pending.der[offset:]).end + offset]
    key = core.identity.credentials[0].key.public_key()
    assert verify_raw(key, pending.der[-64:], data)
    assert not core.registry.profiles
    assert core.session is None


@pytest.mark.parametrize("keys", [None, REPLACE])
def test_the_same_package_without_a_fault_installs(prepared: Bench, keys: bytes | None) -> None:
    kind, _ = install(prepared, Package(metadata(), replace_keys=keys))["finalResult"]
    assert kind == "successResult"
    [profile] = prepared.euicc.core.registry.profiles
    assert profile.package == UPP


def test_the_iccid_is_there_already(prepared: Bench) -> None:
    session = prepared.euicc.core.session
    prepared.download(UPP)
    prepared.euicc.core.session = session
    error = {"bppCommandId": BppCommand.STORE_METADATA, "errorReason": Reason.ICCID_ALREADY_EXISTS}
    assert install(prepared, Package(metadata()))["finalResult"] == ("errorResult", error)


def test_all_reasons_of_version_2_are_reached() -> None:
    reached = {reason for _, reason, *_ in CASES}
    elsewhere = {Reason.ICCID_ALREADY_EXISTS, Reason.INTERRUPTION}
    of_version_2 = {reason for reason in Reason if reason <= Reason.PPR_NOT_ALLOWED}
    assert reached | elsewhere == of_version_2
