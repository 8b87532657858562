"""Cards made from their descriptions; profiles come onto eUICCs by real downloads in process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from cards import Eid, InProcessLink, Isdr
from cards.link import CardLike
from simulator.crypto.pki import TestPki, Variant
from simulator.euicc import Euicc, EuiccIdentity
from simulator.euicc.features import ALLOW_PPR2, CONSUMER, V3, Features
from simulator.euicc.ports import Mep, MepMode
from simulator.lpa import ActivationCode, Device, DownloadResult, InProcessEs9, Lpa
from simulator.smdp import SmdpPlus
from simulator.smdp.metadata import ProfileMetadata
from simulator.specimens import describe
from simulator.specimens.describe import CardDescription
from simulator.specimens.sim import PlainSim

_EID_PREFIX = "89049032"
"""Of the manufacturer of the test PKI (SGP.26)."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What cards are made with: randomness, time, the PKI that certifies eUICCs, and a server under it."""

    entropy: Callable[[int], bytes]
    clock: Callable[[], datetime]
    pki: Callable[[], TestPki]
    server: Callable[[], SmdpPlus]
    """A fresh SM-DP+ in process."""

    def from_text(self, source: str) -> PlainSim | Euicc:
        """The card that a file describes, or a specimen that comes along. DescriptionError."""
        path = Path(source)
        if path.exists() or path.suffix:
            return self.make(describe.load(path), path.parent)
        return self.make(describe.load_shipped(source))

    def make(self, description: CardDescription, beside: Path | None = None) -> PlainSim | Euicc:
        """The card that is described; paths in it count from the folder `beside`."""
        if description.kind == "sim":
            return self._sim(description, beside)
        options = {
            "memory": description.memory,
            "protocol": description.protocol,
            "features": _features(description),
        }
        options |= {"atr": description.atr} if description.atr else {}
        euicc = self.euicc(description.eid, **options)
        for item in description.profiles:
            metadata = item.metadata.metadata() if item.metadata else None
            install(euicc, self.server(), describe.package_of(item.profile, beside), metadata)
        _arrange(euicc, description)
        return euicc

    def _sim(self, description: CardDescription, beside: Path | None) -> PlainSim:
        source: bytes | dict[str, Any]
        if description.dump is not None:
            source = description.dump.model_dump(mode="json", exclude_defaults=True)
        else:
            assert description.profile is not None, "the description was checked"
            source = describe.package_of(description.profile, beside)
        return PlainSim(
            source,
            entropy=self.entropy,
            atr=description.atr or b"",
            protocol=description.protocol,
            classes=description.classes,
            applets=description.model_dump(mode="json", include={"applets"})["applets"],
        )

    def euicc(self, eid: str | None = None, **options: Any) -> Euicc:
        """A new eUICC without any profile, certified by the PKI's manufacturer; its EID is made up if not
        given. Options are those of `Euicc`."""
        features = options.get("features")
        variants = tuple(Variant) if features is not None and features.is_v3 else (Variant.O,)
        number = (Eid(eid) if eid else self._made_up_eid()).to_bytes()
        identity = EuiccIdentity.from_pki(
            self.pki(), number, entropy=self.entropy, now=self.clock(), variants=variants
        )
        return Euicc(identity, entropy=self.entropy, clock=self.clock, **options)

    def _made_up_eid(self) -> Eid:
        middle = int.from_bytes(self.entropy(12), "big") % 10**22
        return Eid.with_check_digits(f"{_EID_PREFIX}{middle:022d}")


def install(
    card: CardLike, smdp: SmdpPlus, package: bytes, metadata: ProfileMetadata | None = None
) -> DownloadResult:
    """Bring a package onto an eUICC through an SM-DP+ and an LPA in this process; the device has all that a
    profile may ask for."""
    code = ActivationCode(smdp.identity.address, smdp.add_order(package, metadata=metadata))
    device = Device(is_enterprise_capable=True, has_lpa_proxy=True)
    link = InProcessLink(card)
    link.reset()
    with Lpa(Isdr(link), InProcessEs9(smdp), device=device) as lpa:
        return lpa.download(code)


def _features(description: CardDescription) -> Features:
    rules, several = description.policy_rules, description.mep
    entries = CONSUMER.rules if rules is None else tuple(rule.entry() for rule in rules)
    features = replace(CONSUMER, rules=entries, test_profiles=description.test_profiles, iot=description.iot)
    if not description.is_v3:
        return features
    features = replace(
        features,
        svn=V3,
        rpm=description.remote_management,
        enterprise=description.enterprise_profiles,
        lpa_proxy=description.lpa_proxy,
        package_versions=tuple((one[0], one[1], one[2]) for one in description.package_versions),
        tre=description.tre,
        tre_product=description.tre_product,
        additional_info=description.additional_info,
    )
    if several is None:
        return features
    modes = tuple(MepMode[mode] for mode in several.modes)
    entries = ALLOW_PPR2 if rules is None else entries
    return replace(features, rules=entries, mep=Mep(modes, several.profiles))


def _arrange(euicc: Euicc, description: CardDescription) -> None:
    """Nicknames, the profile that is enabled, and those that are called loaded by the manufacturer."""
    link = InProcessLink(euicc)
    link.reset()
    with Lpa(Isdr(link), InProcessEs9(None)) as lpa:
        for installed, wanted in zip(lpa.profiles(), description.profiles, strict=True):
            if wanted.nickname:
                lpa.set_nickname(installed.aid, wanted.nickname)
            if wanted.enabled:
                lpa.enable(installed.aid)
            if wanted.preloaded and (profile := euicc.core.registry.by_aid(installed.aid)):
                profile.is_preloaded = True
