"""What an eUICC installs and what it does not: ES8+ in a bound profile package (SGP.22 §5.5, §5.7.6, §2.5.6).

Each package is wrong in one place and right in all others. The result names command and reason, is signed,
waits as a notification, and leaves no part of the profile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from asn1 import tlv
from cards.errors import CardStatusError
from simulator.conformance.model import Check, NotApplicable, Subject, expect
from simulator.conformance.outcomes import Value, case, code_of, profile_of
from simulator.conformance.server import (
    ICCID,
    REPLACE_KEYS,
    SECOND_ICCID,
    Package,
    Server,
    metadata,
    package,
    pieces,
    serving,
    with_server,
)
from simulator.crypto.bsp import SessionKeys

Work = Callable[[Server], None]
Change = dict[str, Any] | Callable[[Server], dict[str, Any]]


def right(server: Server, **members: Any) -> Package:
    """The package that installs, with further members of its metadata."""
    return Package(package(), metadata(package(), server.equipment.address, **members))


def fails(command: str, reason: str, change: Change) -> Work:
    """The package must end at this command for one of these reasons, parted by '|'."""

    def work(server: Server) -> None:
        refuse(server, command, reason, change)
        server.profile()

    return work


def refuse(server: Server, command: str, reason: str, change: Change) -> None:
    """Load the package with this change, and see the eUICC refuse it whole."""
    server.transaction = server.equipment.entropy(16)
    server.authenticate()
    server.prepare()
    changes = change(server) if callable(change) else change
    data = server.load(replace(right(server), **changes))
    found = installation_error(data)
    wanted = [(command, name) for name in reason.split("|")]
    expect(found in wanted, f"{' '.join(found)} in place of {command} {reason}")
    expect(profile_of(server.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")
    number = data["notificationMetadata"]["seqNumber"]
    waiting = [item["seqNumber"] for item in server.isdr.list_notification()]
    expect(number in waiting, "the result does not wait as a notification")


def installation_error(data: Value) -> tuple[str, str]:
    """The command and the reason of a result; "installed", "success" if there is no error."""
    kind, value = data["finalResult"]
    if kind == "successResult":
        return "installed", "success"
    return (
        code_of(value, "bppCommandId", "BppCommandId"),
        code_of(value, "errorReason", "ErrorReason"),
    )


def changed_metadata(**members: Any) -> Callable[[Server], dict[str, Any]]:
    """The change that gives the metadata these members."""
    return lambda server: {"metadata": metadata(package(), server.equipment.address, **members)}


# What installs


def _installs(**changes: Any) -> Work:
    def work(server: Server) -> None:
        server.authenticate()
        server.prepare()
        data = server.load(replace(right(server), **changes))
        expect(
            data["finalResult"][0] == "successResult",
            f"{' '.join(installation_error(data))} in place of success",
        )
        profile = profile_of(server.isdr, ICCID.to_bytes())
        expect(profile is not None, "the profile is not listed")
        assert profile is not None
        expect(profile["profileState"] == 0, "the profile is not disabled after its installation")
        aid = data["finalResult"][1]["aid"]
        expect(aid == profile["isdpAid"], "the result names another ISD-P than GetProfilesInfo")

    return work


def _small_blocks(subject: Subject) -> None:
    """STORE DATA may bring a package in blocks as small as the device likes."""
    with serving(subject, segment_length=100) as server:
        _installs()(server)


def _not_prepared(subject: Subject) -> None:
    with serving(subject) as server:
        server.authenticate()
        server.prepare()
        bound = pieces(server.bind(right(server)))
        subject.link.reset()
        server.isdr.restart()
        for piece in bound:
            try:
                answer = server.isdr.store_data(piece)
            except CardStatusError as error:
                expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
                return
            if answer:
                break
        expect(
            profile_of(server.isdr, ICCID.to_bytes()) is None, "a package is installed that nobody prepared"
        )


def _twice(server: Server) -> None:
    """A package installs once; sent again it is refused, for its session is over."""
    server.authenticate()
    server.prepare()
    bound = pieces(server.bind(right(server)))
    for piece in bound:
        answer = server.isdr.store_data(piece)
    expect(server.result(answer)["finalResult"][0] == "successResult", "the package was not installed")
    try:
        answer = server.isdr.store_data(bound[0])
    except CardStatusError as error:
        expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
        return
    expect(bool(answer), "the same package is taken once more")


def _second_beginning(server: Server) -> None:
    """InitialiseSecureChannel while a package is on its way in: it must not get two."""
    server.authenticate()
    server.prepare()
    bound = pieces(server.bind(right(server)))
    for piece in bound[:2]:
        server.isdr.store_data(piece)
    try:
        server.isdr.store_data(bound[0])
    except CardStatusError as error:
        expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
    server.isdr.restart()
    expect(profile_of(server.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")
    server.profile()


def _interrupted(server: Server) -> None:
    """A reset within the package leaves no part; the next attempt installs."""
    server.authenticate()
    server.prepare()
    for piece in pieces(server.bind(right(server)))[:-1]:
        server.isdr.store_data(piece)
    server.isdr.restart()
    expect(profile_of(server.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")
    server.profile()


def _other_function(server: Server) -> None:
    """Another function within the package ends it, or is refused; no part is left."""
    server.authenticate()
    server.prepare()
    bound = pieces(server.bind(right(server)))
    for piece in bound[:3]:
        server.isdr.store_data(piece)
    try:
        server.isdr.get_euicc_info1()
    except CardStatusError as error:
        expect(error.sw.sw1 in (0x69, 0x6A), f"the card answered {error.sw}")
    server.isdr.restart()
    expect(profile_of(server.isdr, ICCID.to_bytes()) is None, "a part of the profile is there")


# Metadata that are not welcome


def _too_big(server: Server) -> None:
    """As many whole elements as the eUICC says that it has not room for."""
    resource = server.isdr.get_euicc_info2()["extCardResource"]
    free = int.from_bytes(tlv.find(resource, 0x82) or b"", "big")
    if free > 4 << 20:
        raise NotApplicable(f"the eUICC has {free} bytes free: too many to fill")
    upp = package()
    filler = tlv.encode(0xA0, bytes(free))
    refuse(
        server,
        "loadProfileElements",
        "installFailedDueToInsufficientMemoryForProfile|installFailedDueToPEProcessingError",
        {"upp": upp[:-2] + filler},
    )


def _elements(server: Server) -> None:
    """The result of a package that ends too early says which element was at fault."""
    server.authenticate()
    server.prepare()
    data = server.load(replace(right(server), upp=package()[:-2]))
    found = installation_error(data)
    wanted = ("loadProfileElements", "installFailedDueToPEProcessingError")
    expect(found == wanted, f"{' '.join(found)} in place of {' '.join(wanted)}")
    expect("simaResponse" in data["finalResult"][1], "the result has no EUICCResponse")


_WRONG_KEYS: Final = SessionKeys(bytes(16), bytes(16), bytes(16))


def package_check(
    function: str, title: str, run: Callable[[Subject], None], clause: str, needs: tuple[str, ...] = ()
) -> Check:
    """A check of this suite."""
    return Check(
        "packages", f"{function} {title}", f"SGP.22 §{clause}", run, ("es10b", "server", *needs), True,
        case(function),
    )  # fmt: skip


_CLAUSES: Final = {
    "InitialiseSecureChannel": ("initialiseSecureChannel", "5.5.1"),
    "ConfigureISDP": ("configureISDP", "5.5.2"),
    "StoreMetadata": ("storeMetadata", "5.5.3"),
    "ReplaceSessionKeys": ("replaceSessionKeys", "5.5.4"),
    "LoadProfileElements": ("loadProfileElements", "5.5.5"),
}


def wrong(function: str, what: str, reason: str, change: Change) -> Check:
    """A package that is wrong in one place."""
    command, clause = _CLAUSES[function]
    return package_check(
        function, f"{what}: {reason}", with_server(fails(command, reason, change)), f"{clause}, §2.5.6"
    )


def _load(title: str, work: Work) -> Check:
    return package_check("LoadBoundProfilePackage", title, with_server(work), "5.7.6")


_INITIALISE, _CONFIGURE, STORE, _REPLACE, ELEMENTS = _CLAUSES
SECURITY, STRUCTURE = "scp03tSecurityError", "scp03tStructureError"
_POINT: Final = {"point": b"\x04" + bytes(64)}
CHECKS = (
    _load("installs under session keys", _installs()),
    _load("installs under replaced session keys", _installs(replace_keys=REPLACE_KEYS)),
    package_check("LoadBoundProfilePackage", "takes small blocks", _small_blocks, "5.7.2, §5.7.6"),
    package_check("LoadBoundProfilePackage", "needs a prepared download", _not_prepared, "5.7.6"),
    _load("installs once", _twice),
    _load("leaves no part after a reset, and installs then", _interrupted),
    _load("leaves no part when another function comes in between", _other_function),
    wrong(_INITIALISE, "with another remote operation", "unsupportedRemoteOperationType", {"operation": 2}),
    wrong(_INITIALISE, "with a wrong signature", "invalidSignature", {"spoils_signature": True}),
    wrong(_INITIALISE, "of another transaction", "invalidTransactionId", {"transaction": bytes(16)}),
    wrong(_INITIALISE, "with another key type", "unsupportedCrtValues", {"key_type": b"\x80"}),
    wrong(_INITIALISE, "with another key length", "unsupportedCrtValues", {"key_length": b"\x20"}),
    wrong(_INITIALISE, "with no point of the curve", "incorrectInputValues|invalidSignature", _POINT),
    package_check(_INITIALISE, "while a package is on its way in", with_server(_second_beginning), "5.5.1"),
    wrong(_INITIALISE, "followed by StoreMetadata", STRUCTURE, {"order": "103"}),
    wrong(_CONFIGURE, "with a wrong MAC", SECURITY, {"spoilt": {"0": -1}}),
    wrong(_CONFIGURE, "with a wrong tag", STRUCTURE, {"spoilt": {"0": 0}}),
    wrong(_CONFIGURE, "that is cut off", "incorrectInputValues", {"configure": b"\xbf\x24\x01"}),
    wrong(_CONFIGURE, "followed by the profile", STRUCTURE, {"order": "031"}),
    wrong(_REPLACE, "with a wrong MAC", SECURITY, {"replace_keys": REPLACE_KEYS, "spoilt": {"2": -1}}),
    wrong(_REPLACE, "with a wrong tag", STRUCTURE, {"replace_keys": REPLACE_KEYS, "spoilt": {"2": 0}}),
    wrong(_REPLACE, "that is cut off", "incorrectInputValues", {"replace_keys": REPLACE_KEYS[:-1]}),
    wrong(ELEMENTS, "with a wrong MAC", SECURITY, {"spoilt": {"3": -1}}),
    wrong(ELEMENTS, "with a wrong tag", STRUCTURE, {"spoilt": {"3": 0}}),
    wrong(ELEMENTS, "under other keys", SECURITY, {"replace_keys": REPLACE_KEYS, "upp_keys": _WRONG_KEYS}),
    wrong(ELEMENTS, "of another ICCID", "installFailedDueToDataMismatch",
          lambda server: {"upp": package(SECOND_ICCID)}),
    package_check(ELEMENTS, "that end too early say where: installFailedDueToPEProcessingError",
                  with_server(_elements), "5.5.5, §2.5.6"),
    package_check(ELEMENTS, "that are too many: installFailedDueToInsufficientMemoryForProfile",
                  with_server(_too_big), "5.5.5, §2.5.6"),
)  # fmt: skip
"""The checks of this suite."""
