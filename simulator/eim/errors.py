"""What goes wrong at an eIM: a request that it refuses, by the names of ESipa's errors (SGP.32 §6.3.2)."""

from __future__ import annotations

from typing import Final

from asn1 import esipa


class EimError(Exception):
    """The operator asked for what this eIM cannot do; the text says what to do."""


class Refused(Exception):  # noqa: N818 - a name that reads as what happened
    """A message of an IPA is refused; `name` is the error in ASN.1, `why` is for the log."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name, self.why = name, why


UNDEFINED: Final = "undefinedError"

FURTHER_CODES: Final[dict[str, dict[tuple[str, str], str]]] = {
    "initiateAuthentication": {
        ("8.8.4", "3.7"): "ciPKIdNotSupported",  # no certificate that the eUICC can verify
        ("8.9.1", "3.8"): "invalidDpAddress",  # from here on by an SM-DS
        ("8.9.2", "3.1"): "ciPKIdNotSupported",
        ("8.9.3", "3.1"): "euiccVersionNotSupportedByDp",
        ("8.9.4", "3.7"): "ciPKIdNotSupported",
    },
}
"""What servers answer beside the rows of `esipa.CODES`, by function."""


def error_name(function: str, subject_code: str, reason_code: str) -> str:
    """The error of ESipa for the refusal of an SM-DP+ or SM-DS; "undefinedError" where ESipa has none."""
    pair = subject_code, reason_code
    own = {codes: name for name, codes in esipa.CODES[function].items()}
    return own.get(pair) or FURTHER_CODES.get(function, {}).get(pair) or UNDEFINED
