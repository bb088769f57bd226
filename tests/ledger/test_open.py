"""Opening: damage is named and never covered by fresh books; old schemas move up after a backup."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import Column, Integer, Table, inspect
from sqlalchemy.engine import make_url

from mara.errors import (
    InvalidValue,
    LedgerCorrupt,
    LedgerError,
    LedgerFull,
)
from mara.ledger import Ledger, schema
from mara.ledger.faults import as_ledger_error
from mara.ledger.migrations import Step, create_if_missing, migrate
from mara.ledger.store import Store, parsed
from mara.safepoint import no_probe
from tests.ledger import worlds
from tests.ledger.worlds import SITE_ID, at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

RELEASES = sorted((Path(__file__).parent / "releases").glob("*.sql"))
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def fill(ledger: Ledger, entries: int = 40) -> None:
    for number in range(entries):
        ledger.book(worlds.entry(number))
        ledger.record_tick(worlds.tick(number))
        ledger.journal(worlds.allocation(number), worlds.record(number))
        ledger.book_trade(worlds.trade(number))


def filled(url: str) -> None:
    with Ledger.open(url, site_id=SITE_ID, synchronous="OFF") as ledger:
        fill(ledger)


def altered(file: Path, statement: str) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "no url"])
def test_a_url_that_names_no_file_is_refused(url: str) -> None:
    with pytest.raises(InvalidValue, match=r"use .*sqlite:///var/mara.db"):
        Ledger.open(url, site_id=SITE_ID)


def test_a_server_without_its_driver_is_named() -> None:
    with pytest.raises(LedgerError, match=r"psycopg.* is not installed") as error:
        Ledger.open("postgresql://me:secret@db/mara", site_id=SITE_ID)
    assert "secret" not in str(error.value)
    create_if_missing(make_url("postgresql://db/mara"))


def test_what_was_written_is_there_after_reopening(url: str) -> None:
    filled(url)
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        assert len(ledger.entries(limit=99)) == 40
        assert len(ledger.pending()) == 40
        assert ledger.site_id == SITE_ID


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("UPDATE postings SET cents = cents + 1 WHERE seq = 7", r"entry 7 \(entry-6\) was altered"),
        ("UPDATE entries SET memo = 'x' WHERE seq = 7", "entry 7"),
        ("DELETE FROM entries WHERE seq = 7", "entry 7 is missing"),
        ("DELETE FROM postings WHERE seq = 40", "entry 40"),
        ("UPDATE balances SET cents = 1 WHERE account = 'assets:cash'", "balances differ"),
        (
            "INSERT INTO postings VALUES ('demo', 99, 0, 'assets:cash', 5, 'USD')",
            "postings sum to 0.05",
        ),
    ],
)
def test_an_altered_row_is_noticed(url: str, file: Path, statement: str, complaint: str) -> None:
    filled(url)
    altered(file, statement)
    with pytest.raises(LedgerCorrupt, match=complaint) as error:
        Ledger.open(url, site_id=SITE_ID)
    assert "restore the newest backup" in str(error.value)


def test_an_altered_value_is_noticed_on_reading(url: str, file: Path) -> None:
    filled(url)
    altered(file, "UPDATE ticks SET body = CAST(replace(body, '40.0', '41.0') AS BLOB)")
    altered(file, "UPDATE decisions SET record = x''")
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        with pytest.raises(LedgerCorrupt, match="does not match its checksum"):
            ledger.last_tick()
        with pytest.raises(LedgerCorrupt, match="0 bytes"):
            ledger.decision(at(0))


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_are_noticed_or_harmless(url: str, file: Path, seed: int) -> None:
    """F25: either the damage is named, or everything still reads as it was written."""
    filled(url)
    rng = np.random.default_rng(seed)
    content = bytearray(file.read_bytes())
    start = int(rng.integers(0, len(content) - 256))
    content[start : start + 256] = rng.bytes(256)
    file.write_bytes(content)
    try:
        with Ledger.open(url, site_id=SITE_ID) as ledger:
            assert ledger.entries(limit=99) == tuple(worlds.entry(n) for n in range(40))
            assert ledger.ticks(at(0), at(99)) == tuple(worlds.tick(n) for n in range(40))
            assert ledger.pending() == tuple(worlds.allocation(n) for n in range(40))
            assert ledger.trades(99) == tuple(worlds.trade(n) for n in reversed(range(40)))
    except LedgerCorrupt:
        pass
    assert file.read_bytes()[:64] == bytes(content[:64])


@pytest.mark.parametrize("content", [b"", b"no database at all" * 300])
def test_a_file_that_holds_no_ledger_is_never_filled(url: str, file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(LedgerCorrupt, match="restore"):
        Ledger.open(url, site_id=SITE_ID)
    assert file.read_bytes() == content


def test_another_programs_database_is_left_alone(url: str, file: Path) -> None:
    file.parent.mkdir()
    altered(file, "CREATE TABLE other (x)")
    with pytest.raises(LedgerCorrupt, match="holds no ledger"):
        Ledger.open(url, site_id=SITE_ID)


def test_a_log_without_its_file_is_not_begun_anew(url: str, file: Path) -> None:
    file.parent.mkdir()
    Path(f"{file}-wal").write_bytes(b"x")
    with pytest.raises(LedgerCorrupt, match=r"the file is gone but mara\.db-wal is there"):
        Ledger.open(url, site_id=SITE_ID)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.62, 0.97])
def test_a_torn_log_leaves_a_whole_beginning(
    url: str, file: Path, tmp_path: Path, share: float
) -> None:
    """F23: power goes before the log's tail is on the disk."""
    copy = tmp_path / "copy.db"
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        fill(ledger)
        shutil.copy(file, copy)
        log = Path(f"{file}-wal").read_bytes()
    Path(f"{copy}-wal").write_bytes(log[: int(len(log) * share)])
    with Ledger.open(f"sqlite:///{copy}", site_id=SITE_ID) as torn:
        kept = torn.entries(limit=99)
        assert kept == tuple(worlds.entry(n) for n in range(len(kept)))
        assert 0 <= len(torn.pending()) - len(torn.trades(99)) <= 1
        assert torn.trial_balance() == 0


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LedgerFull, match="cannot be made there"):
        Ledger.open(f"sqlite:///{tmp_path}/file/mara.db", site_id=SITE_ID)


