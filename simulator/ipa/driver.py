"""Runs an IPA's procedures: the steps to card, SM-DP+ and eIM, and what each cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from cards.errors import CardError
from cards.isdr import Isdr
from simulator.ipa.esipa import Esipa
from simulator.ipa.setup import Setup
from simulator.ipa.steps import CheckConnectivity, IpaProcedure, IpaStep, PostToEim, Remember, exchange_of
from simulator.lpa.driver import Driver, Progress, ProgressSink, accept, run_steps
from simulator.lpa.errors import LpaError
from simulator.lpa.es9 import Es9

Result = TypeVar("Result")
Connectivity = Callable[[], bool]
Store = Callable[[dict[str, Any]], None]


class IpaDriver:
    """Card, servers and device behind one `run`. There is no user: every profile is wanted."""

    def __init__(
        self,
        isdr: Isdr,
        es9: Es9,
        esipa: Esipa,
        setup: Setup,
        *,
        connectivity: Connectivity = lambda: True,
        store: Store = lambda memory: None,
        progress: ProgressSink | None = None,
    ) -> None:
        """`connectivity` says whether the device reaches its network with the profile that is enabled;
        `store` keeps the IPA's memory."""
        self._lpa = Driver(isdr, es9, accept, progress)
        self._esipa = esipa
        self._setup = setup
        self._connectivity = connectivity
        self._store = store
        self._progress = progress

    def run(self, procedure: IpaProcedure[Result]) -> Result:
        """Run a procedure to its end; see `simulator.lpa.driver.Driver.run`."""
        return run_steps(procedure, self._perform)

    def _perform(self, step: IpaStep) -> Any:
        if isinstance(step, Remember):
            self._store(self._setup.memory.save())
            return None
        if isinstance(step, CheckConnectivity | PostToEim):
            return self._report(step)
        return self._lpa.perform(step)

    def _report(self, step: CheckConnectivity | PostToEim) -> Any:
        sent, received, error = self._esipa.sent, self._esipa.received, ""
        try:
            if isinstance(step, CheckConnectivity):
                return self._connectivity()
            return self._esipa.post(step.eim, step.function, step.message)
        except (CardError, LpaError) as problem:
            error = str(problem)
            raise
        finally:
            if self._progress:
                sent, received = self._esipa.sent - sent, self._esipa.received - received
                self._progress(Progress(exchange_of(step), 0, sent, received, error))
