"""What an eUICC that has proved itself asks for, whatever the operation of its session (SGP.22 §5.6.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from simulator.smdp.context import Context
from simulator.smdp.identity import Credentials
from simulator.smdp.records import Session
from simulator.smdp.server_proof import credentials_of


class Client(NamedTuple):
    """An eUICC whose signature and certificates were verified, in the session that it is authenticated in."""

    session: Session
    """As it is to be saved by the operation, with what the operation adds to it."""
    signed: dict[str, Any]
    """EuiccSigned1."""
    signature1: bytes
    """euiccSignature1, 64 bytes, which the server's next signature covers in some operations."""
    deletion: dict[str, Any] | None = None
    """deleteNotificationForDc, which came along with an activation code from another device."""

    @property
    def eid(self) -> bytes:
        """16 bytes."""
        return self.session.eid

    @property
    def euicc_info2(self) -> dict[str, Any]:
        info: dict[str, Any] = self.signed["euiccInfo2"]
        return info

    @property
    def parameters(self) -> dict[str, Any]:
        """Those of ctxParams1, whichever choice that is."""
        parameters: dict[str, Any] = self.signed["ctxParams1"][1]
        return parameters

    @property
    def matching_id(self) -> str:
        """Of common authentication; empty if the LPA names none."""
        matching_id: str = self.parameters.get("matchingId", "")
        return matching_id

    def credentials(self, smdp: Context) -> Credentials:
        """Those that the server has opened the session with. RspError if they are gone."""
        return credentials_of(smdp, self.session)


Operation = Callable[[Context, Client], dict[str, Any]]
"""Finds what waits for the client, saves its session, and gives the answer of AuthenticateClient."""
