"""Better Auth's own client, as it comes from npm, with the accounts of one device."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from multisession_app.multi_session.options import SHORT_TIMEOUT
from tests.support.better_auth import AuthClient, Refused
from tests.support.devices import change_behind_its_back
from tests.support.people import Person
from tests.support.server import Server

NewClient = Callable[[], AuthClient]
PAST = "expires_at = '2020-01-01 00:00:00'"
COOKIE = "multisession_app_device"


def refused(client: AuthClient, name: str, /, **fields: Any) -> tuple[int, str]:
    """Call what is refused and return how."""
    with pytest.raises(Refused) as caught:
        client.call(name, **fields)
    return caught.value.status, caught.value.code


def lifetime(client: AuthClient) -> timedelta:
    """Return how long the active session lives, as the client reads it."""
    session = client.call("getSession")["session"]
    return timedelta(milliseconds=session["expiresAt"]["date"] - session["createdAt"]["date"])


def test_sign_up_signs_in(client: AuthClient) -> None:
    """The client gets a token and a user whose times it reads as they are."""
    ada = Person("Ada")
    answer = client.sign_up(ada)
    assert (answer["user"]["name"], answer["user"]["email"]) == ("Ada", ada.email)
    assert (answer["user"]["emailVerified"], answer["user"]["image"]) == (False, None)
    for field in ("createdAt", "updatedAt"):
        assert abs(answer["user"][field]["date"] / 1000 - time.time()) < 10, field
    assert client.call("getSession")["session"]["token"] == answer["token"]


def test_sign_up_with_a_taken_address_or_bad_password_is_refused(client: AuthClient) -> None:
    """With upstream's codes."""
    [ada] = client.join("Ada")
    eve: dict[str, Any] = {"name": "Eve", "email": "eve@example.com", "password": "long enough, and odd"}
    assert refused(client, "signUp.email", **eve | {"email": ada.email}) == (
        422,
        "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
    )
    assert refused(client, "signUp.email", **eve | {"password": "short"}) == (400, "PASSWORD_TOO_SHORT")
    assert refused(client, "signUp.email", **eve | {"password": "x" * 129}) == (400, "PASSWORD_TOO_LONG")
    assert refused(client, "signUp.email", **eve | {"email": "nobody"}) == (400, "INVALID_EMAIL")
    assert list(client.accounts()) == [ada.email]


def test_sign_in_on_another_device(client: AuthClient, new_client: NewClient) -> None:
    """With the right password only."""
    [ada] = client.join("Ada")
    other = new_client()
    assert other.call("getSession") is None
    wrong = refused(other, "signIn.email", email=ada.email, password="wrong")
    assert wrong == (401, "INVALID_EMAIL_OR_PASSWORD")
    answer = other.sign_in(ada, callbackURL="/", rememberMe=True)
    assert answer["redirect"] is False
    assert (other.active(), lifetime(other)) == (ada.email, timedelta(days=30))


@pytest.mark.parametrize("verb", ["sign_in", "sign_up"])
def test_who_is_not_to_be_remembered_is_signed_out_after_a_day(client: AuthClient, verb: str) -> None:
    """As upstream."""
    person = Person("Ada")
    if verb == "sign_in":
        client.sign_up(person)
        client.sign_in(person, rememberMe=False)
    else:
        client.sign_up(person, rememberMe=False)
    assert lifetime(client) == SHORT_TIMEOUT == timedelta(days=1)


def test_list_and_set_active(client: AuthClient) -> None:
    """The last one to be used comes first."""
    ada, grace, alan = client.join("Ada", "Grace", "Alan")
    accounts = client.accounts()
    assert list(accounts) == [alan.email, grace.email, ada.email]
    answer = client.call("multiSession.setActive", sessionToken=accounts[ada.email])
    assert (answer["user"]["email"], answer["session"]["token"]) == (ada.email, accounts[ada.email])
    assert client.active() == ada.email
    assert list(client.accounts()) == [ada.email, alan.email, grace.email]


def test_set_active_without_an_active_session(client: AuthClient, server: Server) -> None:
    """The one that was active is over: the device alone is proof enough for another."""
    ada, grace, alan = client.join("Ada", "Grace", "Alan")
    accounts = client.accounts()
    change_behind_its_back(server, accounts[alan.email], PAST)
    client.call("multiSession.setActive", sessionToken=accounts[ada.email])
    assert (client.active(), list(client.accounts())) == (ada.email, [ada.email, grace.email])


