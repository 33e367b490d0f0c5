"""The papers: what they show is run or compared, where they lead to is there, and they name what the code has."""

from __future__ import annotations

import ast
import re
import shlex
from collections import defaultdict
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from reflex.reflex import cli
from reflex_base.config import BaseConfig
from reflex_base.environment import EnvironmentVariables
from sqlalchemy import make_url

from multisession_app import multi_session
from multisession_app.multi_session import admin, options
from multisession_app.multi_session.options import Options
from tests.support import papers

KIT = Path(multi_session.__file__).parent
README_LINES = 150
HERE = "tests/test_papers.py"
COMMANDS = f"{HERE}::test_commands_take_the_options_that_they_are_given"
HTTP_PAGE = "tests/e2e/test_http_page.py"
BUNDLE = "tests/test_bundle.py"
OWN_APP = "tests/e2e/test_use_in_your_app.py::test_app_of_a_page_is_built_signs_somebody_up_and_greets_them"

TESTED_BY = {
    ("README.md", "Try it"): [f"{HERE}::test_two_commands_are_the_ones_that_others_run"],
    ("README.md", "Use it in your app"): [OWN_APP, OWN_APP],
    ("README.md", "Develop"): [f"{HERE}::test_two_commands_are_the_ones_that_others_run"],
    ("docs/use-in-your-app.md", "The whole app"): [OWN_APP, OWN_APP],
    ("docs/http.md", "A conversation"): [f"{HTTP_PAGE}::test_curl_conversation"],
    ("docs/http.md", "Better Auth's client"): [f"{HTTP_PAGE}::test_client_is_made_as_in_the_tests"],
    ("docs/deploy.md", "A plain server behind nginx"): [
        COMMANDS,
        "tests/e2e/test_nginx.py::test_everything_works_on_https",
    ],
    ("docs/deploy.md", "Container"): [f"{HERE}::test_container_is_started_as_its_file_says"],
    ("docs/deploy.md", "reflex deploy"): [
        f"{HERE}::test_database_of_the_hosting_has_a_driver_here",
        f"{BUNDLE}::test_command_understands_the_pages_cloud_yml",
        f"{BUNDLE}::test_bundle_holds_the_app_and_nothing_else",
    ],
    ("docs/deploy.md", "Pages and API at two addresses"): [COMMANDS],
    ("docs/operate.md", "Operating"): [f"{HERE}::test_operators_commands_are_understood"],
    ("docs/how-it-works.md", "A switch, step by step"): [f"{HERE}::test_page_names_only_modules_that_are_there"],
    ("docs/how-it-works.md", "A sign-out on another device"): [f"{HERE}::test_page_names_only_modules_that_are_there"],
}
"""Which test runs or compares each fenced block, by page and heading, in the order of the page."""


def shell() -> list[tuple[str, str]]:
    """Return (page, line) of all shell commands in the papers."""
    return [
        (page, line)
        for page in papers.USER_PAGES
        for one in papers.blocks(page)
        if one.language == "sh"
        for line in one.code.splitlines()
        if line and not line.startswith("#")
    ]


def reflex_commands() -> list[list[str]]:
    """Return what is written behind each `reflex`, by words."""
    found = []
    for _, line in shell():
        words = shlex.split(line)
        found += [words[place + 1 :] for place, word in enumerate(words) if word.split("/")[-1] == "reflex"]
    return found


def default_of(cell: str) -> Any:
    """Read a table's cell as the value that it stands for."""
    code = cell.strip("`")
    if found := re.fullmatch(r"timedelta\((\w+)=(\d+)\)", code):
        return timedelta(**{found[1]: int(found[2])})
    return ast.literal_eval(code)


def names_in(page: str) -> set[str]:
    """Return the Python names that stand as code in a page's text."""
    return {name for code in re.findall(r"`([^`]+)`", papers.prose(page)) for name in re.findall(r"\w+", code)}


