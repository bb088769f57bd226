"""A small web server of this machine that answers with the bytes given."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><title>Grid <b>News</b></title>
<item><title>Wind lifts Texas</title><link>/wind</link>
<pubDate>Tue, 02 Jun 2026 08:30:00 -0500</pubDate></item>
<item><title><![CDATA[Gas <i>falls</i> &amp; stays low]]></title>
<link>https://news.example/gas</link><pubDate>Tue, 02 Jun 2026 12:00:00 GMT</pubDate></item>
</channel></rss>"""


class WebServer:
    """Answers by path, and notes the requests."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.delay_s = 0.0
        self.url = ""
        self.tasks: set[asyncio.Task[None]] = set()

    def put(
        self, path: str, body: bytes = RSS, *, status: str = "200 OK", headers: str = ""
    ) -> str:
        """Serve a page, and give its address."""
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{headers}\r\n"
        self.pages[path] = head.encode() + body
        return self.url + path

    def move(self, path: str, target: str, status: str = "302 Found") -> str:
        """Redirect a page, and give its address."""
        return self.put(path, b"", status=status, headers=f"Location: {target}\r\n")

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a connection in a task that ends with the server."""
        task = asyncio.create_task(self.serve(reader, writer))
        self.tasks.add(task)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            await self.answer(reader, writer)
        finally:
            writer.close()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Write the page asked for."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.requests.append(head)
            await asyncio.sleep(self.delay_s)
            gone = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            writer.write(self.pages.get(head.split()[1], gone))
            await writer.drain()


@contextlib.asynccontextmanager
async def web_server() -> AsyncIterator[WebServer]:
    """Serve on a free port from this loop."""
    web = WebServer()
    server = await asyncio.start_server(web.accept, "127.0.0.1", 0)
    web.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield web
    for task in web.tasks:
        task.cancel()
    await asyncio.gather(*web.tasks, return_exceptions=True)
    await asyncio.sleep(0)
