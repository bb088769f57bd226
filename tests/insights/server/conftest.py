"""The server for the tests of this folder."""

from __future__ import annotations

from tests.insights.server.fixture import messages_server, shared_messages_server

__all__ = ["messages_server", "shared_messages_server"]
