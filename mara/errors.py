"""Every error MARA raises, by cause.

::

    MaraError
    ├── InvalidValue          an argument is impossible (also a ValueError)
    ├── SettingsError         mara.toml or the environment is wrong
    ├── DataFileError         a file's format, column or row is wrong
    ├── FeedError
    │   ├── TemporaryError    may pass: retry with growing, jittered pauses
    │   │   └── RateLimited   retry, but not before `retry_after_s`
    │   ├── RejectedRecord    one record is corrupt; the others stand
    │   ├── FeedEnded         a file has no later tick
    │   └── Unauthorized      a key is refused: never retried
    ├── VenueError
    │   ├── OutcomeUnknown    sent, but no answer: read back before anything else
    │   └── Mismatch          what was read back is not what was sent
    ├── RefusedError          the gate says no, and names its rule
    ├── StaleVersion          the caller acted on an older snapshot
    ├── LedgerError
    │   ├── LedgerBusy        another process holds the database
    │   ├── LedgerFull        no space, or read-only
    │   ├── LedgerCorrupt     the database or its checksums do not hold
    │   ├── FencedOut         another engine leads this site
    │   └── AlreadyDone       the same idempotency key has taken effect
    ├── NarratorError         Claude gave no text; `cause` says why
    └── SolverError
        ├── Infeasible        no plan satisfies the constraints named
        └── SolverFailed      time, node limit or numerical trouble

A message says who, which argument, the value got, and the way out.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "AlreadyDone",
    "DataFileError",
    "FeedEnded",
    "FeedError",
    "FencedOut",
    "Infeasible",
    "InvalidValue",
    "LedgerBusy",
    "LedgerCorrupt",
    "LedgerError",
    "LedgerFull",
    "MaraError",
    "Mismatch",
    "NarratorError",
    "OutcomeUnknown",
    "RateLimited",
    "RefusedError",
    "RejectedRecord",
    "SettingsError",
    "SolverError",
    "SolverFailed",
    "StaleVersion",
    "TemporaryError",
    "Unauthorized",
    "VenueError",
]


class MaraError(Exception):
    """The root of the tree; its text is one sentence fit for a person.

    An error goes whole from one process to another, also what its constructor takes by name.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how the error is made again, its constructor left aside."""
        return _again, (type(self), self.args), dict(vars(self))


class InvalidValue(MaraError, ValueError):
    """An argument is impossible."""


class SettingsError(MaraError):
    """The configuration is wrong; the text names the key."""


class DataFileError(MaraError):
    """A file is wrong; the text names file, row and column."""


class FeedError(MaraError):
    """A feed did not give what was asked."""


class TemporaryError(FeedError):
    """A fault that may pass."""


class RateLimited(TemporaryError):
    """The server asks for a pause of `retry_after_s` seconds."""

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RejectedRecord(FeedError):
    """One record is corrupt and goes to quarantine."""


class FeedEnded(FeedError):
    """The file holds no later tick."""


class Unauthorized(FeedError):
    """The key is missing, wrong or revoked; retrying cannot help."""


class VenueError(MaraError):
    """A venue did not do what was asked."""


class OutcomeUnknown(VenueError):
    """The request was sent and no answer came: read back, then decide."""


class Mismatch(VenueError):
    """The venue's state differs from the intent."""


class RefusedError(MaraError):
    """The gate refuses; `rule` names the rule."""

    def __init__(self, message: str, *, rule: str) -> None:
        super().__init__(message)
        self.rule = rule


class StaleVersion(MaraError):
    """The command was made on an older snapshot than the one in force."""


class LedgerError(MaraError):
    """The ledger cannot do what was asked."""


class LedgerBusy(LedgerError):
    """The database stayed locked longer than the busy timeout."""


class LedgerFull(LedgerError):
    """The disk is full or read-only."""


class LedgerCorrupt(LedgerError):
    """The database does not pass its integrity checks."""


class FencedOut(LedgerError):
    """A newer leader holds the site's lease."""


class AlreadyDone(LedgerError):
    """The idempotency key has taken effect before."""


class NarratorError(MaraError):
    """Claude gave no text; `cause` names why, `retry_after_s` when asking again may help."""

    def __init__(self, message: str, *, cause: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.retry_after_s = retry_after_s


class SolverError(MaraError):
    """The optimiser gave no plan."""


class Infeasible(SolverError):
    """No plan satisfies the constraints; `constraints` names the ones in conflict."""

    def __init__(self, message: str, *, constraints: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.constraints = constraints


class SolverFailed(SolverError):
    """The solver ended without a usable answer."""


def _again(kind: type[MaraError], args: tuple[object, ...]) -> MaraError:
    return kind.__new__(kind, *args)
