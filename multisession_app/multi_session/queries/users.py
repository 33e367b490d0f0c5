"""Users: how they are made, found, changed and deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete as delete_rows, select, update

from ..database.models import User
from ..errors import EmailTaken, InvalidCredentials, InvalidEmail
from ..security.validation import as_stored, check_email


def create(db: Session, *, name: str, email: str, password_hash: str, now: datetime) -> User:
    """Make a user out of checked values.

    Raises:
        EmailTaken: another user has the address, even one made at the same moment.
    """
    user = User(name=name, email=email, password_hash=password_hash, created_at=now, updated_at=now)
    db.add(user)
    try:
        db.flush()
    except IntegrityError as error:
        raise EmailTaken from error
    return user


def find(db: Session, email: str) -> User | None:
    """Return the user with that e-mail address, however it is typed, or None."""
    try:
        address = check_email(email)
    except InvalidEmail:
        return None
    return db.exec(select(User).where(User.email == address)).first()


def get(db: Session, user_id: str) -> User | None:
    """Return the user with that id, or None."""
    return db.get(User, user_id)


def to_verify(db: Session, email: str) -> tuple[str, str | None]:
    """Return a user's id and the hash that a sign-in is verified against: "" and None for nobody.

    None for a disabled user too, alike in time. So only these columns are read: to make a `User` takes a tenth of a
    millisecond, which an unknown e-mail would not take.
    """
    columns = select(User.id, User.password_hash, User.disabled_at)
    found = db.exec(columns.where(User.email == as_stored(email))).first()
    if found is None:
        return "", None
    user_id, password_hash, disabled_at = found
    return user_id, password_hash if disabled_at is None else None


def lock_verified(db: Session, user: User) -> None:
    """Check that the verified password is still the user's and opens something, and lock it until the transaction ends.

    Otherwise, if a sign-in crosses a password change, or the disabling of the account, it could open a session after
    that.

    Raises:
        InvalidCredentials: it was changed meanwhile, or the user disabled or deleted.
    """
    unchanged = select(User.id).where(
        User.id == user.id, User.password_hash == user.password_hash, col(User.disabled_at).is_(None)
    )
    # On PostgreSQL a password change, or the disabling, waits for this transaction, and then ends the session that it
    # opens; another sign-in waits, and then counts that session. SQLite has only one writer anyway.
    if db.exec(unchanged.with_for_update(key_share=True)).first() is None:
        raise InvalidCredentials


def disable(db: Session, user_id: str, *, now: datetime) -> bool:
    """Let nobody sign in as a user any more, and say whether that is new. Locks the user till the commit."""
    is_new = col(User.id) == user_id, col(User.disabled_at).is_(None)
    return db.exec(update(User).where(*is_new).values(disabled_at=now)).rowcount > 0


def enable(db: Session, user_id: str) -> bool:
    """Let a user sign in again, and say whether that is new."""
    is_new = col(User.id) == user_id, col(User.disabled_at).is_not(None)
    return db.exec(update(User).where(*is_new).values(disabled_at=None)).rowcount > 0


def store_password_hash(db: Session, user: User, new: str, *, now: datetime | None = None) -> None:
    """Replace the verified hash: by a new password's at the time `now`, or by the same one's with newer parameters.

    Raises:
        InvalidCredentials: the password was changed meanwhile, or the user deleted.
    """
    verified = update(User).where(col(User.id) == user.id, col(User.password_hash) == user.password_hash)
    if not db.exec(verified.values(password_hash=new, updated_at=now or User.updated_at)).rowcount:
        raise InvalidCredentials


def delete(db: Session, user: User) -> None:
    """Delete a user whose password was verified, and all rows whose foreign key to them is ON DELETE CASCADE.

    Raises:
        InvalidCredentials: the password was changed meanwhile, or the user deleted.
    """
    verified = delete_rows(User).where(col(User.id) == user.id, col(User.password_hash) == user.password_hash)
    if not db.exec(verified).rowcount:
        raise InvalidCredentials


def update_profile(db: Session, user_id: str, *, name: str, image: str | None, now: datetime) -> None:
    """Change a user's name and picture to checked values."""
    db.exec(update(User).where(col(User.id) == user_id).values(name=name, image=image, updated_at=now))
