"""The MARA event API, call by call."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import tenacity

from mara.domain import Origin
from mara.domain.checks import positive
from mara.errors import (
    FeedError,
    InvalidValue,
    OutcomeUnknown,
    RateLimited,
    RejectedRecord,
    TemporaryError,
    Unauthorized,
    VenueError,
)
from mara.feeds.base import Quarantined
from mara.feeds.mara_api.pace import Pace
from mara.feeds.mara_api.parse import (
    PriceList,
    excerpt,
    parse_account,
    parse_inventory,
    parse_prices,
    parse_status,
)
from mara.feeds.mara_api.transport import Reply, Transport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import numpy as np
    from pydantic import SecretStr

    from mara.clock import Clock
    from mara.feeds.mara_api.values import Allocation, Inventory, MachineStatus, SiteAccount

__all__ = ["MaraApiClient", "PricesReply", "origin_of"]

T = TypeVar("T")

_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104
_SHARE_OF_ONE_ATTEMPT: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class PricesReply:
    """A list of prices, the server's clock minus ours, and what its figures are."""

    prices: PriceList
    skew_s: float | None
    origin: Origin


def origin_of(reply: Reply) -> Origin:
    """Tell what a server's figures are.

    What it says, where it says SIMULATED or REPLAY. Else LIVE, but for a server on this machine,
    whose figures are SIMULATED.
    """
    if reply.origin in {Origin.SIMULATED, Origin.REPLAY}:
        return Origin(reply.origin)
    return Origin.SIMULATED if reply.here else Origin.LIVE


