"""Measures the time from the click on an account to its name on screen: `python -m tests.benchmarks.switch`.

It measures in the tab with the click and in a second one, in place and by reconnecting, at a round trip of 0 and
100 ms: when the name stands in the page, and when it is drawn.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support import chromium
from tests.support.people import account_item, expect_account, join, moving, open_accounts
from tests.support.running import until
from tests.support.server import Server, free_port
from tests.support.slow_line import SlowLine

RUNS = 30
WARMING = 2
COLUMNS = ("own tab", "own, drawn", "other tab", "other, drawn")
# Takes the time when the account's name stands in the page, and again in the first frame drawn after that. Frames come
# every 17 ms, so the second time is later by up to as much, by chance. All tabs of a machine share the clock.
WATCH = """(name) => { window.shownAt = window.drawnAt = 0;
  const now = () => performance.timeOrigin + performance.now();
  const look = () => { const heading = document.querySelector("h1");
    if (!heading || !heading.innerText.includes(name)) return;
    seen.disconnect(); window.shownAt = now(); requestAnimationFrame(() => { window.drawnAt = now(); }); };
  const seen = new MutationObserver(look);
  seen.observe(document, { subtree: true, childList: true, characterData: true });
  document.addEventListener("click", () => { window.clickedAt = now(); }, { capture: true, once: true }); }"""


@contextmanager
def served(folder: Path, delay: float, *, in_place: bool) -> Iterator[str]:
    """Serve the app behind a line with that delay, in seconds each way, and give its address."""
    line = SlowLine(free_port(), delay)
    url = f"http://localhost:{line.port}"
    server = Server(folder, {"REFLEX_API_URL": url}, is_measured=True)
    settings = server.root / "rxconfig.py"
    if not in_place:
        text = settings.read_text()
        settings.write_text(text.replace("MultiSessionPlugin()", "MultiSessionPlugin(switch_in_place=False)"))
    try:
        server.start()
        with line.open(server.port):
            yield url
    finally:
        server.stop()


def measure(browser: Browser, url: str) -> tuple[dict[str, list[float]], list[list[int]]]:
    """Switch to and fro; return the milliseconds by column, and the size in bytes of each frame of each switch."""
    context = browser.new_context(base_url=url)
    people = join(context, url, "Ada", "Grace")
    own, other = context.new_page(), context.new_page()
    received: list[int] = []
    own.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    for page in (own, other):
        page.goto("/")
        expect_account(page, people[1])
    times: dict[str, list[float]] = {column: [] for column in COLUMNS}
    frames: list[list[int]] = []
    for run in range(RUNS + WARMING):
        person = people[run % 2]
        item = account_item(open_accounts(own), person)
        for page in (own, other):
            page.evaluate(WATCH, person.name)
        before = len(received)
        with moving(own), moving(other):
            item.click()
            expect_account(own, person)
            expect_account(other, person)
        clicked = own.evaluate("window.clickedAt")
        stamps = [stamp for page in (own, other) for stamp in _stamps(page)]
        if run >= WARMING:
            for column, stamp in zip(COLUMNS, stamps, strict=True):
                times[column].append(stamp - clicked)
            frames.append(received[before:])
    context.close()
    return times, frames


def _stamps(page: Page) -> list[float]:
    # Playwright's `wait_for_function` would make the page evaluate text, which its policy forbids.
    until(lambda: page.evaluate("window.drawnAt"), "the name to be drawn")
    return list(page.evaluate("[window.shownAt, window.drawnAt]"))


def _summary(times: list[float]) -> str:
    ordered = sorted(times)
    return f"{statistics.median(ordered):6.1f} / {ordered[int(len(ordered) * 0.95)]:6.1f}"


def main() -> None:
    """Print a table: median and 95th percentile, in milliseconds."""
    out = sys.stdout
    out.write(f"{'way':<10} round trip {''.join(f'{column:>17}' for column in COLUMNS)}  frames  bytes\n")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = chromium.executable()
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=str(path) if path else None)
        for in_place in (True, False):
            for delay in (0.0, 0.05):
                with served(folder / f"{in_place}{delay}", delay, in_place=in_place) as url:
                    times, frames = measure(browser, url)
                way = "in place" if in_place else "reconnect"
                row = "".join(f"{_summary(times[column]):>17}" for column in COLUMNS)
                count = statistics.median(len(frame) for frame in frames)
                size = statistics.median(sum(frame) for frame in frames)
                out.write(f"{way:<10} {delay * 2000:7.0f} ms {row} {count:7.0f} {size:6.0f}\n")
                out.flush()


if __name__ == "__main__":
    main()
