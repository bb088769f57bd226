"""The MARA event API as what carries a decision out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from mara.domain import ClassUnits, Receipt, Setpoint
from mara.errors import Mismatch, OutcomeUnknown, RateLimited, RejectedRecord, TemporaryError
from mara.feeds.mara_api.values import Allocation, MachineStatus

if TYPE_CHECKING:
    from mara.clock import Clock
    from mara.domain import Decision, Site, Tick
    from mara.feeds.mara_api.client import MaraApiClient

__all__ = ["MaraApiVenue"]

_DEADLINE_S: Final = 30.0


class MaraApiVenue:
    """Sends all five counts, reads them back and compares.

    An answer that does not come is not a failure: the site is read, and only where it does not
    hold the intent the same intent is sent again, once.

    Parameters
    ----------
    client
        Where decisions go. On this machine a site is made where the client has no key.
    clock
        Labels receipts.
    site_name
        Name of a site that is made.
    """

    def __init__(
        self,
        client: MaraApiClient,
        *,
        clock: Clock,
        site_name: str = "mara",
        deadline_s: float = _DEADLINE_S,
    ) -> None:
        self._client = client
        self._clock = clock
        self._site_name = site_name
        self._deadline_s = deadline_s
        self._one_at_a_time = asyncio.Lock()

    @property
    def name(self) -> str:
        """How the venue is called in the ledger and on the screen."""
        return self._client.name

    async def apply(self, site: Site, decision: Decision, tick: Tick) -> Receipt:  # noqa: ARG002
        """Carry `decision` out and read back what is in force.

        Raises
        ------
        InvalidValue
            The decision names a class or a battery that the API does not have.
        OutcomeUnknown
            Sent, but neither answer nor reading back came.
        Mismatch
            What was read back differs from the decision; the text says where.
        VenueError
            The server refuses, as over the site's power limit.
        Unauthorized
            The key is refused, or none is set.
        """
        intent = Allocation.of(decision.setpoint)
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(self._deadline_s):
                    status = await self._carried_out(intent)
            except TimeoutError:
                raise OutcomeUnknown(
                    f"{self.name}: nothing certain within {self._deadline_s:g} s; read back"
                ) from None
        return self._receipt(site, decision, status)

    async def _carried_out(self, intent: Allocation) -> MachineStatus:
        await self._ensure_site()
        answered = await self._sent(intent)
        status = await self._in_force()
        if not answered and status.allocation != intent:
            await self._sent(intent)
            status = await self._in_force()
        if difference := intent.difference(status.allocation):
            raise Mismatch(f"{self.name}: the site is not as decided: {difference}")
        return status

    async def _ensure_site(self) -> None:
        if not self._client.has_key and self._client.is_local_name:
            await self._client.create_site(self._site_name)

    async def _sent(self, intent: Allocation) -> bool:
        """Send `intent`, and tell whether the server answered."""
        try:
            await self._client.put_machines(intent)
        except OutcomeUnknown:
            return False
        except RateLimited as error:
            raise OutcomeUnknown(f"{self.name}: not taken yet: {error}") from None
        return True

    async def _in_force(self) -> MachineStatus:
        try:
            return await self._client.machines()
        except (TemporaryError, RejectedRecord) as error:
            raise OutcomeUnknown(f"{self.name}: cannot be read back: {error}") from None

    async def read_back(self, site: Site, decision: Decision, tick: Tick) -> Receipt:  # noqa: ARG002
        """Read what is in force now, without sending anything.

        Raises
        ------
        OutcomeUnknown
            It cannot be read.
        Unauthorized
            The key is refused, or none is set.
        """
        return self._receipt(site, decision, await self._in_force())

    def _receipt(self, site: Site, decision: Decision, status: MachineStatus) -> Receipt:
        counts = status.allocation.counts()
        units = tuple(
            ClassUnits(name=m.name, units=counts[m.name]) for m in site.machines if m.name in counts
        )
        return Receipt(
            decision_id=decision.decision_id,
            at=self._clock.now(),
            setpoint=Setpoint(units=units),
            venue=self.name,
            revenue_usd=status.total_revenue,
            power_cost_usd=status.total_power_cost,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
