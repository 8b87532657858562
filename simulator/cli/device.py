"""What the command line says of the device that an eUICC sits in, for commands that play its LPA."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from simulator.lpa import Device

ENTERPRISE = click.option(
    "--enterprise-device",
    "enterprise",
    is_flag=True,
    envvar="ESIM_ENTERPRISE_DEVICE",
    help="The device heeds the rules of enterprises (SGP.22 version 3).",
)
LPA_PROXY = click.option("--lpa-proxy", is_flag=True, help="The device has an LPA proxy (SGP.22 version 3).")
VERSION = click.option(
    "--lpa-sgp22",
    "lpa_version",
    default=3,
    show_default=True,
    type=click.IntRange(2, 3),
    help="Version of SGP.22 that the LPA follows.",
)


def made(
    *, imei: str = "", enterprise: bool = False, lpa_proxy: bool = False, lpa_version: int = 3
) -> Device:
    """The device that the options describe."""
    from dataclasses import replace

    from simulator.lpa import Device

    device = Device.of_imei(imei) if imei else Device()
    svn = (2, 2, 2) if lpa_version == 2 else device.lpa_svn
    return replace(device, lpa_svn=svn, is_enterprise_capable=enterprise, has_lpa_proxy=lpa_proxy)
