"""From the click on an account to its name on screen: `python -m tests.benchmarks.switch`.

In the tab that was clicked in and in a second one, in place and by reconnecting, at 0 and 100 ms of round trip.
"""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e import chromium
from tests.e2e.people import account_item, expect_account, join, listen, moving, open_accounts
from tests.e2e.server import Server, free_port
from tests.slow_line import SlowLine

RUNS = 30
# Stamped in the page when the account's name stands in it; all tabs of a machine share the clock.
WATCH = """(name) => { window.shownAt = 0; const look = () => {
    const heading = document.querySelector("h1");
    if (heading && heading.innerText.includes(name)) window.shownAt = performance.timeOrigin + performance.now();
    else requestAnimationFrame(look); };
  document.addEventListener("click", () => { window.clickedAt = performance.timeOrigin + performance.now(); },
    { capture: true, once: true });
  look(); }"""


@contextmanager
def served(folder: Path, delay: float, *, in_place: bool) -> Iterator[str]:
    """Serve the app behind a line with that delay and give its address."""
    line = SlowLine(free_port(), delay)
    url = f"http://localhost:{line.port}"
    server = Server(folder, {"REFLEX_API_URL": url})
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


def measure(browser: Browser, url: str) -> tuple[list[float], list[float], list[int]]:
    """Switch to and fro; return the milliseconds of the own and of the other tab, and the bytes of each switch."""
    context = browser.new_context(base_url=url)
    listen(context)
    people = join(context, url, "Ada", "Grace")
    own, other = context.new_page(), context.new_page()
    received: list[int] = []
    own.on("websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame))))
    for page in (own, other):
        page.goto("/")
        expect_account(page, people[1])
    mine, theirs, sizes = [], [], []
    for run in range(RUNS + 2):
        person = people[run % 2]
        item = account_item(open_accounts(own), person)
        for page in (own, other):
            page.evaluate(WATCH, person.name)
        before = sum(received)
        with moving(own), moving(other):
            item.click()
            expect_account(own, person)
            expect_account(other, person)
        clicked = own.evaluate("window.clickedAt")
        shown = [_stamp(own), _stamp(other)]
        if run >= 2:
            mine.append(shown[0] - clicked)
            theirs.append(shown[1] - clicked)
            sizes.append(sum(received) - before)
    context.close()
    return mine, theirs, sizes


def _stamp(page: Page) -> float:
    page.wait_for_function("window.shownAt > 0")
    return float(page.evaluate("window.shownAt"))


def _summary(times: list[float]) -> str:
    ordered = sorted(times)
    return f"{statistics.median(ordered):6.1f} / {ordered[int(len(ordered) * 0.95)]:6.1f}"


def main() -> None:
    """Print a table: median / p95 of the milliseconds."""
    out = sys.stdout
    out.write("way        round trip  own tab          other tab        bytes\n")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = chromium.executable()
        browser = stack.enter_context(sync_playwright()).chromium.launch(executable_path=str(path) if path else None)
        for in_place in (True, False):
            for delay in (0.0, 0.05):
                with served(folder / f"{in_place}{delay}", delay, in_place=in_place) as url:
                    mine, theirs, sizes = measure(browser, url)
                way = "in place" if in_place else "reconnect"
                size = f"{statistics.median(sizes):7.0f}"
                out.write(f"{way:<10} {delay * 2000:6.0f} ms  {_summary(mine)}  {_summary(theirs)}  {size}\n")
                out.flush()


if __name__ == "__main__":
    main()
