"""What a bench has besides the card: a PKI that the card trusts, servers under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from simulator.conformance.model import NotApplicable
from simulator.crypto.branch import Branch, PkiError
from simulator.crypto.issue import Issuer
from simulator.crypto.pki import CertificateAndKey, TestPki
from simulator.smdp.core import SmdpPlus
from simulator.smdp.identity import SmdpIdentity
from simulator.smdp.store import MemoryStore


@dataclass(frozen=True)
class Equipment:
    """`pki` is ours or the published one of SGP.26; `clock` is for certificates that are issued."""

    pki: TestPki
    address: str
    entropy: Callable[[int], bytes]
    clock: Callable[[], datetime]
    _numbers: list[int] = field(default_factory=list)

    def next_number(self) -> int:
        """For a revocation list: higher than that of any before, in other runs too."""
        last = self._numbers[-1] if self._numbers else int(self.clock().timestamp()) << 8
        self._numbers.append(last + 1)
        return last + 1

    def smdp(self) -> SmdpPlus:
        """An SM-DP+ without orders, in memory."""
        identity = SmdpIdentity.from_pki(self.pki, self.address)
        return SmdpPlus(identity, MemoryStore(), entropy=self.entropy, clock=self.clock)

    def branch(self, ci_key_ids: list[bytes]) -> Branch:
        """What is under the first of these CIs that it has anything of; NotApplicable without."""
        for key_id in ci_key_ids:
            for branch in self.pki.branches.values():
                if branch.ci_key_id == key_id and branch.dp_auth and branch.dp_pb:
                    return branch
        raise NotApplicable("the card trusts no CI of the server's: see --pki")


def issuer(item: CertificateAndKey | None) -> Issuer:
    """Who signs further certificates and lists. NotApplicable if the key is not at hand."""
    try:
        if item is None:
            raise PkiError("the certificate is not at hand")
        return Issuer(item.certificate, item.require_key())
    except PkiError as error:
        raise NotApplicable(f"the PKI cannot issue what this check needs: {error}") from None
