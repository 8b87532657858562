"""X.509 certificates of RSP in words: who, by whom, for what, until when (RFC 5280 §4, SGP.22 §4.5.2).
Nothing is verified here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from asn1 import pkix, tlv
from asn1.errors import Asn1Error
from cards.explain.fields import Cursor, Field, ascii_text, hexadecimal, in_words

_ATTRIBUTES = {"2.5.4.3": "CN", "2.5.4.5": "serial", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST"}
_ATTRIBUTES |= {"2.5.4.10": "O", "2.5.4.11": "OU"}
_CURVES = {"06082A8648CE3D030107": "NIST P-256", "06092B2403030208010107": "brainpoolP256r1"}
_ALGORITHMS = {
    "1.2.840.10045.2.1": "elliptic curve", "1.2.840.10045.4.3.2": "ECDSA with SHA-256",
    "1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.11": "RSA with SHA-256",
    "1.2.840.10045.4.3.3": "ECDSA with SHA-384",
}  # fmt: skip
_ROLE = "2.23.146.1.2.1."
_POLICIES = {
    "0": "certificate issuer", "1": "eUICC", "2": "eUICC manufacturer", "3": "SM-DP+ TLS",
    "4": "SM-DP+ authentication", "5": "SM-DP+ profile binding", "6": "SM-DS TLS",
    "7": "SM-DS authentication", "0.0": "certificate issuer's SubCA", "0.0.0": "eUICC manufacturer",
    "0.0.0.0": "eUICC manufacturer's SubCA", "0.0.0.0.0": "eUICC", "0.0.1": "SM-DP+ SubCA",
    "0.0.1.0": "SM-DP+ TLS", "0.0.1.1": "SM-DP+ authentication", "0.0.1.2": "SM-DP+ profile binding",
    "0.0.2": "SM-DS SubCA", "0.0.2.0": "SM-DS TLS", "0.0.2.1": "SM-DS authentication",
}  # fmt: skip
"""Certificate policies: roles below an arc, of version 2 and of version 3 (SGP.22 §4.5.2.1, annex H)."""
_USAGES = (
    "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
    "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
)  # fmt: skip


def certificate(cursor: Cursor) -> Iterator[Field]:
    """The fields of a certificate in DER."""
    data, start = cursor.rest, cursor.at
    tlvs = pkix.fields("Certificate", data)
    cursor.take(len(data))
    places = {found.path: found for found in tlvs}
    body = places["Certificate"].value["tbsCertificate"]

    def at(member: str, name: str, value: str, children: tuple[Field, ...] = ()) -> Field:
        found = places[f"Certificate.{member}"]
        length = found.header_length + found.length
        return Field(name, value, start + found.offset, length, "", children)

    yield at("tbsCertificate.serialNumber", "serial number", f"{body['serialNumber']:X}")
    yield at("tbsCertificate.issuer.rdnSequence", "issuer", name_in_words(body["issuer"][1]))
    yield at("tbsCertificate.validity", "valid", _validity(body["validity"]))
    yield at("tbsCertificate.subject.rdnSequence", "subject", name_in_words(body["subject"][1]))
    yield at("tbsCertificate.subjectPublicKeyInfo", "public key", _key(body["subjectPublicKeyInfo"]))
    for number, extension in enumerate(body.get("extensions", ())):
        name, value = _extension(extension)
        yield at(f"tbsCertificate.extensions[{number}]", name, value)
    algorithm = _ALGORITHMS.get(places["Certificate"].value["signatureAlgorithm"]["algorithm"], "signature")
    octets, _ = places["Certificate"].value["signature"]
    yield at("signature", f"signature ({algorithm})", hexadecimal(octets))


def name_in_words(sequence: list[list[dict[str, Any]]]) -> str:
    """'O=…, CN=…'."""
    said = []
    for attributes in sequence:
        for attribute in attributes:
            kind = _ATTRIBUTES.get(attribute["type"], attribute["type"])
            said.append(f"{kind}={tlv.read(attribute['value']).value.decode('utf-8', 'replace')}")
    return ", ".join(said) or "empty"


def _validity(validity: dict[str, Any]) -> str:
    begin, end = (validity[name][1] for name in ("notBefore", "notAfter"))
    assert isinstance(begin, datetime)
    assert isinstance(end, datetime)
    return f"{begin:%Y-%m-%d} to {end:%Y-%m-%d}"


def _key(information: dict[str, Any]) -> str:
    algorithm = information["algorithm"]
    octets, _ = information["subjectPublicKey"]
    curve = _CURVES.get(hexadecimal(algorithm.get("parameters", b"")), "")
    return (
        f"{curve or _ALGORITHMS.get(algorithm['algorithm'], algorithm['algorithm'])}, {hexadecimal(octets)}"
    )


def _extension(extension: dict[str, Any]) -> tuple[str, str]:
    identifier, data = extension["extnID"], extension["extnValue"]
    name, words = _EXTENSIONS.get(identifier, (f"extension {identifier}", hexadecimal))
    value, problem = in_words(words, data)
    critical = " (critical)" if extension.get("critical") else ""
    return f"{name}{critical}", f"{value} ({problem})" if problem else value


def _inner(data: bytes) -> bytes:
    return tlv.read(data).value


def _authority(data: bytes) -> str:
    return hexadecimal(tlv.find(_inner(data), 0x80) or b"")


def _usage(data: bytes) -> str:
    bits = _inner(data)
    octets = bits[1:]
    found = [
        name for at, name in enumerate(_USAGES) if at // 8 < len(octets) and octets[at // 8] & 0x80 >> at % 8
    ]
    return ", ".join(found)


def _policy(data: bytes) -> str:
    found = []
    for policy in tlv.read_all(_inner(data)):
        identifier = _dotted(tlv.read(policy.value).value)
        role = _POLICIES.get(identifier.removeprefix(_ROLE)) if identifier.startswith(_ROLE) else None
        found.append(f"{identifier} ({role})" if role else identifier)
    return ", ".join(found)


def _dotted(octets: bytes) -> str:
    arcs, value = [], 0
    for octet in octets:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    if not arcs:
        raise ValueError("an object identifier without arcs")
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def _names(data: bytes) -> str:
    kinds: dict[int, Callable[[bytes], str]] = {0x88: _dotted, 0x82: ascii_text, 0x86: ascii_text}
    found = tlv.read_all(_inner(data))
    return ", ".join(kinds.get(item.tag, hexadecimal)(item.value) for item in found)


def _constraints(data: bytes) -> str:
    """Directory names below which all names must lie (SGP.22 §4.5.2.1.0.2: the manufacturer and its EIDs)."""
    found = []
    for kind, word in ((0xA0, "only"), (0xA1, "never")):
        for subtree in tlv.read_all(tlv.find(_inner(data), kind) or b""):
            base = tlv.find(subtree.value, 0xA4)
            found.append(
                f"{word} {_directory_name(base)}" if base else f"{word} {hexadecimal(subtree.value)}"
            )
    return "; ".join(found) or "none"


def _directory_name(name: bytes) -> str:
    """A Name in DER: attributes one after the other."""
    said = []
    for attributes in tlv.read_all(_inner(name)):
        for attribute in tlv.read_all(attributes.value):
            kind, value = tlv.read_all(attribute.value)
            text = value.value.decode("utf-8", "replace")
            said.append(f"{_ATTRIBUTES.get(_dotted(kind.value), _dotted(kind.value))}={text}")
    return ", ".join(said)


def public_key(data: bytes) -> str:
    """A SubjectPublicKeyInfo: the curve and the key; bytes that are none, as they are."""
    try:
        algorithm, key = tlv.read_all(tlv.read(data).value)
        curve = (
            hexadecimal(tlv.read_all(algorithm.value)[1].value)
            if len(tlv.read_all(algorithm.value)) > 1
            else ""
        )
        name = next((name for oid, name in _CURVES.items() if oid.endswith(curve) and curve), "")
    except (Asn1Error, ValueError):
        return hexadecimal(data)
    return f"{name or 'a key'}, {hexadecimal(key.value[1:])}"


def _basic(data: bytes) -> str:
    return "an issuer of certificates" if tlv.find(_inner(data), 0x01) == b"\xff" else "no issuer"


def _lists(data: bytes) -> str:
    at, found = 0, []
    while (at := data.find(b"\x86", at)) >= 0:
        with suppress(Asn1Error):
            found.append(ascii_text(tlv.read(data, at).value))
        at += 1
    return ", ".join(found) or hexadecimal(data)


def _purposes(data: bytes) -> str:
    return ", ".join(_dotted(item.value) for item in tlv.read_all(_inner(data)))


_EXTENSIONS: dict[str, tuple[str, Callable[[bytes], str]]] = {
    "2.5.29.14": ("subject key identifier", lambda data: hexadecimal(_inner(data))),
    "2.5.29.15": ("key usage", _usage),
    "2.5.29.17": ("subject alternative name", _names),
    "2.5.29.19": ("basic constraints", _basic),
    "2.5.29.30": ("name constraints", _constraints),
    "2.5.29.31": ("revocation lists", _lists),
    "2.5.29.32": ("certificate policies", _policy),
    "2.5.29.35": ("authority key identifier", _authority),
    "2.5.29.37": ("extended key usage", _purposes),
}  # fmt: skip
