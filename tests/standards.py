"""The standards that the kit is held to: the rows of a table in docs/security.md, and the tests with their numbers.

`python -m tests.standards` prints the table with the tests that bear the numbers now.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from typing import NamedTuple

from tests.support import papers

PAGE, HEADING = "docs/security.md", "Standards"
HEAD = "| Number | Asks for | Tests | If not, or not quite so: why |\n| --- | --- | --- | --- |"
WITHOUT_TEST = "Does not apply", "Instead"
"""How a reason begins that can do without a test."""
REASONS = *WITHOUT_TEST, "In part"


class Row(NamedTuple):
    """What a standard asks for, in our words, and the reason if it is not done, or not quite so."""

    number: str
    asks: str
    tests: str
    reason: str


def rows() -> list[Row]:
    """Return the rows of the page's table."""
    return [Row(*cells) for cells in papers.rows(PAGE, HEADING)]


def marked() -> dict[str, list[str]]:
    """Return the tests that bear each number, by their marks: `@pytest.mark.standard("ASVS 7.2.3")`."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path in sorted((papers.ROOT / "tests").rglob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            for mark in getattr(node, "decorator_list", ()):
                if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.standard":
                    for number in mark.args:
                        found[ast.literal_eval(number)].append(getattr(node, "name", ""))
    return found


def table() -> str:
    """Return the page's table with the tests that bear the numbers."""
    tests = marked()
    lines = [
        f"| {row.number} | {row.asks} | {', '.join(f'`{test}`' for test in tests.get(row.number, ()))} | {row.reason} |"
        for row in rows()
    ]
    return re.sub(r"  +", " ", "\n".join([HEAD, *lines]))


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
