"""Fixtures of tests about somebody who is signed in on two devices."""

from collections.abc import Callable

import pytest

from tests.support.browser import Browser


@pytest.fixture
def phone(client: Callable[..., Browser]) -> Browser:
    """Another device."""
    return client(address="198.51.100.7")


@pytest.fixture
def both(visitor: Browser, phone: Browser) -> list[Browser]:
    """Ada is signed in on both, beside Bob on the first."""
    visitor.sign_up("bob")
    visitor.names()
    visitor.sign_up("ada")
    phone.sign_in("ada")
    assert (visitor.names(), phone.names()) == (["ada", "bob"], ["ada"])
    return [visitor, phone]
