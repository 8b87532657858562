"""Which revocation lists a server staples to its certificates (SGP.22 v3 §3.0.1, §5.6.1).

If and only if eUICC and LPA both can do with them, and the server has a list of every issuer in its chain, it
sends them as crlList and says so, signed, in crlStaplingV3Used.
"""

from __future__ import annotations

from simulator.crypto.certificates import Certificate, Role
from simulator.crypto.errors import CryptoError
from simulator.crypto.revocation import parse_crl
from simulator.crypto.stapling import lists_of
from simulator.smdp.context import AuthCredentials, Server


def stapled_lists(server: Server, credentials: AuthCredentials) -> tuple[bytes, ...]:
    """The lists, valid now, that go with these certificates, DER; none if one of them is missing."""
    identity, now = server.identity, server.clock()
    der = credentials.auth_certificate
    role = Certificate.parse(der).role or Role.DP_AUTH
    try:
        path = identity.chains.verify_path((der,), role, now, credentials.others)
        valid = [crl for crl in map(parse_crl, identity.lists) if crl.is_valid_at(now)]
        return tuple(crl.der for crl in lists_of(path, valid))
    except CryptoError:
        return ()
