"""What samples take for granted: values that a page's Python samples use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

from cards import InProcessLink, Isdr
from simulator.crypto.pki import TestPki
from simulator.euicc import Euicc, EuiccIdentity, Features
from simulator.lpa import InProcessEs9, Lpa
from simulator.profile import build, describe
from simulator.testing.bench import NOW, Bench, clock, entropy, make_bench, make_smdp

Names = dict[str, object]

REASONS = (
    "needs a card reader",
    "needs a modem",
    "needs a database server",
    "needs lpac",
    "the tests themselves",
)
"""Why a sample may be left out."""


def _bench() -> Bench:
    """With an order for the matching id that pages name."""
    bench = make_bench()
    bench.smdp.add_order(
        build.build_package(describe.load_shipped("test-operator")), matching_id="MATCHING-ID"
    )
    return bench


def lpa(_: Path) -> Names:
    bench = _bench()
    return {"link": InProcessLink(bench.euicc), "smdp": bench.smdp}


def faults(folder: Path) -> Names:
    bench = _bench()
    old = TestPki.create(entropy=entropy("old"), now=NOW - timedelta(days=9999))
    (folder / "expired.der").write_bytes(next(iter(old.branches.values())).ci.certificate.der)
    return {
        "Lpa": Lpa,
        "Isdr": Isdr,
        "link": InProcessLink(bench.euicc),
        "es9": InProcessEs9(bench.smdp),
        "start_the_server_anew": lambda: None,
    }


def iot(_: Path) -> Names:
    pki = TestPki.create(entropy=entropy("iot"), now=NOW)
    identity = EuiccIdentity.from_pki(pki, entropy=entropy("device"), now=NOW)
    euicc = Euicc(identity, entropy=entropy("card"), clock=clock, features=Features(iot=True))
    return {"pki": pki, "euicc": euicc, "smdp": make_smdp(pki)}


PAGES: Mapping[str, Callable[[Path], Names]] = {"lpa.md": lpa, "faults.md": faults, "iot.md": iot}
"""Page → what makes the things that its samples use, in the reader's folder; gives the names that Python
samples see."""
