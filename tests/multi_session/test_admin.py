"""The operator's command line, as it is typed."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from reflex_base.config import get_config

from multisession_app.multi_session.admin import main
from multisession_app.multi_session.database.transactions import Database
from tests.support.browser import PASSWORD, Browser, email_of
from tests.support.running import in_thread
from tests.support.server import PROJECT, environment

NEW = "another fine password"


class Outcome(NamedTuple):
    """What a command has printed, and its exit code."""

    code: int
    out: str
    error: str


Admin = Callable[..., Outcome]


@pytest.fixture
def now() -> datetime:
    """Return the machine's own time, which the command goes by."""
    return datetime.now(UTC)


@pytest.fixture
def admin(database: Database) -> Admin:
    """Return what runs a command on the database, with something typed or piped in."""
    url = database.engine.url.render_as_string(hide_password=False)

    def run_command(*arguments: str, typed: str = "") -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "multisession_app.admin", *arguments],
            cwd=PROJECT,
            env=environment({"REFLEX_DB_URL": url}),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run_command


@pytest.fixture
def here(database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Admin:
    """Return what runs a command in this process, which takes a tenth of the time."""
    monkeypatch.setattr(get_config(), "db_url", database.engine.url.render_as_string(hide_password=False))

    def run_command(*arguments: str, typed: str = "") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = in_thread(main, arguments)
        return Outcome(code, *capsys.readouterr())

    return run_command


def test_sessions_are_listed_and_ended(visitor: Browser, admin: Admin) -> None:
    """Each with its id, times and device; the list holds no secret."""
    session_id = visitor.sign_up("ada")
    listed = admin("sessions", email_of("ada"))
    assert listed.code == 0, listed
    assert session_id in listed.out
    assert "python-httpx" in listed.out
    assert visitor.secret not in listed.out + listed.error
    assert admin("end", email_of("ada"), "--session", session_id).out == "1 session ended.\n"
    assert visitor.names() == []
    again = admin("end", email_of("ada"), "--session", session_id)
    sentence = "This user has no session with that id, or it has ended. Nothing was done.\n"
    assert again == Outcome(1, "", sentence)
    assert admin("sessions", email_of("ada")).out.endswith(": 0 sessions\n")


@pytest.mark.sqlite
def test_password_is_piped_in_and_never_printed(visitor: Browser, here: Admin) -> None:
    """On a terminal it is asked for twice, unseen."""
    visitor.sign_up("ada")
    done = here("set-password", email_of("ada"), typed=NEW + "\n")
    assert (done.code, done.out) == (0, "The password is set.\n1 session ended.\n"), done
    assert visitor.post("/sign-in/email", {"email": email_of("ada"), "password": NEW}).status_code == 200
    assert here("set-password", email_of("ada"), typed="short\n").error == "Use at least 8 characters.\n"


@pytest.mark.standard("ASVS 7.4.5")
@pytest.mark.sqlite
def test_everyones_sessions_are_ended_only_if_that_is_meant(visitor: Browser, here: Admin) -> None:
    """It asks first, and takes nothing but yes."""
    visitor.sign_up("ada")
    assert here("end-everyone", typed="y\n").code == 1
    nobody_there = here("end-everyone", typed="")
    assert (nobody_there.code, nobody_there.error) == (1, "\nNobody has answered, so nothing was done.\n")
    assert visitor.names() == ["ada"]
    assert here("end-everyone", typed="yes\n").out.endswith("1 session ended.\n")
    assert visitor.names() == []
    assert here("end-everyone", "--yes").out == "0 sessions ended.\n"


@pytest.mark.sqlite
def test_unknown_address_is_said_in_words(here: Admin) -> None:
    """And in the exit code, for scripts."""
    assert here("sessions", "nobody@example.com") == Outcome(1, "", "Nobody has this email.\n")


def test_account_is_disabled_and_enabled(visitor: Browser, here: Admin) -> None:
    """Each as often as one likes; the list, and a new password, say that it is disabled."""
    visitor.sign_up("ada")
    ada = email_of("ada")
    assert here("disable", ada) == Outcome(0, "The account is disabled.\n1 session ended.\n", "")
    assert here("disable", ada) == Outcome(0, "The account was disabled already.\n0 sessions ended.\n", "")
    assert visitor.post("/sign-in/email", {"email": ada, "password": PASSWORD}).status_code == 401
    assert re.search(r", disabled since 20\d\d-\d\d-\d\d \d\d:\d\d UTC: 0 sessions\n$", here("sessions", ada).out)
    new = here("set-password", ada, typed=NEW + "\n").out
    assert new == "The password is set. The account is still disabled.\n0 sessions ended.\n"
    assert here("enable", ada) == Outcome(0, "The account is enabled.\n", "")
    assert here("enable", ada) == Outcome(0, "The account was not disabled.\n", "")
    assert visitor.post("/sign-in/email", {"email": ada, "password": NEW}).status_code == 200


@pytest.mark.sqlite
def test_sweep_deletes_what_is_kept_no_longer(visitor: Browser, here: Admin) -> None:
    """And nothing that is."""
    visitor.sign_up("ada")
    assert here("sweep").out == "Swept.\n"
    assert visitor.names() == ["ada"]


@pytest.mark.sqlite
def test_a_database_that_is_not_there_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the server's environment a command must not say that it was done."""
    monkeypatch.setattr(get_config(), "db_url", f"sqlite:///{tmp_path / 'other.db'}")
    assert in_thread(main, ["end-everyone", "--yes"]) == 1
    assert "There is no database at" in capsys.readouterr().err
    assert not (tmp_path / "other.db").exists()
