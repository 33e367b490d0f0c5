"""What is done over HTTP every open tab shows at once, and what is done in a tab is so over HTTP."""

from playwright.sync_api import BrowserContext, Page, expect

from multisession_app.multi_session.localization import filled
from tests.support.better_auth import AuthClient
from tests.support.people import (
    WORDS,
    Person,
    account_item,
    choose,
    expect_account,
    expect_notice,
    expect_signed_out,
    join,
    moving,
    open_accounts,
    switch,
)


def share_jar(context: BrowserContext, client: AuthClient) -> None:
    """Give the client the browser's cookie, as a script of the same device has it."""
    client.put_cookies({str(cookie["name"]): str(cookie["value"]) for cookie in context.cookies()})


def test_tabs_and_clients_see_what_the_other_does(
    context: BrowserContext, page: Page, base_url: str, client: AuthClient
) -> None:
    """Two tabs of a browser, and Better Auth's client with that browser's cookie."""
    ada, grace, alan = join(context, base_url, "Ada", "Grace", "Alan")
    tabs = [page, context.new_page()]
    for tab in tabs:
        tab.goto("/")
        expect_account(tab, alan)
    share_jar(context, client)
    accounts = client.accounts()

    with moving(tabs[0]), moving(tabs[1]):
        client.call("multiSession.setActive", sessionToken=accounts[ada.email])
        for tab in tabs:
            expect_account(tab, ada)

    client.call("updateUser", name="Ada L.")
    for tab in tabs:
        expect_account(tab, Person("Ada L.", ada.email))

    with moving(tabs[1]):
        switch(tabs[0], grace)
        expect_account(tabs[1], grace)
    assert client.active() == grace.email

    client.call("multiSession.revoke", sessionToken=accounts[ada.email])
    listed = open_accounts(tabs[1])
    expect(account_item(listed, alan)).to_be_visible()
    expect(account_item(listed, ada)).to_have_count(0)
    tabs[1].keyboard.press("Escape")
    tabs[1].keyboard.press("Escape")

    with moving(tabs[0]):
        choose(tabs[1], WORDS.sign_out)
        expect_account(tabs[0], alan)
    assert (client.active(), list(client.accounts())) == (alan.email, [alan.email])

    client.call("signOut")
    for tab in tabs:
        expect_signed_out(tab)


def test_tabs_of_another_device_see_what_is_done_over_http(
    context: BrowserContext, page: Page, base_url: str, client: AuthClient
) -> None:
    """A session ended from elsewhere is gone from the screen at once, and the tab says why."""
    [ada] = join(context, base_url, "Ada")
    page.goto("/")
    expect_account(page, ada)
    client.sign_in(ada)
    assert client.call("revokeOtherSessions") == {"status": True}
    expect_signed_out(page)
    expect_notice(page, filled(WORDS.signed_out_elsewhere, name=ada.name).partition("{")[0])
