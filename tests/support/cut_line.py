"""A line to a server that can be cut or left hanging: a TCP proxy on a port of its own."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

HOST = "127.0.0.1"


class CutLine:
    """Passes everything on to another port; `hang` keeps it back, `cut` ends it, `mend` goes on."""

    url = ""
    """The address of the server by this line, for whoever needs it."""

    def __init__(self, port: int, target: int) -> None:
        """Pass nothing on yet."""
        self.port, self._target = port, target
        self._loop: asyncio.AbstractEventLoop | None = None
        self._passes, self._is_cut = asyncio.Event(), False
        self._writers: set[asyncio.StreamWriter] = set()
        self._lines: set[asyncio.Task[Any]] = set()

    def hang(self) -> None:
        """Take what comes and answer nothing, as a server that is stopped does."""
        self._do(self._passes.clear)

    def cut(self) -> None:
        """End every connection, and each new one at once."""

        def cut() -> None:
            self._is_cut = True
            for writer in list(self._writers):
                writer.transport.abort()

        self._do(cut)

    def mend(self) -> None:
        """Pass on again, and what was kept back first."""

        def mend() -> None:
            self._is_cut = False
            self._passes.set()

        self._do(mend)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Pass on as long as this lasts."""
        # In a thread: Playwright's synchronous API leaves a running loop in the main one.
        started, is_over = threading.Event(), asyncio.Event()

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            self._passes.set()
            server = await asyncio.start_server(self._accept, HOST, self.port)
            started.set()
            await is_over.wait()
            server.close()
            self._passes.set()
            for writer in list(self._writers):
                writer.transport.abort()
            if self._lines:
                await asyncio.wait(self._lines)

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        assert started.wait(10)
        try:
            yield
        finally:
            self._do(is_over.set)
            thread.join(10)

    def _do(self, what: Callable[[], object]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(what)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        both, task = {writer, far_writer}, asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        self._writers |= both
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))
        self._writers -= both
        self._lines.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._passes.wait()
                writer.write(data)
        writer.close()
