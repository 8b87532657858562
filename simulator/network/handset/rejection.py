"""What a reject cause does to the phone and to the card (the effects of `simulator.network.causes`)."""

from __future__ import annotations

from cards.identities import Plmn
from simulator.network.air import Cell
from simulator.network.causes import Cause, Effect
from simulator.network.handset import files
from simulator.network.handset.card import PhoneCard
from simulator.network.handset.files import LOCATION_FILES, Location, UpdateStatus
from simulator.network.handset.memory import Memory
from simulator.network.journal import Journal, Rule
from simulator.network.nas import Area, Protocol

_KEYS = {Protocol.MM: "EF.KEYS", Protocol.GMM: "EF.KEYSPS"}
NO_KEYS = b"\x07" + b"\xff" * 32


def carry_out(cause: Cause, card: PhoneCard, memory: Memory, cell: Cell, journal: Journal) -> None:
    """Write the card's files and the phone's lists as the cause says, and tell it."""
    rule = Rule(cause.clause, f"cause #{cause.number} {cause.name}")
    effect = cause.effect
    area = Area(cell.plmn, cell.area)
    done = []
    if _set_status(cause, card):
        done.append(f"{LOCATION_FILES[cause.protocol].name} written")
    if effect & Effect.FORBID_PLMN and forbid(card, cell.plmn):
        done.append(f"{cell.plmn} put onto EF.FPLMN")
    if effect & Effect.FORBID_PLMN_PS:
        memory.forbidden_ps.add(cell.plmn)
        done.append(f"{cell.plmn} forbidden for packet services until switch-off")
    if effect & Effect.FORBID_AREA:
        memory.forbidden_areas.add(area)
        done.append(f"area {area} forbidden for regional provision of service")
    if effect & Effect.FORBID_AREA_ROAMING:
        memory.forbidden_areas_roaming.add(area)
        done.append(f"area {area} forbidden for roaming")
    if effect & Effect.NO_RAT:
        memory.without.add((cell.plmn, cell.rat))
        done.append(f"{cell.rat.value} not used in {cell.plmn} until switch-off")
    memory.is_invalid_cs |= bool(effect & Effect.INVALID_CS)
    memory.is_invalid_ps |= bool(effect & Effect.INVALID_PS)
    memory.is_invalid_5g |= bool(effect & Effect.INVALID_5G)
    if effect & Effect.INVALID_5G:
        done.append("the card counts as invalid for 5G until switch-off")
    if effect & (Effect.INVALID_CS | Effect.INVALID_PS):
        done.append(f"the card counts as invalid for {_domains(effect)} until switch-off")
    text = "; ".join(done) or "nothing changes but the attempt counter"
    journal.tell("phone", "reject carried out", text, rule, *card.evidence(), cause=cause.number)


def forbid(card: PhoneCard, plmn: Plmn) -> bool:
    """Put a network onto EF.FPLMN, unless it is a home network (TS 23.122 §3.1)."""
    if plmn in card.data.homes:
        return False
    return card.write("EF.FPLMN", files.with_forbidden(card.data.contents.get("EF.FPLMN", b""), plmn))


def allow(card: PhoneCard, plmn: Plmn) -> bool:
    """Take a network off EF.FPLMN after it was selected by hand and took the phone (TS 23.122 §3.1)."""
    return card.write("EF.FPLMN", files.without_forbidden(card.data.contents.get("EF.FPLMN", b""), plmn))


def _set_status(cause: Cause, card: PhoneCard) -> bool:
    """Update status, and what the cause makes the phone forget."""
    row = LOCATION_FILES[cause.protocol]
    now = card.data.location(cause.protocol)
    status = UpdateStatus.NOT_UPDATED
    if cause.effect & Effect.UPDATE_3:
        by_area = cause.effect & (Effect.FORBID_AREA | Effect.FORBID_AREA_ROAMING)
        is_old = cause.protocol in (Protocol.MM, Protocol.GMM)
        status = UpdateStatus.AREA_NOT_ALLOWED if by_area and is_old else UpdateStatus.PLMN_NOT_ALLOWED
    forgets = bool(cause.effect & Effect.FORGET)
    after = Location(None, None, status) if forgets else Location(now.identity, now.area, status)
    if forgets and (name := _KEYS.get(cause.protocol)):
        card.write(name, NO_KEYS)
    return card.write(row.name, files.write_location(row, after))


def _domains(effect: Effect) -> str:
    both = Effect.INVALID_CS | Effect.INVALID_PS
    if effect & both == both:
        return "all services"
    return "packet services" if effect & Effect.INVALID_PS else "calls and messages"
