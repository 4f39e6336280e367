"""A socket that listens: the same for `app.run()` and for the command line."""

import socket


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens on `host`:`port` (0: any free one). Raises `OSError` where that can't be had."""
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    return listener
