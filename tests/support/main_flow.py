"""The main job from end to end, for every way in which the app can be served."""

from playwright.sync_api import Page, expect

from tests.support.people import (
    WORDS,
    Person,
    choose,
    expect_account,
    expect_notice,
    expect_signed_out,
    fill_sign_up,
    open_accounts,
    sign_up,
    submit_sign_up,
    switch,
)


def two_people_come_switch_and_go(page: Page) -> None:
    """Sign up, add an account, switch with another tab following, keep a note each, sign out one by one."""
    ada = sign_up(page, "Ada")
    grace = add_account(page, "Grace")
    other = page.context.new_page()
    other.goto("/")
    expect_account(other, grace)
    switch(page, ada)
    expect_account(other, ada)
    other.get_by_label("New note").fill("Ada's note")
    other.get_by_role("button", name="Save note").click()
    expect(other.get_by_role("listitem").filter(has_text="Ada's note")).to_be_visible()
    page.reload()
    expect_account(page, ada)
    choose(page, WORDS.sign_out)
    expect_account(page, grace)
    expect_notice(page, WORDS.signed_out_now.format(name="Ada", next="Grace"))
    expect_account(other, grace)
    expect(other.get_by_text("Ada's note")).to_have_count(0)
    choose(other, WORDS.sign_out)
    for tab in (page, other):
        expect_signed_out(tab)


def add_account(page: Page, name: str) -> Person:
    """Add an account that is made on the way, through the menu and both forms."""
    open_accounts(page).get_by_role("menuitem", name=WORDS.add_account).click()
    page.get_by_role("link", name=WORDS.sign_up).click()
    person = Person(name)
    expect(page.get_by_role("heading", name=WORDS.sign_up_title)).to_be_visible()
    fill_sign_up(page, person)
    submit_sign_up(page)
    expect_account(page, person)
    return person
