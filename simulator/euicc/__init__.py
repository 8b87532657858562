"""A software eUICC: ISD-R, ECASD and ISD-Ps, ES10a/b/c, the secure channel and installation of profiles."""

from __future__ import annotations

from simulator.euicc.euicc import Euicc
from simulator.euicc.features import Features
from simulator.euicc.identity import TEST_EID, Credential, EuiccIdentity

__all__ = ["TEST_EID", "Credential", "Euicc", "EuiccIdentity", "Features"]
