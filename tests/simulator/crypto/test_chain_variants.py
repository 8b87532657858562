"""Chains of version 3, variants Ov3, A, B and C: they hold for us and for OpenSSL; every damage is named."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from simulator.crypto import issue
from simulator.crypto.branch import LAYOUTS, ROLES, Branch, CertificateAndKey, PkiError, Variant, file_names
from simulator.crypto.certificates import (
    PERMITTED_EINS,
    Certificate,
    CertificateError,
    CertificateFault,
    Role,
)
from simulator.crypto.chains import MOST_OTHERS, ChainVerifier
from simulator.crypto.ecc import Curve, Entropy, PrivateKey, one_time_key
from simulator.crypto.pki import V3_VARIANTS, TestPki
from simulator.crypto.pki_files import certificate_pem

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EID = bytes.fromhex("89049032123451234512345678901235")
SERVERS = ("dp_auth", "dp_pb", "tls", "ds_auth", "ds_tls")
NIST, BRAINPOOL = Curve


def replayed(seed: str) -> Entropy:
    drawn = iter(range(1 << 30))
    return lambda length: hashlib.shake_256(f"{seed} {next(drawn)}".encode()).digest(length)


PKI = TestPki.create(entropy=replayed("pki"), now=NOW).with_variants(entropy=replayed("variants"), now=NOW)
VERIFIER = ChainVerifier(PKI.anchors)
EUICCS = {key: PKI.issue_euicc(EID, *key, entropy=replayed(f"euicc {key}"), now=NOW) for key in PKI.variants}


def branch_of(variant: Variant, curve: Curve = NIST) -> Branch:
    return PKI.variants[curve, variant]


def euicc_chain(variant: Variant, curve: Curve = NIST) -> tuple[list[bytes], list[bytes]]:
    """What AuthenticateServerResponse names one by one, and otherCertsInChain."""
    euicc = EUICCS[curve, variant]
    issuer, *others = branch_of(variant, curve).above(euicc)
    return [euicc.certificate_der, issuer], others


def fault(
    chain: list[bytes], others: list[bytes], role: Role, now: datetime = NOW
) -> tuple[CertificateFault, Role | None]:
    with pytest.raises(CertificateError) as caught:
        ChainVerifier(PKI.anchors).verify(chain, role, now, others)
    return caught.value.fault, caught.value.role


def reissued(
    of: CertificateAndKey,
    signer: PrivateKey,
    change: Callable[[x509.Extension[x509.ExtensionType]], x509.ExtensionType | None] = lambda e: e.value,
    subject: x509.Name | None = None,
) -> CertificateAndKey:
    """The certificate once more, signed again, with its extensions changed or left out."""
    old = x509.load_der_x509_certificate(of.certificate_der)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or old.subject)
        .issuer_name(old.issuer)
        .public_key(old.public_key())
        .serial_number(old.serial_number)
        .not_valid_before(old.not_valid_before_utc)
        .not_valid_after(old.not_valid_after_utc)
    )
    for extension in old.extensions:
        if (value := change(extension)) is not None:
            builder = builder.add_extension(value, critical=extension.critical)
    return replace(of, certificate_der=builder.sign(signer, SHA256()).public_bytes(Encoding.DER))


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize(
    ("variant", "roles"),
    [
        (Variant.OV3, [Role.EUICC, Role.EUM, Role.CI]),
        (Variant.A, [Role.EUICC, Role.EUM_SUB_CA, Role.EUM, Role.CI]),
        (Variant.B, [Role.EUICC, Role.EUM, Role.CI_SUB_CA, Role.CI]),
        (Variant.C, [Role.EUICC, Role.EUM_SUB_CA, Role.EUM, Role.CI_SUB_CA, Role.CI]),
    ],
)
def test_chains_of_euiccs_hold_in_any_order(curve: Curve, variant: Variant, roles: list[Role]) -> None:
    chain, others = euicc_chain(variant, curve)
    for order in permutations(others):
        path = VERIFIER.verify_path(chain, Role.EUICC, NOW, order)
        assert [certificate.role for certificate in path] == roles
        assert path[0].eid == EID
        assert path[-1].subject_key_id == PKI.branches[curve].ci_key_id


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize(
    ("variant", "above"),
    [
        (Variant.A, lambda sub_ca: [sub_ca]),
        (Variant.B, lambda sub_ca: [Role.CI_SUB_CA]),
        (Variant.C, lambda sub_ca: [sub_ca, Role.CI_SUB_CA]),
    ],
)
def test_chains_of_servers_hold(curve: Curve, variant: Variant, above: Callable[[Role], list[Role]]) -> None:
    branch = branch_of(variant, curve)
    for name in SERVERS:
        if (item := branch.items.get(name)) is None:
            assert name in ("tls", "ds_tls")
            assert curve is BRAINPOOL
            continue
        path = VERIFIER.verify_path([item.certificate_der], ROLES[name], NOW, branch.above(item))
        sub_ca = Role.DS_SUB_CA if name.startswith("ds") else Role.DP_SUB_CA
        assert [certificate.role for certificate in path] == [ROLES[name], *above(sub_ca), Role.CI]


def test_policies_are_those_of_version_3() -> None:
    """The arcs as SGP.26 version 3 has them."""
    expected = {
        "ci_sub_ca": "0.0",
        "eum": "0.0.0",
        "eum_sub_ca": "0.0.0.0",
        "dp_sub_ca": "0.0.1",
        "tls": "0.0.1.0",
        "dp_auth": "0.0.1.1",
        "dp_pb": "0.0.1.2",
        "ds_sub_ca": "0.0.2",
        "ds_tls": "0.0.2.0",
        "ds_auth": "0.0.2.1",
    }
    items = {**branch_of(Variant.C).items, "euicc": EUICCS[NIST, Variant.C]}
    del items["ci"]
    for name, item in items.items():
        policies = x509.load_der_x509_certificate(item.certificate_der).extensions.get_extension_for_class(
            x509.CertificatePolicies
        )
        arcs = [policy.policy_identifier.dotted_string for policy in policies.value]
        assert arcs == ["2.23.146.1.2.1." + expected.get(name, "0.0.0.0.0")]


def test_permitted_eins_are_encoded_as_published() -> None:
    """SGP.26: a SEQUENCE of one PrintableString, 89049032; the organisation alone in the name constraints."""
    assert branch_of(Variant.B).eum is not None
    eum = branch_of(Variant.B).items["eum"]
    extensions = x509.load_der_x509_certificate(eum.certificate_der).extensions
    eins = extensions.get_extension_for_oid(x509.ObjectIdentifier(PERMITTED_EINS))
    assert isinstance(eins.value, x509.UnrecognizedExtension)
    assert eins.value.value.hex() == "300a1308" + b"89049032".hex()
    assert eum.certificate.eins == ("89049032",)
    (permitted,) = eum.certificate.permitted
    assert [attribute.oid for attribute in permitted] == [NameOID.ORGANIZATION_NAME]


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize("variant", V3_VARIANTS)
def test_openssl_agrees(curve: Curve, variant: Variant, tmp_path: Path) -> None:
    branch, euicc = branch_of(variant, curve), EUICCS[curve, variant]
    (tmp_path / "ci.pem").write_bytes(certificate_pem(branch.ci.certificate_der))
    for item in [euicc, *(branch.items[name] for name in SERVERS if name in branch.items)]:
        (tmp_path / "others.pem").write_bytes(b"".join(map(certificate_pem, branch.above(item))))
        (tmp_path / "leaf.pem").write_bytes(certificate_pem(item.certificate_der))
        command = ["openssl", "verify", "-x509_strict", "-CAfile", "ci.pem"]
        command += ["-attime", str(int(NOW.timestamp()))]
        command += ["-untrusted", "others.pem"] if branch.above(item) else []
        done = subprocess.run([*command, "leaf.pem"], cwd=tmp_path, capture_output=True, text=True)
        assert done.stdout == "leaf.pem: OK\n", done.stderr


@pytest.mark.parametrize("variant", V3_VARIANTS)
def test_saved_and_loaded_they_are_the_same(variant: Variant, tmp_path: Path) -> None:
    PKI.save(tmp_path)
    loaded = TestPki.load(tmp_path)
    assert loaded.branches.keys() == PKI.branches.keys()
    assert loaded.variants.keys() == PKI.variants.keys()
    for curve in Curve:
        mine, theirs = branch_of(variant, curve), loaded.variants[curve, variant]
        assert {n: i.certificate_der for n, i in mine.items.items()} == {
            n: i.certificate_der for n, i in theirs.items.items()
        }
    names = [path.name for path in tmp_path.iterdir()]
    assert "CERT_CISubCA_SIG_NIST.der" in names
    assert "SK_EUMSubCA_VARC_SIG_BRP.pem" in names
    assert "CERT_S_SM_DP_VARA_TLS_NIST.der" in names


def test_no_two_certificates_have_one_file_name() -> None:
    names: dict[str, bytes] = {}
    for (curve, variant), branch in PKI.variants.items():
        for field, name in file_names(curve, variant=variant).items():
            if field in branch.items:
                assert (
                    names.setdefault(name, branch.items[field].certificate_der)
                    == branch.items[field].certificate_der
                )
    assert {len(LAYOUTS[variant]) for variant in V3_VARIANTS} == {1, 9, 7, 10}


def test_version_2_knows_no_policies_of_version_3() -> None:
    branch = branch_of(Variant.B)
    item = branch.items["dp_auth"]
    with pytest.raises(CertificateError, match="version 3"):
        VERIFIER.verify([item.certificate_der], Role.DP_AUTH, NOW, branch.above(item), v3=False)
    with pytest.raises(CertificateError, match="leads to no trusted"):
        VERIFIER.verify([item.certificate_der], Role.DP_AUTH, NOW, v3=False)
    old = PKI.branches[NIST].items["dp_auth"]
    assert VERIFIER.verify([old.certificate_der], Role.DP_AUTH, NOW, v3=False).registered_id == "2.999.10"


def test_versions_are_not_mixed() -> None:
    """An eUICC with the policy of version 2 under a manufacturer of version 3, and the reverse."""
    new, old = branch_of(Variant.OV3).items["eum"], PKI.branches[NIST].items["eum"]
    for eum, v3 in ((new, False), (old, True)):
        issuer = issue.Issuer(eum.certificate, eum.require_key())
        key = one_time_key(NIST, replayed("mixed")).public_key()
        der = issue.euicc_certificate(issuer, key, EID, v3=v3, entropy=replayed("mixed"), now=NOW)
        assert fault([der, eum.certificate_der], [], Role.EUICC) == (CertificateFault.WRONG_ROLE, Role.EUICC)


@pytest.mark.parametrize("curve", Curve)
@pytest.mark.parametrize("variant", [Variant.A, Variant.B, Variant.C])
def test_a_chain_without_one_of_its_certificates_leads_nowhere(curve: Curve, variant: Variant) -> None:
    branch = branch_of(variant, curve)
    server = branch.items["dp_auth"]
    above = list(branch.above(server))
    for left_out in range(len(above)):
        rest = above[:left_out] + above[left_out + 1 :]
        assert fault([server.certificate_der], rest, Role.DP_AUTH)[0] is CertificateFault.UNKNOWN_CI
    chain, others = euicc_chain(variant, curve)
    for left_out in range(len(others)):
        rest = others[:left_out] + others[left_out + 1 :]
        assert fault(chain, rest, Role.EUICC)[0] is CertificateFault.UNKNOWN_CI


def test_too_many_certificates_are_not_looked_at() -> None:
    server = branch_of(Variant.A).items["dp_auth"]
    others = [b"no certificate"] * (MOST_OTHERS + 1)
    assert fault([server.certificate_der], others, Role.DP_AUTH)[0] is CertificateFault.UNKNOWN_CI


def test_certificates_that_issue_one_another_end() -> None:
    """Two SubCAs in a circle: each is used once."""
    sub_ca, ci_sub_ca = (branch_of(Variant.C).items[name] for name in ("dp_sub_ca", "ci_sub_ca"))
    key_id = sub_ca.certificate.subject_key_id

    def under_the_other(extension: x509.Extension[x509.ExtensionType]) -> x509.ExtensionType:
        if isinstance(extension.value, x509.AuthorityKeyIdentifier):
            return x509.AuthorityKeyIdentifier(key_id, None, None)
        return extension.value

    circular = reissued(ci_sub_ca, sub_ca.require_key(), under_the_other)
    server = branch_of(Variant.C).items["dp_auth"]
    others = [sub_ca.certificate_der, circular.certificate_der]
    assert fault([server.certificate_der], others, Role.DP_AUTH)[0] is CertificateFault.UNKNOWN_CI


def test_every_flipped_byte_of_a_sub_ca_is_refused() -> None:
    branch = branch_of(Variant.A)
    server = branch.items["dp_auth"]
    VERIFIER.verify([server.certificate_der], Role.DP_AUTH, NOW, branch.above(server))
    sub_ca = branch.items["dp_sub_ca"].certificate_der
    for at in range(len(sub_ca)):
        spoilt = sub_ca[:at] + bytes((sub_ca[at] ^ 1 << at % 8,)) + sub_ca[at + 1 :]
        with pytest.raises(CertificateError):
            VERIFIER.verify([server.certificate_der], Role.DP_AUTH, NOW, [spoilt])


def test_sub_cas_issue_only_for_their_own() -> None:
    """An SM-DS under the SM-DP+'s SubCA; an SM-DP+ under the manufacturer."""
    branch = branch_of(Variant.A)
    for name, role in (("dp_sub_ca", Role.DS_AUTH), ("eum", Role.DP_AUTH), ("eum_sub_ca", Role.DP_PB)):
        ca = branch.items[name]
        issuer = issue.Issuer(ca.certificate, ca.require_key())
        public = one_time_key(NIST, replayed("astray")).public_key()
        der = issue.server_certificate(
            issuer, public, role, "2.999.10", v3=True, entropy=replayed("astray"), now=NOW
        )
        others = [ca.certificate_der, *branch.above(ca)]
        assert fault([der], others, role)[0] is CertificateFault.WRONG_ROLE


