"""The standards: what each of their rows asks for is tested, or the page says why not."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from multisession_app import multi_session
from tests import standards
from tests.support import papers

KIT = Path(multi_session.__file__).parent
CITED = re.compile(r"(ASVS|NIST SP 800-63B-4,?) (\d[\d.]*\d(?:, \d[\d.]*\d)*)")


def test_every_row_is_tested_or_says_why_not() -> None:
    """In the first words of its reason, whether it does not apply or something else is done."""
    rows, tests = standards.rows(), standards.marked()
    assert len(rows) > 100
    assert [number for number, times in Counter(row.number for row in rows).items() if times > 1] == []
    for row in rows:
        assert row.asks, row.number
        begins = row.reason.partition(":")[0]
        assert not row.reason or begins in standards.REASONS, row
        assert row.number in tests or begins in standards.WITHOUT_TEST, row


def test_every_number_that_a_test_bears_is_a_row() -> None:
    """And the test can be found by its name, which no other test has."""
    tests = standards.marked()
    assert tests.keys() - {row.number for row in standards.rows()} == set()
    texts = "".join(path.read_text("utf-8") for path in (papers.ROOT / "tests").rglob("test_*.py"))
    names = {name for found in tests.values() for name in found}
    assert {name for name in names if texts.count(f"def {name}(") != 1} == set()


def test_page_has_the_table_that_is_printed() -> None:
    """Print it with `python -m tests.standards` and paste what has changed."""
    printed = standards.table().splitlines()
    assert [line for line in papers.section(standards.PAGE, standards.HEADING).splitlines() if "|" in line] == printed


def test_what_the_code_cites_is_a_row() -> None:
    """By the standard's number."""
    numbers = {row.number.partition(" (")[0] for row in standards.rows()}
    cited = set()
    for path in (*KIT.rglob("*.py"), *(papers.ROOT / "tests").rglob("*.py"), *(papers.ROOT / "docs").glob("*.md")):
        for standard, found in CITED.findall(path.read_text("utf-8")):
            cited |= {f"{standard.split()[0]} {number}" for number in found.split(", ")}
    assert len(cited) > 10
    assert cited - numbers <= {"ASVS 5.0", "ASVS 3.4"}, "but for the standard itself, and one of its sections"
