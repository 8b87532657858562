"""Management of an SM-DP+ over REST: orders, stock, operators, notifications, with OpenAPI.

It is no interface of SGP.22: the people who run the server use it. Every call needs the token that the server
was started with. A mistake is told as {"detail": "…"} with status 400, 401, 404, 409, 413 or 422.
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import Body, Depends, FastAPI, HTTPException, Query, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.smdp import records
from simulator.smdp.core import SmdpPlus
from simulator.smdp.device_change.policy import DeviceChangePolicy
from simulator.smdp.device_change.states import DeviceChangeState
from simulator.smdp.errors import RspError
from simulator.smdp.metadata import MetadataError
from simulator.smdp.records import Notification, Operator, Order, RpmOrder
from simulator.smdp.states import OrderState, RpmState
from simulator.smdp.store import ConflictError

PATH: Final = "/manage/v1"
MAX_BODY: Final = 8 << 20
"""Bytes: a profile package, in base64."""
_EID: Final = r"^[0-9]{32}$"
_OID: Final = r"^[0-2](\.(0|[1-9][0-9]{0,8})){1,19}$"
_PRINTABLE: Final = r"^[\x20-\x7e]*$"


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class NewOrder(_Model):
    """An order for one profile, or, reusable, for a test profile that any number of eUICCs may download."""

    package: Base64Bytes = Field(description="Unprotected profile package, DER.", min_length=1)
    matching_id: str | None = Field(
        None, pattern=r"^[A-Za-z0-9-]{0,255}$", description="Made up if it is left out."
    )
    eid: str = Field("", pattern=_EID + "|^$", description="The eUICC that it is for.")
    confirmation_code: str = Field("", max_length=255, pattern=_PRINTABLE)
    is_released: bool = True
    max_attempts: int = Field(0, ge=0, le=1_000_000, description="0 for no limit.")
    expires_at: AwareDatetime | None = None
    is_reusable: bool = False
    allows_rebinding: bool = True
    with_ppk: bool = Field(False, description="Protect the package with keys of its own.")


class DeviceChange(_Model):
    """What users may do with a profile besides: take it to another device (SGP.22 v3 annex O)."""

    requires_eid: bool = Field(False, description="The old device tells the EID of the new one.")
    requires_tac: bool = Field(False, description="The old device tells the TAC of the new one.")
    asks_operator: bool = False
    deletes_old: bool = True
    recovery_days: int = Field(0, ge=0, le=3650)
    retry_minutes: int = Field(5, ge=1, le=10080)
    confirmation_code: str = Field("", max_length=255, pattern=_PRINTABLE)
    message: str = ""
    language: str = "en"
    stored_code: str = Field("", max_length=255, description="An activation code that the eUICC keeps.")
    allowed_ci: str = Field("", pattern=r"^([0-9A-Fa-f]{40})?$")


class NewProfile(_Model):
    """A profile for the stock that ES2+.DownloadOrder draws from."""

    package: Base64Bytes = Field(description="Unprotected profile package, DER.", min_length=1)
    owner: str = Field("", pattern=_OID + "|^$", description="OID of the operator who may order it.")


class OrderView(_Model):
    """An order, without the profile's content."""

    order_id: str
    state: OrderState
    iccid: str
    profile_type: str
    owner: str
    matching_id: str
    activation_code: str = Field(description="Empty where the eUICC finds the order by its EID alone.")
    eid: str
    confirmation_code_required: bool
    attempts: int
    max_attempts: int
    expires_at: datetime | None
    is_reusable: bool

    @classmethod
    def of(cls, order: Order, address: str) -> OrderView:
        """What may be told of an order of the server at this address."""
        needs_code = bool(order.confirmation_code_hash)
        code = f"LPA:1${address}${order.matching_id}{'$$1' if needs_code else ''}"
        return cls(
            order_id=order.order_id,
            state=order.state,
            iccid=order.iccid,
            profile_type=order.profile_type,
            owner=order.owner,
            matching_id=order.matching_id,
            activation_code=code if order.matching_id else "",
            eid=order.eid.hex(),
            confirmation_code_required=needs_code,
            attempts=order.attempts,
            max_attempts=order.max_attempts,
            expires_at=datetime.fromtimestamp(order.expires_at, UTC) if order.expires_at else None,
            is_reusable=order.is_reusable,
        )


