"""Why a trip does not go as it should, in the terms of the field; a row for each reason, with its clause, or
the table of the world that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """`key` is for programs; `term` is what engineers call it; `advice` what would have helped."""

    key: str
    term: str
    where: str
    """The clause, or the table of the world."""
    advice: str


_TABLE: Final = (
    # The phone and the air
    Reason(
        "band-missing",
        "no common band: the phone hears none of the country's networks",
        "TS 36.101 §5.5; devices, operators",
        "Compare the phone's bands with the operators' before leaving.",
    ),
    Reason(
        "switched-off",
        "2G or 3G sunset: the technology that the phone has was switched off",
        "operators: radios until",
        "Take a phone with 4G.",
    ),
    Reason(
        "sim-locked",
        "SIM lock: network personalisation refuses the card",
        "TS 22.022 §5",
        "Have the phone unlocked by its operator before leaving.",
    ),
    Reason(
        "no-slot",
        "no slot for a card",
        "devices: sim_slots",
        "Take an eSIM.",
    ),
    Reason(
        "no-second-slot",
        "no free slot, or no second line at the same time",
        "devices: sim_slots, active",
        "Swap the cards, or take an eSIM beside the card.",
    ),
    Reason(
        "no-esim",
        "the device has no eUICC",
        "SGP.22 §2.4; devices: esim",
        "Take a plain SIM, or another phone.",
    ),
    Reason(
        "pin-locked",
        "the card is locked by its PIN",
        "TS 102 221 §9.5",
        "Keep the letter with the PIN, or have the PIN switched off in the shop.",
    ),
    # Networks and agreements
    Reason(
        "no-home-line",
        "there is no home subscription to roam with",
        "the trip: home",
        "Buy something for this country.",
    ),
    Reason(
        "no-agreement",
        "no roaming agreement with any network in reach",
        "TS 24.301 §5.5.1.2.5; agreements",
        "Buy something for this country.",
    ),
    Reason(
        "roaming-barred",
        "the home operator bars its subscribers from the networks in reach",
        "TS 23.122 §3.1; agreements: barred",
        "Ask the home operator to allow it, or buy something for this country.",
    ),
    Reason(
        "technology-not-agreed",
        "the roaming agreement does not include a technology that phone and network have",
        "TS 24.301 annex A (#15), TS 24.501 annex A (#27); agreements: rats",
        "Take a phone with newer technologies, or buy something for this country.",
    ),
    Reason(
        "rejected",
        "the network has rejected the registration",
        "TS 24.301 annex A, TS 24.008 annex G",
        "The cause says what helps.",
    ),
    Reason(
        "permanent-roaming",
        "permanent roaming: the stay is longer than the home operator lets a subscriber be a guest",
        "agreements: longest_days",
        "Take a subscription of the country for a long stay.",
    ),
    Reason(
        "no-data-service",
        "the agreement does not include data",
        "agreements: services",
        "Buy something for data.",
    ),
    Reason(
        "no-voice",
        "no voice: neither circuit switched nor VoLTE abroad",
        "TS 23.272, GSMA IR.65; agreements, operators",
        "Call over the internet, or take a local SIM.",
    ),
    Reason(
        "data-only",
        "the subscription has data only, and no telephone number",
        "offers: kind",
        "Keep the home line switched on beside it for calls.",
    ),
    Reason(
        "home-number-off",
        "the home number cannot be reached",
        "TS 23.122 §4.3; devices: active",
        "Keep the home line active beside the other one.",
    ),
    # Offers
    Reason(
        "no-offer",
        "nobody offers this here",
        "offers",
        "Choose another option.",
    ),
    Reason(
        "no-esim-sold",
        "no operator of the country sells eSIMs to visitors",
        "operators: esim",
        "Ask a reseller, or take a plain SIM.",
    ),
    Reason(
        "not-covered",
        "the offer does not hold in this country",
        "offers: countries",
        "Choose one that does.",
    ),
    Reason(
        "no-shop",
        "it is sold in shops only",
        "offers: needs",
        "Go to a shop, or take what is sold online.",
    ),
    Reason(
        "no-passport",
        "registration of SIM cards: no passport to be shown",
        "offers: needs",
        "Carry the passport, or take an offer without registration.",
    ),
    Reason(
        "no-local-number",
        "a local telephone number is asked for",
        "offers: needs",
        "Go to a shop instead.",
    ),
    Reason(
        "no-post",
        "the card comes by post, and there is no time for it",
        "offers: needs",
        "Order it a week before leaving.",
    ),
    # Downloads
    Reason(
        "no-network-for-download",
        "no Wi-Fi and no other network to download a profile over",
        "SGP.22 §3.1.3",
        "Download before leaving.",
    ),
    Reason(
        "server-unreachable",
        "the SM-DP+ cannot be reached",
        "SGP.22 §6",
        "Try again later.",
    ),
    Reason(
        "download-interrupted",
        "the download was interrupted",
        "SGP.22 §3.1.3",
        "Begin it anew; the order is still open unless the server says otherwise.",
    ),
    Reason(
        "code-used",
        "the activation code was used before (8.2.6/3.8)",
        "SGP.22 §5.6.3",
        "Ask the seller for a new code: a QR code is for one download.",
    ),
    Reason(
        "confirmation-code",
        "a confirmation code is asked for",
        "SGP.22 §3.1.3, §5.6.2 (8.2.7)",
        "Take the seller's letter or message with the code along.",
    ),
    Reason(
        "quota",
        "profile quota reached: the device keeps no more profiles",
        "devices: profiles",
        "Delete a profile that is not needed any more.",
    ),
    Reason(
        "memory",
        "insufficient memory for the profile on the eUICC",
        "SGP.22 §5.6.3 (8.1/4.8), §2.5.6",
        "Delete a profile that is not needed any more.",
    ),
    Reason(
        "ppr-forbids",
        "a profile policy rule forbids it",
        "SGP.22 §2.9",
        "Only the operator can lift the rule.",
    ),
    Reason(
        "download-failed",
        "the download failed",
        "SGP.22 §3.1.3",
        "The codes say what helps.",
    ),
    # Money
    Reason(
        "data-used-up",
        "the data of the offer are used up",
        "offers: data_mb",
        "Buy more.",
    ),
)  # fmt: skip
REASONS: Final = {reason.key: reason for reason in _TABLE}
