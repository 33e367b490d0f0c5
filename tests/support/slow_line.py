"""A line with a delay: a TCP proxy that lets everything through later, and charges the set-up of a connection too."""

import asyncio
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

HOST = "127.0.0.1"


class SlowLine:
    """Listens on a port of its own and passes on to another, `seconds` later in each direction.

    A browser that is far away waits one round trip for a TCP connection before it can send: here that is charged to the
    first bytes of each connection.
    """

    def __init__(self, port: int, seconds: float) -> None:
        """Pass nothing on yet."""
        self.port, self.seconds, self.target = port, seconds, 0

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(2 * self.seconds)
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass_on(reader, far_writer), self._pass_on(far_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        on_the_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                due, data = await on_the_way.get()
                await asyncio.sleep(max(0, due - loop.time()))
                if not data:
                    break
                writer.write(data)
            with suppress(OSError):
                writer.close()

        arriving = asyncio.create_task(arrive())
        with suppress(OSError):
            while data := await reader.read(65536):
                on_the_way.put_nowait((loop.time() + self.seconds, data))
        on_the_way.put_nowait((loop.time() + self.seconds, b""))
        await arriving

    @contextmanager
    def open(self, target: int) -> Iterator[None]:
        """Pass on to that port as long as this lasts."""
        self.target = target
        # In a thread: Playwright's synchronous API leaves a running loop in the main one.
        started: queue.Queue[Callable[[], object]] = queue.Queue()

        async def serve() -> None:
            is_over, loop = asyncio.Event(), asyncio.get_running_loop()
            await asyncio.start_server(self._accept, HOST, self.port)
            started.put(lambda: loop.call_soon_threadsafe(is_over.set))
            await is_over.wait()

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        stop = started.get(timeout=10)
        try:
            yield
        finally:
            stop()
            thread.join(10)
