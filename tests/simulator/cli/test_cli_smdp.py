"""`esim smdp` on its database: stock, orders, states, passphrase; and what is told of mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.cli.smdp_store import open_store
from simulator.smdp.states import OrderState
from tests.simulator.cli.conftest import Esim

ICCID = "8999900000000000014"


def test_stock_is_listed_withdrawn_and_kept_apart(esim: Esim) -> None:
    assert "There are no orders" in esim("smdp", "orders").out
    assert esim("smdp", "stock", "test-operator", "--owner", "2.999.20").out.split() == [
        ICCID,
        "test-operator",
    ]
    listed = esim("smdp", "orders").out
    assert ICCID in listed
    assert "Available" in listed
    again = esim("smdp", "stock", "test-operator")
    assert (again.status, again.err) == (
        1,
        f"esim: test-operator: there is a profile with the ICCID {ICCID} already.\n",
    )
    assert esim("smdp", "withdraw", ICCID).out == f"{ICCID} is withdrawn.\n"
    assert "Unavailable" in esim("smdp", "orders").out


@pytest.mark.parametrize("command", ["release", "withdraw"])
def test_orders_that_are_not_there(esim: Esim, command: str) -> None:
    outcome = esim("smdp", command, "nope")
    assert (outcome.status, outcome.err.splitlines()[-1]) == (
        1,
        "esim: there is no order nope; see `esim smdp orders`.",
    )


def test_an_order_in_the_wrong_state(esim: Esim) -> None:
    esim("smdp", "stock", "test-operator")
    outcome = esim("smdp", "release", ICCID)
    assert (outcome.status, outcome.err) == (1, "esim: an order in state Available cannot be released.\n")


def test_operators_are_made_known(esim: Esim) -> None:
    assert esim("smdp", "operator", "2.999.20").out == "Operator 2.999.20 is known.\n"
    told = esim("smdp", "operator", "2.999.20", "--callback", "localhost:9").out
    assert told == "Operator 2.999.20 hears of downloads at localhost:9.\n"
    with open_store(None) as store:
        assert [operator.callback for operator in store.operators()] == ["localhost:9"]


def test_a_passphrase(esim: Esim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    esim("smdp", "stock", "test-operator")
    file = tmp_path / "passphrase"
    file.write_text("open sesame\n")
    assert esim("smdp", "passphrase", file).out == "The passphrase is changed.\n"
    refused = esim("smdp", "orders")
    assert (refused.status, refused.err) == (
        1,
        "esim: the keys in this database are encrypted: give its passphrase\n",
    )
    assert ICCID in esim("smdp", "orders", "--passphrase-file", file).out
    monkeypatch.setenv("ESIM_PASSPHRASE", "open sesame")
    with open_store(None) as store:
        assert store.orders()[0].state is OrderState.AVAILABLE


def test_old_sessions_are_forgotten(esim: Esim) -> None:
    assert esim("smdp", "clean").out == "0 sessions and messages are forgotten.\n"


def test_workers_need_something_to_share(esim: Esim) -> None:
    outcome = esim("smdp", "serve", "--workers", "2", "--db", "sqlite://")
    assert outcome.status == 2
    assert "Several workers need a --port and a --db that they can share." in outcome.err


def test_discovery_asks_before_it_downloads(esim: Esim) -> None:
    outcome = esim("lpa", "discover", "--download")
    assert outcome.status == 2
    assert "Say --yes too" in outcome.err


TABLE = "iccid,imsi,k,opc\n" + "".join(
    f"898821100000000{number:03d},00101000000{number:04d},{number:032x},{number:032x}\n"
    for number in range(20)
)


def test_a_template_and_a_table_fill_the_stock(esim: Esim, tmp_path: Path) -> None:
    table = tmp_path / "subscriptions.csv"
    table.write_text(TABLE)
    assert len(esim("smdp", "stock", "test-operator", "--csv", table).out.splitlines()) == 20
    with open_store(None) as store:
        stock = store.orders_of_type("Test operator")
        assert len({order.iccid for order in stock}) == 20
        assert {order.state for order in stock} == {OrderState.AVAILABLE}
    two = esim("smdp", "stock", "test-operator", "travel-operator", "--csv", table)
    assert (two.status, "A --csv needs one profile" in two.err) == (2, True)


def test_packages_from_a_table(esim: Esim, tmp_path: Path) -> None:
    table = tmp_path / "subscriptions.csv"
    table.write_text(TABLE)
    outcome = esim("profile", "personalise", "test-operator", table, "-o", tmp_path / "made")
    assert outcome.out == f"Wrote 20 packages to {tmp_path / 'made'}.\n"
    made = sorted((tmp_path / "made").glob("*.der"))
    assert len(made) == 20
    assert esim("profile", "check", made[0]).status == 0
    table.write_text(TABLE + "898821100000000000,1,,\n")
    refused = esim("profile", "personalise", "test-operator", table, "-o", tmp_path / "none")
    assert refused.status == 1
    assert f"{table}, line 22: iccid: 8988211000000000003 stands in line 2 already" in refused.err
    assert not (tmp_path / "none").exists()
