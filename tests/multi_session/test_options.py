"""What an app may choose, and what stops the start."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
import reflex as rx

from multisession_app.multi_session import MultiSessionPlugin, install
from multisession_app.multi_session.errors import OptionsError
from multisession_app.multi_session.options import Options


@pytest.mark.standard("NIST 2.1.3")
def test_defaults_are_the_documented_ones() -> None:
    """Five accounts, thirty days, and the oldest makes room."""
    options = Options()
    assert (options.maximum_sessions, options.session_timeout, options.revoke_oldest_on_max) == (
        5,
        timedelta(days=30),
        True,
    )
    assert (options.fresh_for, options.retention) == (timedelta(minutes=10), timedelta(days=90))
    assert options.allowed_origins == ()
    assert options.content_security_policy == {}
    assert (options.trusted_proxy_hops, options.app_id) == (None, None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maximum_sessions", 1),
        ("maximum_sessions", 100),
        ("password_minimum", 8),
        ("password_minimum", 64),
        ("session_timeout", timedelta(minutes=1)),
        ("session_timeout", timedelta(days=400)),
        ("fresh_for", timedelta(seconds=1)),
        ("fresh_for", timedelta(days=1)),
        ("retention", timedelta(days=1)),
        ("retention", timedelta(days=3650)),
        ("revoke_oldest_on_max", False),
        ("maximum_message_size", 16 * 1024),
        ("maximum_message_size", 16 * 1024 * 1024),
        ("allowed_origins", ("https://app.example.com", "http://localhost:3000", "https://[::1]:8443")),
        ("trusted_proxy_hops", 3),
        ("content_security_policy", {"script-src": ["'unsafe-eval'"], "worker-src": ("blob:",), "object-src": []}),
        ("content_security_policy", {"img-src": ["http://x.example:8080/a/", "*.x.example", "http://localhost:*"]}),
        ("content_security_policy", {"script-src": ["'sha256-HR7iaask9daLMRRskMI++QeJtjWDOjyPA6lGzYGzKW4='"]}),
    ],
)
def test_option_takes_what_can_work(name: str, value: Any) -> None:
    """The edges of what is allowed are allowed."""
    assert getattr(Options(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maximum_sessions", 0),
        ("password_minimum", 7),
        ("password_minimum", 65),
        ("password_minimum", 15.0),
        ("password_minimum", True),
        ("password_minimum", None),
        ("maximum_sessions", 101),
        ("maximum_sessions", True),
        ("maximum_sessions", "5"),
        ("maximum_sessions", 2.5),
        ("session_timeout", timedelta(seconds=59)),
        ("session_timeout", timedelta(days=-1)),
        ("session_timeout", 3600),
        ("session_timeout", timedelta.max),
        ("fresh_for", timedelta(0)),
        ("fresh_for", timedelta(days=1, seconds=1)),
        ("fresh_for", 600),
        ("fresh_for", None),
        ("retention", timedelta(hours=23)),
        ("retention", timedelta.max),
        ("retention", None),
        ("revoke_oldest_on_max", 1),
        ("revoke_oldest_on_max", "no"),
        ("maximum_message_size", 16 * 1024 - 1),
        ("maximum_message_size", 16 * 1024 * 1024 + 1),
        ("maximum_message_size", 1e5),
        ("trusted_proxy_hops", -1),
        ("trusted_proxy_hops", True),
        ("trusted_proxy_hops", "1"),
    ],
)
def test_option_refuses_what_cannot_work(name: str, value: Any) -> None:
    """The start stops with a sentence that names the option and the value."""
    with pytest.raises(OptionsError, match=name) as refusal:
        Options(**{name: value})
    assert repr(value) in str(refusal.value)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https://*.example.com",
        "https://example.com/",
        "https://example.com/path",
        "example.com",
        "ftp://example.com",
        "null",
        "",
        "https://",
        "https://[",
        "https://Example.com",
        "https://example.com:443",
        "http://example.com:80",
        "https://user:pw@example.com",
        "https://example.com ",
        None,
        5,
    ],
)
def test_allowed_origins_refuse_what_no_browser_sends(origin: Any) -> None:
    """An origin that never equals an Origin header would look configured and refuse everyone."""
    with pytest.raises(OptionsError, match="allowed_origins"):
        Options(allowed_origins=(origin,))


@pytest.mark.parametrize(
    ("policy", "wrong"),
    [
        (["script-src"], ["script-src"]),
        ("script-src 'unsafe-eval'", "script-src 'unsafe-eval'"),
        ({"scripts": ["'unsafe-eval'"]}, "scripts"),
        ({"Script-Src": ["'unsafe-eval'"]}, "Script-Src"),
        ({"report-uri": ["/reports"]}, "report-uri"),
        ({"script-src": "'unsafe-eval'"}, "'unsafe-eval'"),
        ({"script-src": None}, None),
        ({"script-src": [None]}, None),
        *(
            ({"img-src": ["https://a.example", source]}, source)
            for source in (
                "",
                " ",
                "https://a.example https://b.example",
                "https://a.example; script-src *",
                "https://a.example,script-src *",
                "https://a.example\n",
                "https://a.example\r\nX-Header: x",
                "https://ä.example",
                "unsafe-eval",
                "'unsafe eval'",
                "'unsafe-eval",
                "'none'",
                "none",
            )
        ),
    ],
)
def test_content_security_policy_refuses_what_would_break_or_do_nothing(policy: Any, wrong: Any) -> None:
    """A second directive smuggled into a source, and a keyword without its quotes, which browsers take for a host."""
    for make in (Options, MultiSessionPlugin):
        with pytest.raises(OptionsError, match="content_security_policy") as refusal:
            make(content_security_policy=policy)
        assert repr(wrong) in str(refusal.value)


def test_plugin_refuses_one_string_for_origins() -> None:
    """A string is a sequence of letters."""
    with pytest.raises(OptionsError, match="allowed_origins"):
        MultiSessionPlugin(allowed_origins="https://example.com")


def test_plugin_hands_the_options_on() -> None:
    """What `rxconfig.py` says is what the kit runs with."""
    policy = {"script-src": ["'unsafe-eval'"]}
    plugin = MultiSessionPlugin(
        maximum_sessions=2, content_security_policy=policy, localization={"add_account": "Konto hinzufügen"}
    )
    assert plugin.multi_session_options.content_security_policy == policy
    assert plugin.multi_session_options.maximum_sessions == 2
    assert plugin.multi_session_options.words.add_account == "Konto hinzufügen"


def test_every_option_is_an_argument_of_the_plugin_and_written_once() -> None:
    """What type checkers are told is what `Options` takes."""
    wrong: Any = object()
    for name in (field.name for field in fields(Options) if field.init):
        with pytest.raises(OptionsError, match=name):
            MultiSessionPlugin(**{name: wrong})
    with pytest.raises(TypeError, match="unexpected"):
        MultiSessionPlugin(maximum_session=3)  # type: ignore[call-arg]


def test_options_are_completed_by_reflexs_settings_and_what_the_app_says_itself_stays() -> None:
    """The cookie's name and the trusted proxies."""
    config = rx.Config(app_name="notes", trusted_proxy_hops=2)
    filled = install.completed(Options(), config)
    assert (filled.app_id, filled.trusted_proxy_hops) == ("notes", 2)
    chosen = install.completed(Options(app_id="own", trusted_proxy_hops=0), config)
    assert (chosen.app_id, chosen.trusted_proxy_hops) == ("own", 0)


@pytest.mark.parametrize("app_id", ["", "a b", "a;b", "a=b", 1])
def test_app_id_that_is_no_part_of_a_cookies_name_is_refused(app_id: Any) -> None:
    """It would be cut, or end the name, in a Set-Cookie header."""
    with pytest.raises(OptionsError, match="app_id"):
        Options(app_id=app_id)


def test_none_and_any_iterable_are_taken_where_they_always_were() -> None:
    """An app that passes on what it has not been given still starts."""
    nothing: Any = None
    keys: Any = {"https://a.example.com": 1}.keys()
    plugin = MultiSessionPlugin(content_security_policy=nothing, localization=nothing, allowed_origins=keys)
    options = plugin.multi_session_options
    assert (options.content_security_policy, options.localization) == ({}, {})
    assert options.allowed_origins == ("https://a.example.com",)
