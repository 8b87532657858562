"""What became of an RPM package: the eUICC's signed result, or the LPA gave up (SGP.22 v3 §3.7.3, §5.6.4)."""

from __future__ import annotations

from typing import Any, Final

from simulator.smdp.context import Context
from simulator.smdp.errors import Refusal, RspError
from simulator.smdp.event_registration import closed
from simulator.smdp.progress import NotificationEvent, rpm_progress
from simulator.smdp.records import Notification, RpmOrder, Session
from simulator.smdp.rpm.script import next_package
from simulator.smdp.states import RpmEvent, SessionEvent

_OK: Final = 0
_STOPPED: Final = RspError.of(Refusal.EXECUTION_ERROR, "LoadRpmPackage", "not all commands were executed")


def finish_rpm(
    smdp: Context, session: Session, notification: Notification, final_result: tuple[str, Any]
) -> None:
    """Keeps a LoadRpmPackageResult whose signature was checked, and moves its order."""
    finished = session.moved(SessionEvent.RESULT)
    if finished is None:
        raise RspError.of(Refusal.TRANSACTION_ID, session.transaction_id.hex().upper(), session.state.value)
    order = smdp.store.rpm_order(session.order_id)
    if order is None:
        smdp.store.save(finished, notification)
        return
    moved, error = _moved(order, final_result)
    told = rpm_progress(smdp, moved, NotificationEvent.RPM_EXECUTION, error, notification.content)
    kept = notification._replace(is_success=error is None)
    smdp.store.save(*closed(smdp, moved), finished, kept, *told)


def _moved(order: RpmOrder, final_result: tuple[str, Any]) -> tuple[RpmOrder, RspError | None]:
    kind, results = final_result
    if kind != "rpmPackageExecutionResult":
        return order.moved(RpmEvent.STOP), _STOPPED
    sent = next_package(order.commands)
    executed = [
        result for result in results if result["rpmCommandResultData"][0] != "rpmProcessingTerminated"
    ]
    order = order._replace(done=order.done + min(len(executed), len(sent)))
    goes_on = len(results) == len(executed) == len(sent) and (
        not sent or "continueOnFailure" in sent[-1] or is_success(results[-1])
    )
    if not goes_on:
        return order.moved(RpmEvent.STOP), _STOPPED
    event = RpmEvent.CONTINUE if order.commands else RpmEvent.FINISH
    return order.moved(event), None if all(map(is_success, results)) else _STOPPED


def is_success(result: dict[str, Any]) -> bool:
    """Whether an RpmCommandResult is a good one."""
    kind, value = result["rpmCommandResultData"]
    if kind == "listProfileInfoResult":
        return bool(value[0] == "profileInfoListOk")
    if kind == "contactPcmpResult":
        return bool(value[0] == "contactPcmpResponseOk")
    if kind == "rpmProcessingTerminated":
        return False
    code = value[kind] if isinstance(value, dict) else value
    return bool(code == _OK)


def cancel_rpm(smdp: Context, order: RpmOrder, cancelled: Session, event: RpmEvent, error: RspError) -> None:
    """The LPA gave up: the order is over, unless the user only wants to wait."""
    told = rpm_progress(smdp, order, NotificationEvent.RPM_DOWNLOAD, error)
    smdp.store.save(*closed(smdp, order.moved(event)), cancelled, *told)
