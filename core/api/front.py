"""The way to the API past all that is Streamlit's: its sessions, its compression and its routes are for pages, and each
would take a step for every token of a stream."""

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIX = "/api"


class Front:
    """Middleware that hands to `api` what is under `/api`, and the rest to the pages."""

    def __init__(self, app: ASGIApp, api: ASGIApp) -> None:
        self._pages = app
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and f"{scope['path']}/".startswith(f"{PREFIX}/"):
            await self._api(_below(scope), receive, send)
        else:
            await self._pages(scope, receive, send)


def _below(scope: Scope) -> Scope:
    """Return `scope` as an application sees it that is mounted under `PREFIX` (see `starlette.routing.Mount`)."""
    root = scope.get("root_path", "")
    return {**scope, "app_root_path": scope.get("app_root_path", root), "root_path": root + PREFIX}
