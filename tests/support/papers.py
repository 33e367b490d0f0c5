"""The project's papers as tests read them: pages, headings, fenced blocks, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
USER_PAGES = ("README.md", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")))
"""Those whose code is run or compared."""
PAGES = (*USER_PAGES, "CHANGELOG.md", *sorted(p.relative_to(ROOT).as_posix() for p in (ROOT / ".github").glob("*.md")))

_FENCE = re.compile(r"(```|~~~)(\w*)")
_HEADING = re.compile(r"(#+) (.+)")


class Block(NamedTuple):
    """A fenced block: the heading it stands under, its language and its code."""

    heading: str
    language: str
    code: str


def text_of(page: str) -> str:
    """Return a page as it is written."""
    return (ROOT / page).read_text("utf-8")


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    return [line for line in _parts(page) if isinstance(line, Block)]


def block(page: str, heading: str, language: str) -> str:
    """Return the code of the one block of that language under a heading."""
    (found,) = (one.code for one in blocks(page) if (one.heading, one.language) == (heading, language))
    return found


def prose(page: str) -> str:
    """Return a page without its fenced blocks."""
    return "\n".join(line for line in _parts(page) if isinstance(line, str))


def section(page: str, heading: str) -> str:
    """Return the prose from a heading to the next."""
    (found,) = re.findall(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", prose(page), re.DOTALL | re.MULTILINE)
    return str(found)


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the tables under a heading, without the tables' heads."""
    lines = [line for line in section(page, heading).splitlines() if line.startswith("|")]
    heads = {number - 1 for number, line in enumerate(lines) if set(line) <= set("| -")}
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for number, line in enumerate(lines)
        if number not in heads and not set(line) <= set("| -")
    ]


def anchors(page: str) -> set[str]:
    """Return what links may name after the #, as GitHub makes it of the headings."""
    titles = (found[2] for line in prose(page).splitlines() if (found := _HEADING.fullmatch(line)))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def links(page: str) -> list[str]:
    """Return where a page's links and pictures lead to, outside of code."""
    text = re.sub(r"`[^`]*`", "", prose(page))
    return [*re.findall(r"\]\(([^)\s]+)\)", text), *re.findall(r'(?:src|srcset|href)="([^"]+)"', text)]


def _parts(page: str) -> Iterator[str | Block]:
    heading, fence, language = "", "", ""
    code: list[str] = []
    for line in text_of(page).splitlines():
        if fence:
            if line == fence:
                yield Block(heading, language, "".join(f"{one}\n" for one in code))
                fence, code = "", []
            else:
                code.append(line)
        elif opening := _FENCE.fullmatch(line):
            fence, language = opening[1], opening[2]
        else:
            if title := _HEADING.fullmatch(line):
                heading = title[2]
            yield line
    assert not fence, f"{page}: a block without an end"