def test_two_processes_making_the_ledger_make_one(url: str) -> None:
    barrier, opened = threading.Barrier(4), []

    def make() -> None:
        barrier.wait()
        opened.append(Ledger.open(url, site_id=SITE_ID, busy_timeout_s=5.0))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 4
    opened[0].book(worlds.entry())
    assert all(len(ledger.entries()) == 1 for ledger in opened)
    for ledger in opened:
        ledger.close()


def _add_column(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE notes ADD COLUMN author VARCHAR(200)")


def _never(connection: Connection) -> None:
    raise AssertionError(f"a step the database has is applied again on {connection}")


STEPS = (
    Step(to=schema.SCHEMA_VERSION, apply=_never),
    Step(to=schema.SCHEMA_VERSION + 1, apply=_add_column),
)


def store_of(url: str) -> Store:
    return Store(
        parsed(url), site_id=SITE_ID, busy_timeout_s=0.2, synchronous="FULL", probe=no_probe
    )


def test_an_older_schema_moves_up_after_a_backup(url: str, file: Path) -> None:
    """F48: rows and balances are equal before and after, and the old file is kept."""
    filled(url)
    store = store_of(url)
    migrate(store, STEPS)
    migrate(store, STEPS)
    store.close()
    backup = Path(f"{file}.schema-{schema.SCHEMA_VERSION}.backup")
    with Ledger.open(f"sqlite:///{backup}", site_id=SITE_ID) as old:
        assert len(old.entries(limit=99)) == 40
        balances = old.balances()
    upgraded = Ledger(store_of(url))
    assert upgraded.balances() == balances
    upgraded.verify()
    upgraded.close()
    with pytest.raises(LedgerError, match=r"schema 2 is newer than 1.*install the newer MARA"):
        Ledger.open(url, site_id=SITE_ID)


def test_a_step_that_fails_leaves_the_old_schema(url: str) -> None:
    filled(url)

    def broken(connection: Connection) -> None:
        _add_column(connection)
        connection.exec_driver_sql("ALTER TABLE absent ADD COLUMN x")

    store = store_of(url)
    with pytest.raises(LedgerError, match="no such table"):
        migrate(store, (Step(to=2, apply=broken),))
    store.close()
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        assert len(ledger.entries(limit=99)) == 40


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.stem)
def test_every_released_schema_opens(url: str, file: Path, release: Path) -> None:
    """Each dump was written by the MARA that first had its schema."""
    file.parent.mkdir()
    connection = sqlite3.connect(file)
    connection.executescript(release.read_text(encoding="utf-8"))
    connection.close()
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        assert ledger.entries() == (worlds.entry(0), worlds.entry(1))
        assert ledger.last_tick() == worlds.tick(1)
        assert ledger.pending() == (worlds.allocation(0), worlds.allocation(1))
        with ledger._store.read() as reader:
            tables = {t: {c["name"] for c in inspect(reader).get_columns(t)} for t in names()}
        assert tables == {
            t.name: {c.name for c in t.columns} for t in schema.METADATA.tables.values()
        }