class DeviceChangeView(_Model):
    """A profile that a user took to another device."""

    change_id: str
    state: DeviceChangeState
    iccid: str
    eid: str = Field(description="Of the old device's eUICC.")
    target_eid: str
    order_id: str
    new_order_id: str
    new_iccid: str
    recovery_order_id: str
    recoverable_until: datetime | None

    @classmethod
    def of(cls, change: records.DeviceChange) -> DeviceChangeView:
        until = change.recoverable_until
        return cls(
            change_id=change.change_id,
            state=change.state,
            iccid=change.iccid,
            eid=change.eid.hex(),
            target_eid=change.target_eid.hex(),
            order_id=change.order_id,
            new_order_id=change.new_order_id,
            new_iccid=change.new_iccid or change.iccid,
            recovery_order_id=change.recovery_order_id,
            recoverable_until=datetime.fromtimestamp(until, UTC) if until else None,
        )


class OperatorView(_Model):
    """An operator that may use ES2+."""

    oid: str = Field(pattern=_OID)
    callback: str = Field(
        "", max_length=255, pattern=r"^[A-Za-z0-9.:\[\]-]*$", description="Host and port; empty for nowhere."
    )
    is_v3: bool = Field(False, description="Whether it hears by HandleNotification of SGP.22 version 3.")

    @classmethod
    def of(cls, operator: Operator) -> OperatorView:
        return cls(oid=operator.oid, callback=operator.callback, is_v3=operator.is_v3)


class RpmOrderView(_Model):
    """An order of remote profile management."""

    order_id: str
    state: RpmState
    eid: str
    matching_id: str
    owner: str
    commands_done: int
    commands_left: int

    @classmethod
    def of(cls, order: RpmOrder) -> RpmOrderView:
        return cls(
            order_id=order.order_id,
            state=order.state,
            eid=order.eid.hex(),
            matching_id=order.matching_id,
            owner=order.owner,
            commands_done=order.done,
            commands_left=len(order.commands),
        )


class NotificationView(_Model):
    """A notification that an eUICC has signed."""

    eid: str
    sequence_number: int
    event: str
    iccid: str
    is_success: bool
    received_at: datetime
    content: str = Field(description="PendingNotification, DER in base64.")

    @classmethod
    def of(cls, notification: Notification) -> NotificationView:
        return cls(
            eid=notification.eid.hex(),
            sequence_number=notification.sequence_number,
            event=notification.event,
            iccid=notification.iccid.hex(),
            is_success=notification.is_success,
            received_at=datetime.fromtimestamp(notification.received_at, UTC),
            content=b64encode(notification.content).decode(),
        )


class Mistake(BaseModel):
    """Why a call was refused, in a sentence."""

    detail: str


_BEARER: Final = HTTPBearer(auto_error=False, description="The token that the server was started with.")
_MISTAKES: Final[dict[int | str, dict[str, Any]]] = {
    number: {"model": Mistake} for number in (400, 401, 404, 409, 413, 422)
}


def create_management(smdp: SmdpPlus, token: str) -> FastAPI:
    """The application to mount at PATH; callers show `token` as their bearer token."""

    def check(shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
        if shown is None or not secrets.compare_digest(shown.credentials.encode(), token.encode()):
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, "the bearer token is missing or wrong")

    app = FastAPI(
        title="SM-DP+ management",
        version="1",
        description=__doc__,
        dependencies=[Depends(check)],
        responses=_MISTAKES,
    )
    app.add_middleware(_BodyLimit, limit=MAX_BODY)
    app.add_exception_handler(RequestValidationError, _malformed)
    _add_orders(app, smdp)
    _add_records(app, smdp)
    _add_stock(app, smdp)
    _add_operators(app, smdp)
    return app


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    """What is wrong with a request, in a sentence."""
    assert isinstance(error, RequestValidationError)
    mistakes = (
        f"{'.'.join(str(part) for part in mistake['loc'][1:]) or 'body'}: {mistake['msg']}"
        for mistake in error.errors()
    )
    return JSONResponse({"detail": "; ".join(mistakes)}, 422)


