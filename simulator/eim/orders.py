"""What an operator orders at an eIM: devices to manage, packages for them (SGP.32 §2.11.1)."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from asn1 import iot
from simulator.eim.context import Records
from simulator.eim.errors import EimError
from simulator.eim.packages import data_request
from simulator.eim.records import Device, Package, PackageEvent, PackageKind
from simulator.lpa.activation_code import ActivationCode
from simulator.smdp.store import ConflictError

Operation = tuple[str, Any]
"""An alternative of Psmo or Eco."""


class Orders(Records):
    """Takes orders. The eIM that signs and serves them may be another process with the same store."""

    def add_device(self, eid: bytes, *, counter: int = 0, association_token: int | None = None) -> Device:
        """A device to manage, and a first package that asks what it is. `counter` is that of the last package
        of this eIM, where it has sent any. EimError if it is there already."""
        if len(eid) != 16 or not eid.hex().isdecimal():
            raise EimError(f"{eid.hex()} is no EID: 32 digits are expected")
        device = Device(eid, counter, association_token)
        first = self.new_package(eid, PackageKind.DATA, data_request(), is_automatic=True)
        try:
            self.store.save(device, first)
        except ConflictError:
            raise EimError(f"there is a device {device.key} already") from None
        return device._replace(version=1)

    def set_token(self, eid: bytes, token: int | None) -> None:
        """The association token that the eUICC gave for this eIM; None: there is none."""
        self.store.save(self.device(eid)._replace(association_token=token))

    def order(self, eid: bytes, *operations: Operation) -> Package:
        """A signed package of operations for a device, either on profiles or on eIMs. EimError if the device
        is unknown or they do not make a package."""
        is_eco = [name.endswith("Eim") for name, _ in operations]
        if not operations or any(is_eco) != all(is_eco):
            raise EimError("a package has operations on profiles or on eIMs, not both")
        kind = "ecoList" if is_eco[0] else "psmoList"
        return self._queue(eid, PackageKind.EUICC, iot.encode("EuiccPackage", (kind, list(operations))))

    def order_download(
        self,
        eid: bytes,
        code: ActivationCode | None = None,
        *,
        smds: str | None = None,
        confirmation_code: str = "",
        is_indirect: bool = False,
    ) -> Package:
        """A trigger for a download: with an activation code; from the SM-DS `smds`, the eUICC's root SM-DS if
        empty; or from the eUICC's default SM-DP+. An indirect one goes through this eIM."""
        data: tuple[str, Any] = ("contactDefaultSmdp", None)
        if code is not None:
            data = ("activationCode", str(code))
        elif smds is not None:
            data = ("contactSmds", {"smdsAddress": smds} if smds else {})
        if confirmation_code and not is_indirect:
            raise EimError("an eIM uses a confirmation code in indirect downloads only")
        hashed = sha256(confirmation_code.encode()).digest() if confirmation_code else b""
        content = iot.encode("ProfileDownloadData", data)
        return self._queue(
            eid, PackageKind.DOWNLOAD, content, is_indirect=is_indirect, confirmation_code_hash=hashed
        )

    def order_data(self, eid: bytes, members: Iterable[str] = ()) -> Package:
        """A request for data of the IPA and the eUICC, by members of IpaEuiccData; those that describe the
        device if none are named."""
        wanted = tuple(members)
        content = data_request(wanted) if wanted else data_request()
        return self._queue(eid, PackageKind.DATA, content)

    def _queue(self, eid: bytes, kind: PackageKind, content: bytes, **fields: Any) -> Package:
        device = self.device(eid)
        package = self.new_package(device.eid, kind, content, **fields)
        self.store.save(package)
        return package._replace(version=1)

    def withdraw(self, transaction_id: bytes) -> Package:
        """Takes back a package that no IPA has fetched. EimError if there is none, or it is too late."""
        package = self.package(transaction_id)
        if package is None:
            raise EimError(f"there is no package {transaction_id.hex()}")
        withdrawn = package.moved(PackageEvent.WITHDRAW)
        if withdrawn.state is package.state:
            raise EimError(f"the package {package.key} is {package.state}: it cannot be taken back")
        self.store.save(withdrawn._replace(finished_at=self.now()))
        return withdrawn

    def remove_device(self, eid: bytes) -> None:
        """Forgets a device, its packages and notifications; EimError if there is none."""
        self.store.remove(self.device(eid).eid)
