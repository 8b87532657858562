"""What is known of a card that it gives away to nobody: PINs and PUKs, authentication keys, remote keys.

Of a simulated card all of it is known (`of_card`); of a real one what its owner writes down (`load`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import Field

from simulator.profile import describe
from simulator.profile.build import operator_constant
from simulator.profile.describe import Authentication, Description, Pin, Puk, RemoteKey
from simulator.uicc.image import AkaAlgorithm, AkaImage
from simulator.uicc.ota.configuration import FileTarget, configuration_of

if TYPE_CHECKING:
    from simulator.uicc.card import Card

PIN1, PIN2, ADM1 = 0x01, 0x81, 0x0A
"""Key references, TS 102 221 Table 9.3."""
_REFERENCES: Final = {"pin1": PIN1, "pin2": PIN2, "adm1": ADM1}
_PUKS: Final = {"puk1": PIN1, "puk2": PIN2}
SHARED_FILES: Final = bytes.fromhex("B00000")
"""TAR of remote file management below the MF, where a card has no other (TS 101 220 annex D)."""
WORDS: Final = {
    "pin1": "the value of PIN 1",
    "puk1": "its PUK",
    "pin2": "the value of PIN 2",
    "puk2": "the PUK of PIN 2",
    "adm1": "the value of ADM 1",
    "aka": "the key of its USIM",
    "remote": "its keys for remote management (SCP80)",
    "keys": "the keys of its issuer security domain (SCP02, SCP03)",
}
"""Names of secrets, as the `needs` of a check have them, and what they are."""


@dataclass
class RemoteKeys:
    """A key set of the issuer security domain: version, and values by key identifier. `is_aes`: AES, else
    triple DES; `counter`: the highest that the card is known to have seen in secured packets; it goes on."""

    version: int
    values: Mapping[int, bytes]
    is_aes: bool = True
    mac_length: int = 8
    counter: int = 0


@dataclass(frozen=True)
class Known:
    """The secrets of one card. PINs and PUKs are 8 bytes as they are sent, by the reference of the PIN."""

    pins: Mapping[int, bytes] = field(default_factory=dict)
    puks: Mapping[int, bytes] = field(default_factory=dict)
    aka: AkaImage | None = None
    keys: tuple[RemoteKeys, ...] = ()
    files_tar: bytes = SHARED_FILES
    """TAR under which the files below the MF are managed remotely; empty if they are not."""
    is_complete: bool = False
    """Whether this is all that there is: what is not here the card has not."""

    def has(self, word: str) -> bool:
        """Whether a secret of `WORDS` is known."""
        if word in _REFERENCES:
            return _REFERENCES[word] in self.pins
        if word in _PUKS:
            return _PUKS[word] in self.puks
        return bool({"aka": self.aka, "remote": self.remote, "keys": self.domain}[word])

    @property
    def remote(self) -> RemoteKeys | None:
        """The first key set for secured packets: versions 1 to 15 (TS 102 225 §5.1.2)."""
        return next((one for one in self.keys if one.version < 0x10 and {1, 2} <= one.values.keys()), None)

    @property
    def domain(self) -> tuple[RemoteKeys, ...]:
        """The whole key sets for a secure channel: those whose versions are neither of SCP80 and its kin
        ('01' to '1F') nor of SCP81 ('40' to '4F')."""
        others = (one for one in self.keys if one.version >= 0x20 and not 0x40 <= one.version < 0x50)
        return tuple(one for one in others if {1, 2, 3} <= one.values.keys())

    @property
    def variables(self) -> dict[str, bytes]:
        """PINs and PUKs by name, for scripts."""
        pins = {
            name: self.pins[reference] for name, reference in _REFERENCES.items() if reference in self.pins
        }
        puks = {name: self.puks[reference] for name, reference in _PUKS.items() if reference in self.puks}
        return pins | puks


NOTHING: Final = Known()


def of_card(card: Card) -> Known:
    """All secrets of a simulated card, with the profile that it shows now."""
    files = card.files
    usim = next((adf for adf in files.index.adfs if adf.df.aid.startswith(_USIM)), None)
    found = [pin for one in _REFERENCES.values() if (pin := files.pin(usim or files.index.mf, one))]
    registry = files.registry if files.image.security_domains else None
    issuer = registry.instances.get(registry.issuer) if registry else None
    keys: dict[int, dict[int, bytes]] = {}
    kinds: dict[int, tuple[bool, int]] = {}
    for (version, identifier), key in (issuer.keys if issuer else {}).items():
        kind, value = key.components[0]
        keys.setdefault(version, {})[identifier] = value
        kinds[version] = kind == _AES, key.mac_length
    counters = files.remote_counters
    targets = configuration_of(files).targets
    tars = [target.tar for target in targets if isinstance(target, FileTarget) and not target.adf]
    return Known(
        {pin.image.reference: pin.value for pin in found},
        {pin.image.reference: pin.image.unblock for pin in found if pin.image.unblock},
        next((one for one in files.image.akas if usim and one.aid == usim.df.aid), None),
        tuple(
            RemoteKeys(
                version, values, *kinds[version], counters.get((issuer.aid if issuer else b"", version), 0)
            )
            for version, values in sorted(keys.items())
        ),
        tars[0] if tars else b"",
        is_complete=True,
    )


_USIM: Final = bytes.fromhex("A0000000871002")
_AES: Final = 0x88
"""Key type of AES (GP Card Specification Table 11-16)."""


class _Secrets(Description):
    """The file of `load`."""

    pin1: Pin | None = None
    puk1: Puk | None = None
    pin2: Pin | None = None
    puk2: Puk | None = None
    adm1: Puk | None = None
    authentication: Authentication | None = None
    remote_keys: tuple[RemoteKey, ...] = ()
    remote_tar: str = Field(default=SHARED_FILES.hex(), pattern=r"^[0-9A-Fa-f]{6}$")
    remote_counter: int = Field(default=0, ge=0, lt=1 << 40)

    def known(self) -> Known:
        given = {name: getattr(self, name) for name in (*_REFERENCES, *_PUKS)}
        values = {name: text.encode().ljust(8, b"\xff") for name, text in given.items() if text is not None}
        return Known(
            {_REFERENCES[name]: value for name, value in values.items() if name in _REFERENCES},
            {_PUKS[name]: value for name, value in values.items() if name in _PUKS},
            self._aka(),
            self._keys(),
            bytes.fromhex(self.remote_tar),
        )

    def _aka(self) -> AkaImage | None:
        given = self.authentication
        if given is None:
            return None
        algorithm = _ALGORITHMS[given.algorithm]
        return AkaImage(
            b"",
            algorithm,
            given.key,
            opc=operator_constant(given),
            keccak_iterations=given.keccak_iterations,
            res_length=16 if algorithm is AkaAlgorithm.USIM_TEST else 8,
        )

    def _keys(self) -> tuple[RemoteKeys, ...]:
        versions = sorted({key.version for key in self.remote_keys})
        sets = []
        for version in versions:
            ours = [key for key in self.remote_keys if key.version == version]
            values = {key.identifier: key.value for key in ours}
            is_aes = all(key.type == "aes" for key in ours)
            sets.append(RemoteKeys(version, values, is_aes, counter=self.remote_counter))
        return tuple(sets)


_ALGORITHMS: Final = {
    "milenage": AkaAlgorithm.MILENAGE,
    "tuak": AkaAlgorithm.TUAK,
    "test": AkaAlgorithm.USIM_TEST,
}


def load(path: Path) -> Known:
    """The secrets in a YAML file (docs/conformance.md). DescriptionError names file, key and reason."""
    return describe.parse_as(_Secrets, describe.read_text(path), str(path)).known()
