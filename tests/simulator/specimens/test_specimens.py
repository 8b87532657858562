"""Cards as text: those that come along can be made and used; what is wrong is told with file, line and
reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.profile import image_of
from simulator.profile.describe import DescriptionError
from simulator.specimens import describe
from simulator.uicc import Card, FileSystem

SIM = """name: A card
kind: sim
profile: test-operator
"""
EUICC = """name: A card
kind: euicc
profiles:
  - {profile: test-operator, enabled: true}
  - {profile: home-operator}
"""


@pytest.mark.parametrize("name", describe.shipped())
def test_specimens_make_cards(name: str) -> None:
    description = describe.load_shipped(name)
    profiles = [description.profile] if description.profile else [i.profile for i in description.profiles]
    for profile in profiles:
        card = Card(FileSystem(image_of(describe.package_of(profile))), entropy=bytes)
        assert card.transmit(bytes.fromhex("00A4080C022FE2")).hex() == "9000"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SIM.replace("profile: test-operator\n", ""), "card.yaml:1: the description: a sim needs a profile"),
        (SIM + "eid: '89049032000000000000000000000163'\n", "neither profiles, eid nor policy_rules"),
        (SIM + "atr: 3B\n", "card.yaml:4: atr: is no ATR"),
        (SIM + "atr: hello\n", "card.yaml:4: atr: must be hexadecimal"),
        (SIM + "protocol: 1\natr: 3B00\n", "the ATR does not offer T=1"),
        (SIM + "protocol: 2\n", "card.yaml:4: protocol:"),
        (SIM + "colour: red\n", "card.yaml:4: colour:"),
        (SIM.replace("kind: sim", "kind: phone"), "card.yaml:2: kind:"),
        (EUICC + "profile: x\n", "an euicc has profiles"),
        (EUICC + "eid: '12'\n", "card.yaml:6: eid:"),
        (EUICC.replace("home-operator}", "home-operator, enabled: true}"), "at most one profile is enabled"),
        (EUICC + "memory: 12\n", "card.yaml:6: memory:"),
        ("name: [", "card.yaml:1: not YAML"),
        (SIM + "version: 3\n", "a sim follows no version of SGP.22"),
        (SIM + "mep: {}\n", "a sim follows no version of SGP.22"),
        (EUICC + "version: 4\n", "card.yaml:6: version:"),
        (EUICC + "tre: [isIntegrated]\nlpa_proxy: false\n", "lpa_proxy, tre needs version: 3"),
        (EUICC + "remote_management: false\n", "remote_management needs version: 3"),
        (EUICC + "version: 2\nmep: {}\n", "mep needs version: 3"),
        (EUICC + "mep: {}\npolicy_rules: [{rules: [ppr1]}]\n", "with mep cannot allow ppr1"),
        (EUICC + "version: 3\nadditional_info: xyz\n", "card.yaml:7: additional_info: must be hexadecimal"),
        (EUICC + f"version: 3\nadditional_info: '{'00' * 33}'\n", "must have at most 32"),
        (EUICC + "version: 3\npackage_versions: [3.3]\n", "card.yaml:7: package_versions"),
        (EUICC + "version: 3\ntre: []\n", "card.yaml:7: tre:"),
        (EUICC + "  - {profile: x, preloaded: true}\n", "profile_class: test is preloaded"),
        (EUICC + "  - {profile: x, metadata: {name: 1}}\n", "card.yaml:6: profiles.2.metadata.name:"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(DescriptionError) as caught:
        describe.parse(text, "card.yaml")
    assert message in str(caught.value)


def test_profiles_are_found_beside_the_description(tmp_path: Path) -> None:
    (tmp_path / "mine.der").write_bytes(b"\x01\x02")
    assert describe.package_of("mine.der", tmp_path) == b"\x01\x02"
    with pytest.raises(DescriptionError, match="neither a subscription"):
        describe.package_of("yours.der", tmp_path)
    with pytest.raises(DescriptionError, match=r"yours\.yaml"):
        describe.package_of("yours.yaml", tmp_path)


def test_a_description_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "card.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DescriptionError, match="not a text file"):
        describe.load(path)


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(DescriptionError, match=r"there are .*euicc-empty"):
        describe.load_shipped("unknown")


def test_the_documented_descriptions_are_right() -> None:
    page = Path(__file__).parents[3] / "docs" / "card-description.md"
    examples = [part.split("```")[0] for part in page.read_text(encoding="utf-8").split("```yaml\n")[1:]]
    assert len(examples) == 4
    describe.parse(examples[0], page.name)
    describe.parse(examples[1].replace("my-operator.yaml", "home-operator"), page.name)
    describe.parse(examples[2], page.name)
    describe.parse(SIM + examples[3], page.name)
