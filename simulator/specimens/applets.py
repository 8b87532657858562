"""Toolkit applications as text, and as objects for a card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from cards.identities import Imsi, Plmn
from simulator.profile.build import operator_constant
from simulator.profile.describe import Authentication, Description, PlmnCode
from simulator.uicc.image import AkaAlgorithm, AkaImage
from simulator.uicc.toolkit import Applet
from simulator.uicc.toolkit.multi_imsi import Identity, MultiImsi
from simulator.uicc.toolkit.service_menu import ServiceMenu

_ALGORITHMS = {
    "milenage": AkaAlgorithm.MILENAGE,
    "tuak": AkaAlgorithm.TUAK,
    "test": AkaAlgorithm.USIM_TEST,
}


class ServiceMenuDescription(Description):
    """A menu with the own number, the balance by USSD, and messages to the operator."""

    kind: Literal["service-menu"]
    title: Annotated[str, Field(min_length=1, max_length=30)] = "Services"
    balance: Annotated[str, Field(pattern=r"^[0-9*#]{1,20}$")] = "*100#"
    service: Annotated[str, Field(pattern=r"^\+?[0-9]{3,20}$")] = "+882107000"

    def make(self) -> Applet:
        return ServiceMenu(self.title, self.balance, self.service)


class IdentityDescription(Description):
    """One of the identities of a multi-IMSI card; without countries it is the one for everywhere else."""

    name: Annotated[str, Field(min_length=1, max_length=16)]
    imsi: Annotated[str, Field(pattern=r"^[0-9]{6,15}$")]
    plmn: PlmnCode
    countries: tuple[Annotated[str, Field(pattern=r"^[0-9]{3}$")], ...] = ()
    authentication: Authentication

    def make(self) -> Identity:
        key = self.authentication
        aka = AkaImage(
            b"",
            _ALGORITHMS[key.algorithm],
            key.key,
            opc=operator_constant(key),
            keccak_iterations=key.keccak_iterations,
        )
        mcc, _, mnc = self.plmn.partition("-")
        return Identity(self.name, Imsi(self.imsi), Plmn(mcc, mnc), aka, frozenset(self.countries))


class MultiImsiDescription(Description):
    """The application that changes the card's identity with the country."""

    kind: Literal["multi-imsi"]
    title: Annotated[str, Field(min_length=1, max_length=30)] = "Network"
    identities: Annotated[tuple[IdentityDescription, ...], Field(min_length=1)]

    def make(self) -> Applet:
        return MultiImsi([identity.make() for identity in self.identities], self.title)


AppletDescription = Annotated[ServiceMenuDescription | MultiImsiDescription, Field(discriminator="kind")]
_ADAPTER: TypeAdapter[ServiceMenuDescription | MultiImsiDescription] = TypeAdapter(AppletDescription)


def load(stored: Iterable[Any]) -> list[Applet]:
    """The applications that a card file keeps as plain values."""
    return [_ADAPTER.validate_python(item).make() for item in stored]
