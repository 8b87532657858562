"""Notifications from the eUICC to the SM-DP+: in order, and forgotten only when delivered (SGP.22 §3.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cards.identities import Iccid, from_card
from simulator.lpa.errors import LpaError, ServerUnreachable
from simulator.lpa.profiles import bit_names
from simulator.lpa.steps import PostToServer, Procedure, SendToCard


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification that waits on the eUICC (NotificationMetadata, §4.1.10)."""

    sequence_number: int
    operation: str
    """'install', 'enable', 'disable' or 'delete'; in version 3 also 'rpmenable', 'rpmdisable', 'rpmdelete'
    and 'loadrpmpackageresult'."""
    address: str
    """FQDN of the server that wants to know."""
    iccid: Iccid | None

    @classmethod
    def of(cls, value: dict[str, Any]) -> Notification:
        names = bit_names("NotificationEvent", value["profileManagementOperation"])
        operation = ", ".join(name.removeprefix("notification").lower() for name in names)
        iccid = from_card(Iccid, value["iccid"]) if "iccid" in value else None
        return cls(value["seqNumber"], operation, value["notificationAddress"], iccid)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notification; without an error it was delivered and removed."""

    notification: Notification
    error: LpaError | None = None


def waiting() -> Procedure[list[Notification]]:
    """The notifications that wait, oldest first."""
    listed = yield SendToCard("list_notification")
    return sorted((Notification.of(value) for value in listed), key=lambda item: item.sequence_number)


def deliver_all() -> Procedure[list[Delivery]]:
    """Deliver everything that waits; see `deliver_some`."""
    return (yield from deliver_some((yield from waiting())))


def deliver_some(notifications: Iterable[Notification]) -> Procedure[list[Delivery]]:
    """Deliver these, in their order. When a server cannot be reached, its later ones stay too, so that they
    never overtake; other servers get theirs. One that a server refuses does not hold up the next."""
    deliveries: list[Delivery] = []
    away: dict[str, LpaError] = {}
    for notification in notifications:
        error = away.get(notification.address) or (yield from deliver(notification))
        if isinstance(error, ServerUnreachable):
            away[notification.address] = error
        deliveries.append(Delivery(notification, error))
    return deliveries


def deliver_result(result: dict[str, Any]) -> Procedure[LpaError | None]:
    """Deliver a ProfileInstallationResult that the eUICC has just given (§3.1.3.3, §3.5), after those that
    have been waiting for the same server; see `deliver`."""
    metadata = result["profileInstallationResultData"]["notificationMetadata"]
    return (yield from _deliver_in_turn(metadata, ("profileInstallationResult", result)))


def deliver_rpm_result(pending: tuple[str, dict[str, Any]]) -> Procedure[LpaError | None]:
    """The same with a LoadRpmPackageResult, as PendingNotification (SGP.22 v3 §3.7.3)."""
    metadata = pending[1]["loadRpmPackageResultDataSigned"]["notificationMetadata"]
    return (yield from _deliver_in_turn(metadata, pending))


def _deliver_in_turn(
    metadata: dict[str, Any], pending: tuple[str, dict[str, Any]]
) -> Procedure[LpaError | None]:
    own = Notification.of(metadata)
    earlier = [
        item
        for item in (yield from waiting())
        if item.address == own.address and item.sequence_number < own.sequence_number
    ]
    for delivery in (yield from deliver_some(earlier)):
        if isinstance(delivery.error, ServerUnreachable):
            return delivery.error
    return (yield from deliver(own, [pending]))


def deliver(
    notification: Notification, pending: list[tuple[str, Any]] | None = None
) -> Procedure[LpaError | None]:
    """Deliver one notification, fetched from the eUICC unless it is at hand, and remove it there; the error
    if the server did not take it."""
    if pending is None:
        pending = yield SendToCard("retrieve_notifications_list", (notification.sequence_number,))
    try:
        for value in pending:
            yield PostToServer(notification.address, "handleNotification", {"pendingNotification": value})
    except LpaError as error:
        return error
    if pending:
        yield SendToCard("remove_notification_from_list", (notification.sequence_number,))
    return None
