"""For an app that has a way of its own to sign people in: by a link, through another site, or for a try."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ..database.public import UserPublic
from ..queries.device_sessions import Opened
from ..queries.devices import PresentedDevice
from ..security.origins import Origin
from ..websocket.runtime import kit
from .context import device_on_screen, origin_of
from .endpoint import Address, Endpoint, Reply
from .inputs import OnScreen
from .responses import TokenAndUser, User

SignIn = Callable[[PresentedDevice | None, Origin], Awaitable[Opened]]


def signing_in(sign_in: SignIn) -> ASGIApp:
    """Return the endpoint of a route of the app's own under `/api/`, for `rx.App(api_transformer=…)`; it takes POST.

    `sign_in` gets the device that asks, None for a new one, and where it is. It calls a verb of `kit()` and returns
    what that has opened, the last if there are several. The browser then gets its cookie. As with the kit's own
    routes the gate checks the origin, the body is JSON and may name the session on screen (`sessionId`), and what is
    refused is answered with its code.
    """
    return _SigningIn(sign_in)


class _SigningIn:
    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in
        self._endpoint = Endpoint("POST", "", "", self._answer, gives=TokenAndUser, takes=OnScreen, sets_cookie=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The kit runs only after the app has said which routes it has.
        await Address(kit(), {"POST": self._endpoint})(scope, receive, send)

    async def _answer(self, request: Request, body: OnScreen) -> Reply:
        opened = await self._sign_in(await device_on_screen(request, body), origin_of(request))
        user = User.of(UserPublic.of(opened.user))
        return Reply(TokenAndUser(token=opened.session.id, user=user), opened.secret)
