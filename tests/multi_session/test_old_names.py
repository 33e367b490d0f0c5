"""Names of the version before still work, with a warning that says what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from multisession_app import multi_session as kit
from multisession_app.multi_session.actions.multi_session import MultiSession
from multisession_app.multi_session.security.origins import Source
from tests.support.browser import PASSWORD, email_of
from tests.support.running import run

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize(
    ("old", "new"),
    [("by_account", "reset_per_account"), ("signing_in", "sign_in_endpoint"), ("watch", "refresh_with_accounts")],
)
def test_old_public_name_is_the_new_one(old: str, new: str) -> None:
    """One version long."""
    with pytest.warns(DeprecationWarning, match=new):
        assert getattr(kit, old) is getattr(kit, new)
    assert old not in kit.__all__


def test_verbs_that_were_on_the_kit_itself_still_are(multi_session: MultiSession) -> None:
    """With the argument that was called `origin`, as an app's own way to sign in passed it."""
    old: Any = multi_session
    with pytest.warns(DeprecationWarning, match=r"authentication\.sign_up"):
        opened = run(old.sign_up(None, name="Ada", email=email_of("ada"), password=PASSWORD, origin=Source()))
    with pytest.warns(DeprecationWarning, match=r"user_sessions\.delete_users"):
        run(old.delete_users([opened.user.id]))


def test_a_name_that_never_was_is_an_error(multi_session: MultiSession) -> None:
    """As of any object."""
    for owner in (kit, multi_session):
        assert not hasattr(owner, "nothing_of_the_kind")
