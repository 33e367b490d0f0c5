"""What docs/http.md says of the routes is so."""

import re
import shutil
import subprocess
from pathlib import Path

from multisession_app.multi_session.http.routes import ENDPOINTS
from tests.support import papers
from tests.support.better_auth import NPM_PROJECT
from tests.support.running import missing
from tests.support.server import Server

PAGE = "docs/http.md"
CONVERSATION = papers.block(PAGE, "A conversation", "sh")


def test_curl_conversation(server: Server, tmp_path: Path) -> None:
    """Every answer is the one that is shown, with … for anything, on a database where nobody is."""
    if shutil.which("curl") is None:
        missing("curl is not installed")
    fresh = Server(tmp_path / "fresh", built_by=server)
    fresh.start()
    try:
        said = converse(fresh.url, tmp_path)
    finally:
        fresh.stop()
    shown = re.findall(r"^# (.*)$", CONVERSATION, re.MULTILINE)
    answers = said.splitlines()
    assert len(answers) == len(shown)
    for answer, expected in zip(answers, shown, strict=True):
        assert re.fullmatch(".*".join(map(re.escape, expected.split("…"))), answer), answer


def converse(url: str, folder: Path) -> str:
    """Run the conversation with the server there, and return its answers."""
    script = CONVERSATION.replace("http://localhost:3000", url)
    said = subprocess.run(["/bin/sh", "-eu", "-c", script], cwd=folder, capture_output=True, text=True, check=True)
    return said.stdout


def test_table_names_every_route() -> None:
    """And no other."""
    table = "\n".join(route for route, *_ in papers.rows(PAGE, "Routes"))
    assert sorted(re.findall(r"`((?:GET|POST) /[^`]*)`", table)) == sorted(
        f"{row.method} {row.path}" for row in ENDPOINTS
    )


def test_client_is_made_as_in_the_tests() -> None:
    """With the same `pathMethods`."""
    [ours] = re.findall(
        r"^const ours = .*?^};", papers.block(PAGE, "Better Auth's client", "js"), re.DOTALL | re.MULTILINE
    )
    assert ours in (NPM_PROJECT / "client.js").read_text()
