"""The eIM's store: all or none, versions, files of other times, and records that have grown since."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from simulator.eim.records import Device, Notification, Package, PackageKind, PackageState, Receipt, Session
from simulator.eim.store import EimStore
from simulator.smdp.store import ConflictError, StoreError

EID, OTHER = bytes(16), bytes(15) + b"\x01"
RECORDS = [
    Device(EID, 3, -1, b"\x30\x00", seen_at=5, state_change="fallback"),
    Package(b"T", EID, PackageKind.EUICC, b"\xa0\x00", 7, results=(b"a", b""), state=PackageState.SENT),
    Receipt(EID, 4, b"digest"),
    Session(b"S", "dp.example.com", 1, b"signed", b"ci", is_smds=True),
    Notification(EID, 9, "install", "dp.example.com", b"content", True, 11),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_what_is_saved_is_found(tmp_path: Path, record: Device) -> None:
    path = tmp_path / "eim.db"
    with EimStore(path) as store:
        store.save(record)
    with EimStore(path) as store:
        assert store.get(type(record), record.key) == record._replace(version=1)
        assert store.all(type(record)) == [record._replace(version=1)]
        assert store.all(type(record), record.eid) == [record._replace(version=1)]
        assert store.all(type(record), OTHER) == []


def test_all_or_none() -> None:
    with EimStore() as store:
        device = RECORDS[0]
        store.save(device)
        with pytest.raises(ConflictError):
            store.save(RECORDS[1], device)
        assert store.all(Package) == []
        with pytest.raises(ConflictError):
            store.save(RECORDS[1], device._replace(version=2))
        assert store.all(Package) == []
        store.save(RECORDS[1], device._replace(version=1))
        assert store.get(Device, device.key) == device._replace(version=2)


def test_a_device_goes_with_all_that_is_its() -> None:
    with EimStore() as store:
        store.save(*RECORDS, Device(OTHER))
        store.remove(EID)
        assert store.all(Device) == [Device(OTHER, version=1)]
        assert store.all(Package) == store.all(Receipt) == store.all(Notification) == []


def test_records_are_dropped_one_by_one() -> None:
    with EimStore() as store:
        store.save(*RECORDS)
        assert store.forget(RECORDS[3], RECORDS[3]) == 1
        assert store.all(Session) == []
        assert len(store.all(Package)) == 1


def test_fields_that_an_older_record_has_not(tmp_path: Path) -> None:
    path = tmp_path / "eim.db"
    with EimStore(path) as store:
        store.save(Device(EID, 3))
    connection = sqlite3.connect(path)
    connection.execute("UPDATE records SET fields = ?", ('{"eid": "' + EID.hex() + '", "gone": 1}',))
    connection.commit()
    connection.close()
    with EimStore(path) as store:
        assert store.all(Device) == [Device(EID, version=1)]


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    later, rubbish = tmp_path / "later.db", tmp_path / "rubbish.db"
    connection = sqlite3.connect(later)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    rubbish.write_bytes(b"rubbish" * 1000)
    for path, said in ((later, "later version"), (rubbish, "not a database"), (tmp_path, "cannot be used")):
        with pytest.raises(StoreError, match=said):
            EimStore(path)


def test_processes_and_threads_share_a_file(tmp_path: Path) -> None:
    """Everybody counts; nobody's count is lost."""
    path = tmp_path / "eim.db"
    with EimStore(path) as store:
        store.save(Device(EID))

    def count() -> None:
        with EimStore(path) as own:
            for _ in range(20):
                while True:
                    found = own.get(Device, EID.hex())
                    assert found is not None
                    try:
                        own.save(found._replace(counter=found.counter + 1))
                        break
                    except ConflictError:
                        continue

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with EimStore(path) as store:
        assert store.all(Device)[0].counter == 80
