"""Transactions from many threads, and the migration at start."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text
from sqlmodel import Session, col, select, update

from multisession_app.multi_session.database import models
from multisession_app.multi_session.database.models import Device, User
from multisession_app.multi_session.database.transactions import MIGRATIONS, Database
from multisession_app.multi_session.errors import SchemaTooNew
from multisession_app.multi_session.queries import users
from tests.support.running import run
from tests.support.schema import differences
from tests.support.world import NOW, World

ROOT = Path(models.__file__).parents[3]
# Waits for a line, so that all processes begin at the same moment.
MIGRATE = """
import sys
from multisession_app.multi_session.database.transactions import Database
print("ready", flush=True)
sys.stdin.readline()
Database(sys.argv[1]).migrate()
"""


@pytest.mark.slow
def test_several_processes_migrate_a_fresh_database_at_once(empty_url: str) -> None:
    """As workers do that start together: one makes the tables, the others find them."""
    starting = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, empty_url],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]
    for process in starting:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=30)[1] for process in starting]
    assert [process.returncode for process in starting] == [0, 0, 0, 0], "\n".join(errors)
    database = Database(empty_url)
    with database.engine.connect() as connection:
        assert len(connection.execute(text("SELECT * FROM multi_session_version")).all()) == 1
    database.engine.dispose()


def test_migrating_again_keeps_the_rows(world: World) -> None:
    """Every start migrates."""
    world.device_with("ada")
    before = world.everything()
    world.database.migrate()
    assert world.everything() == before


@pytest.mark.standard("ASVS 6.3.2")
def test_new_database_holds_nobody(world: World) -> None:
    """No account that somebody might know the password of."""
    world.database.migrate()
    assert set(map(len, world.everything().values())) == {0}


def test_newer_schema_stops_the_start_with_a_sentence(empty_url: str) -> None:
    """An old app on a new database would do harm; nothing is changed."""
    database = Database(empty_url)
    database.migrate()
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE multi_session_version SET version_num = '9999'"))
    with pytest.raises(SchemaTooNew, match=r"'9999', which this version of the app does not know\. Start the newer"):
        database.migrate()
    with database.engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM multi_session_version")).scalar() == "9999"
    database.engine.dispose()


def test_failed_migration_leaves_nothing_behind(empty_url: str, tmp_path: Path) -> None:
    """The tables of a migration come all or not at all, and the next start can try again."""
    scripts = tmp_path / "scripts"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text((Path(models.__file__).parent / "migrations/env.py").read_text())
    (scripts / "versions/0001_x.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.create_table('half', sa.Column('id', sa.String))\n    raise RuntimeError('power cut')\n"
    )
    database = Database(empty_url)
    with pytest.raises(RuntimeError, match="power cut"):
        database.migrate(scripts, "half_version")
    with database.engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    database.engine.dispose()


def test_security_events_can_be_undone_and_done_again(database: Database) -> None:
    """An app that goes back to an older version takes the tables back too."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes.update(connection=connection, version_table=models.VERSION_TABLE.name)
        command.downgrade(config, "0002")
        assert not inspect(connection).has_table("multi_session_security_event")
    database.migrate()


def test_disabled_account_keeps_the_version_that_knows_of_it(world: World) -> None:
    """An older one would let it in."""
    ada = world.user("ada")
    world.write(lambda db: users.disable(db, ada.id, now=NOW))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with world.database.engine.begin() as connection:
        config.attributes.update(connection=connection, version_table=models.VERSION_TABLE.name)
        with pytest.raises(NotImplementedError, match="enable or delete the disabled accounts first"):
            command.downgrade(config, "0004")
    world.database.migrate()


def test_models_are_what_the_migrations_make(database: Database) -> None:
    """Columns, indexes, constraints: a model changed without a migration fails here.

    The version table too: else the app's own `reflex db makemigrations` would drop it.
    """
    assert differences(database) == []


def test_one_valid_row_for_each_device_and_user_is_a_partial_constraint(database: Database) -> None:
    """Alembic does not compare an index's WHERE; without it a person could sign in only once for ever."""
    indexes = inspect(database.engine).get_indexes("multi_session_device_session")
    found = next(index for index in indexes if index["name"] == "ix_multi_session_one_per_user")
    assert found["unique"]
    assert str(found["dialect_options"][f"{database.engine.dialect.name}_where"]).strip("()") == "revoked_at IS NULL"


def test_writes_from_many_threads_lose_nothing(world: World) -> None:
    """Each reads and writes; none fails on a lock and none overwrites another."""
    secret, _ = world.device_with("ada")
    device = world.device(secret)
    before = world.rows(Device)[0].generation

    def count(db: Session) -> None:
        # SQLite has one writer, PostgreSQL locks the row.
        generation = db.exec(select(Device.generation).where(Device.id == device.id).with_for_update()).one()
        db.exec(update(Device).where(col(Device.id) == device.id).values(generation=generation + 1))

    async def all_at_once() -> None:
        await asyncio.gather(*(world.database.write(count) for _ in range(100)))

    run(all_at_once())
    assert world.rows(Device)[0].generation == before + 100


def test_two_engines_on_one_file_lose_nothing(new_database: Callable[[], Database]) -> None:
    """As two worker processes do."""
    first = new_database()
    second = Database(str(first.engine.url))

    def add(number: int) -> Callable[[Session], None]:
        user = User(name="n", email=f"{number}@example.com", password_hash="-", created_at=NOW, updated_at=NOW)
        return lambda db: db.add(user)

    async def all_at_once() -> None:
        await asyncio.gather(*((first if n % 2 else second).write(add(n)) for n in range(60)))

    run(all_at_once())
    second.engine.dispose()
    assert len(World(first, lambda: NOW).rows(User)) == 60  # type: ignore[arg-type]


def test_write_that_raises_changes_nothing(world: World) -> None:
    """All of it or none."""
    before = world.everything()

    def work(db: Session) -> None:
        db.add(User(name="n", email="n@example.com", password_hash="-", created_at=NOW, updated_at=NOW))
        db.flush()
        raise LookupError

    with pytest.raises(LookupError):
        world.write(work)
    assert world.everything() == before


def test_read_keeps_nothing(world: World) -> None:
    """A read that changes something by mistake does not stay."""
    user = User(name="n", email="n@example.com", password_hash="-", created_at=NOW, updated_at=NOW)

    def work(db: Session) -> None:
        db.add(user)
        db.flush()

    world.read(work)
    assert world.rows(User) == []


def test_foreign_keys_hold(world: World) -> None:
    """SQLite checks them only when asked to, on every connection."""
    world.device_with("ada")
    world.write(lambda db: db.connection().execute(text("DELETE FROM multi_session_user")))
    assert world.everything()["device_session"] == []


@pytest.mark.sqlite
def test_connection_waits_for_a_lock_and_writes_ahead(database: Database) -> None:
    """What SQLite needs for several workers."""

    def pragma(connection: Connection, name: str) -> object:
        return connection.execute(text(f"PRAGMA {name}")).scalar()

    with database.engine.connect() as connection:
        assert pragma(connection, "journal_mode") == "wal"
        assert pragma(connection, "foreign_keys") == 1
        assert int(str(pragma(connection, "busy_timeout"))) >= 5000
