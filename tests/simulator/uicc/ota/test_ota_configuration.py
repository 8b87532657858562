"""Access domains, and key sets and targets as a profile gives them."""

from __future__ import annotations

import pytest

from simulator.crypto.scp80 import Key
from simulator.crypto.scp80_algorithms import Algorithm
from simulator.uicc.access import ALWAYS, NEVER, Condition, Kind
from simulator.uicc.filesystem import FileSystem
from simulator.uicc.image import CardImage, DfImage, KeyImage, SecurityDomainImage
from simulator.uicc.ota import AccessDomain, ApplicationTarget, FileTarget, KeySet, configuration_of
from simulator.uicc.ota.configuration import FULL_ACCESS, NO_ACCESS, read_toolkit_parameters
from tests.simulator.uicc.ota.conftest import ISD, ISSUER, SHARED


def test_never_is_not_opened_by_full_access() -> None:
    pin1, adm1 = Condition(Kind.KEY, 0x01), Condition(Kind.KEY, 0x0A)
    both = Condition(Kind.AND, parts=(pin1, adm1))
    nothing: frozenset[int] = frozenset()
    for domain, fulfilled in (
        (FULL_ACCESS, [True, False, True, True, True]),
        (NO_ACCESS, [False] * 5),
        (AccessDomain.of(0x01), [True, False, True, False, False]),
        (AccessDomain(references=frozenset((0x01, 0x0A))), [False, False, True, True, True]),
    ):
        conditions = (ALWAYS, NEVER, pin1, adm1, both)
        assert [domain.fulfils(condition, nothing) for condition in conditions] == fulfilled
    assert AccessDomain.of(0x01).fulfils(both, frozenset((0x0A,)))
    assert not NO_ACCESS.fulfils(pin1, frozenset((0x01,)))


@pytest.mark.parametrize(
    ("octets", "domain"),
    [
        ("00", FULL_ACCESS),
        ("FF", NO_ACCESS),
        ("", NO_ACCESS),
        ("02", NO_ACCESS),
        ("01FFFFFF", NO_ACCESS),
        ("02000000", AccessDomain()),
        ("02010104", AccessDomain.of(0x01, 0x0A)),
        ("02808002", AccessDomain(references=frozenset((0x08, 0x8C, 0x8E)))),
        ("02002008", AccessDomain(references=frozenset((0x8A, *range(0x81, 0x89))))),
    ],
)
def test_access_domains_from_their_octets(octets: str, domain: AccessDomain) -> None:
    assert AccessDomain.parse(bytes.fromhex(octets)) == domain


# --- from a profile ---------------------------------------------------------------------------------------

RFM_OF_TS48 = "a722a005800081011b4f09a00000055910100001a0050403b00120810102040100040100"
"""GSMA TS.48 v7, the first PE-RFM: the files of the UICC."""
RFM_OF_TS48_USIM = (
    "a738a005800081011c4f09a00000055910100002a0050403b001408101020401000401003014800ca0000000871002ff49ff0589"
    "810100820100"
)


def image(*rfm: bytes, keys: tuple[KeyImage, ...] = ()) -> CardImage:
    domain = SecurityDomainImage(ISD, keys=keys)
    return CardImage(
        DfImage(0x3F00), security_domains=(domain,), kept=tuple(("rfm", der) for der in (*rfm, b"junk"))
    )


def test_targets_of_a_profile() -> None:
    configuration = configuration_of(
        FileSystem(image(bytes.fromhex(RFM_OF_TS48), bytes.fromhex(RFM_OF_TS48_USIM)))
    )
    everything = (FULL_ACCESS, FULL_ACCESS)
    usim = bytes.fromhex("a0000000871002ff49ff0589")
    assert configuration.targets == (
        FileTarget(bytes.fromhex("B00120"), 0x02, ISD, *everything),
        FileTarget(bytes.fromhex("B00140"), 0x02, ISD, *everything, usim, *everything),
        ApplicationTarget(ISSUER, 0x16, ISD, ISD),
    )
    assert configuration.target(b"\x01\x02\x03") is None


def test_key_sets_of_a_profile() -> None:
    des, aes, three = bytes(range(16)), bytes(range(32)), bytes(range(24))
    keys = (
        KeyImage(1, 1, ((0x80, des),)),
        KeyImage(2, 1, ((0x82, three),), counter=7),
        KeyImage(3, 1, ((0x84, des[:8]),)),
        KeyImage(1, 15, ((0x88, aes),)),
        KeyImage(2, 15, ()),
        KeyImage(1, 0x20, ((0x82, des),)),
        KeyImage(1, 0x30, ((0x88, aes),)),
    )
    configuration = configuration_of(FileSystem(image(keys=keys)))
    assert configuration.keys == (
        KeySet(
            1,
            Key(des, Algorithm.TRIPLE_DES_2),
            Key(three, Algorithm.TRIPLE_DES_3),
            Key(des[:8], Algorithm.DES_CBC),
            ISD,
            7,
        ),
        KeySet(15, Key(aes, Algorithm.AES), security_domain=ISD),
    )
    target = configuration.targets[0]
    assert configuration.keys_for(target, 0xF2, 0x19) == (Key(aes, Algorithm.AES), configuration.keys[0].kid)
    assert configuration.keys_for(target, 0x00, 0x20) == (configuration.keys[0].kic, None)


def test_the_length_of_a_mac_comes_with_its_key() -> None:
    """macLength of SAIP: a CMAC of 8 or 4 bytes; no other length shortens what is checked."""
    aes = bytes(range(16))
    keys = tuple(KeyImage(2, version, ((0x88, aes),), mac_length=version) for version in (4, 8, 0, 1))
    configuration = configuration_of(FileSystem(image(keys=keys)))
    lengths = {one.version: one.kid.mac_length for one in configuration.keys if one.kid}
    assert lengths == {4: 4, 8: 8, 1: 8}


def test_toolkit_parameters_of_ts48() -> None:
    assert read_toolkit_parameters(bytes.fromhex("010000000002010206B2010000000000")) == (
        0x02,
        (bytes.fromhex("B20100"), ISSUER),
    )
    assert read_toolkit_parameters(bytes.fromhex("0100000102030000" + "03B00000")) == (
        0,
        (SHARED,),
    )
    assert read_toolkit_parameters(b"") == (0x16, ())
