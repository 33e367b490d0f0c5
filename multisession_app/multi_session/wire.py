"""Better Auth's wire: bodies in, shapes out, field by field."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from .errors import BodyTooLarge, InvalidBody, MultiSessionError, UnsupportedMediaType
from .localization import Localization
from .models import DeviceSessionPublic, SecurityEventPublic, UserPublic
from .options import BODY_LIMIT


async def read_body(request: Request, *, optional: bool = False) -> dict[str, Any]:
    """Return the JSON object that a request carries; an empty one for none at all, where that is `optional`.

    Raises:
        UnsupportedMediaType, BodyTooLarge, InvalidBody: as they say.
    """
    content_type = request.headers.get("content-type")
    if optional and content_type is None and request.headers.get("content-length", "0") == "0":
        return {}
    # A form of another site can send every content type but this one without being asked first (CORS).
    if (content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise BodyTooLarge
    if optional and not raw:
        return {}
    try:
        body = json.loads(raw.decode())
    except (ValueError, RecursionError) as error:
        raise InvalidBody from error
    if not isinstance(body, dict):
        raise InvalidBody
    return body


def text_of(body: dict[str, Any], field: str) -> str:
    """Return a field that has to be a string.

    Raises:
        InvalidBody: it is missing, of another type, or no text that a database takes.
    """
    value = body.get(field)
    if not isinstance(value, str) or "\0" in value or not _is_unicode(value):
        raise InvalidBody
    return value


def flag_of(body: dict[str, Any], field: str, *, default: bool) -> bool:
    """Return a field that has to be true or false if it is there.

    Raises:
        InvalidBody: it is something else.
    """
    value = body.get(field, default)
    if not isinstance(value, bool):
        raise InvalidBody
    return value


def _is_unicode(text: str) -> bool:
    # JSON can carry half a surrogate pair, which no database and no hash takes.
    return not any("\ud800" <= character <= "\udfff" for character in text)


def session_id_of(body: dict[str, Any]) -> str:
    """Return the session that a request names.

    Raises:
        InvalidBody: `text_of`.
    """
    # Better Auth's client calls it a token; here it is the public id.
    return text_of(body, "sessionToken" if "sessionToken" in body else "sessionId")


def refusal(error: MultiSessionError, words: Localization) -> JSONResponse:
    """Return the answer that says what was refused and why, and about which field; kept out of caches."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        # RFC 6585, 4; and the name under which Better Auth sends it.
        headers["Retry-After"] = headers["X-Retry-After"] = str(error.retry_after)
    body = {"code": error.code, "message": words.sentence(error)} | ({"field": error.field} if error.field else {})
    return JSONResponse(body, error.status, headers)


def session_and_user(session: DeviceSessionPublic) -> dict[str, Any]:
    """Return `{session, user}`."""
    return {"session": session_json(session), "user": user_json(session.user)}


def session_json(session: DeviceSessionPublic) -> dict[str, Any]:
    """Return the session's fields; its `token` is its public id, which opens nothing."""
    return {
        "id": session.id,
        "token": session.id,
        "userId": session.user.id,
        "createdAt": session.created_at.isoformat(),
        "updatedAt": session.last_active_at.isoformat(),
        "expiresAt": session.expires_at.isoformat(),
        "lastActiveAt": session.last_active_at.isoformat(),
        "ipAddress": session.ip_address,
        "userAgent": session.user_agent,
    }


def event_json(event: SecurityEventPublic) -> dict[str, Any]:
    """Return the fields of a security event."""
    return {
        "id": event.id,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "ipAddress": event.ip_address,
        "userAgent": event.user_agent,
        "detail": event.detail,
        "deviceUserAgent": event.device_user_agent,
        "isNewDevice": event.is_new_device,
    }


def user_json(user: UserPublic) -> dict[str, Any]:
    """Return the user's fields; times are ISO 8601 in UTC."""
    return {
        "id": user.id,
        "name": user.name,
        "email": user.email,
        "emailVerified": False,
        "image": user.image or None,
        "createdAt": user.created_at.isoformat() if user.created_at else None,
        "updatedAt": user.updated_at.isoformat() if user.updated_at else None,
    }
