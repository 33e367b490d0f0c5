"""Which scripts of a page are allowed, by their hashes."""

from __future__ import annotations

import base64
import hashlib

import pytest

from multisession_app.multi_session.security.headers import script_hashes


@pytest.mark.parametrize(
    ("html", "scripts"),
    [
        ("<script>one()</script>", ["one()"]),
        ("<SCRIPT\nASYNC TYPE='Module'>one()</SCRIPT >", ["one()"]),
        ('<script type="text/javascript" id=a>one()</script><script type=" ">two()</script>', ["one()", "two()"]),
        ("<script>one()</script><p>two()</p><script>one()</script>", ["one()"]),
        ("<script>\r\n one()\r two()\r\n</script>", ["\n one()\n two()\n"]),
        (
            "<script>a &lt; b && '<p>' + \"</div>\" + '<\\/script>'</script>",
            ["a &lt; b && '<p>' + \"</div>\" + '<\\/script>'"],
        ),
        ("<script>«ünïcode» 𝄞</script>", ["«ünïcode» 𝄞"]),
        ("<script></script>", [""]),
        ("<script type=importmap>{}</script><script type=speculationrules>[]</script>", ["{}", "[]"]),
        ("<script type=application/json>{}</script><script type='application/ld+json'>{}</script>", []),
        ("<script src=a.js>one()</script><script src>two()</script>", []),
        ("<!-- <script>one()</script> --><style>script { color: red }</style>", []),
        ("<p title='<script>one()</script>'>&lt;script>two()&lt;/script></p>", []),
        ("no html at all", []),
    ],
)
def test_hashes_are_those_of_what_a_browser_would_run(html: str, scripts: list[str]) -> None:
    """The exact text between the tags, after the browser's one change to it: its line ends."""
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert script_hashes(html) == [f"'sha256-{digest}'" for digest in digests]
