"""The `pycommunicate` command's way in: exit codes, and errors in three lines."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
_PATIENCE = 2.0


def main(args: list[str] | None = None, prog_name: str | None = None) -> NoReturn:
    """Run the command and exit: 0 ok, 1 application error, 2 usage, 3 no project, 4 would overwrite, 5 port, 6 check failed, 130 Ctrl-C."""
    signal.signal(signal.SIGINT, _interrupt)
    try:
        code = _run(args, prog_name)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C would only print a traceback
        # CPython remembers a KeyboardInterrupt that passed through exec("..."), as in dataclasses, and would end by the signal
        # itself, even though it was caught. The next exec of a text clears that.
        exec("")  # noqa: S102
    sys.exit(code)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    # The exception may come where Python swallows it (in callbacks of weak references, while modules are imported).
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: os._exit(INTERRUPTED))
        signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
    raise KeyboardInterrupt


def _run(args: list[str] | None, prog_name: str | None) -> int:
    import click  # noqa: PLC0415 - Ctrl-C while it is imported is met above

    from pycommunicate_cli import output  # noqa: PLC0415
    from pycommunicate_cli.group import group  # noqa: PLC0415

    try:
        code = group.main(args, prog_name=prog_name, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return output.show_usage(error)
    except output.Problem as problem:
        return output.show(problem)
    except BrokenPipeError:  # `pycommunicate routes | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return output.show_unexpected(error)
