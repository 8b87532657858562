"""Revocation lists: those that LoadCRL gives an eUICC of version 2, those that a server staples for one of
version 3 (SGP.22 v2 §5.7.12, v3 §3.0.1, §5.7.13).

What LoadCRL takes stays on the eUICC until a newer list comes: the last list of each check is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from asn1 import rsp
from cards.isdr.errors import LoadCrlError
from simulator.conformance.equipment import issuer
from simulator.conformance.model import Check, NotApplicable, expect
from simulator.conformance.outcomes import case, refused
from simulator.conformance.server import COMMON, DEVICE, Server, flipped, with_server
from simulator.crypto.certificates import Certificate
from simulator.crypto.ecc import one_time_key
from simulator.crypto.issue import Issuer, ci_certificate
from simulator.crypto.revocation import issue_crl

Work = Callable[[Server], None]
_WEEK = timedelta(days=7)


def _list(server: Server, number: int, *revoked: int, by: Issuer | None = None, **options: Any) -> bytes:
    """A list of the CI, or of another issuer."""
    now = server.equipment.clock()
    times = {"now": now, "next_update": now + _WEEK} | options
    return issue_crl(by or issuer(server.branch.ci), revoked, number, **times)


def _newest(server: Server, *revoked: int) -> bytes:
    """A list with a number that none before had."""
    return _list(server, server.equipment.next_number(), *revoked)


# LoadCRL, v2 §5.7.12


def _loads(server: Server) -> None:
    missing = server.isdr.load_crl(_newest(server))
    expect(missing == [], f"parts {missing} are missing of a whole list")


def _refuses(name: str, make: Callable[[Server], bytes]) -> Work:
    def work(server: Server) -> None:
        crl = make(server)
        refused(lambda: server.isdr.load_crl(crl), name, "the list")

    return work


def _stranger(server: Server) -> Issuer:
    bench = server.equipment
    key = one_time_key(server.auth.certificate.curve, bench.entropy)
    der = ci_certificate(key, entropy=bench.entropy, now=bench.clock())
    return Issuer(Certificate.parse(der), key)


def _fresher(server: Server) -> None:
    older, newer = server.equipment.next_number(), server.equipment.next_number()
    server.isdr.load_crl(_list(server, newer))
    for number in (newer, older):
        crl = _list(server, number)
        refused(lambda: server.isdr.load_crl(crl), "fresherCrlAlreadyLoaded", f"list {number}")  # noqa: B023


def _difference(server: Server) -> None:
    base, number = server.equipment.next_number(), server.equipment.next_number()
    crl = _list(server, number, base_number=base)
    refused(lambda: server.isdr.load_crl(crl), "baseCrlMissing", "a difference without its base")
    server.isdr.load_crl(_list(server, base))
    server.isdr.load_crl(crl)


def _parts(server: Server) -> None:
    number = server.equipment.next_number()
    missing = server.isdr.load_crl(_list(server, number, part=2, parts=2))
    expect(missing == [1], f"parts {missing} are missing in place of the first")
    missing = server.isdr.load_crl(_list(server, number, part=1, parts=2))
    expect(missing == [], f"parts {missing} are missing of a list that is whole")


def _too_long(server: Server) -> None:
    """Ever longer lists, until one does not fit; a list that fits is taken then."""
    for power in range(9, 14):
        crl = _newest(server, *range(1, 1 << power))
        try:
            server.isdr.load_crl(crl)
        except LoadCrlError as error:
            expect(error.name == "notEnoughMemorySpace", f"{error.name} in place of notEnoughMemorySpace")
            server.isdr.load_crl(_newest(server))
            return
    raise NotApplicable("the eUICC takes a list of 8,191 certificates")


def _revoked(server: Server) -> None:
    """A server on the list is not believed, and is again once a newer list leaves it out."""
    serial = server.auth.certificate.serial_number
    server.isdr.load_crl(_newest(server, serial))
    request = server.authentication()
    names = "invalidCertificate|revokedCert"
    refused(lambda: server.isdr.authenticate_server(request), names, "a server on the list")
    server.isdr.restart()
    request = server.authentication()
    refused(lambda: server.isdr.authenticate_server(request), names, "after a reset")
    server.isdr.load_crl(_newest(server))
    server.authenticate()


def _revoked_binding(server: Server) -> None:
    server.isdr.load_crl(_newest(server, server.binding.certificate.serial_number))
    server.authenticate()
    request = server.preparation()
    refused(lambda: server.isdr.prepare_download(request), "invalidCertificate", "a certificate on the list")
    server.isdr.load_crl(_newest(server))


# Stapled lists, v3 §5.7.13


def _staple(server: Server, lists: Iterable[bytes]) -> dict[str, Any]:
    """AuthenticateServer of a server that says it has stapled lists."""
    context = {"serverSvn": bytes((3, 1, 0)), "crlStaplingV3Used": True}
    return server.authentication(signed={"sessionContext": context}, lists=lists)


def _stapled(server: Server) -> None:
    server.isdr.authenticate_server(_staple(server, [_list(server, 1)]))


def _staples(name: str, make: Callable[[Server], list[bytes]]) -> Work:
    def work(server: Server) -> None:
        request = _staple(server, make(server))
        refused(lambda: server.isdr.authenticate_server(request), name, "the lists")

    return work


def _talked_down(server: Server) -> None:
    """All three say that they can do with lists, and none is used: somebody on the way has taken them off."""
    can = (b"\x80", 1)
    device = {**DEVICE, "lpaRspCapability": rsp.bits("LpaRspCapability", ("crlStaplingV3Support",))}
    request = server.authentication(
        signed={"serverRspCapability": can}, context=(COMMON, {"deviceInfo": device})
    )
    refused(lambda: server.isdr.authenticate_server(request), "missingCrl", "lists taken off on the way")


def _old(server: Server) -> list[bytes]:
    now = server.equipment.clock()
    return [_list(server, 1, now=now - 2 * _WEEK, next_update=now - _WEEK)]


def _row(function: str, title: str, version: int, work: Work) -> Check:
    clause = "SGP.22 v2 §5.7.12" if version == 2 else "SGP.22 v3 §5.7.13"
    needs = ("es10b", f"version{version}", "server")
    return Check("revocation", f"{function} {title}", clause, with_server(work), needs, True, case(function))


def _load(title: str, work: Work) -> Check:
    return _row("LoadCRL", title, 2, work)


def _authenticate(title: str, work: Work) -> Check:
    return _row("AuthenticateServer", title, 3, work)


CHECKS = (
    _load("takes a list of the CI", _loads),
    _load("takes a list in parts, and tells which are missing", _parts),
    _load("refuses what is no list: invalidCRLFormat", _refuses("invalidCRLFormat",
          lambda _: b"\x30\x02\x05\x00")),
    _load("refuses a wrong signature: invalidSignature", _refuses("invalidSignature",
          lambda server: flipped(_newest(server)))),
    _load("refuses a stranger's list: verificationKeyNotFound", _refuses("verificationKeyNotFound",
          lambda server: _list(server, 1, by=_stranger(server)))),
    _load("refuses an older list: fresherCrlAlreadyLoaded", _fresher),
    _load("refuses a difference without its base: baseCrlMissing", _difference),
    _load("refuses a list that is too long: notEnoughMemorySpace", _too_long),
    _load("makes a server that is on the list unbelievable", _revoked),
    _load("makes a certificate for binding that is on the list unbelievable", _revoked_binding),
    _authenticate("takes a list that is stapled", _stapled),
    _authenticate("refuses where lists were taken off on the way: missingCrl", _talked_down),
    _authenticate("refuses where a list is missing: missingCrl", _staples("missingCrl", lambda _: [])),
    _authenticate("refuses where a part of a list is missing: missingCrl", _staples("missingCrl",
                  lambda server: [_list(server, 1, part=1, parts=2)])),
    _authenticate("refuses a wrong signature of a list: invalidCrlSignature",
                  _staples("invalidCrlSignature", lambda server: [flipped(_list(server, 1))])),
    _authenticate("refuses a list out of its time: invalidCertOrCrlTime", _staples("invalidCertOrCrlTime",
                  _old)),
    _authenticate("refuses what is no list: invalidCertOrCrlConfiguration",
                  _staples("invalidCertOrCrlConfiguration", lambda _: [b"\x30\x00"])),
    _authenticate("refuses a difference: invalidCertOrCrlConfiguration",
                  _staples("invalidCertOrCrlConfiguration", lambda server: [_list(server, 2,
                  base_number=1)])),
    _authenticate("refuses a server that is on the list: revokedCert", _staples("revokedCert",
                  lambda server: [_list(server, 1, server.auth.certificate.serial_number)])),
)  # fmt: skip
"""The checks of this suite."""
