"""The IoT Profile Assistant: an eUICC, its eIMs, and a device without a user (SGP.32 §3)."""

from __future__ import annotations

from typing import Any, Self

from cards.isdr import Isdr
from simulator.ipa.driver import Connectivity, IpaDriver, Store
from simulator.ipa.eim import Eim, read_eims
from simulator.ipa.errors import EimFileError
from simulator.ipa.esipa import Esipa
from simulator.ipa.fallback import fall_back_without_network, switch
from simulator.ipa.retrieval import Handled, associated, run_once
from simulator.ipa.setup import Setup
from simulator.ipa.transfer import answer_transfer
from simulator.lpa.driver import ProgressSink
from simulator.lpa.es9 import Es9
from simulator.lpa.profiles import InstalledProfile
from simulator.lpa.steps import SendToCard


class Ipa:
    """An IPA over an open or closed `Isdr` and ways to SM-DP+s and eIMs. Errors are LpaErrors and
    CardErrors."""

    def __init__(
        self,
        isdr: Isdr,
        es9: Es9,
        esipa: Esipa,
        setup: Setup | None = None,
        *,
        connectivity: Connectivity = lambda: True,
        store: Store = lambda memory: None,
        progress: ProgressSink | None = None,
    ) -> None:
        """`connectivity` says whether the device reaches its network with the profile that is enabled;
        `store` keeps what `Memory.save` gives; `progress` hears of each step."""
        self.isdr = isdr
        self.setup = setup or Setup()
        self._driver = IpaDriver(
            isdr, es9, esipa, self.setup, connectivity=connectivity, store=store, progress=progress
        )

    def __enter__(self) -> Self:
        self.isdr.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.isdr.close()

    def add_eims(self, file: bytes) -> list[tuple[str, int | None]]:
        """Give the eUICC its first eIMs from the bytes of a file (see `read_eims`): their ids, and the
        association token of each that asked for one. Raises EimFileError, AddInitialEimError."""
        eims = read_eims(file)
        tokens = self._driver.run(_add(eims))
        return list(zip((str(data["eimId"]) for data in eims), tokens, strict=True))

    def eims(self) -> list[Eim]:
        """The eIMs that the eUICC obeys. Raises NotAnIotEuicc."""
        return self._driver.run(associated())

    def profiles(self) -> list[InstalledProfile]:
        """All profiles on the eUICC."""
        return [InstalledProfile.of(value) for value in self.isdr.get_profiles_info()]

    def run_once(self) -> list[Handled]:
        """Do everything that there is to do now: bring what waits, and fetch and carry out packages until
        there is none."""
        return self._driver.run(run_once(self.setup))

    def receive(self, eim_id: str, message: bytes) -> bytes:
        """Answer a TransferEimPackage, DER, of an eIM with this id. EimFileError if the eUICC does not obey
        it."""
        for eim in self.eims():
            if eim.eim_id == eim_id:
                return self._driver.run(answer_transfer(self.setup, eim, message))
        raise EimFileError(f"the eUICC obeys no eIM called {eim_id}")

    def fall_back(self) -> None:
        """Enable the fallback profile. Raises ExecuteFallbackMechanismError."""
        self._driver.run(switch(self.setup, "execute_fallback_mechanism"))

    def fall_back_without_network(self) -> bool:
        """Enable the fallback profile if the device has no network; whether it did."""
        return self._driver.run(fall_back_without_network(self.setup))

    def return_from_fallback(self) -> None:
        """Enable the profile again whose place the fallback profile took. Raises ReturnFromFallbackError."""
        self._driver.run(switch(self.setup, "return_from_fallback"))

    def enable_emergency_profile(self) -> None:
        """Enable the profile for emergency calls. Raises EnableEmergencyProfileError."""
        self._driver.run(switch(self.setup, "enable_emergency_profile"))

    def disable_emergency_profile(self) -> None:
        """Enable the profile again whose place the emergency profile took. Raises
        DisableEmergencyProfileError."""
        self._driver.run(switch(self.setup, "disable_emergency_profile"))

    def waiting(self) -> dict[str, int]:
        """How many package results and notifications wait on the eUICC, and how much in the memory."""
        return self._driver.run(_waiting(self.setup))


def _add(eims: list[dict[str, Any]]) -> Any:
    return (yield SendToCard("add_initial_eim", (eims,)))


def _waiting(setup: Setup) -> Any:
    results = yield SendToCard("retrieve_euicc_package_results")
    notifications = yield SendToCard("list_notification")
    return {
        "package_results": len(results),
        "notifications": len(notifications),
        "memory": len(setup.memory.outbox) + (setup.memory.trigger is not None),
    }
