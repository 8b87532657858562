"""Confirmation codes: what the eUICC has hashed for the user, compared with what is known (SGP.22 §3.1.3)."""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

from simulator.smdp.errors import Refusal
from simulator.smdp.records import MAX_CONFIRMATION_CODE_ATTEMPTS


def refusal_of(
    code_hash: bytes, transaction_id: bytes, hash_cc: bytes | None, failures: int
) -> Refusal | None:
    """None if SHA-256(SHA-256(code) | transaction id) is right or no code is asked for; else why not.
    `failures` were there before; ATTEMPTS says that this one is the last."""
    if not code_hash:
        return None
    if hash_cc is None:
        return Refusal.CONFIRMATION_CODE_MISSING
    if compare_digest(sha256(code_hash + transaction_id).digest(), hash_cc):
        return None
    is_over = failures + 1 >= MAX_CONFIRMATION_CODE_ATTEMPTS
    return Refusal.CONFIRMATION_CODE_ATTEMPTS if is_over else Refusal.CONFIRMATION_CODE
