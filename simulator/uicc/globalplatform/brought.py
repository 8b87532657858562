"""Load files and applications that a profile brings (PE-Application, SAIP §8.7.4).

The card keeps and lists them as any others. It runs the access rules and security domains, whose code it has
itself; what would need its bytecode executed is refused when it is selected.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from asn1 import Asn1Error, saip, tlv
from cards.apdu import ApduError, CommandApdu
from simulator.uicc.globalplatform.capfile import read_package
from simulator.uicc.globalplatform.registry import (
    ACCESS_RULES_AID,
    PRIVILEGES_LENGTH,
    Instance,
    LoadFile,
    Memory,
)

_ALL_RULES, _STORE_RULE = 0xFF40, 0xF0
"""Where ARA-M keeps its rules, and the command that adds one."""


def read_applications(
    elements: Iterable[bytes], issuer: bytes
) -> tuple[dict[bytes, LoadFile], dict[bytes, Instance]]:
    """Load files and instances by their AIDs, from encoded profile elements. `issuer`: AID of the issuer
    security domain, with which they are associated unless they name another one. An element that cannot be
    read brings nothing."""
    files: dict[bytes, LoadFile] = {}
    instances: dict[bytes, Instance] = {}
    for der in elements:
        try:
            name, element = saip.decode("ProfileElement", der)
        except Asn1Error:
            continue
        if name != "application":
            continue
        if "loadBlock" in element:
            file = _load_file(element["loadBlock"], issuer)
            files[file.aid] = file
        for described in element.get("instanceList", ()):
            instance = _instance(described, issuer)
            instances[instance.aid] = instance
    return files, instances


def _load_file(block: dict[str, Any], issuer: bytes) -> LoadFile:
    code, aid = block["loadBlockObject"], block["loadPackageAID"]
    domain = block.get("securityDomainAID", issuer)
    try:
        package = read_package(code)
    except ValueError:
        return LoadFile(aid, domain, (), b"", code)
    return LoadFile(aid, domain, package.modules, package.version, code)


def _instance(described: dict[str, Any], issuer: bytes) -> Instance:
    system = described.get("systemSpecificParameters", {})
    return Instance(
        described["instanceAID"],
        described.get("extraditeSecurityDomainAID", issuer),
        described["lifeCycleState"][0],
        described["applicationPrivileges"].ljust(PRIVILEGES_LENGTH, b"\0")[:PRIVILEGES_LENGTH],
        described["applicationLoadPackageAID"],
        described["classAID"],
        described["applicationSpecificParametersC9"],
        data=_rules(described),
        memory=Memory(
            _number(system.get("volatileMemoryQuotaC7")),
            _number(system.get("nonVolatileMemoryQuotaC8")),
            _number(system.get("volatileReservedMemory")) or 0,
            _number(system.get("nonVolatileReservedMemory")) or 0,
        ),
    )


def _rules(described: dict[str, Any]) -> dict[int, bytes]:
    """The access rules that the commands of `processData` store, if it is they that the application keeps.
    What other commands would do needs the application's code."""
    if described["classAID"] != ACCESS_RULES_AID:
        return {}
    rules = b""
    for octets in described.get("processData", ()):
        try:
            rules += tlv.find(CommandApdu.parse(octets).data, _STORE_RULE) or b""
        except (ApduError, Asn1Error):
            continue
    return {_ALL_RULES: rules} if rules else {}


def _number(octets: bytes | None) -> int | None:
    return None if octets is None else int.from_bytes(octets, "big")
