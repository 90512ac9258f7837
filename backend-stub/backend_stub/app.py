"""The gateway: all services as one ASGI app, and the one shape in which errors leave it."""

from __future__ import annotations

import asyncio
import contextlib
import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend_stub.errors import ApiError
from backend_stub.services import admin, auth, catalog, history, home, my_list, playback, profiles, steering
from backend_stub.services.context import Parts

log = logging.getLogger(__name__)

_MAX_BODY_BYTES = 64 * 1024
_MAX_DRAIN_BYTES = 1 << 20
_DRAIN_S = 2.0
_DESCRIPTION = """Sign-in, profiles, films, search, My List, playback, resume points, home page, content steering.

Errors are `{"error": {"code", "message"}}`: the code for programs, the message for people, saying what happened and
what to do. Wherever a film's id is asked for, `demo` means the first film.
"""


def build_gateway(parts: Parts | None = None) -> FastAPI:
    """The app; without parts it can only describe itself (OpenAPI)."""
    app = FastAPI(title="Evenflow backend", version="1", description=_DESCRIPTION, docs_url=None, redoc_url=None)
    app.state.parts = parts
    for module in (auth, profiles, home, catalog, my_list, playback, history, steering, admin):
        app.include_router(module.router)
    app.get("/v1/health", tags=["health"], summary="Whether the service is up")(health)
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_surprise)
    app.add_middleware(_Bounds)
    return app


async def health() -> dict[str, str]:
    """Up."""
    return {"status": "ok"}


async def _on_api_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return JSONResponse(error.body(), error.status, error.headers)


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Where and why, never the value: it may be a password.
    complaints = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()[:5]]
    message = "The request does not fit: " + "; ".join(complaints) + ". See /openapi.json."
    return JSONResponse(ApiError(422, "invalid-request", message).body(), 422)


async def _on_http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    message = f"{error.detail}. See /openapi.json for what there is."
    return JSONResponse(ApiError(error.status_code, code, message).body(), error.status_code, error.headers)


async def _on_surprise(request: Request, error: Exception) -> JSONResponse:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    message = "Something went wrong here; the log of the backend says what. Try again."
    return JSONResponse(ApiError(500, "internal", message).body(), 500)


class _TooLarge(Exception):
    pass


class _Bounds:
    """No body beyond a bound, whether announced or not; nothing sniffed, nothing cached unless a service says so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > _MAX_BODY_BYTES:
            await _refuse(scope, receive, send, more=True)
            return
        received_bytes, more = 0, True

        async def bounded() -> Message:
            nonlocal received_bytes, more
            message = await receive()
            received_bytes += len(message.get("body", b""))
            more = message.get("more_body", False)
            if received_bytes > _MAX_BODY_BYTES:
                raise _TooLarge
            return message

        async def with_headers(message: Message) -> None:
            if received_bytes > _MAX_BODY_BYTES:
                # The framework makes a 400 of our exception; the right answer follows below.
                return
            if message["type"] == "http.response.start":
                message["headers"] = _hardened(list(message["headers"]))
            await send(message)

        with contextlib.suppress(_TooLarge):
            await self._app(scope, bounded, with_headers)
        if received_bytes > _MAX_BODY_BYTES:
            await _refuse(scope, receive, send, more)


def _hardened(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = {name.lower() for name, _ in headers}
    defaults = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
    return headers + [(name, value) for name, value in defaults if name not in names]


async def _refuse(scope: Scope, receive: Receive, send: Send, more: bool) -> None:
    # Closing on bytes that nobody read resets the connection, and the answer with it: take a little more first.
    drained_bytes = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while more and drained_bytes < _MAX_DRAIN_BYTES:
                message = await receive()
                drained_bytes += len(message.get("body", b""))
                more = message.get("more_body", False)
    error = ApiError(413, "too-large", f"The body is too large; at most {_MAX_BODY_BYTES} bytes are taken.")
    await JSONResponse(error.body(), 413, {"Connection": "close"})(scope, receive, send)