def names() -> Iterator[str]:
    return iter(schema.METADATA.tables)


def test_there_is_a_dump_of_todays_schema() -> None:
    assert f"schema-{schema.SCHEMA_VERSION}" in {path.stem for path in RELEASES}


def test_a_read_only_ledger_reads_and_says_that_it_is_full(url: str, file: Path) -> None:
    """F21: the screen stays readable."""
    filled(url)
    with Ledger.open(f"sqlite:///file:{file}?mode=ro&uri=true", site_id=SITE_ID) as ledger:
        assert len(ledger.entries(limit=99)) == 40
        with pytest.raises(LedgerFull, match="read-only"):
            ledger.book(worlds.entry(77))


def test_every_failed_write_leaves_whole_books(url: str) -> None:
    """F21: the database may not grow by another page, for each of many sizes."""
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        for spare in range(12):
            fill_up(ledger, spare)
            kept = len(ledger.entries(limit=10_000))
            with pytest.raises(LedgerFull, match="disk is full"):
                book_until_full(ledger)
            assert len(ledger.entries(limit=10_000)) >= kept
            assert ledger.trial_balance() == 0
        grow(ledger, 10**6)
        ledger.verify()
        assert ledger.book(worlds.entry(10**6))


def book_until_full(ledger: Ledger) -> None:
    begin = len(ledger.entries(limit=10_000))
    for number in range(begin, begin + 1000):
        ledger.settle(worlds.settlement(number), worlds.state(number + 1), [worlds.entry(number)])


def fill_up(ledger: Ledger, spare: int) -> None:
    with ledger._store.unfenced() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    grow(ledger, (pages or 0) + spare)


def grow(ledger: Ledger, pages: int) -> None:
    with ledger._store.unfenced() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def test_other_database_errors_are_ledger_errors() -> None:
    assert type(as_ledger_error("here", sqlite3.OperationalError("odd"))) is LedgerError
    garbled = sqlite3.OperationalError("Could not decode to UTF-8 column 'memo'")
    assert type(as_ledger_error("here", garbled)) is LedgerCorrupt


def test_a_table_that_is_gone_is_a_ledger_error(url: str) -> None:
    with Ledger.open(url, site_id=SITE_ID) as ledger:
        Table("ghost", schema.MetaData(), Column("x", Integer))
        with pytest.raises(LedgerError, match="no such table"), ledger._store.write() as connection:
            connection.exec_driver_sql("SELECT * FROM ghost")
