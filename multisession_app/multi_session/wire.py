"""Bodies in, refusals out."""

from __future__ import annotations

from typing import TypeVar

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from .answers import Refusal
from .bodies import Body
from .errors import BodyTooLarge, InvalidBody, MultiSessionError, UnsupportedMediaType
from .localization import Localization
from .options import BODY_LIMIT

AnyBody = TypeVar("AnyBody", bound=Body)


async def read_body(request: Request, shape: type[AnyBody]) -> AnyBody:
    """Return the JSON object that a request carries; nothing at all is an empty one, where no field is required.

    Raises:
        UnsupportedMediaType, BodyTooLarge, InvalidBody: as they say.
    """
    content_type = request.headers.get("content-type")
    is_optional = may_be_left_out(shape)
    # A form of another site can send every content type but this one without being asked first (CORS).
    is_json = (content_type or "").partition(";")[0].strip().lower() == "application/json"
    if not is_json and not (is_optional and content_type is None):
        raise UnsupportedMediaType
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_LIMIT:
            raise BodyTooLarge
    if is_optional and not raw:
        return shape()
    if not is_json:
        raise UnsupportedMediaType
    try:
        return shape.model_validate_json(bytes(raw))
    except ValidationError as error:
        raise InvalidBody from error


def may_be_left_out(shape: type[Body]) -> bool:
    """Say whether a body of this shape says something without a single field."""
    return not any(field.is_required() for field in shape.model_fields.values())


def refusal(error: MultiSessionError, words: Localization) -> JSONResponse:
    """Return the answer that says what was refused and why, and about which field; kept out of caches."""
    headers = {"Cache-Control": "no-store"}
    if error.retry_after is not None:
        # RFC 6585, 4; and the name under which Better Auth sends it.
        headers["Retry-After"] = headers["X-Retry-After"] = str(error.retry_after)
    if error.allow:
        headers["Allow"] = error.allow
    body = Refusal(code=error.code, message=words.sentence(error), field=error.field or None)
    return JSONResponse(body.model_dump(exclude_none=True), error.status, headers)