class _Translated:
    """Turns what the core raises into answers. A context manager."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, KeyError):
            raise HTTPException(404, f"there is no order {error.args[0]}") from error
        if isinstance(error, MetadataError):
            raise HTTPException(422, f"package: {error}") from error
        if isinstance(error, ValueError | RspError):
            raise HTTPException(409, str(error)) from error
        if isinstance(error, ConflictError):
            raise HTTPException(409, "another request changed the same order: try again") from error


def _add_orders(app: FastAPI, smdp: SmdpPlus) -> None:
    def view(order: Order) -> OrderView:
        return OrderView.of(order, smdp.identity.address)

    @app.get("/orders")
    def list_orders(
        state: OrderState | None = None,
        iccid: Annotated[str, Query(max_length=20)] = "",
    ) -> list[OrderView]:
        """Orders and stock, oldest first, of a state or an ICCID where one is given."""
        orders = smdp.store.orders_with_iccid(iccid) if iccid else smdp.orders()
        return [view(order) for order in orders if state in (None, order.state)]

    @app.post("/orders", status_code=status.HTTP_201_CREATED)
    def add_order(new: NewOrder) -> OrderView:
        """Order a profile for download."""
        with _Translated():
            matching_id = smdp.add_order(
                new.package,
                new.matching_id,
                eid=bytes.fromhex(new.eid),
                confirmation_code=new.confirmation_code,
                is_released=new.is_released,
                max_attempts=new.max_attempts,
                expires=new.expires_at,
                is_reusable=new.is_reusable,
                allows_rebinding=new.allows_rebinding,
                with_ppk=new.with_ppk,
            )
            if matching_id:
                return view(smdp.find_order(matching_id))
            return view(smdp.store.orders_for_eid(bytes.fromhex(new.eid))[-1])

    @app.get("/orders/{order_id}")
    def show_order(order_id: str) -> OrderView:
        """One order, by its order id or matching id."""
        with _Translated():
            return view(smdp.find_order(order_id))

    @app.post("/orders/{order_id}/release")
    def release_order(order_id: str) -> OrderView:
        """Let a profile be downloaded, or again after an error."""
        with _Translated():
            return view(smdp.release_order(order_id))

    @app.post("/orders/{order_id}/withdraw")
    def withdraw_order(
        order_id: str, to_stock: Annotated[bool, Body(embed=True, alias="toStock")] = False
    ) -> OrderView:
        """End an order, or put its profile back in stock."""
        with _Translated():
            return view(smdp.withdraw_order(order_id, to_stock=to_stock))

    @app.put("/orders/{order_id}/device-change")
    def allow_device_change(order_id: str, change: DeviceChange) -> OrderView:
        """Let users take the profile to another device, from its next download on."""
        with _Translated():
            return view(smdp.set_device_change(order_id, DeviceChangePolicy(**change.model_dump())))

    @app.delete("/orders/{order_id}/device-change")
    def forbid_device_change(order_id: str) -> OrderView:
        """Let users not take the profile elsewhere any more."""
        with _Translated():
            return view(smdp.set_device_change(order_id, None))


def _add_records(app: FastAPI, smdp: SmdpPlus) -> None:
    @app.get("/device-changes")
    def list_device_changes() -> list[DeviceChangeView]:
        """Which profiles users took to other devices, oldest first."""
        return [DeviceChangeView.of(change) for change in smdp.device_changes()]

    @app.get("/rpm-orders")
    def list_rpm_orders() -> list[RpmOrderView]:
        """Orders of remote profile management, oldest first."""
        return [RpmOrderView.of(order) for order in smdp.store.rpm_orders()]

    @app.get("/notifications")
    def list_notifications() -> list[NotificationView]:
        """What eUICCs have told, oldest first."""
        return [NotificationView.of(notification) for notification in smdp.notifications()]


def _add_stock(app: FastAPI, smdp: SmdpPlus) -> None:
    @app.post("/profiles", status_code=status.HTTP_201_CREATED)
    def add_profile(new: NewProfile) -> OrderView:
        """Put a profile in stock."""
        with _Translated():
            iccid = smdp.add_profile(new.package, owner=new.owner)
            return OrderView.of(smdp.find_order(iccid), smdp.identity.address)


def _add_operators(app: FastAPI, smdp: SmdpPlus) -> None:
    @app.get("/operators")
    def list_operators() -> list[OperatorView]:
        """Operators that are known."""
        return [OperatorView.of(operator) for operator in smdp.store.operators()]

    @app.put("/operators")
    def put_operator(operator: OperatorView) -> OperatorView:
        """Make an operator known, or change where it hears of downloads."""
        with _Translated():
            smdp.add_operator(operator.oid, operator.callback, is_v3=operator.is_v3)
        return operator


class _BodyLimit:
    """Refuses a request whose body is too long, without keeping more of it than is allowed."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise HTTPException(413, f"the body has more than {self._limit} bytes")
            return message

        await self._app(scope, counted, send)
