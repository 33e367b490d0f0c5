"""Better Auth's own client, with one account's sessions on all its devices, its password and its profile."""

import pytest

from tests.e2e.test_better_auth import NewClient, refused
from tests.support.better_auth import AuthClient
from tests.support.devices import change_behind_its_back
from tests.support.people import Person
from tests.support.server import Server

NOT_FRESH = (403, "SESSION_NOT_FRESH")
STALE = "authenticated_at = '2020-01-01 00:00:00'"


@pytest.fixture
def ada(client: AuthClient) -> Person:
    """Ada, signed in on the client's device."""
    return client.join("Ada")[0]


@pytest.fixture
def other(ada: Person, new_client: NewClient) -> AuthClient:
    """Ada's other device."""
    other = new_client()
    other.sign_in(ada)
    return other


def make_stale(client: AuthClient, server: Server, person: Person) -> None:
    """Let the password have been typed long ago."""
    change_behind_its_back(server, client.accounts()[person.email], STALE)


def test_sessions_on_every_device_are_listed(client: AuthClient, ada: Person, other: AuthClient) -> None:
    """This device's first; other accounts of this device are not among them."""
    client.join("Grace")
    client.sign_in(ada)
    listed = client.call("listSessions")
    here, there = client.accounts()[ada.email], other.accounts()[ada.email]
    assert [(session["token"], session["isCurrent"]) for session in listed] == [(here, True), (there, False)]
    assert {session["userId"] for session in listed} == {client.call("getSession")["user"]["id"]}


def test_session_of_another_device_is_ended(client: AuthClient, ada: Person, other: AuthClient) -> None:
    """It cannot be ended twice, and a stranger's or an unknown one is refused alike."""
    there = other.accounts()[ada.email]
    assert client.call("revokeSession", token=there) == {"status": True}
    assert (other.active(), client.active()) == (None, ada.email)
    for token in (there, "00000000-0000-4000-8000-000000000000"):
        assert refused(client, "revokeSession", token=token) == (401, "INVALID_SESSION_TOKEN")


def test_session_of_another_user_is_refused(client: AuthClient, ada: Person, new_client: NewClient) -> None:
    """Also one on this very device, which is for `multiSession.revoke`."""
    stranger = new_client()
    [grace] = stranger.join("Grace")
    client.join("Alan")
    client.sign_in(ada)
    for token in [stranger.accounts()[grace.email], *list(client.accounts().values())[1:]]:
        assert refused(client, "revokeSession", token=token) == (401, "INVALID_SESSION_TOKEN")
    assert (stranger.active(), len(client.accounts())) == (grace.email, 2)


def test_other_devices_are_signed_out(client: AuthClient, ada: Person, other: AuthClient) -> None:
    """This one stays."""
    assert client.call("revokeOtherSessions") == {"status": True}
    assert (client.active(), other.active()) == (ada.email, None)


def test_all_devices_are_signed_out(client: AuthClient, ada: Person, other: AuthClient) -> None:
    """This one too; its other accounts stay."""
    [grace] = client.join("Grace")
    client.sign_in(ada)
    assert client.call("revokeSessions") == {"status": True}
    assert (client.active(), other.active()) == (grace.email, None)


def test_other_devices_need_a_fresh_password(
    client: AuthClient, ada: Person, other: AuthClient, server: Server
) -> None:
    """Typed again, it goes on; listing and ending this device's own session need none."""
    make_stale(client, server, ada)
    there = other.accounts()[ada.email]
    for name, fields in (("revokeSession", {"token": there}), ("revokeOtherSessions", {}), ("revokeSessions", {})):
        assert refused(client, name, **fields) == NOT_FRESH
    assert len(client.call("listSessions")) == 2
    assert refused(client, "reauthenticate", password="wrong") == (400, "INVALID_PASSWORD")
    assert refused(client, "revokeOtherSessions") == NOT_FRESH
    assert client.call("reauthenticate", password=ada.password) == {"status": True}
    assert client.call("revokeOtherSessions") == {"status": True}
    assert other.active() is None
    make_stale(client, server, ada)
    assert client.call("revokeSession", token=client.accounts()[ada.email]) == {"status": True}
    assert client.active() is None


@pytest.mark.parametrize("revoke", [True, False])
def test_password_is_changed(client: AuthClient, ada: Person, other: AuthClient, revoke: bool) -> None:
    """The new one opens, the old one does not; other devices end when asked for."""
    new = Person("Ada", email=ada.email)
    fields = {"currentPassword": ada.password, "newPassword": new.password, "revokeOtherSessions": revoke}
    answer = client.call("changePassword", **fields)
    assert answer["user"]["email"] == ada.email
    assert (client.active(), other.active()) == (ada.email, None if revoke else ada.email)
    assert refused(other, "signIn.email", email=ada.email, password=ada.password)[0] == 401
    other.sign_in(new)


def test_copied_cookie_ends_with_a_password_change(client: AuthClient, ada: Person, new_client: NewClient) -> None:
    """At once: no minute of grace for whoever has a copy."""
    thief = new_client()
    thief.put_cookies(client.cookies)
    assert thief.active() == ada.email
    client.call("changePassword", currentPassword=ada.password, newPassword=Person("").password)
    assert client.active() == ada.email
    assert thief.active() is None


def test_wrong_current_password_changes_nothing(client: AuthClient, ada: Person, other: AuthClient) -> None:
    """Nor does a bad new one."""
    new = Person("").password
    wrong = refused(client, "changePassword", currentPassword="wrong", newPassword=new)
    assert wrong == (400, "INVALID_PASSWORD")
    short = refused(client, "changePassword", currentPassword=ada.password, newPassword="short")
    assert short == (400, "PASSWORD_TOO_SHORT")
    other.sign_in(ada)


def test_profile_is_updated(client: AuthClient, ada: Person) -> None:
    """What is not mentioned stays; nothing at all, or the e-mail, is refused with upstream's codes."""
    picture = "https://example.com/ada.png"
    assert client.call("updateUser", image=picture) == {"status": True}
    assert client.call("updateUser", name="Ada L.") == {"status": True}
    user = client.call("getSession")["user"]
    assert (user["name"], user["image"]) == ("Ada L.", picture)
    assert client.call("updateUser", image=None) == {"status": True}
    assert client.call("getSession")["user"]["image"] is None
    assert refused(client, "updateUser", callbackURL="/") == (400, "NO_FIELDS_TO_UPDATE")
    assert refused(client, "updateUser", name="A", email="other@example.com") == (400, "EMAIL_CAN_NOT_BE_UPDATED")
    assert client.call("getSession")["user"]["name"] == "Ada L."


def test_user_is_deleted_with_the_password_only(client: AuthClient, ada: Person, other: AuthClient) -> None:
    """On all devices; the address is free again."""
    [grace] = client.join("Grace")
    client.sign_in(ada)
    assert refused(client, "deleteUser", password="wrong") == (400, "INVALID_PASSWORD")
    assert refused(client, "deleteUser") == (400, "VALIDATION_ERROR")
    assert client.call("deleteUser", password=ada.password) == {"success": True, "message": "User deleted"}
    assert (client.active(), other.active()) == (grace.email, None)
    assert refused(other, "signIn.email", email=ada.email, password=ada.password)[0] == 401
    other.sign_up(ada)


def test_recent_activity_is_listed(client: AuthClient, ada: Person, other: AuthClient) -> None:
    """Newest first."""
    events = client.call("listSecurityEvents")
    assert [event["kind"] for event in events["events"]] == ["signed_in", "signed_up"]
    assert (events["events"][0]["isNewDevice"], events["next"]) == (True, None)
