"""The security headers of every answer, so that a browser lets a page do no more than it needs (ASVS 5.0, 3.4)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path

from starlette.responses import FileResponse

from ..options import ASSET_MAX_AGE, CONTENT_SECURITY_POLICY, HSTS_MAX_AGE, Options

Headers = list[tuple[bytes, bytes]]

# Types of a script element that browsers run, or that decide what is run; any other type is data.
_EXECUTABLE = re.compile(r"|module|importmap|speculationrules|(text|application)/(x-)?(java|ecma)script")
# A file name that changes with the content, as Vite 8 gives them.
_HASHED_NAME = re.compile(r"/assets/[^/]+-[\w-]{8}\.\w+$")

_ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    # Other sites learn the origin, never a path or a query. With "no-referrer" the app's own form posts would have the
    # Origin "null", which the HTTP middleware refuses. With "same-origin" some video hosts would show nothing.
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
# JSON loads nothing and is for pages of this origin, or for those that CORS admits. Files get no resource policy: with
# pages and API at two origins, the pages show uploaded files by plain image elements.
_DATA: Headers = [
    *_ALWAYS,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_NO_STORE = (b"cache-control", b"no-store")
_IMMUTABLE = (b"cache-control", f"public, max-age={int(ASSET_MAX_AGE.total_seconds())}, immutable".encode())
# Without includeSubDomains: the kit must not decide for other hosts of the domain.
_HSTS = (b"strict-transport-security", f"max-age={int(HSTS_MAX_AGE.total_seconds())}".encode())


class SecurityHeaders:
    """The headers for each kind of answer, made once at start."""

    def __init__(self, options: Options, pages: Path | None = None) -> None:
        """Read the built pages in the folder `pages`, if this server serves them: each may run its inline scripts."""
        further = options.content_security_policy
        document = _policy(further)
        self._document: Headers = [*_ALWAYS, (b"content-security-policy", _text(document)), _NO_STORE]
        # Chromium shows an opened PDF as a plugin object of the same address, which "object-src 'none'" would block.
        del document["object-src"]
        self._file: Headers = [*_ALWAYS, (b"content-security-policy", _text(document))]
        self._asset: Headers = [*self._file, _IMMUTABLE]
        self._pages: dict[bytes, Headers] = {
            etag: [*_ALWAYS, (b"content-security-policy", _text(_policy(further, hashes))), _NO_STORE]
            for etag, hashes in _hashes_of_pages(pages).items()
        }

    def complete(self, headers: Headers, path: str, *, is_https: bool) -> Headers:
        """Return an answer's headers followed by the security headers that it lacks; the app's own ones stay."""
        present = {name.lower(): value for name, value in headers}
        content_type = present.get(b"content-type", b"")
        # A 304 has no type. An asset may have a page's etag: Starlette 1.10 makes it of time and size alone.
        is_page = content_type.startswith(b"text/html") or not content_type
        if is_page and (page := self._pages.get(present.get(b"etag", b""))):
            added = page
        elif content_type.startswith(b"text/html"):
            added = self._document
        elif content_type.startswith(b"application/json"):
            added = _DATA
        elif b"etag" in present and _HASHED_NAME.search(path):
            added = self._asset
        else:
            added = self._file
        # Never on http (RFC 6797, 7.2).
        added = [*added, _HSTS] if is_https else added
        return [*headers, *(header for header in added if header[0] not in present)]


def script_hashes(html: str) -> list[str]:
    """Return the CSP sources that allow a page's inline scripts, each once."""
    # Browsers read every line end as "\n" before they look for scripts (HTML, 13.2.3.5).
    scripts = _InlineScripts()
    scripts.feed(html.replace("\r\n", "\n").replace("\r", "\n"))
    scripts.close()
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts.found)
    return list(dict.fromkeys(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests))


class _InlineScripts(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        kind = (given.get("type") or "").strip().lower()
        self._is_inside = tag == "script" and "src" not in given and bool(_EXECUTABLE.fullmatch(kind))
        if self._is_inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.found[-1] += data


def _hashes_of_pages(folder: Path | None) -> Mapping[bytes, Sequence[str]]:
    # Keyed by the ETag that the file server gives to a file. So the policy fits whichever page it serves, compressed or
    # not, and this module need not know how addresses map to files. Two files of equal time and size share an ETag;
    # then each may run the scripts of both.
    hashes: defaultdict[bytes, list[str]] = defaultdict(list)
    for page in sorted(folder.rglob("*.html")) if folder else ():
        own = script_hashes(page.read_text("utf-8"))
        for file in (page, *page.parent.glob(f"{page.name}.*")):
            etag = FileResponse(file, stat_result=file.stat()).headers["etag"].encode()
            hashes[etag] += [source for source in own if source not in hashes[etag]]
    return hashes


def _policy(further: Mapping[str, Sequence[str]], hashes: Iterable[str] = ()) -> dict[str, list[str]]:
    policy = {name: list(sources) for name, sources in CONTENT_SECURITY_POLICY.items()}
    for name, sources in further.items():
        # A directive that is set no longer falls back to default-src, so it starts from the sources there.
        own = policy.get(name, policy["default-src"])
        policy[name] = [*(source for source in own if source != "'none'" or not sources), *sources]
    policy["script-src"] += hashes
    return policy


def _text(policy: Mapping[str, Sequence[str]]) -> bytes:
    return "; ".join(" ".join((name, *sources)) for name, sources in policy.items()).encode()
