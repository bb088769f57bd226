"""Does the key work, and how fast does the model answer: what `doctor` asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from mara.errors import NarratorError
from mara.insights.claude.failures import cause_of

if TYPE_CHECKING:
    from mara.clock import Clock
    from mara.insights.claude.connection import Connection

__all__ = ["Probe", "probe"]

_MAX_TOKENS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """The model that answered, and how long its first token and its whole answer took."""

    model: str
    first_token_s: float
    whole_s: float


def probe(connection: Connection, model: str, clock: Clock) -> Probe:
    """Ask for one word.

    Raises
    ------
    NarratorError
        The key is refused, or the service does not answer; `cause` says why.
    """
    import anthropic  # noqa: PLC0415
    import httpx2  # noqa: PLC0415

    client = connection.client()
    begun, first = clock.monotonic(), None
    try:
        with client.messages.stream(
            model=model,
            max_tokens=_MAX_TOKENS,
            messages=[{"role": "user", "content": "Answer with the one word: ready"}],
        ) as stream:
            for _ in stream.text_stream:
                first = first or clock.monotonic()
            answered = stream.current_message_snapshot.model
    except (anthropic.AnthropicError, httpx2.HTTPError) as error:
        raise cause_of(error) from None
    if first is None:
        raise NarratorError(f"Claude: {model} gave no text", cause="request")
    return Probe(
        model=str(answered), first_token_s=first - begun, whole_s=clock.monotonic() - begun
    )
