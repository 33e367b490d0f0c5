"""Sign-ins of one browser at the same time, in every order: the cookie its jar ends with opens the device."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from multisession_app.multi_session.database.models import User
from multisession_app.multi_session.database.transactions import Database
from multisession_app.multi_session.errors import SessionChanged
from multisession_app.multi_session.queries.devices import ProvenDevice
from tests.support.world import NOW, Clock, World


@dataclass
class Request:
    """One sign-in on its way: the cookie it carries, what was looked up with it, and what it was answered."""

    user: User
    device: ProvenDevice | None
    secret: str | None = None


@dataclass
class Jar:
    """A browser that sends sign-ins, whose answers arrive when the test says."""

    world: World
    cookie: str
    requests: list[Request] = field(default_factory=list)

    def send(self, user: User) -> None:
        """Look the cookie up, as each request does before its password is hashed."""
        self.requests.append(Request(user, self.world.use(self.cookie)))

    def carry_out(self, number: int) -> None:
        """Run the transaction of a request; a refused one sets no cookie."""
        request = self.requests[number]
        try:
            request.secret = self.world.sign_in(request.device, request.user).secret
        except SessionChanged:
            request.secret = None

    def receive(self, number: int) -> None:
        """Let the answer arrive."""
        if (secret := self.requests[number].secret) is not None:
            self.cookie = secret


def check_end(jar: Jar, device_id: str, first: str) -> None:
    """The jar's cookie opens the device, the first account is on it, and the newest sign-in can be repeated."""
    for later in (timedelta(0), timedelta(minutes=2), timedelta(days=1)):
        jar.world.clock.now += later
        device = jar.world.use(jar.cookie)
        assert device is not None, f"the jar's cookie opens nothing {later} later"
        assert device.id == device_id
        assert first in {session.user.name for session in device.sessions}
    again = jar.requests[-1].user
    jar.send(again)
    jar.carry_out(-1)
    jar.receive(-1)
    assert jar.world.device(jar.cookie).sessions[0].user.id == again.id


def orders(count: int) -> Iterator[list[tuple[str, int]]]:
    """Give every order of sending, carrying out and receiving so many sign-ins."""
    steps = [(step, number) for number in range(count) for step in ("send", "carry_out", "receive")]
    for order in itertools.permutations(steps):
        places = {step: place for place, step in enumerate(order)}
        sent = [places["send", number] for number in range(count)]
        if sent == sorted(sent) and all(
            places["send", n] < places["carry_out", n] < places["receive", n] for n in range(count)
        ):
            yield list(order)


@pytest.mark.slow
def test_two_sign_ins_in_every_order(new_database: Callable[[], Database]) -> None:
    """Ten orders; in none of them is the device lost."""
    tried = 0
    for order in orders(2):
        world = World(new_database(), Clock(NOW))
        secret, _ = world.device_with("ada")
        jar, users = Jar(world, secret), [world.user("bob"), world.user("cleo")]
        device_id = world.device(secret).id
        for step, number in order:
            _take(jar, step, number, users)
        check_end(jar, device_id, "ada")
        tried += 1
    assert tried == 10


@pytest.mark.parametrize("used", [False, True], ids=["unused", "used between the answers"])
def test_answers_that_overtake_each_other_lose_no_device(world: World, used: bool) -> None:
    """The newer cookie arrives first, another tab may ask with it, then the older one takes its place in the jar."""
    secret, _ = world.device_with("ada")
    jar, users = Jar(world, secret), [world.user("bob"), world.user("cleo")]
    device_id = world.device(secret).id
    for number in (0, 1):
        jar.send(users[number])
    for number in (0, 1):
        jar.carry_out(number)
    jar.receive(1)
    if used:
        assert world.use(jar.cookie) is not None
    jar.receive(0)
    check_end(jar, device_id, "ada")


@pytest.mark.slow
@pytest.mark.sqlite
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_number_of_sign_ins_in_any_order(new_database: Callable[[], Database], data: st.DataObject) -> None:
    """Up to four at once; the jar's cookie opens the device whenever it is looked at, and after all of them."""
    world = World(new_database(), Clock(NOW))
    secret, _ = world.device_with("ada")
    jar, device_id = Jar(world, secret), world.device(secret).id
    users = [world.user(name) for name in ("bob", "cleo", "dora", "emil")]
    next_step: dict[int, str | None] = {0: "send"}
    while possible := sorted(number for number, step in next_step.items() if step):
        number = data.draw(st.sampled_from(possible))
        if data.draw(st.booleans(), "another tab asks"):
            world.use(jar.cookie)
        step = next_step[number]
        assert step
        _take(jar, step, number, users)
        if step == "send" and number + 1 < len(users):
            next_step[number + 1] = "send"
        next_step[number] = {"send": "carry_out", "carry_out": "receive"}.get(step)
        looked_up = world.present(jar.cookie)
        assert looked_up is not None
        assert looked_up.id == device_id
    check_end(jar, device_id, "ada")


def test_first_sign_ins_of_a_new_browser_at_once(world: World) -> None:
    """Without a cookie each makes a device; the jar ends with one of them, and it is open."""
    opened = [world.sign_in(None, world.user(name)) for name in ("ada", "bob")]
    for last in opened:
        device = world.use(last.secret)
        assert device is not None
        assert device.active_id == last.session.id


def _take(jar: Jar, step: str, number: int, users: list[User]) -> None:
    if step == "send":
        jar.send(users[number])
    elif step == "carry_out":
        jar.carry_out(number)
    else:
        jar.receive(number)
