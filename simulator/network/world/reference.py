"""Writes docs/reference/world.md: the tables of the mobile world, with their sources.

python -m simulator.network.world.reference > docs/reference/world.md
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from simulator.network.world.checks.places import named_sources
from simulator.network.world.loading import SHIPPED, load
from simulator.network.world.model import OfferKind, Operator
from simulator.network.world.queries import World
from simulator.network.world.treaties import Treaty, treaties
from simulator.network.world.words import TABLES, generation

_HEAD = """# The mobile world, row by row

Made from the tables in `simulator/network/world/`; do not edit. Every row names its source, and `esim
world` shows the same rows, filtered. The sources stand at the end, each with the number of rows that it
stands behind. Two of them are no publications:

- **example**: made up, of a plausible size. Prices, exchange rates and most roaming agreements are
  examples: what operators agree on is not public.
- **judged**: general knowledge of the field that was not confirmed in a publication.

A price, a date or a band with another source is what that source said when it was seen, and may have
changed since. Names of operators, makers and products belong to their owners; SM-DP+ addresses are made up
(`example.com`), and no server is ever asked.

## What is simplified

- 2G is GSM and 3G is UMTS. CDMA, CDMA2000, TD-SCDMA, LTE-M and NB-IoT are left out, and so are networks
  that had nothing else; a note says so where it matters.
- A network has the same bands everywhere in its country, and covers all of it. Bands that a traveller's
  phone seldom needs (carrier aggregation, most of range 2 above 24 GHz) are left out here and there.
- Band numbers follow from the frequencies of the source and the country: 700 MHz is band 12 or 13 in the
  United States and band 28 elsewhere, 850 MHz is 5, in Japan 18 or 19, 2600 MHz is 7 or 38, and so on.
- `until` is the last day of a technology, as announced or carried out, for the whole country; regional ends
  are in notes.
- An operator has the network codes that its subscribers and its cells use most. What the source says of a
  code that it shares with others, or keeps for one technology, counts as its own. India numbers by circle: a
  few stand for all.
- An agreement has one price class and one list of technologies for all subscribers of the home operator,
  whatever their tariff. Whom a home operator steers to (preferred) is an example unless the source says
  otherwise.
- Fair-use limits, speeds after an allowance, discounts and taxes are left out, or stand in a note.
- Exchange rates are rounded and do not move.
- The bands of a device are those of one variant for its market. `profiles` is the number that makers
  promise at least.
"""


def page() -> str:
    """The whole page, in Markdown."""
    world = load()
    return "\n".join(
        (
            _HEAD,
            _section("Countries and regions", world, "countries"),
            *_operators(world),
            _agreements(treaties(SHIPPED / "agreements.yaml")),
            _section("Devices", world, "devices"),
            *_offers(world),
            _section("Bands", world, "bands", "Frequencies in MHz."),
            _section("Exchange rates", world, "rates"),
            _sources(world),
        )
    )


def _section(title: str, world: World, table: str, text: str = "") -> str:
    rows = TABLES[table].rows(world).values()
    return f"## {title}\n\n" + (f"{text}\n\n" if text else "") + _rows(world, table, rows)


def _rows(world: World, table: str, rows: Iterable[Any]) -> str:
    """Rows of a table, without the columns in which all are empty."""
    columns = TABLES[table].columns
    cells = [[column.cell(world, row) for column in columns] for row in rows]
    used = [i for i in range(len(columns)) if any(row[i] for row in cells)]
    return _table([columns[i].title for i in used], ([row[i] for i in used] for row in cells))


def _operators(world: World) -> Iterator[str]:
    yield "## Operators\n"
    for region in dict.fromkeys(country.region for country in world.countries.values()):
        yield f"### {region}\n\n" + _rows(world, "operators", _in_region(world, region))
    yield "### At home nowhere\n\n" + _rows(world, "operators", _in_region(world, ""))


def _in_region(world: World, region: str) -> list[Operator]:
    def of(operator: Operator) -> str:
        return world.country(operator.country).region if operator.country else ""

    return [operator for operator in world.operators.values() if of(operator) == region]


def _agreements(rows: list[Treaty]) -> str:
    text = (
        "A row speaks of each home operator in each visited network of another country, or of all pairs among"
        " operators. Where two rows speak of a pair, the first holds.\n\n"
    )
    head = ["row", "home", "visited", "technologies", "services", "price", "remarks", "preferred", "source"]
    return "## Agreements\n\n" + text + _table(head, map(_treaty, rows))


def _treaty(row: Treaty) -> list[str]:
    among = ", ".join(row.among)
    said = (
        "barred" if row.barred else "",
        "" if row.volte else "no calls over 4G",
        f"{row.longest_days} days at most" if row.longest_days else "",
        row.note,
    )
    return [
        row.key,
        ", ".join(row.homes) or f"among {among}",
        ", ".join(row.visited) or "each other",
        " ".join(map(generation, row.rats)),
        " ".join(row.services),
        row.price.value,
        "; ".join(filter(None, said)),
        ", ".join(row.preferred),
        row.source,
    ]


def _offers(world: World) -> Iterator[str]:
    yield "## Offers\n"
    for kind in OfferKind:
        rows = [offer for offer in world.offers.values() if offer.kind is kind]
        yield f"### {kind.value[0].upper()}{kind.value[1:]}\n\n" + _rows(world, "offers", rows)


def _sources(world: World) -> str:
    counts = Counter(key for table, *_, key in named_sources(world) if table != "agreements")
    counts.update(treaty.source for treaty in treaties(SHIPPED / "agreements.yaml"))
    columns = TABLES["sources"].columns
    cells = [
        [*(column.cell(world, source) for column in columns), str(counts[source.key])]
        for source in world.sources.values()
    ]
    text = "How many rows each stands behind, or members of rows; 0: it is named in a note.\n\n"
    return "## Sources\n\n" + text + _table([*(column.title for column in columns), "rows"], cells)


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