def old_names() -> set[str]:
    """Return the names that the changelog's table says are no longer the public ones."""
    found = (re.fullmatch(r"`(\w+)`", old) for old, _ in papers.rows("CHANGELOG.md", "Changed"))
    return {name[1] for name in found if name}


def test_every_block_is_run_or_compared() -> None:
    """A new one needs a test, and its line in the table above."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for page in papers.USER_PAGES:
        for one in papers.blocks(page):
            found[page, one.heading] += 1
    assert found == {where: len(tests) for where, tests in TESTED_BY.items()}


@pytest.mark.parametrize("test", sorted({test for tests in TESTED_BY.values() for test in tests}))
def test_the_test_of_a_block_is_there(test: str) -> None:
    """By its name, so that it cannot be lost."""
    path, _, name = test.partition("::")
    tree = ast.parse((papers.ROOT / path).read_text("utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("paper", papers.PAGES)
def test_links_lead_somewhere(paper: str) -> None:
    """To a file that is there, and to a heading in it."""
    for link in papers.links(paper):
        if "://" in link:
            continue
        to, _, anchor = link.partition("#")
        target = ((papers.ROOT / paper).parent / to).resolve() if to else papers.ROOT / paper
        assert target.exists(), link
        assert not anchor or anchor in papers.anchors(target.relative_to(papers.ROOT).as_posix()), link


def test_readme_is_short_and_leads_to_every_page() -> None:
    """For somebody with ten minutes."""
    assert len(papers.text_of("README.md").splitlines()) <= README_LINES
    linked = {link for link in papers.links("README.md") if "#" not in link}
    assert {page for page in papers.PAGES if page != "README.md"} <= linked


@pytest.mark.parametrize("paper", [page for page in papers.USER_PAGES if page != "README.md"])
def test_page_begins_with_the_question_that_it_answers(paper: str) -> None:
    """In one sentence, after its title."""
    title, nothing, *rest = papers.text_of(paper).splitlines()
    assert title.startswith("# ")
    assert nothing == ""
    sentence = " ".join(rest[: rest.index("")])
    assert re.fullmatch(r"This page says (what|how|why|which)[^.]*\.", sentence), sentence


@pytest.mark.parametrize("paper", [page for page in papers.PAGES if page != "CHANGELOG.md"])
def test_lines_fit(paper: str) -> None:
    """But those of tables, pictures and code, which cannot be broken."""
    text = papers.prose(paper).splitlines()
    assert [line for line in text if len(line) > 120 and not line.startswith(("|", "  <"))] == []


def test_two_commands_are_the_ones_that_others_run() -> None:
    """The first line with each word is what people and machines copy, so it stays as it is."""
    lines = [line for page, line in shell() if page == "README.md"]
    assert [next(line for line in lines if word in line) for word in ("reflex run", "pytest")] == [
        "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/reflex run --env prod",
        "python3 -m venv .venv && .venv/bin/pip install -r tests/requirements.txt && .venv/bin/pytest",
    ]


def test_commands_take_the_options_that_they_are_given() -> None:
    """Each word behind `reflex` is one that this version knows."""
    found = reflex_commands()
    assert {words[0] for words in found} == {"run", "export", "deploy"}
    for name, *words in found:
        command = cli.commands[name]
        command.make_parser(click.Context(command)).parse_args(words)


def test_variables_are_those_that_are_read() -> None:
    """The table has all of the app's own, those that are Reflex's are known there, and no page names another."""
    named = {name for cell, _ in papers.rows("docs/options.md", "Environment") for name in re.findall(r"\w+", cell)}
    code = "".join(path.read_text("utf-8") for path in KIT.parent.rglob("*.py"))
    assert {name for name in named if name.startswith("MULTISESSION")} == set(re.findall(r"MULTISESSION_[A-Z_]+", code))
    for name in named - {name for name in named if name.startswith("MULTISESSION")}:
        assert hasattr(EnvironmentVariables, name) or name.removeprefix("REFLEX_").lower() in {
            field.name for field in fields(BaseConfig)
        }, name
    for page in papers.USER_PAGES:
        read = set(re.findall(r"\b(?:REFLEX|MULTISESSION)_[A-Z_]+\b", papers.text_of(page)))
        # Set by the demo's own settings, not by whoever runs it.
        assert read - {"REFLEX_CHECK_LATEST_VERSION"} <= named, page


def test_container_is_started_as_its_file_says() -> None:
    """With its port and its volume."""
    image = (papers.ROOT / ".docker" / "Dockerfile").read_text("utf-8")
    build, start = papers.block("docs/deploy.md", "Container", "sh").splitlines()
    assert f"# {build}\n# {start}\n" in image
    (port,) = re.findall(r"^EXPOSE (\d+)$", image, re.MULTILINE)
    (volume,) = re.findall(r"^VOLUME (\S+)$", image, re.MULTILINE)
    assert f"-p {port}:{port} -v notes:{volume} " in start


def test_database_of_the_hosting_has_a_driver_here() -> None:
    """Its file is none that git would take along."""
    line, *_ = [line for page, line in shell() if page == "docs/deploy.md" and line.startswith("REFLEX_DB_URL=")]
    address = make_url(line.partition("=")[2])
    assert (address.get_backend_name(), address.get_dialect().driver) == ("postgresql", "psycopg")
    assert ".env" in (papers.ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_operators_commands_are_understood() -> None:
    """And each that there is, is shown."""
    parser = admin._parser()
    shown = set()
    for line in papers.block("docs/operate.md", "Operating", "sh").splitlines():
        words = shlex.split(line)
        assert words[:3] == ["python", "-m", "multisession_app.admin"]
        shown.add(parser.parse_args(words[3:]).command)
    (known,) = re.findall(r"\{([\w,-]+)\}", parser.format_usage())
    assert shown == set(known.split(","))


def test_components_page_names_every_public_name() -> None:
    """But those that the changelog calls old."""
    public = set(multi_session.__all__) - old_names()
    assert public - names_in("docs/components.md") == set()


@pytest.mark.standard("ASVS 7.1.1", "ASVS 7.1.2")
def test_options_page_has_every_option_with_its_default() -> None:
    """As the code has it."""
    told = {
        name.strip("`"): default_of(cell) for name, cell, _ in papers.rows("docs/options.md", "Options of the plugin")
    }
    assert told.keys() == {field.name for field in fields(Options) if field.init}
    assert told == {name: getattr(Options(), name) for name in told}


@pytest.mark.standard("ASVS 7.1.2")
def test_fixed_numbers_are_those_of_the_code() -> None:
    """Each by its name."""
    found = papers.rows("docs/options.md", "Fixed numbers")
    assert found
    for name, value, _ in found:
        assert default_of(value) == getattr(options, name.strip("`")), name


@pytest.mark.standard("ASVS 6.1.1")
def test_limits_are_those_of_the_code() -> None:
    """In the words of `options.py`."""
    rows = papers.rows("docs/security.md", "Limits on guessing")
    said = [f"{most} | {what}" for what, most, _ in rows]
    assert said == [
        f"{options.FAILED_SIGN_INS_OF_ACCOUNT.replace(' per ', ' in ')} | failed sign-ins with one account",
        f"{options.FAILED_SIGN_INS_IN_A_ROW.replace(' per ', ' in a ')} | failed sign-ins with one account in a row",
        f"{options.FAILED_SIGN_INS_OF_ADDRESS.replace(' per ', ' in an ')} | failed sign-ins",
        f"{options.SIGN_INS_OF_ACCOUNT.replace(' per ', ' in an ')} | right passwords of one account",
        f"{options.SIGN_UPS_OF_ADDRESS.replace(' per ', ' in an ')} | sign-ups",
    ]
    for limit, (*_, whose) in ((options.FAILED_SIGN_INS_OF_ADDRESS, rows[2]), (options.SIGN_UPS_OF_ADDRESS, rows[4])):
        amount = int(limit.split()[0])
        assert [f"{amount * times} for a /{prefix}" in whose for prefix, times in options.NETWORKS.items()] == [
            True
        ] * 3


def test_places_of_the_queue_are_those_of_the_code() -> None:
    """From a device to all."""
    assert [int(most) for _, most in papers.rows("docs/security.md", "Waiting for a turn")] == [
        options.PASSWORDS_WAITING_OF_DEVICE,
        options.PASSWORDS_WAITING_OF_ADDRESS,
        options.PASSWORDS_WAITING,
    ]


def test_limits_on_one_client_are_those_of_the_code() -> None:
    """Each number of the table, in its order."""
    rows = papers.rows("docs/security.md", "Limits on one client")
    said = [int(number) for _, most, *_ in rows for number in re.findall(r"(?<![#-])\b\d+\b", most)]
    assert said == [
        options.CONNECTIONS_MAX,
        options.SOCKETS_OF_DEVICE,
        options.SOCKETS_OF_ADDRESS,
        options.SOCKETS_WITHOUT_DEVICE_OF_ADDRESS,
        options.SOCKETS_WITHOUT_DEVICE,
        options.SHARED_MESSAGES_PER_SECOND,
        options.SHARED_MESSAGES_AT_ONCE,
        options.MESSAGES_PER_SECOND,
        options.MESSAGES_AT_ONCE,
        options.MESSAGES_WAITING_SIZE,
        options.CONNECT_TIMEOUT.total_seconds(),
        options.SEND_TIMEOUT.total_seconds(),
        options.LAST_SENDS_TIMEOUT.total_seconds(),
        options.PACKETS_WAITING,
        options.PATH_LIMIT,
        options.QUERY_LIMIT,
        options.CLOSED_TREES_WITHOUT_DEVICE,
        options.TREE_WITHOUT_DEVICE_LIFE.total_seconds(),
        options.CLOSED_TREES_OF_DEVICE,
    ]


def test_every_room_is_named() -> None:
    """Where the rooms are told, with what each holds."""
    rooms = {path.name for path in KIT.iterdir() if path.is_dir() and path.name[0] not in "._"}
    told = papers.section("docs/how-it-works.md", "The rooms")
    assert {room for room in rooms if f"`{room}/`" not in told} == set()


@pytest.mark.parametrize("paper", [*papers.USER_PAGES, ".github/CONTRIBUTING.md"])
def test_page_names_only_modules_that_are_there(paper: str) -> None:
    """In its diagrams too: `room/module`, and each module that the table of the rooms lists."""
    rooms = ("database", "security", "queries", "actions", "http", "websocket", "components")
    found = set(re.findall(rf"\b(?:{'|'.join(rooms)})/\w+", papers.text_of(paper).replace("https://", "")))
    if paper == "docs/how-it-works.md":
        for room, holds, *_ in papers.rows(paper, "The rooms"):
            if (name := room.strip("`/")) in rooms:
                found |= {f"{name}/{module}" for module in re.findall(r"`(\w+)`", holds)}
        assert len(found) > 40
    assert {name for name in found if not _is_there(KIT / name)} == set()


def _is_there(path: Path) -> bool:
    return path.is_dir() or path.with_suffix(".py").exists()


def test_hooks_are_local() -> None:
    """They work where no other repository can be reached, and run the tools that CI runs."""
    settings = (papers.ROOT / ".pre-commit-config.yaml").read_text("utf-8")
    assert re.findall(r"repo: (\S+)", settings) == ["local"]


def test_security_policy_names_no_address_that_nobody_reads() -> None:
    """Reports go by the hosting's own way."""
    assert not re.search(r"\S+@\S+\.\w+", papers.text_of(".github/SECURITY.md"))
