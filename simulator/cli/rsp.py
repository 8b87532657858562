"""The parties of a download put together: an SM-DP+ with orders, a way to it, an LPA before a card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from simulator.cli import edge

if TYPE_CHECKING:
    from cards.link import CardLike
    from simulator.crypto.pki import TestPki
    from simulator.lpa import DownloadResult
    from simulator.smdp import SmdpPlus, Store
    from simulator.smdp.records import Order as StoredOrder

IN_PROCESS_ADDRESS = "testsmdpplus1.example.com"
"""Name of the server of SGP.26; an SM-DP+ in this process is not reached under it, only called so."""
LOOPBACK = "localhost"


@dataclass(frozen=True, slots=True)
class Order:
    """What a server is to hand out. Without a matching id one is made up."""

    package: bytes
    matching_id: str | None = None
    confirmation_code: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    """An SM-DP+ that listens, and the activation codes of its orders."""

    address: str
    url: str
    codes: tuple[str, ...]


def server(pki: TestPki, address: str, store: Store | None = None) -> SmdpPlus:
    """An SM-DP+ under this address; its orders live in memory unless there is a store."""
    from simulator.smdp import MemoryStore, SmdpIdentity, SmdpPlus

    identity = SmdpIdentity.from_pki(pki, address)
    return SmdpPlus(identity, store or MemoryStore(), entropy=edge.entropy, clock=edge.now)


@contextmanager
def serving(
    pki: TestPki,
    orders: Sequence[Order],
    *,
    host: str = LOOPBACK,
    port: int = 0,
    address: str = "",
    store: Store | None = None,
    is_tls: bool = True,
) -> Iterator[Service]:
    """An SM-DP+ that serves for the length of the block. It is called `address`, or by where it listens."""
    from simulator.smdp.serve import running
    from simulator.smdp.states import OrderState

    smdp = server(pki, address or host, store)
    with running(smdp, host, port, is_tls=is_tls) as listening:
        name = address or listening.smdp_address
        smdp.identity = replace(smdp.identity, address=name)
        waiting = {order.matching_id: order for order in smdp.orders() if order.state is OrderState.RELEASED}
        codes = [_code(smdp, name, order, waiting.pop(order.matching_id or "", None)) for order in orders]
        yield Service(name, listening.url, tuple(codes))


def _code(smdp: SmdpPlus, address: str, order: Order, waiting: StoredOrder | None) -> str:
    """The activation code of an order; one that waits since an earlier run for the same package is kept."""
    from simulator.lpa import ActivationCode

    try:
        if waiting is not None and waiting.upp == order.package:
            matching_id = waiting.matching_id
        else:
            matching_id = smdp.add_order(
                order.package, order.matching_id, confirmation_code=order.confirmation_code
            )
    except ValueError as error:  # the matching id is taken
        raise click.ClickException(f"{error}; name another with --matching-id.") from None
    code = ActivationCode(address, matching_id, confirmation_code_required=bool(order.confirmation_code))
    return code.qr_text


def install(card: CardLike, pki: TestPki, package: bytes) -> DownloadResult:
    """Bring a package onto an eUICC through an SM-DP+ and an LPA in this process, without any network."""
    from cards import InProcessLink, Isdr
    from simulator.lpa import ActivationCode, InProcessEs9, Lpa

    smdp = server(pki, IN_PROCESS_ADDRESS)
    code = ActivationCode(IN_PROCESS_ADDRESS, smdp.add_order(package))
    link = InProcessLink(card)
    link.reset()
    with Lpa(Isdr(link), InProcessEs9(smdp)) as lpa:
        return lpa.download(code)
