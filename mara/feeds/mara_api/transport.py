"""One HTTP exchange: bounded in time and size, its faults sorted by cause."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from mara.errors import (
    FeedError,
    InvalidValue,
    RateLimited,
    TemporaryError,
    Unauthorized,
)
from mara.feeds.mara_api.parse import excerpt
from mara.http_time import http_date, pause_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from mara.clock import Clock

__all__ = ["MAX_REPLY_BYTES", "Reply", "Transport", "is_here"]

MAX_REPLY_BYTES: Final = 4 * 2**20
"""Most bytes of a reply that are read: a month of prices takes a quarter of it."""

_PAUSE_WITHOUT_WORD_S: Final = 1.0
_LAST_PORT: Final = 65_535
_MAY_PASS: Final = frozenset({408, 425})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A reply with status 2xx.

    `skew_s` is the server's clock minus ours, to a second. `here` says that the server runs on
    this machine, `origin` is what it says its figures are.
    """

    body: bytes
    skew_s: float | None
    here: bool
    origin: str | None


class Transport:
    """Sends requests to one host; follows no redirects and takes nothing from the environment."""

    def __init__(self, *, base_url: str, clock: Clock) -> None:
        self.url = _checked_url(base_url)
        self._clock = clock
        self._http = httpx.AsyncClient(
            base_url=self.url,
            headers={"Accept-Encoding": "identity", "Accept": "application/json"},
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2),
        )

    async def send(
        self,
        method: str,
        path: str,
        *,
        limit_s: float,
        key: SecretStr | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Reply:
        """Send one request and read its whole reply within `limit_s`.

        Raises
        ------
        TemporaryError, RateLimited
            No answer, no whole answer, or one that may be better later.
        Unauthorized
            The key is refused.
        FeedError
            Another refusal; the text quotes the server.
        """
        what = f"{self.url.host}: {method} {path}"
        headers = {} if key is None else {"X-Api-Key": key.get_secret_value()}
        request = self._http.build_request(
            method, path, headers=headers, json=body, timeout=httpx.Timeout(limit_s)
        )
        try:
            async with asyncio.timeout(limit_s):
                return await self._exchange(request, what, key)
        except (TimeoutError, httpx.TimeoutException):
            raise TemporaryError(f"{what}: no whole answer within {limit_s:g} s") from None
        except httpx.HTTPError as error:
            raise TemporaryError(f"{what}: {_cause(error)}") from None

    async def _exchange(self, request: httpx.Request, what: str, key: SecretStr | None) -> Reply:
        response = await self._http.send(request, stream=True)
        try:
            now = self._clock.now()
            date = http_date(response.headers.get("Date"))
            here = is_here(response)
            body = await _bounded(response, what)
        finally:
            await response.aclose()
        if response.status_code == 429:
            asked = pause_s(response.headers.get("Retry-After"), now=date or now)
            seconds = _PAUSE_WITHOUT_WORD_S if asked is None else asked
            raise RateLimited(f"{what}: too many requests", retry_after_s=seconds)
        _check_status(response.status_code, body, what, key)
        return Reply(
            body=body,
            skew_s=None if date is None else (date - now).total_seconds() + 0.5,
            here=here,
            origin=response.headers.get("X-Mara-Origin"),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()


def _checked_url(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        raise InvalidValue("base_url is no URL; give one such as http://127.0.0.1:8900") from None
    if url.scheme not in {"http", "https"} or not url.host or _has_more(url):
        raise InvalidValue(
            f"base_url of scheme {url.scheme!r} and host {url.host!r} will not do; "
            "give one such as http://127.0.0.1:8900"
        )
    return url


def _has_more(url: httpx.URL) -> bool:
    """Tell whether an address holds a password, a query or no possible port."""
    return bool(url.userinfo or url.query) or not 0 < (url.port or 80) <= _LAST_PORT


def _cause(error: httpx.HTTPError) -> str:
    """Tell a fault of the connection without what was sent."""
    if isinstance(error, httpx.ConnectError):
        return "cannot connect; is the server running, and the address right?"
    return f"the connection broke ({type(error).__name__})"


async def _bounded(response: httpx.Response, what: str) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise TemporaryError(f"{what}: the reply is encoded as {encoding[:20]!r}, not plain")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise TemporaryError(f"{what}: the reply is larger than {MAX_REPLY_BYTES} bytes")
    return bytes(body)


def _check_status(status: int, body: bytes, what: str, key: SecretStr | None) -> None:
    if status in {401, 403}:
        raise Unauthorized(f"{what}: the key is refused ({status}); set a valid api_key")
    if status >= 500 or status in _MAY_PASS:
        raise TemporaryError(f"{what}: the server fails ({status})")
    if not 200 <= status < 300:
        said = "".join(c if c.isprintable() else " " for c in excerpt(body, key)[:200])
        raise FeedError(f"{what}: refused with {status}; the server says {said}")


def is_here(response: httpx.Response) -> bool:
    """Tell whether the server runs on this machine: both ends then have one address."""
    stream = response.extensions.get("network_stream")
    ends = [stream.get_extra_info(end) for end in ("client_addr", "server_addr")] if stream else []
    if len(ends) != 2 or not all(ends):
        return True
    ours, theirs = (ipaddress.ip_address(end[0].partition("%")[0]) for end in ends)
    return theirs.is_loopback or ours == theirs
