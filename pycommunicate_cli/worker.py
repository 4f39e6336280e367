"""The worker of `run --debug`: serves the project, on the socket that its supervisor has. Started by it, not by hand.

With `standby` it imports the framework, and waits for the order to serve.
"""

import contextlib
import os
import signal
import socket
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pycommunicate_cli.link import WORKER_TOKEN, Link

if TYPE_CHECKING:
    from pycommunicate_cli.attending import Attendant
    from pycommunicate_cli.serving import Job

_HANDLER_SECONDS = 10.0


def main(link: Link, *, standby: bool) -> int:
    """Serve until the supervisor says so; return the exit code."""
    # A Ctrl-C goes to the supervisor too, which ends this process in good order.
    signal.signal(signal.SIGINT, lambda *_: None)
    if hasattr(signal, "pthread_sigmask"):  # it was blocked, so that this came first
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if standby:
        _warm_up()
        link.send({"warm": True})
    order = link.receive()
    _be_quick(True)

    from pycommunicate_cli.options import Settings  # noqa: PLC0415
    from pycommunicate_cli.output import Problem, show, show_unexpected  # noqa: PLC0415

    Settings.traceback = order["traceback"]
    try:
        _serve(link, order)
    except Problem as problem:
        _tell(link, "failed", problem.__cause__ or problem, order, str(problem))
        return show(problem)
    except Exception as error:
        _tell(link, "failed", error, order)
        return show_unexpected(error)
    return 0


def _tell(link: Link, what: str, error: BaseException, order: Any, title: str = "") -> None:
    from pycommunicate.reload.fault import describe_fault  # noqa: PLC0415

    link.send({what: describe_fault(error, Path(order["folder"]), title=title)})


def _be_quick(quick: bool) -> None:
    """Take a modest share of the processor, or an ordinary one again (a nice value could not be taken back)."""
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_OTHER if quick else os.SCHED_BATCH, os.sched_param(0))


def _warm_up() -> None:
    _be_quick(False)
    from pycommunicate_cli.rehearsal import rehearse  # noqa: PLC0415

    rehearse()


def _serve(link: Link, order: dict[str, Any]) -> None:
    from pycommunicate.reload.loader import install  # noqa: PLC0415
    from pycommunicate_cli.attending import Attendant  # noqa: PLC0415
    from pycommunicate_cli.patience import ended_after, told_after  # noqa: PLC0415
    from pycommunicate_cli.project import Project  # noqa: PLC0415
    from pycommunicate_cli.serving import Job, announce, check_ready, check_routes, import_framework, prepare, run  # noqa: PLC0415

    import_framework()
    attendant = Attendant(link)
    project, job = Project(Path(order["folder"]), order["app"]), Job(**order["job"])
    install(project.folder)
    patience = order["patience"]
    with ended_after(patience) if job.reason else told_after(patience, lambda error: _tell(link, "slow", error, order)):
        app = prepare(project, job)
        check_ready(app)
    attendant.attach(app, project)
    listener, job = _listener(link, attendant, job, app.host, app.web_port)
    url = announce(app, project, job, listener)
    link.send({"ready": url})
    if job.reason:
        app.engine.call_soon(lambda: app.engine.spawn(check_routes, app))
    run(app, listener)
    until = time.monotonic() + _HANDLER_SECONDS
    while app.pool.running and time.monotonic() < until:  # its page is elsewhere by now; what it does is done once
        app.engine.sleep(0.02)


def _listener(link: Link, attendant: "Attendant", job: "Job", host: str, port: int) -> tuple[socket.socket, "Job"]:
    asked = job.names_port(os.environ)
    link.send({"loaded": [host, port, asked]})
    message = attendant.wait_for("socket")
    if link.listener is None:  # this system hands no sockets on: this process takes the port
        from pycommunicate_cli.ports import listen  # noqa: PLC0415

        port = message["socket"] or port
        return listen(host, port, asked=asked or bool(message["socket"])), replace(job, port=port)
    return link.listener, job


def _connect(where: str) -> Link:
    token = os.environ.pop(WORKER_TOKEN, "")
    if where.isdigit():
        os.set_inheritable(int(where), False)  # the project's own child processes have no business with it
        return Link(socket.socket(fileno=int(where)))
    connection = socket.create_connection(("127.0.0.1", int(where.removeprefix("port:"))))
    connection.sendall(token.encode())
    return Link(connection)


if __name__ == "__main__":
    sys.exit(main(_connect(sys.argv[1]), standby="standby" in sys.argv[2:]))
