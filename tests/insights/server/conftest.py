"""The server for the tests of this folder, and one client of the SDK for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anthropic
import pytest

from tests.insights.server.fixture import KEY, messages_server, shared_messages_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.insights.server.fixture import MessagesServer

__all__ = ["messages_server", "shared_messages_server"]


@pytest.fixture(scope="session")
def sdk(shared_messages_server: MessagesServer) -> Iterator[anthropic.Anthropic]:
    """A client that never retries; `with_options` gives others on the same connections."""
    with anthropic.Anthropic(
        api_key=KEY, base_url=shared_messages_server.url, max_retries=0
    ) as client:
        yield client
