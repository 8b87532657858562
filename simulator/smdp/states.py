"""The life of orders and of an RSP session at the SM-DP+, as tables (SGP.22 §3.1.6, §3.1.2, §3.1.3, v3 §3.7).

An order stands for one profile. It is prepared (allocated, perhaps linked to an EID, confirmed, released),
downloaded by one eUICC, and ends when that eUICC reports its installation. A failure that a second download
can cure (the LPA was interrupted, the user wanted to wait, the eUICC was full) leads back to Released; any
other leads to Error, from which only the operator leads out. Failures count if they are those of the session
that got the package last: an eUICC may tell of an interruption after the download that made up for it.

An order of remote profile management (RPM) stands for a script, of which one package after the other goes to
the eUICC. Its word counts whenever it comes, be it after the LPA gave up. A script ends with its last
package, or with the first one that did not run to its end.

A session begins with InitiateAuthentication and goes through one function after the other. What the tables
cannot say: a refused request leaves session and order as they were, save that wrong confirmation codes and
download attempts are counted; and an answer that got lost may be asked for again by a repeated
GetBoundProfilePackage, which is bound anew.
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class OrderState(Enum):
    """Profile states at the SM-DP+ (§3.1.6)."""

    AVAILABLE = "Available"
    ALLOCATED = "Allocated"
    LINKED = "Linked"
    CONFIRMED = "Confirmed"
    RELEASED = "Released"
    DOWNLOADED = "Downloaded"
    INSTALLED = "Installed"
    ERROR = "Error"
    UNAVAILABLE = "Unavailable"


class OrderEvent(Enum):
    """What moves an order."""

    ALLOCATE = "DownloadOrder without an EID"
    LINK = "DownloadOrder with an EID"
    CONFIRM = "ConfirmOrder without releaseFlag"
    RELEASE = "ReleaseProfile, or ConfirmOrder with releaseFlag"
    DOWNLOAD = "GetBoundProfilePackage"
    INSTALL = "ProfileInstallationResult: success"
    POSTPONE = "cancelled or failed in a way that a second download can cure"
    FAIL = "cancelled or failed for good"
    RETURN = "CancelOrder with the final state Available"
    WITHDRAW = "CancelOrder with the final state Unavailable"


_S, _E = OrderState, OrderEvent
_ENDS: Final = {_E.FAIL: _S.ERROR, _E.WITHDRAW: _S.UNAVAILABLE}
_OFF: Final = {**_ENDS, _E.RETURN: _S.AVAILABLE}

ORDER: Final[dict[OrderState, dict[OrderEvent, OrderState]]] = {
    _S.AVAILABLE: {_E.ALLOCATE: _S.ALLOCATED, _E.LINK: _S.LINKED, _E.WITHDRAW: _S.UNAVAILABLE},
    _S.ALLOCATED: {_E.LINK: _S.LINKED, _E.CONFIRM: _S.CONFIRMED, _E.RELEASE: _S.RELEASED, **_OFF},
    _S.LINKED: {_E.CONFIRM: _S.CONFIRMED, _E.RELEASE: _S.RELEASED, **_OFF},
    _S.CONFIRMED: {_E.RELEASE: _S.RELEASED, **_OFF},
    _S.RELEASED: {_E.DOWNLOAD: _S.DOWNLOADED, _E.POSTPONE: _S.RELEASED, **_OFF},
    _S.DOWNLOADED: {
        _E.DOWNLOAD: _S.DOWNLOADED,
        _E.INSTALL: _S.INSTALLED,
        _E.POSTPONE: _S.RELEASED,
        **_ENDS,
    },
    _S.INSTALLED: {_E.WITHDRAW: _S.UNAVAILABLE},
    _S.ERROR: {_E.RELEASE: _S.RELEASED, _E.RETURN: _S.AVAILABLE, _E.WITHDRAW: _S.UNAVAILABLE},
    _S.UNAVAILABLE: {},
}


CLOSED: Final = frozenset({_S.AVAILABLE, _S.INSTALLED, _S.ERROR, _S.UNAVAILABLE})
"""States in which nothing is on its way to an eUICC."""


class RpmState(Enum):
    """How far an order of remote profile management has come (version 3, §3.7)."""

    RELEASED = "Released"
    DELIVERED = "Delivered"
    EXECUTED = "Executed"
    ERROR = "Error"
    CANCELLED = "Cancelled"


class RpmEvent(Enum):
    """What moves an order of remote profile management."""

    DELIVER = "AuthenticateClient"
    CONTINUE = "LoadRpmPackageResult: the package was executed, and the script has more"
    FINISH = "LoadRpmPackageResult: the last package was executed"
    STOP = "LoadRpmPackageResult: the package was not executed to its end"
    POSTPONE = "cancelled in a way that a second session can cure"
    FAIL = "cancelled for good"
    WITHDRAW = "CancelOrder"


_R, _N = RpmState, RpmEvent
_RESULTS: Final = {_N.CONTINUE: _R.RELEASED, _N.FINISH: _R.EXECUTED, _N.STOP: _R.ERROR}

RPM: Final[dict[RpmState, dict[RpmEvent, RpmState]]] = {
    _R.RELEASED: {
        _N.DELIVER: _R.DELIVERED,
        **_RESULTS,
        _N.POSTPONE: _R.RELEASED,
        _N.FAIL: _R.ERROR,
        _N.WITHDRAW: _R.CANCELLED,
    },
    _R.DELIVERED: {
        _N.DELIVER: _R.DELIVERED,
        **_RESULTS,
        _N.POSTPONE: _R.RELEASED,
        _N.FAIL: _R.ERROR,
        _N.WITHDRAW: _R.CANCELLED,
    },
    _R.EXECUTED: {},
    _R.ERROR: {},
    _R.CANCELLED: {},
}


class SessionState(Enum):
    """How far an RSP session has come."""

    INITIATED = "the server has sent its challenge"
    AUTHENTICATED = "the eUICC is authenticated and the profile chosen"
    DELIVERED = "the bound profile package, the RPM package, or the data of a device change have been sent"
    FINISHED = "the eUICC has reported the result"
    CANCELLED = "the LPA or the user gave up"
    FAILED = "the eUICC reported an error, or the order came to its end"


class SessionEvent(Enum):
    """What moves a session."""

    AUTHENTICATE = "AuthenticateClient"
    DELIVER = "GetBoundProfilePackage, or AuthenticateClient for an RPM package"
    RESULT = "HandleNotification with a ProfileInstallationResult or a LoadRpmPackageResult"
    CANCEL = "CancelSession"
    CONFIRM = "ConfirmDeviceChange"
    FAIL = "an error that ends the session"


_T, _V = SessionState, SessionEvent

SESSION: Final[dict[SessionState, dict[SessionEvent, SessionState]]] = {
    _T.INITIATED: {_V.AUTHENTICATE: _T.AUTHENTICATED, _V.FAIL: _T.FAILED},
    _T.AUTHENTICATED: {
        _V.DELIVER: _T.DELIVERED,
        _V.CONFIRM: _T.DELIVERED,
        _V.CANCEL: _T.CANCELLED,
        _V.FAIL: _T.FAILED,
    },
    _T.DELIVERED: {
        _V.DELIVER: _T.DELIVERED,
        _V.CONFIRM: _T.DELIVERED,
        _V.RESULT: _T.FINISHED,
        _V.CANCEL: _T.CANCELLED,
        _V.FAIL: _T.FAILED,
    },
    _T.FINISHED: {},
    # The eUICC may have installed the profile before the LPA gave up: its word counts.
    _T.CANCELLED: {_V.RESULT: _T.FINISHED},
    _T.FAILED: {_V.RESULT: _T.FINISHED},
}
