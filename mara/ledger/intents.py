"""The write-ahead journal: what is about to be done, durable before it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, insert, select, update

from mara.domain import Intent, IntentKind, Outcome, OutcomeKind, TickRecord
from mara.errors import AlreadyDone, InvalidValue
from mara.ledger import schema
from mara.ledger.codec import decode, encode
from mara.ledger.part import Part, same_site
from mara.ledger.records import insert_record

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Intents", "close_intent"]

_STAYS_OPEN: Final = frozenset({OutcomeKind.UNKNOWN, OutcomeKind.RESENT, OutcomeKind.FILLED})
_TABLE: Final = schema.intents
_OUTCOMES: Final = schema.outcomes
_HERE: Final = (_TABLE.c.site_id == bindparam("site")) & (_TABLE.c.intent_id == bindparam("intent"))
_BODY: Final = select(_TABLE.c.body).where(_HERE)
_OPEN: Final = select(_TABLE.c.open).where(_HERE)
_CLOSE: Final = update(_TABLE).where(_HERE).values(open=False)
_ON_IT: Final = (_OUTCOMES.c.site_id == bindparam("site")) & (
    _OUTCOMES.c.intent_id == bindparam("intent")
)
_NEWEST_OUTCOME: Final = select(func.max(_OUTCOMES.c.number)).where(_ON_IT)
_OUTCOME: Final = (
    select(_OUTCOMES.c.body).where(_ON_IT).order_by(_OUTCOMES.c.number.desc()).limit(1)
)


def close_intent(connection: Connection, intent_id: str, site_id: str) -> None:
    """Note within an atomic block that the intent needs nothing more."""
    connection.execute(_CLOSE, {"site": site_id, "intent": intent_id})


class Intents(Part):
    """Journal intents and what came of them."""

    def journal(self, intent: Intent, record: TickRecord | None = None) -> None:
        """Make `intent` durable, with the record of its tick in the same atomic block.

        Raises
        ------
        AlreadyDone
            The id is there; the text says by whom and when.
        """
        same_site("Ledger.journal", intent.site_id, self.site_id)
        with self._store.write() as connection:
            if (first := self._intent(connection, intent.intent_id)) is not None:
                raise AlreadyDone(
                    f"intent {intent.intent_id}: already made by {first.author} at "
                    f"{first.made_at:%Y-%m-%d %H:%M:%S} UTC; use a new id for a new action"
                )
            connection.execute(insert(_TABLE), self._intent_row(connection, intent))
            if record is not None:
                insert_record(connection, record, self.site_id)

    def _intent_row(self, connection: Connection, intent: Intent) -> dict[str, Any]:
        return {
            "site_id": self.site_id,
            "intent_id": intent.intent_id,
            "number": self._next(connection, _TABLE),
            "kind": intent.kind.value,
            "open": True,
            "body": encode(intent),
        }

    def acknowledge(self, outcome: Outcome) -> bool:
        """Write down what came of an intent; False where the intent was closed before.

        UNKNOWN, RESENT and FILLED leave the intent open: what was filled closes when its trade is
        booked.

        Raises
        ------
        InvalidValue
            No such intent was journalled.
        """
        with self._store.write() as connection:
            still_open = connection.execute(_OPEN, self._key(outcome.intent_id)).scalar()
            if still_open is None:
                raise InvalidValue(
                    f"Ledger.acknowledge: intent_id={outcome.intent_id!r} is unknown; journal the "
                    "intent first"
                )
            if not still_open:
                return False
            self._append(connection, outcome)
            if outcome.kind not in _STAYS_OPEN:
                close_intent(connection, outcome.intent_id, self.site_id)
            return True

    def _append(self, connection: Connection, outcome: Outcome) -> None:
        newest = connection.execute(_NEWEST_OUTCOME, self._key(outcome.intent_id)).scalar()
        row = {
            "site_id": self.site_id,
            "intent_id": outcome.intent_id,
            "number": 0 if newest is None else newest + 1,
            "body": encode(outcome),
        }
        connection.execute(insert(_OUTCOMES), row)

    def pending(self) -> tuple[Intent, ...]:
        """Intents that nothing final came of, oldest first."""
        query = (
            select(_TABLE.c.body).where(self._mine(_TABLE), _TABLE.c.open).order_by(_TABLE.c.number)
        )
        with self._store.read() as connection:
            bodies = connection.execute(query).scalars().all()
        return tuple(decode(Intent, body) for body in bodies)

    def intent(self, intent_id: str) -> Intent | None:
        """Find the intent of this id; None where there is none."""
        with self._store.read() as connection:
            return self._intent(connection, intent_id)

    def _intent(self, connection: Connection, intent_id: str) -> Intent | None:
        body = connection.execute(_BODY, self._key(intent_id)).scalar()
        return None if body is None else decode(Intent, body)

    def outcome(self, intent_id: str) -> Outcome | None:
        """Newest word on an intent; None while there is none."""
        with self._store.read() as connection:
            return self._outcome(connection, intent_id)

    def _outcome(self, connection: Connection, intent_id: str) -> Outcome | None:
        body = connection.execute(_OUTCOME, self._key(intent_id)).scalar()
        return None if body is None else decode(Outcome, body)

    def orders(self, limit: int = 100) -> tuple[tuple[Intent, Outcome | None], ...]:
        """Newest intents to trade first, each with the newest word on it."""
        query = (
            select(_TABLE.c.body)
            .where(self._mine(_TABLE), _TABLE.c.kind == IntentKind.TRADE.value)
            .order_by(_TABLE.c.number.desc())
            .limit(limit)
        )
        with self._store.read() as connection:
            intents = [decode(Intent, b) for b in connection.execute(query).scalars().all()]
            return tuple((i, self._outcome(connection, i.intent_id)) for i in intents)

    def _key(self, intent_id: str) -> dict[str, str]:
        return {"site": self.site_id, "intent": intent_id}