class MaraApiClient:
    """A typed client; every call ends within `timeout_s`, its retries included.

    Calls that change nothing are retried with growing, jittered pauses while the fault may pass;
    calls that change something only where the server said that it did not take them.

    Parameters
    ----------
    base_url
        Such as ``http://127.0.0.1:8900``.
    api_key
        The site's key; it is never logged nor shown.
    timeout_s, attempts
        Bounds of one call. One attempt may take half of the time.
    """

    def __init__(
        self,
        *,
        base_url: str,
        clock: Clock,
        rng: np.random.Generator,
        api_key: SecretStr | None = None,
        timeout_s: float = 8.0,
        attempts: int = 4,
    ) -> None:
        positive("MaraApiClient", "timeout_s", timeout_s)
        positive("MaraApiClient", "attempts", attempts)
        self._transport = Transport(base_url=base_url, clock=clock)
        self._pace = Pace(clock=clock, rng=rng)
        self._timeout_s = timeout_s
        self._attempts = attempts
        self._key: SecretStr | None = None
        if api_key is not None:
            self.use_key(api_key)

    @property
    def name(self) -> str:
        """How the server is called on the screen."""
        url = self._transport.url
        place = f"{url.host}:{url.port}" if url.port else url.host
        return f"exchange {place}" if self.is_local_name else f"MARA API {place}"

    @property
    def is_local_name(self) -> bool:
        """Whether the address names this machine outright."""
        return self._transport.url.host in _LOCAL_NAMES

    @property
    def has_key(self) -> bool:
        """Whether calls about the site can be made."""
        return self._key is not None

    def use_key(self, api_key: SecretStr) -> None:
        """Send `api_key` from now on."""
        text = api_key.get_secret_value()
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise InvalidValue("api_key must be printable ASCII without blanks; check its copy")
        self._key = api_key

    async def prices(self) -> PricesReply:
        """Give the list of prices; a reply that is no list becomes a quarantined record.

        Raises
        ------
        TemporaryError
            The server cannot be reached or fails.
        """
        reply = await self._call("GET", "/prices", lambda reply: reply)
        return PricesReply(
            prices=self._price_list(reply.body), skew_s=reply.skew_s, origin=origin_of(reply)
        )

    def _price_list(self, body: bytes) -> PriceList:
        try:
            return parse_prices(body, secret=self._key)
        except RejectedRecord as error:
            kept = Quarantined(record=excerpt(body, self._key), reason=str(error))
            return PriceList(quotes=(), quarantined=(kept,))

    async def inventory(self) -> Inventory:
        """Give the machine types on offer."""
        return await self._call("GET", "/inventory", lambda reply: parse_inventory(reply.body))

    async def site(self) -> SiteAccount:
        """Give the name and power limit of the key's site."""
        key = self._needed_key()
        return await self._call("GET", "/sites", lambda reply: parse_account(reply.body), key=key)

    async def machines(self) -> MachineStatus:
        """Give what is in force at the key's site."""
        key = self._needed_key()
        return await self._call("GET", "/machines", lambda reply: parse_status(reply.body), key=key)

    async def create_site(self, name: str) -> SiteAccount:
        """Make a site; its key is in the answer and used from now on.

        Raises
        ------
        VenueError, OutcomeUnknown
            The server refuses, or did not answer: a site may be there whose key is lost.
        """
        reply = await self._change("POST", "/sites", {"name": name}, key=None)
        account = parse_account(reply.body)
        if account.api_key is None:
            raise VenueError(f"{self.name}: made a site but gave no api_key; make another one")
        self.use_key(account.api_key)
        return account

    async def put_machines(self, allocation: Allocation) -> None:
        """Send an allocation, once; what came of it must be read back.

        Raises
        ------
        OutcomeUnknown
            It was sent and no answer came.
        VenueError
            The server refuses it, as over the site's power limit.
        RateLimited, Unauthorized
            The server did not take it.
        """
        await self._change("PUT", "/machines", allocation.counts(), key=self._needed_key())

    def _needed_key(self) -> SecretStr:
        if self._key is None:
            raise Unauthorized(
                f"{self.name}: no api_key is set; set MARA_FEED__MARA_API__API_KEY to the site's"
            )
        return self._key

    async def _call(
        self,
        method: str,
        path: str,
        parse: Callable[[Reply], T],
        *,
        key: SecretStr | None = None,
    ) -> T:
        async def attempt() -> T:
            return parse(await self._send(method, path, key, None))

        try:
            return await self._retried(attempt, on=(TemporaryError, RejectedRecord))
        except (TemporaryError, RejectedRecord, Unauthorized):
            raise
        except FeedError as error:
            raise TemporaryError(str(error)) from None

    async def _change(
        self,
        method: str,
        path: str,
        body: dict[str, int] | dict[str, str],
        *,
        key: SecretStr | None,
    ) -> Reply:
        async def attempt() -> Reply:
            return await self._send(method, path, key, dict(body))

        try:
            return await self._retried(attempt, on=(RateLimited,))
        except (RateLimited, Unauthorized):
            raise
        except TemporaryError as error:
            raise OutcomeUnknown(f"{error}; what came of it is unknown: read back") from None
        except FeedError as error:
            raise VenueError(str(error)) from None

    async def _send(
        self, method: str, path: str, key: SecretStr | None, body: dict[str, object] | None
    ) -> Reply:
        await self._pace.admit()
        try:
            return await self._transport.send(
                method, path, limit_s=self._timeout_s * _SHARE_OF_ONE_ATTEMPT, key=key, body=body
            )
        except RateLimited as error:
            self._pace.hold(error.retry_after_s)
            raise

    async def _retried(
        self, attempt: Callable[[], Awaitable[T]], *, on: tuple[type[FeedError], ...]
    ) -> T:
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(on),
            stop=tenacity.stop_after_attempt(self._attempts)
            | tenacity.stop_before_delay(self._timeout_s),
            wait=self._pause_s,
            reraise=True,
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                return await retrying(attempt)
        except TimeoutError:
            raise TemporaryError(f"{self.name}: no answer within {self._timeout_s:g} s") from None

    def _pause_s(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        own = self._pace.pause_s(state.attempt_number)
        return error.retry_after_s + own / 4 if isinstance(error, RateLimited) else own

    async def close(self) -> None:
        """Close all connections."""
        await self._transport.close()
