"""Where a page may send somebody on to: to another page of ours, and nowhere else."""

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

LONGEST = 300


def own(address: str | None) -> str | None:
    """The address, where it is the path of one of our pages; else None."""
    if not address or len(address) > LONGEST or not address.isprintable():
        return None
    path, _, query = address.partition("?")
    if not path.startswith("/") or path.startswith("//") or set(address) & set("\\#"):
        return None
    adapter = current_app.create_url_adapter(request)
    try:
        if adapter is None or not adapter.match(path, method="GET"):
            return None
    except (HTTPException, RequestRedirect):
        return None
    return f"{path}?{query}" if query else path
