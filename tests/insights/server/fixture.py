"""The server on a free port, and the fixture that gives it to a test.

A folder that wants it imports both fixtures in its conftest.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest
import uvicorn

from tests.insights.server.app import create_app
from tests.insights.server.script import Recorded, Script, Usage
from tests.insights.server.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KEY", "MessagesServer", "messages_server", "serving", "shared_messages_server"]

KEY = "sk-ant-canary-0123456789abcdef"
"""The key that the server takes; no text, file or log may ever hold it."""


class MessagesServer:
    """A running server: its address, its script, and what came."""

    def __init__(self, *, url: str, state: State) -> None:
        self.url = url
        self.key = state.key
        self._state = state

    @property
    def script(self) -> Script:
        """The answers, still to be given."""
        return self._state.script

    def begin(self, script: Script | None = None) -> None:
        """Forget all that came, and answer by another script."""
        self._state.begin(script or Script())

    @property
    def requests(self) -> tuple[Recorded, ...]:
        """Every request so far, to any path."""
        with self._state.arrived:
            return tuple(self._state.requests)

    @property
    def messages(self) -> tuple[Recorded, ...]:
        """The requests to ``/v1/messages``."""
        return tuple(r for r in self.requests if r.path == "/v1/messages")

    @property
    def billed(self) -> tuple[Usage, ...]:
        """What each answer with status 200 was billed."""
        return tuple(self._state.billed)

    @property
    def abandoned(self) -> int:
        """Answers that the client left before their end."""
        with self._state.arrived:
            return self._state.abandoned

    def wait_for(self, count: int, timeout_s: float = 60.0) -> bool:
        """Wait until `count` requests have come; tells whether they have."""
        with self._state.arrived:
            return self._state.arrived.wait_for(
                lambda: len(self._state.requests) >= count, timeout_s
            )

    def wait_abandoned(self, count: int = 1, timeout_s: float = 60.0) -> bool:
        """Wait until clients have left `count` answers; tells whether they have."""
        with self._state.arrived:
            return self._state.arrived.wait_for(lambda: self._state.abandoned >= count, timeout_s)


@contextlib.contextmanager
def serving(script: Script | None = None, *, key: str = KEY) -> Iterator[MessagesServer]:
    """Serve a script on a free port of this machine."""
    state = State(key=key, script=script or Script())
    config = uvicorn.Config(
        create_app(state), port=0, log_level=60, ws="none", lifespan="off", date_header=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="messages-api")
    thread.start()
    while not server.started:
        assert thread.is_alive()
        threading.Event().wait(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield MessagesServer(url=f"http://127.0.0.1:{port}", state=state)
    finally:
        state.closing.set()
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture(scope="session")
def shared_messages_server() -> Iterator[MessagesServer]:
    """The one server of a test run."""
    with serving() as server:
        yield server


@pytest.fixture
def messages_server(shared_messages_server: MessagesServer) -> MessagesServer:
    """A server with an empty script and the key `KEY`, which has seen nothing yet."""
    shared_messages_server.begin()
    return shared_messages_server