def test_set_active_when_nobody_is_left(client: AuthClient) -> None:
    """There is nothing to make active."""
    [ada] = client.join("Ada")
    token = client.accounts()[ada.email]
    client.call("signOut")
    assert refused(client, "multiSession.setActive", sessionToken=token) == (401, "INVALID_SESSION_TOKEN")
    assert client.active() is None


def test_revoke_lets_the_last_used_one_take_over(client: AuthClient) -> None:
    """One of the others goes without a change of who is active; after the last one nobody is."""
    ada, grace, alan = client.join("Ada", "Grace", "Alan")
    accounts = client.accounts()
    client.call("multiSession.setActive", sessionToken=accounts[ada.email])
    for leaving, active in ((grace, ada.email), (ada, alan.email), (alan, None)):
        token = accounts[leaving.email]
        assert client.call("multiSession.revoke", sessionToken=token) == {"status": True}
        assert client.active() == active
        assert refused(client, "multiSession.revoke", sessionToken=token) == (401, "INVALID_SESSION_TOKEN")
    assert client.accounts() == {}


def test_sign_out_ends_every_account_of_the_device(client: AuthClient, new_client: NewClient) -> None:
    """Not those of another device, and a second time is no error."""
    ada, _ = client.join("Ada", "Grace")
    other = new_client()
    other.sign_in(ada)
    for _ in range(2):
        assert client.call("signOut") == {"success": True}
    assert (client.active(), client.accounts(), other.active()) == (None, {}, ada.email)
    client.sign_in(ada)
    assert client.active() == ada.email


def test_same_user_again_replaces_the_session(client: AuthClient) -> None:
    """One row for each account; what was there before opens nothing."""
    ada, grace = client.join("Ada", "Grace")
    before = client.accounts()[ada.email]
    client.sign_in(ada)
    assert list(client.accounts()) == [ada.email, grace.email]
    assert refused(client, "multiSession.setActive", sessionToken=before) == (401, "INVALID_SESSION_TOKEN")


def test_cap(client: AuthClient) -> None:
    """Four and five stay; the sixth makes room by signing out who was used longest ago."""
    people = client.join("A", "B", "C", "D")
    assert len(client.accounts()) == 4
    people += client.join("E")
    assert len(client.accounts()) == 5
    oldest = client.accounts()[people[0].email]
    people += client.join("F")
    assert list(client.accounts()) == [person.email for person in reversed(people[1:])]
    assert refused(client, "multiSession.setActive", sessionToken=oldest) == (401, "INVALID_SESSION_TOKEN")


def test_forged_cookies_open_nothing(client: AuthClient, new_client: NewClient) -> None:
    """A session's public id, a changed secret, upstream's own cookies."""
    [ada] = client.join("Ada")
    token = client.accounts()[ada.email]
    secret = client.cookies[COOKIE]
    for value in (token, secret[:-1], secret + "x", secret.swapcase(), "", "%00", '"quoted"'):
        thief = new_client()
        thief.put_cookies({COOKIE: value, "better-auth.session_token": token, "multisession_app_multi-x": token})
        assert (thief.active(), thief.accounts()) == (None, {}), value
        assert refused(thief, "multiSession.setActive", sessionToken=token) == (401, "INVALID_SESSION_TOKEN")
        assert refused(thief, "multiSession.revoke", sessionToken=token) == (401, "INVALID_SESSION_TOKEN")
        assert refused(thief, "listSessions") == (401, "UNAUTHORIZED")
    assert client.active() == ada.email


def test_foreign_session_is_refused(client: AuthClient, new_client: NewClient) -> None:
    """Whoever knows its id."""
    client.join("Ada")
    other = new_client()
    [grace] = other.join("Grace")
    token = other.accounts()[grace.email]
    for verb in ("setActive", "revoke"):
        assert refused(client, f"multiSession.{verb}", sessionToken=token) == (401, "INVALID_SESSION_TOKEN")
    assert other.active() == grace.email


def test_our_routes_through_the_client(client: AuthClient, server: Server) -> None:
    """Those that upstream does not have, with `pathMethods`."""
    ada, grace, alan = client.join("Ada", "Grace", "Alan")
    accounts = client.accounts()
    change_behind_its_back(server, accounts[ada.email], PAST)
    assert client.call("multiSession.forget", sessionId=accounts[ada.email]) == {"status": True}
    assert client.call("multiSession.revokeOthers") == {"status": True}
    assert list(client.accounts()) == [alan.email]
    client.sign_in(grace)
    assert client.call("multiSession.revokeAll") == {"status": True}
    assert client.accounts() == {}
    assert client.call("ok") == {"ok": True}