def without(kind: type[x509.ExtensionType]) -> Callable[..., x509.ExtensionType | None]:
    return lambda extension: None if isinstance(extension.value, kind) else extension.value


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ci_sub_ca", x509.BasicConstraints),
        ("ci_sub_ca", x509.KeyUsage),
        ("eum", x509.NameConstraints),
        ("eum", x509.UnrecognizedExtension),
        ("eum", x509.BasicConstraints),
    ],
)
def test_a_ca_without_one_of_its_extensions_is_refused(name: str, kind: type[x509.ExtensionType]) -> None:
    branch, euicc = branch_of(Variant.B), EUICCS[NIST, Variant.B]
    signer = branch.items["ci" if name == "ci_sub_ca" else "ci_sub_ca"].require_key()
    spoilt = replace(branch, **{name: reissued(branch.items[name], signer, without(kind))})
    issuer, *others = spoilt.above(euicc)
    expected = CertificateFault.WRONG_EXTENSION, ROLES[name]
    assert fault([euicc.certificate_der, issuer], others, Role.EUICC) == expected


def test_path_lengths_hold() -> None:
    """A manufacturer that may have no SubCA has one; a DP SubCA below a CI SubCA that may have none."""

    def of(length: int) -> Callable[..., x509.ExtensionType]:
        limit = x509.BasicConstraints(ca=True, path_length=length)
        return lambda e: limit if isinstance(e.value, x509.BasicConstraints) else e.value

    branch, euicc = branch_of(Variant.A), EUICCS[NIST, Variant.A]
    short = replace(branch, eum=reissued(branch.items["eum"], branch.ci.require_key(), of(0)))
    issuer, *others = short.above(euicc)
    expected = CertificateFault.PATH_LENGTH, Role.EUM
    assert fault([euicc.certificate_der, issuer], others, Role.EUICC) == expected

    branch = branch_of(Variant.C)
    for length, is_enough in ((0, False), (1, True)):
        sub_ca = reissued(branch.items["ci_sub_ca"], branch.ci.require_key(), of(length))
        limited = replace(branch, ci_sub_ca=sub_ca)
        server = limited.items["dp_auth"]
        if is_enough:
            VERIFIER.verify([server.certificate_der], Role.DP_AUTH, NOW, limited.above(server))
        else:
            expected = CertificateFault.PATH_LENGTH, Role.CI_SUB_CA
            assert fault([server.certificate_der], list(limited.above(server)), Role.DP_AUTH) == expected


