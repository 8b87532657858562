"""Checks of devices: bands, slots and what their eUICC holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from simulator.network.world.checks.problem import Problem, absent, twice

if TYPE_CHECKING:
    from simulator.network.world.queries import World

YEARS = range(1991, 2031)
"""GSM networks opened in 1991."""


def bands(world: World) -> Iterator[Problem]:
    """A device has bands, and they exist for their technology."""
    for device in world.devices.values():
        if device.year not in YEARS:
            yield Problem("devices", device.key, "year", f"{device.year} is no year of mobile phones")
        if not device.bands:
            yield Problem("devices", device.key, "bands", "a device without bands finds no network")
        for rat, names in device.bands.items():
            if not names or twice(names):
                yield Problem("devices", device.key, f"bands.{rat.name}", "bands are named, each once")
            for name in names:
                if (rat, name) not in world.bands:
                    says = f"there is no band {name!r} for {rat.name}"
                    yield Problem("devices", device.key, f"bands.{rat.name}", says)


def slots(world: World) -> Iterator[Problem]:
    """Something can hold a subscription; numbers of profiles fit whether there is an eUICC; what is
    registered at once is in a slot or enabled."""
    for device in world.devices.values():
        if not device.sim_slots and not device.esim:
            yield Problem(
                "devices", device.key, "sim_slots", "without a slot and without eSIM it has no subscription"
            )
        if device.esim != (device.profiles > 0):
            yield Problem(
                "devices", device.key, "profiles", "an eUICC holds at least one, and nothing else any"
            )
        if device.esim != (device.enabled_profiles > 0) or device.enabled_profiles > device.profiles:
            says = "at least one with an eUICC, at most all, and none without"
            yield Problem("devices", device.key, "enabled_profiles", says)
        if not 1 <= device.active <= device.sim_slots + device.enabled_profiles:
            says = "at least one, at most as many as slots and enabled profiles"
            yield Problem("devices", device.key, "active", says)


def locks(world: World) -> Iterator[Problem]:
    """A SIM lock is that of an operator with network codes, by which a phone knows its cards."""
    for device in world.devices.values():
        operator = world.operators.get(device.locked_to)
        if device.locked_to and operator is None:
            yield Problem(
                "devices", device.key, "locked_to", absent("operator", device.locked_to, world.operators)
            )
        elif operator and not operator.plmns:
            yield Problem(
                "devices", device.key, "locked_to", f"{operator.key!r} has no network code to lock to"
            )
