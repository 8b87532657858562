"""Every version with every other: eUICC, LPA and server of SGP.22 2.2.2 or 3.1.0 on both curves, by real
downloads through JSON; what each side says and keeps to itself (v3 §1.9, §2.11, §3.0.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest

from cards import InProcessLink, Isdr
from simulator.crypto.ecc import Curve
from simulator.crypto.pki import Variant
from simulator.euicc import Euicc, EuiccIdentity
from simulator.euicc.features import Features
from simulator.lpa import Device, InProcessEs9, Lpa, ServerProtocolError, ServerRefused
from simulator.lpa.errors import EuiccRefused
from simulator.lpa.profiles import bit_names
from simulator.profile import build, describe
from simulator.smdp import MemoryStore, SmdpIdentity, SmdpPlus
from simulator.smdp.context import V2, V3
from simulator.smdp.metadata import Enterprise, ProfileMetadata
from tests.simulator.test_chain_variants_download import ADDRESS, NOW, PKIS, replayed

LISTED = {curve: pki.with_lists(now=NOW) for curve, pki in PKIS.items()}
UPP = build.build_package(describe.load_shipped("home-operator"))
Version = tuple[int, int, int]
Message = dict[str, Any]
V3_METADATA = {
    "hriServerAddress": "hri.example.com",
    "serviceProviderMessage": {"message": "Hello"},
    "serviceDescription": (b"\x80", 1),
    "estimatedProfileSize": 4000,
    "serviceSpecificDataNotStoredInEuicc": [],
}


@dataclass
class Parties:
    """One of each; messages are kept, and may be changed on their way."""

    euicc: Euicc
    smdp: SmdpPlus
    device: Device
    messages: list[tuple[str, Message, Message]] = field(default_factory=list)
    meddle: Callable[[str, Message], Message] = lambda function, message: message
    meddle_back: Callable[[str, Message], Message] = lambda function, message: message
    sent = received = 0

    def post(self, address: str, function: str, message: Message) -> Message:
        message = self.meddle(function, message)
        answer = InProcessEs9(self.smdp, through_json=True).post(address, function, message)
        self.messages.append((function, message, answer))
        return self.meddle_back(function, answer)

    def download(self, metadata: ProfileMetadata | None = None) -> None:
        matching_id = self.smdp.add_order(UPP, metadata=metadata)
        with Lpa(Isdr(InProcessLink(self.euicc)), self, device=self.device) as lpa:
            result = lpa.download(f"LPA:1${ADDRESS}${matching_id}")
        assert result.notification_error is None

    def exchange(self, function: str) -> tuple[Message, Message]:
        return next((request, answer) for name, request, answer in self.messages if name == function)


def parties(
    euicc: Version = V3,
    lpa: Version = V3,
    server: Version = V3,
    curve: Curve = Curve.NIST_P256,
    listed: bool = True,
    **features: Any,
) -> Parties:
    pki = (LISTED if listed else PKIS)[curve]
    variants = tuple(Variant)
    ecasd = EuiccIdentity.from_pki(pki, entropy=replayed("ecasd"), now=NOW, variants=variants)
    card = Euicc(ecasd, entropy=replayed("card"), clock=lambda: NOW, features=Features(svn=euicc, **features))
    card.reset()
    identity = SmdpIdentity.from_pki(pki, ADDRESS)
    smdp = SmdpPlus(identity, MemoryStore(), entropy=replayed("server"), clock=lambda: NOW, svn=server)
    return Parties(card, smdp, Device(lpa_svn=lpa))


MATRIX = list(product((V2, V3), (V2, V3), (V2, V3), Curve))
ALL_V3 = (V3, V3, V3)


@pytest.mark.parametrize(("euicc", "lpa", "server", "curve"), MATRIX)
def test_a_download(euicc: Version, lpa: Version, server: Version, curve: Curve) -> None:
    world = parties(euicc, lpa, server, curve)
    world.download(ProfileMetadata(further=V3_METADATA))
    request, answer = world.exchange("initiateAuthentication")
    proof, offer = world.exchange("authenticateClient")
    signed1 = answer["serverSigned1"]
    # The eUICC tells its version to everybody; the LPA only if both are of version 3.
    assert ("highestSvn" in request["euiccInfo1"]) == (euicc == V3)
    assert ("lpaRspCapability" in request) == (euicc == lpa == V3)
    # The server tells its own to eUICCs of version 3.
    assert ("sessionContext" in signed1) == ("serverRspCapability" in signed1) == (euicc == server == V3)
    if euicc == server == V3:
        assert signed1["sessionContext"]["serverSvn"] == bytes(V3)
    # Chains of version 3 and lists, only if all three can do with them.
    together = (euicc, lpa, server) == ALL_V3
    assert ("otherCertsInChain" in answer) == together
    assert ("crlList" in answer) == together
    assert signed1.get("sessionContext", {}).get("crlStaplingV3Used", False) is together
    # What the eUICC signs of the device.
    device = proof["authenticateServerResponse"][1]["euiccSigned1"]["ctxParams1"][1]["deviceInfo"]
    assert ("lpaRspCapability" in device) == together
    assert ("lpaSvn" in device["deviceCapabilities"]) == together
    if together:
        assert device["lpaRspCapability"] == request["lpaRspCapability"]
        assert device["deviceCapabilities"]["lpaSvn"] == bytes(V3)
    # Metadata of version 3 only to devices that know it; what is not for the eUICC stays with the LPA.
    told = offer["profileMetadata"].keys() & V3_METADATA.keys()
    assert told == (V3_METADATA.keys() if together else {"serviceSpecificDataNotStoredInEuicc"})
    kept = world.euicc.core.registry.profiles[0].metadata.keys() & V3_METADATA.keys()
    assert kept == (V3_METADATA.keys() - {"serviceSpecificDataNotStoredInEuicc"} if together else set())


@pytest.mark.parametrize(("euicc", "lpa", "server"), list(product((V2, V3), (V2, V3), (V2, V3))))
def test_an_enterprise_profile_goes_to_devices_of_version_3_only(
    euicc: Version, lpa: Version, server: Version
) -> None:
    world = parties(euicc, lpa, server)
    metadata = ProfileMetadata(enterprise=Enterprise("2.999.100", "Acme"))
    if (euicc, lpa, server) == ALL_V3:
        world.download(metadata)
        return
    with pytest.raises(ServerRefused, match="version 3") as caught:
        world.download(metadata)
    assert (caught.value.subject_code, caught.value.reason_code) == ("8.2.5", "4.3")


@pytest.mark.parametrize(
    ("features", "missing"),
    [
        ({}, set()),
        ({"enterprise": False}, {"enterpriseProfilesSupport"}),
        ({"lpa_proxy": False}, {"lpaProxySupport"}),
    ],
)
def test_the_server_hears_the_bits_twice(features: dict[str, bool], missing: set[str]) -> None:
    world = parties(**features)
    world.download()
    request, _ = world.exchange("initiateAuthentication")
    proof, _ = world.exchange("authenticateClient")
    info2 = proof["authenticateServerResponse"][1]["euiccSigned1"]["euiccInfo2"]
    assert request["euiccInfo1"]["euiccRspCapability"] == info2["rspCapability"]
    assert not missing & set(bit_names("RspCapability", info2["rspCapability"]))


def change(function: str, path: tuple[str, ...], value: Any) -> Callable[[str, Message], Message]:
    """A change of one member of one message; None takes it out."""

    def changed(message: Message, rest: tuple[str, ...]) -> Message:
        name, *further = rest
        copy = dict(message)
        if further:
            copy[name] = changed(copy[name], tuple(further))
        elif value is None:
            copy.pop(name, None)
        else:
            copy[name] = value
        return copy

    return lambda its, message: changed(message, path) if its == function else message


class TestSomebodyOnTheWay:
    """What was told unsigned is compared with what is signed later: nobody can talk a party down."""

    @pytest.mark.parametrize(
        ("path", "value", "codes"),
        [
            (("euiccInfo1", "euiccRspCapability"), (b"\x80", 1), ("8.1", "3.11")),
            (("lpaRspCapability",), (b"\x40", 2), ("1.6", "3.11")),
            (("lpaRspCapability",), None, ("1.6", "3.11")),
        ],
    )
    def test_makes_less_of_a_capability(
        self, path: tuple[str, ...], value: Any, codes: tuple[str, str]
    ) -> None:
        world = parties(listed=False)
        world.meddle = change("initiateAuthentication", path, value)
        with pytest.raises(ServerRefused) as caught:
            world.download()
        assert (caught.value.subject_code, caught.value.reason_code) == codes

    def test_makes_the_euicc_one_of_version_2(self) -> None:
        """Without euiccRspCapability nobody hears of version 3, but the eUICC signs that it told it."""
        world = parties()
        world.meddle = change("initiateAuthentication", ("euiccInfo1", "euiccRspCapability"), None)
        with pytest.raises(ServerRefused) as caught:
            world.download()
        assert (caught.value.subject_code, caught.value.reason_code) == ("8.1", "3.11")

    def test_takes_the_lists_away(self) -> None:
        world = parties()
        world.meddle_back = change("initiateAuthentication", ("crlList",), None)
        with pytest.raises(EuiccRefused) as caught:
            world.download()
        assert caught.value.cause.name == "missingCrl"

    def test_has_the_server_send_no_lists(self) -> None:
        """The LPA's bit is turned off towards the server alone: it staples nothing and says so, signed; but
        it says too that it can, and the LPA tells the eUICC that it can."""
        world = parties()
        world.meddle = change("initiateAuthentication", ("lpaRspCapability",), (b"\x40", 2))
        with pytest.raises(EuiccRefused) as caught:
            world.download()
        assert caught.value.cause.name == "missingCrl"


class TestTheCiOfTheDefaultServer:
    """allowedCiPKId: the LPA offers that CI alone, and looks that the server is below it (v3 §3.0.1)."""

    def of(self, curve: Curve) -> bytes:
        return PKIS[curve].branches[curve].ci.certificate.subject_key_id

    def download(self, world: Parties, allowed: bytes) -> None:
        eid = world.euicc.core.identity.eid
        world.smdp.add_order(UPP, "", eid=eid)
        with Lpa(Isdr(InProcessLink(world.euicc)), world, device=world.device) as lpa:
            lpa.set_default_smdp_address(ADDRESS, allowed)
            lpa.download()

    def test_the_right_one(self) -> None:
        world = parties()
        self.download(world, self.of(Curve.NIST_P256))
        request, _ = world.exchange("initiateAuthentication")
        assert request["euiccInfo1"]["euiccCiPKIdListForVerification"] == [self.of(Curve.NIST_P256)]

    def test_a_server_that_is_not_below_it(self) -> None:
        world = parties()
        wanted = world.euicc.core.identity.chains.anchor_key_ids
        world.euicc.core.default_dp_address, world.euicc.core.default_dp_ci = ADDRESS, bytes(20)
        world.meddle = change(
            "initiateAuthentication", ("euiccInfo1", "euiccCiPKIdListForVerification"), list(wanted)
        )
        world.smdp.add_order(UPP, "", eid=world.euicc.core.identity.eid)
        with (
            Lpa(Isdr(InProcessLink(world.euicc)), world, device=world.device) as lpa,
            pytest.raises(ServerProtocolError, match="the only CI for the default SM-DP"),
        ):
            lpa.download()


def test_additional_information_of_the_euicc_is_no_hindrance(monkeypatch: pytest.MonkeyPatch) -> None:
    """EUICCSigned2 may have it in version 3; a server that does not know what it means passes over it."""
    from simulator.euicc import download as prepare

    encode = prepare.rsp.encode
    extra = {"additionalInformation": [{"vendorOid": "2.999.5", "vendorSpecificData": b"\x05\x00"}]}

    class Rsp:
        def __getattr__(self, name: str) -> Any:
            return getattr(original, name)

        def encode(self, type_name: str, value: Any) -> bytes:
            return encode(type_name, value | extra if type_name == "EUICCSigned2" else value)

    original = prepare.rsp
    monkeypatch.setattr(prepare, "rsp", Rsp())
    world = parties()
    world.download()
    request, _ = world.exchange("getBoundProfilePackage")
    assert (
        request["prepareDownloadResponse"][1]["euiccSigned2"]["additionalInformation"]
        == extra["additionalInformation"]
    )