@pytest.mark.parametrize("variant", V3_VARIANTS)
def test_an_eid_that_is_not_the_manufacturers_is_refused(variant: Variant) -> None:
    branch = branch_of(variant)
    assert branch.euicc_issuer is not None
    issuer = issue.Issuer(branch.euicc_issuer.certificate, branch.euicc_issuer.require_key())
    foreign = bytes.fromhex("89033023" + "00" * 12)
    public = one_time_key(NIST, replayed("foreign")).public_key()
    der = issue.euicc_certificate(issuer, public, foreign, v3=True, entropy=replayed("foreign"), now=NOW)
    chain, others = euicc_chain(variant)
    assert fault([der, chain[1]], others, Role.EUICC) == (CertificateFault.NAME_CONSTRAINT, Role.EUICC)
    with pytest.raises(PkiError, match="begin with 89049032"):
        PKI.issue_euicc(foreign, NIST, variant, entropy=replayed("foreign"), now=NOW)


def test_name_constraints_hold_for_the_sub_ca_too() -> None:
    branch, euicc = branch_of(Variant.A), EUICCS[NIST, Variant.A]
    stranger = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Another manufacturer")])
    renamed = reissued(branch.items["eum_sub_ca"], branch.items["eum"].require_key(), subject=stranger)
    chain = [euicc.certificate_der, renamed.certificate_der]
    others = list(branch.above(renamed))
    assert fault(chain, others, Role.EUICC) == (CertificateFault.NAME_CONSTRAINT, Role.EUM_SUB_CA)


