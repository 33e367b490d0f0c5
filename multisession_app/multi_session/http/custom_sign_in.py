"""The endpoint for an app's own way to sign people in: by a link, through another site, or on trial."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.types import ASGIApp

from ..actions.multi_session import MultiSession
from ..database.public import UserPublic
from ..queries.device_sessions import OpenedSession
from ..queries.devices import ProvenDevice
from ..security.origins import Source
from .context import device_on_screen, source_of
from .endpoint import Endpoint, MethodRouter, Reply
from .inputs import OnScreen
from .responses import TokenAndUser, User

SignIn = Callable[[ProvenDevice | None, Source], Awaitable[OpenedSession]]


def sign_in_endpoint(sign_in: SignIn) -> ASGIApp:
    """Return a POST endpoint for a route of the app's own under `/api/`, for `rx.App(api_transformer=…)`.

    `sign_in` gets the device that asks, None for a new one, and the source of the request. It calls a verb of
    `kit().authentication` and returns the session that was opened, the last if there are several. The answer brings the
    browser its cookie. As with the kit's own routes, the origin is checked, the body is JSON and may name the session
    on screen (`sessionId`), and a refusal is answered with its code.
    """

    async def answer(kit: MultiSession, request: Request, body: OnScreen) -> Reply:
        opened = await sign_in(await device_on_screen(request, body), source_of(request))
        user = User.of(UserPublic.of(opened.user))
        return Reply(TokenAndUser(token=opened.session.id, user=user), opened.secret, opened.is_short)

    return MethodRouter(Endpoint("POST", "", "", answer, gives=TokenAndUser, takes=OnScreen, sets_cookie=True))
