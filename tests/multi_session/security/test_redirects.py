"""Where a person may be sent on to: only within this site."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given, strategies as st

from multisession_app.multi_session.security.redirects import safe_path

SITE = "https://app.test"


@pytest.mark.parametrize("path", ["/", "/a", "/a/b?c=d&e=f#g", "/notes?next=%2F%2Fevil.example", "/ä", "/a//b", "/a:b"])
def test_path_of_this_site_stays(path: str) -> None:
    """What is ours is not touched."""
    assert safe_path(path) == path


@pytest.mark.standard("ASVS 3.7.2")
@pytest.mark.parametrize(
    "path",
    [
        "",
        "a",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "\\\\evil.example",
        "/a\\..\\..\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "/\r/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/ /evil.example",
        "\x00//evil.example",
        "/\x7f/evil.example",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "http://evil.example",
        "https:evil.example",
        "https:/evil.example",
        "mailto:a@b.c",
        "?next=/a",
        "#a",
    ],
)
def test_anything_else_leads_home(path: str) -> None:
    """Other sites, schemes and whatever a browser reads as one."""
    assert safe_path(path) == "/"


@pytest.mark.standard("ASVS 3.7.2")
@given(
    st.text(alphabet=st.sampled_from("/\\:@.?#%ae\t\n\r \x00\x0b\x7f\u00a0\u2028"), max_size=12) | st.text(max_size=30)
)
def test_no_path_leads_to_another_site(path: str) -> None:
    """As a browser resolves it: control characters cut off or dropped, backslashes read as slashes."""
    safe = safe_path(path)
    assert safe in {path, "/"}
    read = safe.strip("".join(map(chr, range(0x21)))).translate({9: None, 10: None, 13: None, ord("\\"): "/"})
    assert read.startswith("/")
    assert urlsplit(urljoin(SITE, read)).netloc == "app.test"
