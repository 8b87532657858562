"""The SM-DP+ without network, clock or randomness of its own: ES9+ as five methods (SGP.22 §5.6).

    smdp = SmdpPlus(identity, MemoryStore(), entropy=os.urandom, clock=utc_now)
    matching_id = smdp.add_order(package)

Requests and responses are dictionaries with the members of `asn1.es9`. A refused request raises RspError.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

from simulator.smdp import es2
from simulator.smdp.authenticate_client import authenticate_client
from simulator.smdp.cancel_session import cancel_session
from simulator.smdp.context import Context
from simulator.smdp.device_change.confirmation import confirm_device_change
from simulator.smdp.device_change.policy import DeviceChangePolicy, configured
from simulator.smdp.device_change.progress import check_progress
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.event_registration import delete_event, register_event
from simulator.smdp.get_bound_profile_package import get_bound_profile_package
from simulator.smdp.handle_notification import handle_notification
from simulator.smdp.initiate_authentication import initiate_authentication
from simulator.smdp.metadata import PackageHeader, ProfileMetadata, iccid_digits
from simulator.smdp.records import DeviceChange, Notification, Operator, Order
from simulator.smdp.rpm.configuration import managed
from simulator.smdp.rpm.orders import rpm_order
from simulator.smdp.states import ORDER, OrderEvent, OrderState
from simulator.smdp.store import ConflictError

Message = dict[str, Any]
_TRIES: Final = 3
"""How often a request is run when another one changes its records at the same time."""


def utc_now() -> datetime:
    """The clock for a server that runs in real time."""
    return datetime.now(UTC)


class SmdpPlus(Context):
    """An SM-DP+, function by function."""

    def initiate_authentication(self, request: Message) -> Message:
        """ES9+.InitiateAuthentication (§5.6.1)."""
        return self._run(initiate_authentication, request)

    def authenticate_client(self, request: Message) -> Message:
        """ES9+.AuthenticateClient (§5.6.3)."""
        return self._run(authenticate_client, request)

    def get_bound_profile_package(self, request: Message) -> Message:
        """ES9+.GetBoundProfilePackage (§5.6.2)."""
        return self._run(get_bound_profile_package, request)

    def handle_notification(self, request: Message) -> Message:
        """ES9+.HandleNotification (§5.6.4); the response has no members."""
        return self._run(handle_notification, request)

    def cancel_session(self, request: Message) -> Message:
        """ES9+.CancelSession (§5.6.5); the response has no members."""
        return self._run(cancel_session, request)

    def confirm_device_change(self, request: Message) -> Message:
        """ES9+.ConfirmDeviceChange (v3 §5.6.6)."""
        return self._run(confirm_device_change, request)

    def check_progress(self, request: Message) -> Message:
        """ES9+.CheckProgress (v3 §5.6.7)."""
        return self._run(check_progress, request)

    def download_order(self, request: Message) -> Message:
        """ES2+.DownloadOrder (§5.3.1)."""
        return self._run(es2.download_order, request)

    def confirm_order(self, request: Message) -> Message:
        """ES2+.ConfirmOrder (§5.3.2)."""
        return self._run(es2.confirm_order, request)

    def cancel_order(self, request: Message) -> Message:
        """ES2+.CancelOrder (§5.3.3); the response has no members."""
        return self._run(es2.cancel_order, request)

    def release_profile(self, request: Message) -> Message:
        """ES2+.ReleaseProfile (§5.3.4); the response has no members."""
        return self._run(es2.release_profile, request)

    def rpm_order(self, request: Message) -> Message:
        """ES2+.RpmOrder (v3 §5.3.6)."""
        return self._run(rpm_order, request)

    def _run(self, function: Callable[[Context, Message], Message], request: Message) -> Message:
        """Runs a function anew when another request was faster: it then sees what that one left."""
        for _ in range(_TRIES):
            try:
                return function(self, request)
            except ConflictError:
                continue
        raise RspError.of(Refusal.TRANSACTION_ID, detail="another request for the same order is in progress")

    def add_order(
        self,
        upp: bytes,
        matching_id: str | None = None,
        *,
        eid: bytes = b"",
        confirmation_code: str = "",
        metadata: ProfileMetadata | None = None,
        is_released: bool = True,
        max_attempts: int = 0,
        expires: datetime | None = None,
        is_reusable: bool = False,
        allows_rebinding: bool = True,
        with_ppk: bool = False,
        device_change: DeviceChangePolicy | None = None,
        rpm_owner: str = "",
    ) -> str:
        """Orders the profile package `upp` (DER) for download; its matching id, made up where None is given.

        With an empty matching id and an EID (16 bytes) the order is found by the EID alone. `device_change`
        lets users take the profile to another device, `rpm_owner` the operator with that OID manage it from
        afar. MetadataError if the package has no header or the metadata cannot be encoded; ValueError if the
        matching id is taken.
        """
        if matching_id is None:
            matching_id = self.new_matching_id()
        if not matching_id and not eid:
            raise ValueError("an order has a matching id, an EID, or both")
        if eid and len(eid) != 16:
            raise ValueError(f"an EID has 16 bytes, not {len(eid)}")
        profile = self._profile(self.entropy(8).hex(), upp, metadata)
        if device_change is not None:
            profile = self._with_policy(profile, device_change, self.identity.address)
        if rpm_owner:
            profile = self._managed(profile._replace(owner=rpm_owner))
        order = profile._replace(
            matching_id=matching_id,
            eid=eid,
            is_linked=bool(eid),
            state=OrderState.RELEASED if is_released else OrderState.CONFIRMED,
            confirmation_code_hash=sha256(confirmation_code.encode()).digest() if confirmation_code else b"",
            max_attempts=max_attempts,
            expires_at=int(expires.timestamp()) if expires else 0,
            is_reusable=is_reusable,
            allows_rebinding=allows_rebinding,
            with_ppk=with_ppk,
        )
        try:
            self.store.save(order)
        except ConflictError:
            raise ValueError(f"there is an order with the matching id {matching_id} already") from None
        return matching_id

    def add_profile(
        self,
        upp: bytes,
        *,
        owner: str = "",
        metadata: ProfileMetadata | None = None,
        with_ppk: bool = False,
        is_managed: bool = False,
    ) -> str:
        """Puts the profile package `upp` (DER) in stock, for ES2+.DownloadOrder; its ICCID, 18 to 20 digits.

        `owner` is the OID of the operator who may order it, anybody if empty; and manage it from afar if it
        `is_managed`. MetadataError as `add_order`; ValueError if there is a profile with its ICCID already,
        or nobody to manage it.
        """
        if is_managed and not owner:
            raise ValueError("a profile that is managed from afar needs an owner")
        profile = self._profile("", upp, metadata)
        profile = profile._replace(
            order_id=profile.iccid, state=OrderState.AVAILABLE, owner=owner, with_ppk=with_ppk
        )
        if is_managed:
            profile = self._managed(profile)
        try:
            self.store.save(profile)
        except ConflictError:
            raise ValueError(f"there is a profile with the ICCID {profile.iccid} already") from None
        return profile.iccid

    def _managed(self, profile: Order) -> Order:
        """A profile that its owner may have this server manage."""
        oids = dict.fromkeys(credentials.oid for credentials in self.identity.credentials)
        address = self.identity.address
        metadata = managed(profile.profile_metadata, profile.owner, managers=oids, address=address)
        return profile._replace(profile_metadata=metadata)

    def _profile(self, order_id: str, upp: bytes, metadata: ProfileMetadata | None) -> Order:
        header, metadata = PackageHeader.read(upp), metadata or ProfileMetadata()
        return Order(
            order_id=order_id,
            upp=upp,
            profile_metadata=metadata.encode(header, self.identity.address),
            iccid=metadata.iccid or iccid_digits(header.iccid),
            profile_type=header.profile_type,
        )

    def add_operator(self, oid: str, callback: str = "", *, is_v3: bool = False) -> None:
        """Makes an operator known, or changes where it hears of downloads (host and port; empty: nowhere).
        One of version 3 hears of everything that becomes of its profiles."""
        known = self.store.operator(oid) or Operator(oid)
        self.store.save(known._replace(callback=callback, is_v3=is_v3))

    def set_device_change(self, name: str, policy: DeviceChangePolicy | None, address: str = "") -> Order:
        """Lets users take the profile of an order to another device from its next download on, or no longer.
        The eUICC is told to ask this server at `address`, else where it sends the notifications. KeyError if
        there is no such order, ValueError if it is one for many eUICCs, MetadataError if the policy cannot be
        encoded."""
        order = self.find_order(name)
        if order.is_reusable and policy is not None:
            raise ValueError("a profile that any number of eUICCs may have belongs to none of them")
        return self._saved(self._with_policy(order, policy, address))

    def _with_policy(self, order: Order, policy: DeviceChangePolicy | None, address: str = "") -> Order:
        """The order, whose metadata tell the eUICC what the policy says. An activation code that the eUICC
        keeps is all that there is to such a policy."""
        return order._replace(
            device_change=policy.to_json() if policy and not policy.stored_code else "",
            profile_metadata=configured(
                order.profile_metadata, policy, address or self.identity.address, is_default=not address
            ),
        )

    def device_changes(self) -> list[DeviceChange]:
        """All device changes, oldest first."""
        return self.store.device_changes()

    def find_order(self, name: str) -> Order:
        """The order with this matching id or order id; KeyError if there is none."""
        order = self.store.order_by_matching_id(name) or self.store.order(name)
        if order is None:
            raise KeyError(name)
        return order

    def release_order(self, name: str) -> Order:
        """Makes a profile available for download, with all its attempts; KeyError if there is no such order,
        ValueError in a state that the profile cannot be released from."""
        order = self.find_order(name)
        if OrderEvent.RELEASE not in ORDER[order.state]:
            raise ValueError(f"an order in state {order.state.value} cannot be released")
        released = order.moved(OrderEvent.RELEASE)._replace(confirmation_code_failures=0, attempts=0)
        return self._saved(register_event(self, released))

    def withdraw_order(self, name: str, *, to_stock: bool = False) -> Order:
        """Ends an order, or puts its profile back in stock; errors as `release_order`."""
        order = self.find_order(name)
        event = OrderEvent.RETURN if to_stock else OrderEvent.WITHDRAW
        if event not in ORDER[order.state]:
            raise ValueError(f"an order in state {order.state.value} cannot be withdrawn")
        order = delete_event(self, order)
        return self._saved(order.returned() if to_stock else order.moved(event))

    def _saved(self, order: Order) -> Order:
        self.store.save(order)
        return order._replace(version=order.version + 1)

    def orders(self) -> list[Order]:
        """All orders, oldest first."""
        return self.store.orders()

    def notifications(self) -> list[Notification]:
        """All notifications received, oldest first."""
        return self.store.notifications()
