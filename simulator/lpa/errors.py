"""What can go wrong in an LPA, one family; every error says what happened, why, and what to do."""

from __future__ import annotations

from cards.isdr.errors import Es10Error, InstallationError
from simulator.lpa.reasons import EUICC_ADVICE, explain


class LpaError(Exception):
    """Base of the family; the text is for the user."""


class ActivationCodeError(LpaError):
    """The text is no activation code."""


class ServerUnreachable(LpaError):  # noqa: N818 - a name that reads as what happened
    """No HTTPS connection to the server, or it broke off."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address} cannot be reached: {reason}")
        self.address = address


class ServerProtocolError(LpaError):
    """The server answered what SGP.22 does not allow."""


class ServerFault(ServerProtocolError):  # noqa: N818
    """The server itself failed (HTTP status 5xx): it may be well again soon."""


class DownloadInterrupted(LpaError):  # noqa: N818
    """The card left the session in the middle of a package. Neither side was told, so that the order is still
    open: both keep their one-time keys for the next attempt (§3.1.3)."""


class ServerRefused(LpaError):  # noqa: N818
    """The server refused a function, with its subject and reason codes (SGP.22 §5.2.6)."""

    def __init__(
        self,
        function: str,
        subject_code: str,
        reason_code: str,
        identifier: str = "",
        message: str = "",
        *,
        interface: str = "ES9+",
    ) -> None:
        explanation = explain(subject_code, reason_code)
        said = f" The server says: {message.rstrip('.')}." if message else ""
        about = f" ({identifier})" if identifier else ""
        codes = f"{subject_code}/{reason_code}{about}"
        super().__init__(f"{interface}.{function} was refused with {codes}: {explanation}{said}")
        self.interface = interface
        self.function = function
        self.subject_code = subject_code
        self.reason_code = reason_code
        self.identifier = identifier
        self.message = message
        self.explanation = explanation
        """What the codes mean and what to do, without what the server said."""


class EuiccRefused(LpaError):  # noqa: N818
    """The eUICC refused a step of the download; `cause` is its error."""

    def __init__(self, cause: Es10Error) -> None:
        advice = EUICC_ADVICE.get(cause.name, "")
        super().__init__(f"{cause}.{' ' + advice if advice else ''}")
        self.cause = cause


class InstallationFailed(EuiccRefused):
    """The eUICC got the package and did not install it; the server has been told."""

    def __init__(self, cause: InstallationError) -> None:
        super().__init__(cause)
        self.result = cause.result
        """The ProfileInstallationResult."""
        self.command = cause.command
        self.reason = cause.name
        self.element_statuses = cause.element_statuses


class DownloadCancelled(LpaError):  # noqa: N818
    """The download ended before the installation; `reason` is a name of CancelSessionReason."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(f"the download was cancelled ({reason}): {why}")
        self.reason = reason


class DeviceChangeCancelled(LpaError):  # noqa: N818
    """A profile stays where it is; `reason` is a name of CancelSessionReason."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(f"the change of device was cancelled ({reason}): {why}")
        self.reason = reason


class DeviceChangeDelayed(LpaError):  # noqa: N818
    """The server prepares the profile for the new device first (SGP.22 v3 §3.11.1)."""

    def __init__(self, minutes: int, session_id: bytes) -> None:
        super().__init__(
            "the profile for the new device is still being prepared: do the same again in "
            f"{minutes} {'minute' if minutes == 1 else 'minutes'}, or have it waited for"
        )
        self.minutes = minutes
        self.session_id = session_id
        """dcSessionId, with which ES9+.CheckProgress asks."""


class RpmCancelled(LpaError):  # noqa: N818
    """Remote management ended before the eUICC got the package; `reason` is a name of CancelSessionReason."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(f"remote management was cancelled ({reason}): {why}")
        self.reason = reason


class ProfileNotFound(LpaError):  # noqa: N818
    """No profile on the eUICC is meant by what the user gave."""
