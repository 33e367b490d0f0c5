"""The device's cookie: its names, how it is read, how it is written."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from multisession_app.multi_session.options import Options
from multisession_app.multi_session.queries.device_secrets import make_secret
from multisession_app.multi_session.security.cookies import cookie_name, set_cookie, take_cookie

PLAIN, HOST = "notes_device", "__Host-notes_device"


@pytest.mark.standard("ASVS 3.3.3", "OWASP Session 1")
def test_name_carries_the_app_and_on_https_the_prefix() -> None:
    """Two apps on one host do not share a cookie, and no other host of the site can set it."""
    options = Options(app_id="notes")
    assert cookie_name(options, is_https=False) == PLAIN
    assert cookie_name(options, is_https=True) == HOST


@pytest.mark.standard("ASVS 3.3.2", "OWASP Session 5", "OWASP CSRF 4", "OWASP WebSocket 2", "NIST 5.1.1")
def test_written_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    """HttpOnly, Lax, the whole host, 400 days, nothing but the secret."""
    written = set_cookie(PLAIN, "s3cret")
    assert written == f"{PLAIN}=s3cret; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax"
    assert "domain" not in written.lower()


@pytest.mark.standard("ASVS 3.3.1", "OWASP Session 5", "NIST 5.1.1")
def test_written_cookie_is_secure_on_https() -> None:
    """The prefix demands it."""
    assert set_cookie(HOST, "s3cret") == f"{HOST}=s3cret; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure"


def test_written_cookie_for_pages_of_another_site_is_kept_for_that_pair_of_sites() -> None:
    """What is not marked so a browser neither takes from there nor sends back; on localhost without https too."""
    for name in (PLAIN, HOST):
        written = set_cookie(name, "s3cret", is_cross_site=True)
        attributes = "HttpOnly; SameSite=None; Secure; Partitioned"
        assert written == f"{name}=s3cret; Path=/; Max-Age=34560000; {attributes}"


def test_take_finds_ours_and_keeps_the_others() -> None:
    """The inner app sees its own cookies and never ours."""
    assert take_cookie(b"a=1; notes_device=abc; b=2", PLAIN) == ("abc", b"a=1; b=2")


def test_take_without_ours_keeps_the_header() -> None:
    """Nothing to take."""
    assert take_cookie(b"a=1; b=2", PLAIN) == (None, b"a=1; b=2")
    assert take_cookie(b"", PLAIN) == (None, b"")


def test_plain_name_is_ignored_and_stripped_on_https() -> None:
    """A network attacker can set the plain name from http."""
    assert take_cookie(b"notes_device=planted; a=1", HOST) == (None, b"a=1")
    assert take_cookie(b"notes_device=planted; __Host-notes_device=own", HOST) == ("own", b"")


@pytest.mark.parametrize("spelling", [b"__host-notes_device", b"__HOST-notes_device", b"Notes_Device"])
def test_other_spelling_is_ignored_and_stripped(spelling: bytes) -> None:
    """Browsers match the prefix without regard to case; only our spelling counts."""
    assert take_cookie(spelling + b"=x; a=1", HOST) == (None, b"a=1")


@pytest.mark.standard("OWASP Session 3")
def test_two_different_values_are_both_disbelieved() -> None:
    """One of them was set by someone else."""
    assert take_cookie(b"notes_device=a; notes_device=b", PLAIN) == (None, b"")
    assert take_cookie(b"notes_device=a; notes_device=a", PLAIN) == ("a", b"")


@pytest.mark.parametrize("value", [b"", b"x" * 101, b"x" * 10_000, "ä".encode(), b"\xff"])
def test_value_that_is_not_ours_is_not_read(value: bytes) -> None:
    """Neither hashed nor looked up, and not passed on either."""
    assert take_cookie(b"notes_device=" + value + b"; a=1", PLAIN) == (None, b"a=1")


def test_what_is_written_is_read() -> None:
    """A secret survives the way through the jar."""
    secret = make_secret()
    pair = set_cookie(PLAIN, secret).partition(";")[0].encode()
    assert take_cookie(pair, PLAIN) == (secret, b"")


@given(
    st.lists(st.sampled_from([b"notes_device", b"__Host-notes_device", b"a", b"b=", b";", b" ", b"\xff"]), max_size=8)
)
def test_ours_never_stays_in_the_header(parts: list[bytes]) -> None:
    """However it is put together."""
    _, rest = take_cookie(b"; ".join(part + b"=s3cret" for part in parts), PLAIN)
    names = {pair.partition(b"=")[0].strip().lower() for pair in rest.split(b";")}
    assert not names & {b"notes_device", b"__host-notes_device"}
