"""The home page: the active account's notes, and its draft of a new one."""

from __future__ import annotations

import reflex as rx

from ..multi_session import MultiSessionState, kit, link_button, needs_connection, signed_in_only
from ..notes import NOTE_MAX, NotePublic, add_note, delete_note, list_notes
from .layout import layout


class NotesState(rx.State):
    """The page's state. `draft` is a plain variable, since the kit keeps a state of its own for each account."""

    notes: list[NotePublic] = []
    draft: str = ""
    is_loaded: bool = False

    @rx.event
    async def load(self) -> None:
        """Read the active account's notes."""
        await self._read(await self._user_id())

    @rx.event
    def set_draft(self, text: str) -> None:
        """Keep the text typed so far, cut at `NOTE_MAX` characters."""
        self.draft = str(text)[:NOTE_MAX]

    @rx.event
    async def add(self) -> None:
        """Save the draft as a note."""
        user_id, text = await self._user_id(), self.draft
        if user_id and text.strip():
            await kit().database.write(lambda db: add_note(db, user_id, text, now=kit().now()))
            self.draft = ""
            await self._read(user_id)

    @rx.event
    async def delete(self, note_id: str) -> None:
        """Delete a note."""
        user_id = await self._user_id()
        if user_id and isinstance(note_id, str):
            await kit().database.write(lambda db: delete_note(db, user_id, note_id))
            await self._read(user_id)

    async def _read(self, user_id: str) -> None:
        self.notes = await kit().database.read(lambda db: list_notes(db, user_id)) if user_id else []
        self.is_loaded = True

    async def _user_id(self) -> str:
        return (await self.get_state(MultiSessionState)).user.id


def home() -> rx.Component:
    """Return the page."""
    return layout(
        rx.cond(
            MultiSessionState.is_loaded & ~MultiSessionState.is_signed_in,
            _welcome(),
            signed_in_only(
                rx.heading("Notes of ", MultiSessionState.user.name, as_="h1", size="6", margin_bottom="16px"),
                _new_note(),
                rx.cond(
                    NotesState.is_loaded,
                    rx.cond(
                        NotesState.notes.length() > 0,
                        rx.el.ul(
                            rx.foreach(NotesState.notes, _note),
                            aria_label="Notes",
                            list_style="none",
                            padding="0",
                            margin="24px 0 0",
                        ),
                        rx.text(
                            "No notes yet. The first one is only yours to see.", color_scheme="gray", margin_top="24px"
                        ),
                    ),
                    rx.skeleton(height="48px", margin_top="24px"),
                ),
            ),
        )
    )


def _welcome() -> rx.Component:
    return rx.vstack(
        rx.heading("One browser, all your accounts", as_="h1", size="8", text_align="center"),
        rx.text(
            "Stay signed in with several accounts and switch with one click. Each has notes and a draft of its own.",
            size="4",
            color_scheme="gray",
            text_align="center",
        ),
        rx.flex(
            link_button("Create an account", "/auth/sign-up", size="3"),
            link_button("Sign in", "/auth/sign-in", size="3", variant="outline"),
            spacing="3",
            wrap="wrap",
            justify="center",
        ),
        align="center",
        spacing="5",
        padding_top="72px",
    )


def _new_note() -> rx.Component:
    return rx.el.form(
        rx.text_area(
            value=NotesState.draft,
            on_change=NotesState.set_draft,
            max_length=NOTE_MAX,
            placeholder="Write a note …",
            aria_label="New note",
            size="3",
            width="100%",
        ),
        rx.button("Save note", type="submit", margin_top="12px", disabled=NotesState.draft.strip() == ""),
        on_submit=NotesState.add,
        custom_attrs=needs_connection(),
    )


def _note(note: rx.Var[NotePublic]) -> rx.Component:
    return rx.el.li(
        rx.text(note.text, white_space="pre-wrap", overflow_wrap="anywhere", flex="1", min_width="0"),
        rx.icon_button(
            rx.icon("trash-2", size=16, aria_hidden=True),
            variant="ghost",
            color_scheme="gray",
            aria_label="Delete note",
            on_click=NotesState.delete(note.id),
            custom_attrs=needs_connection(),
        ),
        key=note.id,
        display="flex",
        align_items="start",
        gap="12px",
        padding="14px 0",
        border_bottom=f"1px solid {rx.color('gray', 5)}",
    )
