"""The operator's command line: who is signed in where, and ending that. Run it where `rxconfig.py` is.

Open tabs follow: over Redis at once, without Redis within a second, when the running server looks.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import make_url

from .actions.operator import Operator
from .actions.pubsub import PubSub
from .actions.resources import Resources
from .actions.schedule import sweep_all
from .database.transactions import Database
from .errors import InvalidSession, MultiSessionError, SchemaTooNew


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code: 0 if it was done, 1 if it was refused.

    Raises:
        SystemExit: with code 2 the command line was not understood, with 0 it asked for help.
    """
    # Not imported at the top: this module, as most of the kit, loads without Reflex.
    from .websocket.runtime import words

    asked = _parser().parse_args(arguments)
    try:
        return asyncio.run(_run(asked))
    except EOFError:
        print("\nNobody has answered, so nothing was done.", file=sys.stderr)
        return 1
    except (MultiSessionError, SchemaTooNew) as error:
        sentence = words().sentence(error) if isinstance(error, MultiSessionError) else str(error)
        print(sentence, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    # As it was started: in another app the module has another name.
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    parser = argparse.ArgumentParser(prog=f"python -m {spec.name}" if spec else None, description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, text: str, *, of_user: bool = True) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        if of_user:
            added.add_argument("email", help="the user's email")
        return added

    command("sessions", "List a user's sessions on all devices.")
    end = command("end", "End a user's sessions on all devices.")
    end.add_argument("--session", default="", metavar="ID", help="only this one, as `sessions` lists it")
    everyone = command("end-everyone", "End all sessions of all users.", of_user=False)
    everyone.add_argument("--yes", action="store_true", help="do not ask whether that is meant")
    command("set-password", "Set a user's password, typed or piped in, and end all of their sessions.")
    command("disable", "End a user's sessions on all devices, and refuse sign-ins as if the password were wrong.")
    command("enable", "Let a user sign in again, with the password that they have.")
    command("sweep", "Delete what is kept no longer, as the server does every hour.", of_user=False)
    return parser


async def _run(asked: argparse.Namespace) -> int:
    from reflex_base.config import get_config

    from .websocket.runtime import options, shared_name_of

    config = get_config()
    url = make_url(config.db_url or "")
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        # Else a command without the server's environment would be carried out on a new database, as if it had worked.
        print(f"There is no database at {url.database}. Is REFLEX_DB_URL the server's?", file=sys.stderr)
        return 1
    database = Database(config.db_url or "")
    pubsub = PubSub(config.redis_url, channel=shared_name_of(config))
    resources = Resources(options(), database, pubsub)
    try:
        database.migrate()
        commands = {
            "sessions": _sessions,
            "end": _end,
            "end-everyone": _end_everyone,
            "set-password": _set_password,
            "disable": _disable,
            "enable": _enable,
            "sweep": _sweep,
        }
        return await commands[asked.command](resources, asked)
    finally:
        await pubsub.close()
        database.close()


async def _sessions(resources: Resources, asked: argparse.Namespace) -> int:
    user, sessions = await Operator(resources).sessions_of(asked.email)
    disabled = f", disabled since {user.disabled_at:%Y-%m-%d %H:%M} UTC" if user.disabled_at else ""
    print(f"{user.name} <{user.email}>, user {user.id}{disabled}: {len(sessions)} sessions")
    for session in sessions:
        print(
            f"{session.id}  last active {session.last_active_at:%Y-%m-%d %H:%M} UTC  "
            f"until {session.expires_at:%Y-%m-%d %H:%M} UTC  {session.ip_address}  {session.user_agent}"
        )
    return 0


async def _end(resources: Resources, asked: argparse.Namespace) -> int:
    try:
        return _ended(await Operator(resources).end_sessions(asked.email, asked.session))
    except InvalidSession:
        # Its own sentence is about "this browser".
        print("This user has no session with that id, or it has ended. Nothing was done.", file=sys.stderr)
        return 1


async def _end_everyone(resources: Resources, asked: argparse.Namespace) -> int:
    if not asked.yes and input("End all sessions of all users? Type yes: ") != "yes":
        print("Nothing was done.")
        return 1
    return _ended(await Operator(resources).end_everyones_sessions())


async def _set_password(resources: Resources, asked: argparse.Namespace) -> int:
    # Never an argument: every user of the machine can read those, and the shell keeps them in its history.
    is_typed = sys.stdin.isatty()
    password = getpass.getpass("New password: ") if is_typed else sys.stdin.readline().rstrip("\n")
    if is_typed and getpass.getpass("Again: ") != password:
        print("The two are not the same. Nothing was done.", file=sys.stderr)
        return 1
    ended = await Operator(resources).set_password(asked.email, password)
    user, _ = await Operator(resources).sessions_of(asked.email)
    print("The password is set." + (" The account is still disabled." if user.disabled_at else ""))
    return _ended(ended)


async def _disable(resources: Resources, asked: argparse.Namespace) -> int:
    is_new, ended = await Operator(resources).disable(asked.email)
    print("The account is disabled." if is_new else "The account was disabled already.")
    return _ended(ended)


async def _enable(resources: Resources, asked: argparse.Namespace) -> int:
    is_new = await Operator(resources).enable(asked.email)
    print("The account is enabled." if is_new else "The account was not disabled.")
    return 0


async def _sweep(resources: Resources, asked: argparse.Namespace) -> int:
    await sweep_all(resources)
    print("Swept.")
    return 0


def _ended(count: int) -> int:
    print(f"{count} session{'' if count == 1 else 's'} ended.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
