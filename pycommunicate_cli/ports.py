"""Ports: taking one, and saying who has it."""

import errno
import ipaddress
import socket
from pathlib import Path

from pycommunicate.listening import bind
from pycommunicate_cli.output import PORT, USAGE, Problem

MOVES = 10
"""By how many a busy default port moves up at most."""


def listen(host: str, port: int, *, asked: bool) -> socket.socket:
    """Return a socket that listens on `host`:`port`. A busy port that was not asked for moves up.

    :raises Problem: no port can be had.
    """
    last = port if asked or not port else min(port + MOVES, 65535)
    for candidate in range(port, last + 1):
        try:
            return bind(host, candidate)
        except socket.gaierror as error:
            message = f"the host {host!r} can't be found: {error.strerror}"
            raise Problem(message, code=PORT, help="pycommunicate run --host localhost") from None
        except OverflowError:
            raise Problem(f"{port} is no port", code=USAGE, help="a port is a number from 0 to 65535") from None
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                message = f"can't listen on {host}, port {candidate}: {error.strerror}"
                advice = "pycommunicate run --port 8080"
                if error.errno == errno.EADDRNOTAVAIL:
                    advice = "it is no address of this machine: pycommunicate run --host localhost"
                raise Problem(message, code=PORT, help=advice) from None
    holder = who_holds(port)
    by = f" by {holder}" if holder else ""
    range_ = f"port {port} is in use{by}" if last == port else f"the ports {port} to {last} are in use ({port}{by})"
    raise Problem(
        range_, code=PORT, help="end that process, or choose another port: pycommunicate run --port 0 takes any"
    )


def who_holds(port: int) -> str:
    """Return the process that listens on `port`, as far as this system tells: `python app.py (process 4711)`."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    if not inodes:
        return ""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(link.readlink()) in inodes for link in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().decode(errors="replace").split("\0")
                command = " ".join([Path(words[0]).name, *filter(None, words[1:])])
                return f"{command[:80]} (process {process.name})"
        except OSError:
            continue
    return "a process of another user"


def _listening_inodes(port: int) -> list[str]:
    found = []
    for table in ("tcp", "tcp6"):
        try:
            lines = Path("/proc/net", table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        found += [
            fields[9]
            for fields in map(str.split, lines)
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
        ]
    return found


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM)
        return bool(found) and all(ipaddress.ip_address(entry[4][0]).is_loopback for entry in found)
    except (OSError, ValueError):
        return False


def url_of(host: str, port: int) -> str:
    """Return the URL under which a browser on this machine reaches `host`:`port`."""
    shown = "localhost" if host in {"", "0.0.0.0", "::"} else host  # noqa: S104 - it is compared, not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}/"
