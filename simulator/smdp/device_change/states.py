"""The life of a device change at the SM-DP+, as a table (SGP.22 v3 §3.11).

What the table cannot say: a profile that need not be deleted is installed from Confirmed; a user who asks
again before the new device has downloaded begins anew with the same change; and only a change that failed,
of which recovery was promised and not too long ago, can be recovered.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class DeviceChangeState(Enum):
    """How far a device change has come."""

    REQUESTED = "Requested"
    """The profile for the new device is still being prepared."""
    READY = "Ready"
    """The user may confirm."""
    CONFIRMED = "Confirmed"
    """The activation code has been given."""
    DELETED = "Deleted"
    """The old eUICC has reported that the profile is gone."""
    INSTALLED = "Installed"
    FAILED = "Failed"
    """The new device cannot get the profile any more."""
    RECOVERED = "Recovered"
    """The old device has an activation code to get it back with."""
    CANCELLED = "Cancelled"


class DeviceChangeEvent(Enum):
    """What moves a device change."""

    PREPARE = "AuthenticateClient of the old device, with a profile that is ready for the new one"
    CONFIRM = "ConfirmDeviceChange"
    DELETE = "the deletion reported by the old eUICC"
    INSTALL = "ProfileInstallationResult of the new eUICC: success"
    FAIL = "the order of the new device ended without the profile"
    RECOVER = "AuthenticateClient of the old device for recovery"
    CANCEL = "the user gave up, or gave too many wrong confirmation codes"


_S, _E = DeviceChangeState, DeviceChangeEvent

DEVICE_CHANGE: Final[dict[DeviceChangeState, dict[DeviceChangeEvent, DeviceChangeState]]] = {
    _S.REQUESTED: {_E.PREPARE: _S.READY, _E.CANCEL: _S.CANCELLED},
    _S.READY: {_E.PREPARE: _S.READY, _E.CONFIRM: _S.CONFIRMED, _E.CANCEL: _S.CANCELLED},
    _S.CONFIRMED: {
        _E.PREPARE: _S.READY,
        _E.CONFIRM: _S.CONFIRMED,
        _E.DELETE: _S.DELETED,
        _E.INSTALL: _S.INSTALLED,
        _E.FAIL: _S.FAILED,
    },
    _S.DELETED: {_E.INSTALL: _S.INSTALLED, _E.FAIL: _S.FAILED},
    _S.INSTALLED: {},
    _S.FAILED: {_E.RECOVER: _S.RECOVERED},
    _S.RECOVERED: {_E.RECOVER: _S.RECOVERED},
    _S.CANCELLED: {},
}
OPEN: Final = frozenset({_S.REQUESTED, _S.READY, _S.CONFIRMED})
"""States in which the old device may still ask."""
