"""The Messages API, served by this machine: ``/v1/messages``, ``count_tokens`` and ``/v1/models``.

Every request is recorded with its key masked, checked as the API checks it, billed, and answered by
the script. The paths take ``?beta=true`` as well, which the tool runner of the SDK uses.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tests.insights.server.check import MODELS, problem_of
from tests.insights.server.events import message_of, output_tokens
from tests.insights.server.faults import HEADERS, cut, failed, hang, stream
from tests.insights.server.script import (
    BAD_KEY,
    Ending,
    Failure,
    Hang,
    Recorded,
    Reply,
)
from tests.insights.server.state import State
from tests.insights.server.tokens import tokens_of

__all__ = ["create_app"]

MAX_BODY_BYTES: Final = 32 * 2**20
_MASK: Final = "***"
_SECRETS: Final = frozenset({"x-api-key", "authorization", "cookie"})


def create_app(state: State) -> FastAPI:
    """Make the server of a script."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.shared = state
    app.include_router(_api)
    return app


async def _shared(request: Request) -> State:
    state: State = request.app.state.shared
    return state


async def _recorded(request: Request, state: Annotated[State, Depends(_shared)]) -> Recorded:
    raw = await request.body()
    body = _body(raw)
    headers = {k: _MASK if k in _SECRETS else v for k, v in request.headers.items()}
    one = Recorded(
        method=request.method,
        path=request.url.path,
        headers=headers | {"content-length": str(len(raw))},
        body=body,
        known_key=_key_of(request) == state.key,
        at=time.monotonic(),
    )
    state.record(one)
    return one


def _key_of(request: Request) -> str | None:
    """Give the key, from either header: the SDK sends it as a bearer token."""
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    return bearer or request.headers.get("x-api-key")


def _body(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


Shared = Annotated[State, Depends(_shared)]
Asked = Annotated[Recorded, Depends(_recorded)]
_api: Final = APIRouter()


@_api.post("/v1/messages")
async def _messages(request: Request, state: Shared, asked: Asked) -> Response:
    whole = state.threads.whole(asked.body)
    problem = _refusal(asked) or (whole if isinstance(whole, Failure) else problem_of(whole))
    answer = problem or state.script.answer(asked)
    if isinstance(answer, Hang):
        answer = await hang(request, state, answer)
    if isinstance(answer, Failure):
        return failed(answer)
    assert not isinstance(whole, Failure)
    message = _billed(state, whole, answer)
    if asked.streams:
        return StreamingResponse(
            stream(state, answer, message), media_type="text/event-stream", headers=HEADERS
        )
    await asyncio.sleep(answer.first_s)
    if answer.ending is not Ending.WHOLE:
        return StreamingResponse(cut(), media_type="application/json", headers=HEADERS)
    return JSONResponse(message, headers=HEADERS)


def _billed(state: State, whole: dict[str, Any], reply: Reply) -> dict[str, Any]:
    """Bill a reply and give it as a message, which its thread holds."""
    usage = reply.usage or state.cache.usage(whole, output_tokens(reply))
    state.billed.append(usage)
    message = message_of(reply, whole["model"], usage)
    state.threads.hold(whole, message)
    return message


@_api.post("/v1/messages/count_tokens")
async def _count(state: Shared, asked: Asked) -> Response:
    problem = _refusal(asked) or state.script.elsewhere or problem_of(asked.body, counting=True)
    if problem is not None:
        return failed(problem)
    parts = [asked.body.get(key) or [] for key in ("tools", "system", "messages")]
    return JSONResponse({"input_tokens": sum(map(tokens_of, parts))}, headers=HEADERS)


@_api.get("/v1/models")
async def _models(state: Shared, asked: Asked) -> Response:
    problem = _refusal(asked) or state.script.elsewhere
    if problem is not None:
        return failed(problem)
    page = {"first_id": MODELS[0], "last_id": MODELS[-1], "has_more": False}
    return JSONResponse({"data": [_model(m) for m in MODELS], **page}, headers=HEADERS)


@_api.get("/v1/models/{name}")
async def _one_model(state: Shared, asked: Asked, name: str) -> Response:
    problem = _refusal(asked) or state.script.elsewhere
    if problem is None and name not in MODELS:
        problem = Failure(status=404, kind="not_found_error", message=f"model: {name[:60]}")
    return failed(problem) if problem else JSONResponse(_model(name), headers=HEADERS)


def _model(name: str) -> dict[str, Any]:
    return {
        "type": "model",
        "id": name,
        "display_name": name.replace("-", " ").title(),
        "created_at": "2026-09-01T00:00:00Z",
        "lifecycle": "active",
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
    }


def _refusal(asked: Recorded) -> Failure | None:
    """Refuse a wrong key, a missing version and a body that is too large, in this order."""
    if not asked.known_key:
        return BAD_KEY
    if "anthropic-version" not in asked.headers:
        said = "anthropic-version: header is required"
        return Failure(status=400, kind="invalid_request_error", message=said)
    if int(asked.headers["content-length"]) > MAX_BODY_BYTES:
        said = "Request exceeds the maximum size"
        return Failure(status=413, kind="invalid_request_error", message=said)
    return None
