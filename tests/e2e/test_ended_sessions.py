"""What a socket can still do once its session has ended or the account on its screen is another: nothing."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from websockets import ConnectionClosed

from tests.support.devices import KIT, NOTES, Device, change_behind_its_back, notes_of, value
from tests.support.server import Server

NewDevice = Callable[[], Device]


@pytest.mark.standard("ASVS 7.4.1", "OWASP WebSocket 3")
@pytest.mark.parametrize("path", ["/sign-out", "/multi-session/revoke-all", "/multi-session/revoke"])
def test_after_its_end_a_session_changes_nothing(server: Server, new_device: NewDevice, path: str) -> None:
    """Events that come after the answer to a sign-out find a closed door, on every socket of the account."""
    device = new_device()
    [ada] = device.join("Ada")
    with device.tab() as tab, device.tab() as other:
        tab.save("before")
        tab.write_draft("after")
        seen = len(tab.received)
        device.post(path, {"sessionId": tab.session_id}).raise_for_status()
        with suppress(ConnectionClosed):
            tab.send(f"{NOTES}.add")
            tab.send(f"{KIT}.update_profile", {"form_data": {"name": "Eve"}})
        tab.wait_closed()
        other.wait_closed()
        assert "after" not in str(tab.received[seen:])
    assert notes_of(server, ada) == ["before"]


@pytest.mark.standard("OWASP WebSocket 4")
@pytest.mark.parametrize(
    "change", ["revoked_at = created_at, revoked_reason = 'signed_out'", "expires_at = created_at"]
)
def test_a_session_is_over_even_if_nobody_was_told(server: Server, new_device: NewDevice, change: str) -> None:
    """The database is the truth: with every message lost, the next event finds it out and the socket goes."""
    device = new_device()
    ada, grace = device.join("Ada", "Grace")
    device.post("/multi-session/set-active", {"sessionId": device.sessions()[ada.email]}).raise_for_status()
    with device.tab() as tab:
        tab.save("before")
        tab.write_draft("after")
        seen = len(tab.received)
        change_behind_its_back(server, tab.session_id, change)
        for name in (f"{NOTES}.add", f"{NOTES}.load", f"{KIT}.revoke_others", f"{KIT}.revoke_all", f"{KIT}.refresh"):
            with suppress(ConnectionClosed):
                tab.send(name)
        tab.wait_closed()
        assert "before" not in str(tab.received[seen:])
    assert notes_of(server, ada) == ["before"]
    assert list(device.sessions()) == [grace.email]


def test_a_fenced_tab_acts_for_nobody(server: Server, new_device: NewDevice) -> None:
    """A tab that has not shown the account its socket has now gets none of its events carried out."""
    device = new_device()
    ada, grace = device.join("Ada", "Grace")
    with device.tab() as tab:
        token = tab.token
        tab.write_draft("Grace's draft")
    device.post("/multi-session/set-active", {"sessionId": device.sessions()[ada.email]}).raise_for_status()
    with device.tab() as tab:
        tab.write_draft("Ada's draft")
    with device.tab(token, settles=False) as late:
        late.send(f"{NOTES}.set_draft", {"text": "typed for Grace"})
        late.send(f"{NOTES}.add")
        late.send(f"{KIT}.sign_out")
        late.send(f"{KIT}.acknowledge", {"snapshot_id": "of another"})
        late.send(f"{NOTES}.add")
        late.settle()
        late.wait_for(lambda seen: "not carried out" in str(value(seen, KIT, "notice")), "the notice")
        late.save("typed for Ada")
    assert notes_of(server, ada) == ["typed for Ada"]
    assert notes_of(server, grace) == []
    assert len(device.sessions()) == 2


def test_a_fenced_tab_acts_for_nobody_when_the_account_changes_again(server: Server, new_device: NewDevice) -> None:
    """It came back as Ada while Grace was on its screen, and before it has shown Ada its socket goes on to Alan."""
    device = new_device()
    ada, alan, grace = device.join("Ada", "Alan", "Grace")
    with device.tab() as tab:
        token = tab.token
    device.post("/multi-session/set-active", {"sessionId": device.sessions()[ada.email]}).raise_for_status()
    with device.tab() as tab:
        tab.write_draft("Ada's draft")
    with device.tab(token, settles=False) as late:
        device.post("/multi-session/set-active", {"sessionId": device.sessions()[alan.email]}).raise_for_status()
        for text in ("typed for Grace", "typed for Grace too"):
            late.send(f"{NOTES}.set_draft", {"text": text})
            late.send(f"{NOTES}.add")
        late.wait_for(lambda seen: value(seen, KIT, "session_id") == device.sessions()[alan.email], "Alan's snapshot")
        late.send(f"{NOTES}.add")
        late.settle()
        late.save("typed for Alan")
    assert notes_of(server, ada) == notes_of(server, grace) == []
    assert notes_of(server, alan) == ["typed for Alan"]