@pytest.mark.parametrize(
    "value", ["", "30", "3080", "300a1308", "3000", "040489049032", "300a0c083839303439303332", "3003130189"]
)
def test_malformed_permitted_eins_are_refused(value: str) -> None:
    branch = branch_of(Variant.OV3)
    eins = x509.UnrecognizedExtension(x509.ObjectIdentifier(PERMITTED_EINS), bytes.fromhex(value))
    eum = reissued(
        branch.items["eum"],
        branch.ci.require_key(),
        lambda e: eins if isinstance(e.value, x509.UnrecognizedExtension) else e.value,
    )
    if not value:  # as if the extension were not there
        assert Certificate.parse(eum.certificate_der).eins == ()
        return
    with pytest.raises(CertificateError) as caught:
        Certificate.parse(eum.certificate_der)
    assert caught.value.fault is CertificateFault.MALFORMED


def test_times_of_a_sub_ca_are_checked_anew() -> None:
    branch = branch_of(Variant.C)
    server = branch.items["dp_auth"]
    chain, others = [server.certificate_der], branch.above(server)
    verifier = ChainVerifier(PKI.anchors)
    verifier.verify(chain, Role.DP_AUTH, NOW, others)
    with pytest.raises(CertificateError) as caught:
        verifier.verify(chain, Role.DP_AUTH, NOW + timedelta(days=365 * 25), others)
    assert (caught.value.fault, caught.value.role) == (CertificateFault.EXPIRED, Role.DP_SUB_CA)


def test_one_chain_lies_on_one_curve() -> None:
    """A brainpool key certified by a CI on NIST P-256."""
    ci = PKI.branches[NIST].ci
    issuer = issue.Issuer(ci.certificate, ci.require_key())
    public = one_time_key(BRAINPOOL, replayed("curve")).public_key()
    for v3 in (False, True):
        der = issue.server_certificate(
            issuer, public, Role.DP_AUTH, "2.999.10", v3=v3, entropy=replayed("curve"), now=NOW
        )
        assert fault([der], [], Role.DP_AUTH) == (CertificateFault.WRONG_CURVE, Role.DP_AUTH)
