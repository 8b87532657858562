"""ES6.UpdateMetadata, by STORE DATA to the MNO-SD in a secured packet (SGP.22 §5.4.1, SGP.23 §4.2.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asn1 import rsp
from simulator.crypto.scp80 import CommandPacket, Spi, open_response, secure_command
from simulator.crypto.scp80_algorithms import Algorithm, Key, Keys
from simulator.euicc import Euicc
from simulator.euicc.features import V3
from simulator.profile import build, describe
from tests.simulator.conftest import Bench, clock, entropy
from tests.simulator.uicc.ota.conftest import download

KEYS = [bytes(range(16 * number, 16 * number + 16)) for number in (1, 2, 3)]
OWNER = {"mccMnc": bytes.fromhex("99F907")}
BOTH = b"\x60", 3


class Operator:
    """Sends packets to the MNO-SD of the enabled profile, TAR 'B20100'."""

    def __init__(self, bench: Bench) -> None:
        self.card = bench.euicc.card
        self.keys = Keys(Key(KEYS[0], Algorithm.AES), Key(KEYS[1], Algorithm.AES))
        self.counter = 0

    def store(self, data: bytes) -> str:
        """STORE DATA with BER-TLV data, one block; the status word."""
        self.counter += 1
        script = b"\x80\xe2\x90\x00" + bytes((len(data),)) + data
        command = CommandPacket(Spi.parse(bytes.fromhex("1619")), 0x12, 0x12, bytes(3), self.counter, script)
        packet = download(b"\x02\x70\x00" + secure_command(command, self.keys))
        response = open_response(self.card.ota.handle(packet)[3:], command, self.keys)
        assert response.status == 0, response
        return response.data[1:3].hex().upper()

    def update(self, **members: Any) -> str:
        return self.store(rsp.encode("UpdateMetadataRequest", members))


@pytest.fixture
def operator(bench: Bench) -> Operator:
    """An enabled profile with both policy rules, and its operator."""
    keys = tuple(
        describe.RemoteKey.model_validate(
            {"version": 1, "identifier": identifier, "value": value.hex(), "type": "aes"}
        )
        for identifier, value in enumerate(KEYS, 1)
    )
    described = describe.load_shipped("home-operator").model_copy(update={"remote_keys": keys})
    bench.download(build.build_package(described), enable=True)
    profile = bench.euicc.core.registry.profiles[0]
    profile.metadata = {**profile.metadata, "profileOwner": OWNER, "profilePolicyRules": BOTH}
    return Operator(bench)


def metadata(bench: Bench) -> dict[str, Any]:
    return bench.euicc.core.registry.profiles[0].metadata


def test_names_and_icon(bench: Bench, operator: Operator) -> None:
    assert (
        operator.update(serviceProviderName="New", profileName="Plan B", iconType=1, icon=b"\x89PNG")
        == "9000"
    )
    assert metadata(bench)["serviceProviderName"] == "New"
    assert (metadata(bench)["profileName"], metadata(bench)["icon"]) == ("Plan B", b"\x89PNG")
    assert operator.update(iconType=0, icon=b"") == "9000"
    assert "icon" not in metadata(bench)
    assert metadata(bench)["profileName"] == "Plan B"


def test_by_hand_written_bytes(bench: Bench, operator: Operator) -> None:
    assert operator.store(bytes.fromhex("BF2A05" + "9103" + "414243")) == "9000"
    assert metadata(bench)["serviceProviderName"] == "ABC"


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ((b"\x20", 3), (b"\x20", 3)),
        ((b"\x40", 2), (b"\x40", 2)),
        ((b"\x00", 1), None),
        ((b"\x60", 3), BOTH),
    ],
)
def test_policy_rules_are_unset(bench: Bench, operator: Operator, wanted: Any, left: Any) -> None:
    assert operator.update(profilePolicyRules=wanted) == "9000"
    assert metadata(bench).get("profilePolicyRules") == left


def test_policy_rules_are_never_set(bench: Bench, operator: Operator) -> None:
    assert operator.update(profilePolicyRules=(b"\x00", 1)) == "9000"
    assert operator.update(profilePolicyRules=BOTH) == "9000"
    assert "profilePolicyRules" not in metadata(bench)


@pytest.mark.parametrize(
    "message",
    [
        "BF2A04" + "99020580" + "",  # pprUpdateControl
        "BF2A07" + "9103414243" + "9301",  # cut off
        "BF2A03" + "930101",  # an icon's type alone
        "BF2A04" + "94023031",  # an icon alone
    ],
)
def test_what_is_refused_changes_nothing(bench: Bench, operator: Operator, message: str) -> None:
    before = dict(metadata(bench))
    assert operator.store(bytes.fromhex(message)) == "6A80"
    assert metadata(bench) == before


def test_the_update_outlives_the_power(bench: Bench, operator: Operator) -> None:
    operator.update(profileName="Kept", profilePolicyRules=(b"\x00", 1))
    again = Euicc.load(bench.euicc.save(), entropy=entropy("again"), clock=clock)
    assert again.core.registry.profiles[0].metadata["profileName"] == "Kept"


def test_version_3_deletes_by_tag(bench: Bench, operator: Operator) -> None:
    deletion = {"tagsForDeletion": b"\xb6"}
    assert operator.update(**deletion) == "9000"
    assert "notificationConfigurationInfo" in metadata(bench)
    bench.euicc.core.features = replace(bench.euicc.core.features, svn=V3)
    assert operator.update(**deletion) == "9000"
    assert "notificationConfigurationInfo" not in metadata(bench)
    assert operator.update(tagsForDeletion=b"\x5a") == "6A80"
