"""A stream read in a thread of its own, so that whoever waits for it can leave while it is silent."""

from __future__ import annotations

import queue
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

__all__ = ["Finished", "Pump"]

_AHEAD: Final = 256
_PUT_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of a stream: its whole message where it began, and what broke it."""

    message: Any = None
    error: Exception | None = None


class Pump:
    """Hands over the events of a stream; its thread ends with the stream, or when left."""

    def __init__(self, opened: Callable[[], AbstractContextManager[Any]]) -> None:
        self._opened = opened
        self._events: queue.Queue[Any] = queue.Queue(_AHEAD)
        self._left = threading.Event()
        self._stream: Any = None
        threading.Thread(target=self._run, name="claude-stream", daemon=True).start()

    def take(self, timeout_s: float) -> Any:  # noqa: ANN401 - a union of the SDK's
        """Give the next event, `Finished` at the end, and None where `timeout_s` brought none."""
        try:
            return self._events.get(timeout=timeout_s)
        except queue.Empty:
            return None

    def leave(self) -> None:
        """Leave the stream now; its connection is shut, so that its thread ends too."""
        self._left.set()
        if self._stream is not None:
            _shut(self._stream)

    def _run(self) -> None:
        try:
            with self._opened() as stream:
                self._stream = stream
                self._put(Finished(message=self._read(stream)))
        except Exception as error:  # noqa: BLE001 - the edge of a thread; its taker raises it
            self._put(Finished(error=error))

    def _read(self, stream: Any) -> Any:  # noqa: ANN401
        begun = False
        for event in stream:
            if self._left.is_set():
                return None
            begun = begun or event.type == "message_start"
            self._put(event)
        return stream.current_message_snapshot if begun else None

    def _put(self, item: object) -> None:
        while not self._left.is_set():
            with suppress(queue.Full):
                self._events.put(item, timeout=_PUT_S)
                return


def _shut(stream: Any) -> None:  # noqa: ANN401
    """Shut the socket of a stream: that alone wakes a thread that reads from it."""
    network = stream.response.extensions.get("network_stream")
    raw = None if network is None else network.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.shutdown(socket.SHUT_RDWR)
