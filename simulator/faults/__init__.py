"""Faults on purpose, between card and LPA and between LPA and server, declared as data.

    plan = load_plan(path)
    link, es9 = FaultyLink(link, plan), FaultyEs9(es9, plan, restart=server_again)

Nothing here runs unless it is put in the way; `plan.struck` names every fault that has happened.
"""

from simulator.faults.link import FaultyLink
from simulator.faults.plan import Fault, FaultError, Kind, Party, Plan, load_plan
from simulator.faults.quirks import Answer, QuirkError, Quirks, QuirkyCard, load_quirks
from simulator.faults.server import FaultyEs9

__all__ = [
    "Answer",
    "Fault",
    "FaultError",
    "FaultyEs9",
    "FaultyLink",
    "Kind",
    "Party",
    "Plan",
    "QuirkError",
    "Quirks",
    "QuirkyCard",
    "load_plan",
    "load_quirks",
]
