"""The network's side of a subscription: the functions that answer what the card will compute."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.crypto.aka import AkaFunctions
    from simulator.profile.describe import Subscription


def functions_of(subscription: Subscription) -> AkaFunctions:
    """Milenage, TUAK or the test algorithm with the keys of the subscription."""
    from simulator.crypto.milenage import DEFAULT_CONSTANTS, DEFAULT_ROTATIONS, Milenage
    from simulator.crypto.tuak import Tuak
    from simulator.crypto.xor_test import XorTest
    from simulator.profile.build import operator_constant

    authentication = subscription.authentication
    if authentication.algorithm == "test":
        return XorTest(authentication.key)
    constant = operator_constant(authentication)
    if authentication.algorithm == "tuak":
        return Tuak(authentication.key, constant, iterations=authentication.keccak_iterations)
    return Milenage(
        authentication.key,
        constant,
        r=authentication.rotation_constants or DEFAULT_ROTATIONS,
        c=authentication.xoring_constants or DEFAULT_CONSTANTS,
    )
