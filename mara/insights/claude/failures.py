"""What went wrong at the API, by cause, and how often it is worth asking again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mara.errors import NarratorError
from mara.http_time import http_date

if TYPE_CHECKING:
    import numpy as np

__all__ = ["RETRIES", "Retries", "cause_of", "never_billed", "pause_s"]

_SPEND_CODES: Final = ("spend_limit", "usage_limit", "billing", "credit")
_BY_STATUS: Final = {
    401: "key",
    402: "spend",
    403: "key",
    408: "timeout",
    429: "rate",
    504: "timeout",
    529: "overloaded",
}
_BY_KIND: Final = {
    "api_error": "server",
    "overloaded_error": "overloaded",
    "rate_limit_error": "rate",
    "timeout_error": "timeout",
}
"""Causes of errors within a stream, which began with status 200."""

_TEXTS: Final = {
    "key": "the key is refused; give another in this tab or in MARA_INSIGHTS__API_KEY",
    "spend": "the account has reached its spending limit",
    "rate": "too many requests for this account just now",
    "timeout": "no answer in time",
    "overloaded": "the service is overloaded",
    "server": "the service failed",
    "connection": "the service cannot be reached",
    "request": "the service refuses the request",
    "cut": "the answer broke off",
}
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_HOLD_S: Final = 1e7
"""A longer pause than this is taken for a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a request is repeated, by cause; a cause that is missing is never repeated."""

    by_cause: Mapping[str, int]
    longest_pause_s: float = 20.0

    def allowed(self, cause: str) -> int:
        """How many repetitions `cause` is worth."""
        return self.by_cause.get(cause, 0)


RETRIES: Final = Retries(
    by_cause=MappingProxyType(
        {"rate": 2, "overloaded": 2, "server": 1, "timeout": 1, "connection": 1, "cut": 1}
    )
)
"""A refused key, a spend cap and a bad request are not repeated."""


def pause_s(error: NarratorError, attempt: int, rng: np.random.Generator) -> float:
    """Wait as long as the server says, else 0.5 s x 2^attempt with a jitter of a half."""
    if error.retry_after_s is not None:
        return error.retry_after_s
    return _FIRST_PAUSE_S * 2.0**attempt * float(rng.uniform(0.5, 1.5))


def cause_of(error: Exception, *, started: bool = False) -> NarratorError:
    """Name the cause of an error of the SDK; `started` says that the reply had begun.

    The text is ours: bodies of errors are text from outside, and stay out.
    """
    import anthropic  # noqa: PLC0415

    if isinstance(error, anthropic.APIStatusError):
        return _of_status(error)
    if isinstance(error, anthropic.APITimeoutError):
        cause = "timeout"
    elif started:
        cause = "cut"
    else:
        cause = "connection"
    return NarratorError(f"Claude: {_TEXTS[cause]}", cause=cause)


def never_billed(error: Exception) -> bool:
    """Tell whether a request failed for nothing: it never left, or a status refused it.

    All else may have been worked on, and is billed: a silence, a connection that broke later.
    """
    import anthropic  # noqa: PLC0415
    import httpx2  # noqa: PLC0415

    if isinstance(error, anthropic.APIStatusError):
        return int(error.status_code) >= 400
    cause = error.__cause__ if isinstance(error, anthropic.APIConnectionError) else error
    return isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)


def _of_status(error: anthropic.APIStatusError) -> NarratorError:  # type: ignore[name-defined]  # noqa: F821
    status = int(error.status_code)
    code = str(error.error_code or "").lower()
    kind = str(error.type or "").lower()
    cause = _BY_STATUS.get(status) or ("server" if status >= 500 else "request")
    cause = _BY_KIND.get(kind, cause) if status == 200 or kind == "overloaded_error" else cause
    if cause in {"rate", "request"} and any(word in f"{code} {kind}" for word in _SPEND_CODES):
        cause = "spend"
    return NarratorError(
        f"Claude: {_TEXTS[cause]}" + (f" (status {status})" if status != 200 else ""),
        cause=cause,
        retry_after_s=_retry_after(error.response.headers),
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Read the pause asked for: seconds, or a date by the server's own clock."""
    text = headers.get("retry-after", "")
    try:
        seconds = float(text)
    except ValueError:
        until, now = http_date(text), http_date(headers.get("date"))
        if until is None or now is None:
            return None
        seconds = max((until - now).total_seconds(), 0.0)
    return seconds if 0.0 <= seconds < _LONGEST_HOLD_S else None
