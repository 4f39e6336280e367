"""Whether a WebSocket reaches the application, tried with one, and with the headers of the proxies that it is configured for."""

import base64
import os
import selectors
import socket
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from pycommunicate_cli.doctor import FAIL, OK, Check

if TYPE_CHECKING:
    from pycommunicate import CommunicateApp
    from pycommunicate_cli.process import Worker
    from pycommunicate_cli.project import Project

_PATIENCE: Final = 20.0


def reachable(project: "Project", app: "CommunicateApp") -> Check:
    """Start the project on a port of its own, and open a WebSocket."""
    from pycommunicate_cli.process import HANDS_ON, Worker  # noqa: PLC0415
    from pycommunicate_cli.serving import Job  # noqa: PLC0415

    headers = proxy_headers(app)
    through = "through the configured proxies' headers" if headers else "directly"
    job = Job(
        debug=True,
        host="127.0.0.1",
        port=0,
        allow_remote=False,
        started=time.time(),
        reason="doctor",
        key=os.urandom(16).hex(),
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = Worker(quiet=True)
        try:
            worker.order(project, asdict(job), _PATIENCE)
            port = _start(worker, listener.fileno() if HANDS_ON else None)
            if port is None:
                return Check("websocket", FAIL, "the project did not start", help="pycommunicate run --debug shows why")
            status = handshake(port, headers)
        except OSError as error:
            status = f"no answer ({error})"
        finally:
            worker.terminate()
            worker.wait()
            worker.socket.close()
    if " 101 " in status:
        return Check("websocket", OK, f"opens {through}")
    help_ = "see allowed_hosts and trusted_proxies of CommunicateApp"
    return Check("websocket", FAIL, f"does not open {through}: {status}", help=help_)


def _start(worker: "Worker", descriptor: int | None) -> int | None:
    """Return the port on which the worker serves; None where it does not."""
    end = time.monotonic() + _PATIENCE
    with selectors.DefaultSelector() as selector:
        selector.register(worker.socket, selectors.EVENT_READ)
        while time.monotonic() < end:
            if not selector.select(end - time.monotonic()):
                return None
            for message in worker.messages() or [{"ended": True}]:
                if "loaded" in message:
                    worker.send({"socket": 0}, descriptor)
                elif "ready" in message:
                    return int(message["ready"].rpartition(":")[2].strip("/"))
                elif "slow" not in message:
                    return None
    return None


def proxy_headers(app: "CommunicateApp") -> dict[str, str]:
    """Return what the proxies that the application trusts would add; nothing where it trusts none."""
    count = app.trusted_proxies
    if not count:
        return {}
    names = sorted(name for name in app.allowed_hosts if "*" not in name and "." in name)
    name = names[0].lstrip(".") if names else "localhost"
    headers = {"X-Forwarded-Host": name, "X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"}
    return {key: ", ".join([value] * count) for key, value in headers.items()}


def handshake(port: int, extra: dict[str, str]) -> str:
    """Ask for a WebSocket on the loopback `port`; return the status line of the answer."""
    from pycommunicate.protocol.version import SOCKET_PATH  # noqa: PLC0415

    host = f"127.0.0.1:{port}"
    name = extra.get("X-Forwarded-Host", "").partition(",")[0]
    headers = {
        "Host": host,
        "Origin": f"https://{name}" if name else f"http://{host}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        **extra,
    }
    lines = [
        f"GET {SOCKET_PATH}/?EIO=4&transport=websocket HTTP/1.1",
        *(f"{key}: {value}" for key, value in headers.items()),
    ]
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        return connection.recv(4096).decode(errors="replace").partition("\r\n")[0]
