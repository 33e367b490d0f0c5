"""The demo's own data: short notes, each of one user."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlmodel import Field, Session, SQLModel, col, delete, select

NOTE_MAX = 280
"""Most characters of a note."""


class Note(SQLModel, table=True):
    """A note that only its user sees."""

    __tablename__ = "demo_note"

    id: str = Field(default_factory=lambda: str(uuid.uuid4()), primary_key=True)
    user_id: str = Field(foreign_key="multi_session_user.id", ondelete="CASCADE", index=True)
    text: str
    created_at: datetime


class NotePublic(SQLModel):
    """What the page shows of a note."""

    id: str
    text: str


def list_notes(db: Session, user_id: str) -> list[NotePublic]:
    """Return the user's notes, newest first."""
    newest_first = col(Note.created_at).desc()
    notes = db.exec(select(Note).where(Note.user_id == user_id).order_by(newest_first)).all()
    return [NotePublic(id=note.id, text=note.text) for note in notes]


def add_note(db: Session, user_id: str, text: str, *, now: datetime) -> None:
    """Save a note of this user, cut at `NOTE_MAX` characters. Nothing is saved of white space alone."""
    # Databases refuse these: PostgreSQL a NUL, all of them half a surrogate pair, which JSON can carry.
    text = text.replace("\0", "").encode(errors="ignore").decode()
    if text := text.strip()[:NOTE_MAX]:
        db.add(Note(user_id=user_id, text=text, created_at=now))
        db.flush()


def delete_note(db: Session, user_id: str, note_id: str) -> None:
    """Delete a note if it is this user's. Another user's note is treated as none at all."""
    db.exec(delete(Note).where(col(Note.id) == note_id, col(Note.user_id) == user_id))
