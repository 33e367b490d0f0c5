"""Users: how they are made, found, changed and deleted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete as delete_rows, select, update

from ..database.models import User
from ..errors import EmailTaken, InvalidCredentials, InvalidEmail
from ..security.validation import check_email


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


def lock_verified(db: Session, user: User) -> None:
    """Check that the verified password is still the user's, and lock it until the transaction ends.

    Otherwise, if a sign-in and a password change cross, the old password could open a session after the change.

    Raises:
        InvalidCredentials: it was changed meanwhile, or the user deleted.
    """
    unchanged = select(User.id).where(User.id == user.id, User.password_hash == user.password_hash)
    # On PostgreSQL a password change waits for this transaction, and then ends the session that it opens. SQLite has
    # only one writer anyway.
    if db.exec(unchanged.with_for_update(read=True)).first() is None:
        raise InvalidCredentials


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
