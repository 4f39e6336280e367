"""The floor: what an expert writes by hand on Flask, Flask-SocketIO and gevent, one JSON message per piece of work.

The same pages, with the same elements, as `library/app.py`.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request, send_from_directory
from flask_socketio import SocketIO, emit
from gevent.pywsgi import WSGIServer

CLIENT = Path(__file__).resolve().parents[1] / "node_modules" / "socket.io-client" / "dist"

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent")
pages: dict[str, dict[str, Any]] = {}


def read_entries(count: int) -> list[dict[str, Any]]:
    """The entries, as they come from a database."""
    return [{"id": index, "text": f"- entry {index}"} for index in range(count)]


@app.get("/")
@app.get("/rows/<int:count>")
@app.get("/change/<int:count>")
@app.get("/count")
def page(count: int = 0) -> str:
    kind = request.path.split("/")[1] or "idle"
    return render_template("page.html", kind=kind, count=count)


@app.get("/socket.io.min.js")
def client() -> Response:
    return send_from_directory(CLIENT, "socket.io.min.js")


@socketio.on("connect")
def connect(wanted: dict[str, Any]) -> None:
    kind, count = wanted["kind"], wanted["count"]
    if kind in {"rows", "change"}:
        shown = read_entries(count)
        # What this page shows, because the browser is not to be believed: it says which row it wants removed.
        pages[request.sid] = {"rows": {row["id"]: row["text"] for row in shown}, "last": count - 1, "changes": 0}
        emit("rows", shown)
    elif kind == "count":
        pages[request.sid] = {"clicks": 0}


@socketio.on("disconnect")
def disconnect(_reason: str = "") -> None:
    pages.pop(request.sid, None)


@socketio.on("add")
def add(text: str) -> None:
    own = pages[request.sid]
    own["last"] += 1
    own["rows"][own["last"]] = text = f"- {text}"
    emit("added", {"id": own["last"], "text": text})


@socketio.on("remove")
def remove(index: int) -> None:
    if pages[request.sid]["rows"].pop(index, None) is not None:
        emit("removed", index)


@socketio.on("change")
def change() -> None:
    own = pages[request.sid]
    own["changes"] += 1
    for index in own["rows"]:
        own["rows"][index] = f"change {own['changes']} of {index}"
    emit("changed", list(own["rows"].items()))


@socketio.on("click")
def click() -> None:
    own = pages[request.sid]
    own["clicks"] += 1
    emit("clicked", own["clicks"])


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=1000)
    # `socketio.run()` leaves Nagle's algorithm on: a page's first message waits 40 ms for an acknowledgement then.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.setblocking(False)
    WSGIServer(listener, app, log=None).serve_forever()
