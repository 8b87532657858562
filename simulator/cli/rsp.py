"""The parties of a download put together: an SM-DP+ with orders, a way to it, an LPA before a card."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from simulator.cli import edge

if TYPE_CHECKING:
    from fastapi import FastAPI

    from cards.link import CardLike
    from simulator.crypto.pki import TestPki
    from simulator.lpa import DownloadResult
    from simulator.smdp import SmdpPlus, Store
    from simulator.smdp.metadata import ProfileMetadata
    from simulator.smdp.records import Order as StoredOrder
    from simulator.specimens.make import Maker

IN_PROCESS_ADDRESS = "testsmdpplus1.example.com"
"""Name of the server of SGP.26; an SM-DP+ in this process is not reached under it, only called so."""
LOOPBACK = "localhost"


@dataclass(frozen=True, slots=True)
class Order:
    """What a server is to hand out. Without a matching id one is made up."""

    package: bytes
    matching_id: str | None = None
    confirmation_code: str = ""
    metadata: ProfileMetadata | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """An SM-DP+ that listens, and the activation codes of its orders."""

    address: str
    url: str
    codes: tuple[str, ...]


def server(pki: TestPki, address: str, store: Store | None = None, version: int = 3) -> SmdpPlus:
    """An SM-DP+ under this address, of version 2 or 3; its orders live in memory unless there is a store."""
    from simulator.smdp import MemoryStore, SmdpIdentity, SmdpPlus
    from simulator.smdp.context import V2, V3

    identity = SmdpIdentity.from_pki(pki.with_lists(now=edge.now()), address)
    smdp = SmdpPlus(
        identity, store or MemoryStore(), entropy=edge.entropy, clock=edge.now, svn=V2 if version == 2 else V3
    )
    smdp.key_log = edge.key_log()
    return smdp


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
    management_token: str = "",
    version: int = 3,
) -> Iterator[Service]:
    """An SM-DP+ that serves for the length of the block. It is called `address`, or by where it listens."""
    from simulator.smdp.http import create_app
    from simulator.smdp.serve import running_application
    from simulator.smdp.upkeep import upkeep

    smdp = server(pki, address or host, store, version)
    app = create_app(smdp, management_token=management_token, meddler=edge.quirks())
    with running_application(smdp, app, host, port, is_tls=is_tls) as listening, upkeep(smdp):
        name = address or listening.smdp_address
        smdp.identity = replace(smdp.identity, address=name)
        yield Service(name, listening.url, codes(smdp, name, orders))


@contextmanager
def serving_with_workers(
    pki: TestPki,
    orders: Sequence[Order],
    open_store: Callable[[], Store],
    count: int,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    address: str = "",
    is_tls: bool = True,
    management_token: str = "",
    version: int = 3,
) -> Iterator[Service]:
    """As `serving`, in `count` processes, each of which opens the store for itself."""
    from simulator.smdp.http import create_app
    from simulator.smdp.serve import running_workers
    from simulator.smdp.upkeep import upkeep

    name = address or f"{host}:{port}"
    smdp = server(pki, name, open_store(), version)
    issued = codes(smdp, name, orders)
    smdp.store.close()

    @contextmanager
    def start(number: int) -> Iterator[tuple[SmdpPlus, FastAPI]]:
        worker = server(pki, name, open_store(), version)
        # One of them is enough to look after what others are to hear.
        with upkeep(worker) if number == 0 else nullcontext():
            yield worker, create_app(worker, management_token=management_token, meddler=edge.quirks())

    with running_workers(smdp.identity, start, count, host, port, is_tls=is_tls) as listening:
        yield Service(name, listening.url, issued)


def codes(smdp: SmdpPlus, address: str, orders: Sequence[Order]) -> tuple[str, ...]:
    """The activation codes of the orders, in their turn."""
    from simulator.smdp.states import OrderState

    waiting = {order.matching_id: order for order in smdp.orders() if order.state is OrderState.RELEASED}
    return tuple(_code(smdp, address, order, waiting.pop(order.matching_id or "", None)) for order in orders)


def _code(smdp: SmdpPlus, address: str, order: Order, waiting: StoredOrder | None) -> str:
    """The activation code of an order; one that waits since an earlier run for the same package is kept."""
    from simulator.lpa import ActivationCode

    try:
        if waiting is not None and waiting.upp == order.package:
            matching_id = waiting.matching_id
        else:
            matching_id = smdp.add_order(
                order.package,
                order.matching_id,
                confirmation_code=order.confirmation_code,
                metadata=order.metadata,
            )
    except ValueError as error:  # the matching id is taken
        raise click.ClickException(f"{error}; name another with --matching-id.") from None
    code = ActivationCode(address, matching_id, confirmation_code_required=bool(order.confirmation_code))
    return code.qr_text


def install(
    card: CardLike, pki: TestPki, package: bytes, metadata: ProfileMetadata | None = None
) -> DownloadResult:
    """Bring a package onto an eUICC through an SM-DP+ and an LPA in this process, without any network."""
    from simulator.specimens.make import install

    return install(card, server(pki, IN_PROCESS_ADDRESS), package, metadata)


def maker(pki: Callable[[], TestPki]) -> Maker:
    """Makes cards; eUICCs are certified under the PKI, which is asked for when one is made."""
    from simulator.specimens.make import Maker

    return Maker(
        edge.entropy,
        edge.now,
        pki,
        lambda: server(pki(), IN_PROCESS_ADDRESS),
    )
