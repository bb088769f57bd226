"""One feed fetched over HTTP: bounded in time, size and redirects, asked for only when changed."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import httpx

from mara.domain import Origin
from mara.errors import FeedError, InvalidValue, RateLimited, TemporaryError, Unauthorized
from mara.feeds.mara_api.transport import is_here
from mara.http_time import http_date, pause_s

if TYPE_CHECKING:
    import ssl

    from mara.clock import Clock

__all__ = ["MOST_BYTES", "MOST_REDIRECTS", "Fetched", "Validators", "checked_url", "fetch"]

MOST_BYTES: Final = 2 * 2**20
"""Most bytes of a feed that are read."""

MOST_REDIRECTS: Final = 3
_PAUSE_WITHOUT_WORD_S: Final = 600.0
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_LAST_PORT: Final = 65_535
_HOST: Final = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]*:[0-9a-f:.]*", re.IGNORECASE)
_MOST_VALIDATOR: Final = 500
_INSIDE: Final = frozenset({"localhost", "local", "internal", "lan", "home"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server said of the version that it sent (RFC 9110, 8.8)."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that ask for a newer version only."""
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A feed as it came; `body` is None where it is the version known."""

    url: str
    body: bytes | None
    origin: Origin
    validators: Validators


def checked_url(url: str) -> httpx.URL:
    """Read the address of a feed.

    Raises
    ------
    InvalidValue
        It is no http or https address, or holds a password.
    """
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, TypeError):
        raise InvalidValue("news: url is no address; give one of http or https") from None
    if read.scheme not in {"http", "https"} or read.userinfo or not _is_host(read):
        raise InvalidValue(
            f"news: url of scheme {read.scheme[:12]!r} and host {read.host[:60]!r} will not do; "
            "give an http or https address without a password"
        )
    return read


def _is_host(url: httpx.URL) -> bool:
    """Tell whether an address has a host, and a port where it names one."""
    in_range = url.port is None or 0 < url.port <= _LAST_PORT
    return in_range and _HOST.fullmatch(url.raw_host.decode("ascii", "replace")) is not None


async def fetch(url: str, *, known: Validators, clock: Clock, limit_s: float) -> Fetched:
    """Fetch a feed within `limit_s`, redirects included; nothing is taken from the environment.

    Raises
    ------
    TemporaryError, RateLimited
        No answer, no whole answer, or one that may be better later.
    Unauthorized, FeedError
        The server refuses, or sends what is not to be read.
    """
    first = checked_url(url)
    what = f"news {first.host}"
    try:
        async with asyncio.timeout(limit_s), _client(limit_s) as http:
            return await _followed(http, first, known, clock)
    except (TimeoutError, httpx.TimeoutException):
        raise TemporaryError(f"{what}: no whole answer within {limit_s:g} s") from None
    except httpx.HTTPError as error:
        raise TemporaryError(f"{what}: the connection failed ({type(error).__name__})") from None


def _client(limit_s: float) -> httpx.AsyncClient:
    accept = "application/rss+xml, application/atom+xml, application/xml, text/xml;q=0.9"
    return httpx.AsyncClient(
        headers={"Accept": accept, "Accept-Encoding": "identity", "User-Agent": "mara-news"},
        follow_redirects=False,
        trust_env=False,
        timeout=httpx.Timeout(limit_s),
        verify=_trusted(),
    )


@cache
def _trusted() -> ssl.SSLContext:
    """Load the authorities trusted, once: it takes longer than most requests."""
    return httpx.create_ssl_context(trust_env=False)


async def _followed(
    http: httpx.AsyncClient, first: httpx.URL, known: Validators, clock: Clock
) -> Fetched:
    at = first
    for _ in range(MOST_REDIRECTS + 1):
        async with http.stream("GET", at, headers=known.headers) as response:
            if response.status_code not in _MOVED:
                return await _read(response, f"news {first.host}", known, clock)
            at = _next(first, at, response.headers.get("Location", ""))
    raise FeedError(f"news {first.host}: more than {MOST_REDIRECTS} redirects")


def _next(first: httpx.URL, at: httpx.URL, location: str) -> httpx.URL:
    """Give where a redirect leads: never to another scheme in the clear, nor into this network."""
    what = f"news {first.host}"
    try:
        target = checked_url(str(at.join(location)))
    except (InvalidValue, httpx.InvalidURL, ValueError):
        raise FeedError(f"{what}: redirects to what is no web address") from None
    if at.scheme == "https" and target.scheme != "https":
        raise FeedError(f"{what}: redirects from https to http, which is not followed")
    if target.host != first.host and _is_inside(target.host):
        raise FeedError(f"{what}: redirects into this network, which is not followed")
    return target


def _is_inside(host: str) -> bool:
    """Tell whether a name can only mean a machine of this network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        labels = host.lower().rstrip(".").split(".")
        return len(labels) == 1 or labels[-1] in _INSIDE or labels[-1].isdigit()


async def _read(response: httpx.Response, what: str, known: Validators, clock: Clock) -> Fetched:
    origin = Origin.SIMULATED if is_here(response) else Origin.LIVE
    url = str(response.url)
    if response.status_code == 304 and known.headers:
        return Fetched(url=url, body=None, origin=origin, validators=known)
    _check_status(response, what, clock)
    body = await _bounded(response, what)
    return Fetched(url=url, body=body, origin=origin, validators=_validators(response))


def _validators(response: httpx.Response) -> Validators:
    etag, modified = (response.headers.get(name) for name in ("ETag", "Last-Modified"))
    return Validators(etag=_short(etag), last_modified=_short(modified))


def _short(value: str | None) -> str | None:
    return value if value and len(value) <= _MOST_VALIDATOR else None


def _check_status(response: httpx.Response, what: str, clock: Clock) -> None:
    status = response.status_code
    if status in {429, 503}:
        raise RateLimited(
            f"{what}: the server asks for a pause ({status})",
            retry_after_s=_pause_s(response, clock),
        )
    if status in {401, 403}:
        raise Unauthorized(f"{what}: the server wants a login ({status}); take another feed")
    if status >= 500 or status in {408, 425}:
        raise TemporaryError(f"{what}: the server fails ({status})")
    if status != 200:
        raise FeedError(f"{what}: refused with {status}; check the address")


def _pause_s(response: httpx.Response, clock: Clock) -> float:
    now = http_date(response.headers.get("Date")) or clock.now()
    asked = pause_s(response.headers.get("Retry-After"), now=now)
    return _PAUSE_WITHOUT_WORD_S if asked is None else asked


async def _bounded(response: httpx.Response, what: str) -> bytes:
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding != "identity":
        raise FeedError(f"{what}: the reply is encoded as {encoding[:20]!r}, not plain")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise FeedError(f"{what}: the feed is larger than {MOST_BYTES} bytes")
    return bytes(body)
