"""`pycommunicate new`: writes a project."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pycommunicate_cli.names import check_project_name
from pycommunicate_cli.options import traceback_option
from pycommunicate_cli.output import APPLICATION, USAGE, WOULD_OVERWRITE, Problem, data, say
from pycommunicate_cli.scaffold import (
    DEFAULT,
    interruptible,
    render,
    scaffold_folder,
    scaffold_names,
    temporary_folder,
    uninterrupted,
    write_files,
)

if TYPE_CHECKING:
    from pycommunicate_cli.origin import Origin

_HARMLESS: Final = (".git", "readme", "license", "licence")


def _complete_templates(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in scaffold_names() if name.startswith(incomplete)]


@click.command("new")
@click.argument("name")
@click.option(
    "--template",
    default=DEFAULT,
    metavar="NAME",
    shell_complete=_complete_templates,
    help="What to start from: todo (the default), blank, chat.",
)
@click.option(
    "--path", type=click.Path(path_type=Path), metavar="DIR", help="The folder. Default: one called NAME, here."
)
@click.option("--force", is_flag=True, help="Use a folder that holds files. Overwrites those it lists, deletes none.")
@click.option("--dry-run", is_flag=True, help="List the files, write none.")
@click.option("--no-git", is_flag=True, help="Make no git repository.")
@traceback_option
def command(*, name: str, template: str, path: Path | None, force: bool, dry_run: bool, no_git: bool) -> int:
    """Write a new project called NAME. Needs no network."""
    from pycommunicate_cli.origin import find_origin  # noqa: PLC0415 - it loads what reads the installed packages

    check_project_name(name, "pycommunicate new")
    _check_template(template, name)
    target = Path(os.path.abspath(path or Path(name)))  # noqa: PTH100 - resolve() would follow the user's own links
    origin = find_origin()
    files = render(template, name, origin)
    kept = _check_target(target, files, force=force)
    written = {path: content for path, content in files.items() if path not in kept}
    if dry_run:
        for file in written:
            data(file)
        say(f"{len(written)} files would be written to {target}")
        return 0
    with interruptible():
        _write(target, written, git=not no_git)
    for file in kept:
        say(f"kept {file}, which was there")
    if origin.lost:
        say(
            f"pycommunicate was installed from {origin.lost}, which is gone: pyproject.toml requires {origin.requirement()}"
        )
    _tell(target, name, len(written), origin)
    return 0


def _check_template(template: str, name: str) -> None:
    known = scaffold_names()
    if not known:
        message = f"the scaffolds are missing: there is no folder {scaffold_folder()}"
        raise Problem(message, code=APPLICATION, help="install pycommunicate again")
    if template not in known:
        from difflib import get_close_matches  # noqa: PLC0415

        near = get_close_matches(template, known, 1) or known
        message = f"there is no template {template!r}; there are {', '.join(known)}"
        raise Problem(message, code=USAGE, help=f"pycommunicate new {name} --template {near[0]}")


def _check_target(target: Path, files: dict[str, bytes], *, force: bool) -> list[str]:
    """Return which of the files are left alone since they are there. Raises `Problem` where the folder can't be used."""
    if not target.exists() and not target.is_symlink():
        return []
    if not target.is_dir():
        raise Problem(
            f"{target} is there, and is no folder", code=WOULD_OVERWRITE, help="choose another with --path DIR"
        )
    there = sorted(entry.name for entry in target.iterdir())
    in_the_way = [path for path in files if os.path.lexists(target / path)]
    if force:
        blocked = [path for path in in_the_way if (target / path).is_dir()]
        if blocked:
            raise Problem(f"{target / blocked[0]} is a folder where a file would be", code=WOULD_OVERWRITE)
        for path in in_the_way:
            say(f"overwrites {path}")
        return []
    others = [entry for entry in there if not entry.lower().startswith(_HARMLESS)]
    if others:
        shown = ", ".join(others[:3]) + (", ..." if len(others) > 3 else "")
        raise Problem(
            f"the folder {target} is not empty: {shown}",
            code=WOULD_OVERWRITE,
            help="choose another with --path DIR, or see what --force would overwrite with --force --dry-run",
        )
    return in_the_way


def _write(target: Path, files: dict[str, bytes], *, git: bool) -> None:
    beside = _existing_parent(target)
    try:
        with temporary_folder(beside) as folder:
            draft = folder / target.name
            draft.mkdir()
            write_files(draft, files)
            if git and not (target / ".git").exists():
                _init_git(draft)
            with uninterrupted():
                target.parent.mkdir(parents=True, exist_ok=True)
                _move(draft, target)
    except OSError as error:
        message = f"the project can't be written to {target}: {error.strerror or error}"
        raise Problem(
            message, code=APPLICATION, help="choose a folder that you may write to, with --path DIR"
        ) from None


def _move(draft: Path, target: Path) -> None:
    if not target.exists():
        draft.rename(target)
        return
    for folder, _, names in os.walk(draft):
        inner = target / Path(folder).relative_to(draft)
        inner.mkdir(exist_ok=True)
        for name in names:
            Path(folder, name).replace(inner / name)


def _existing_parent(target: Path) -> Path:
    folder = target.parent
    while not folder.exists():
        folder = folder.parent
    return folder


def _init_git(folder: Path) -> None:
    git = shutil.which("git")
    if git is None:
        return
    # Within another repository there is no need for one.
    inside = [git, "-C", str(folder), "rev-parse", "--is-inside-work-tree"]
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.run(inside, check=False, **options).returncode != 0:  # type: ignore[call-overload]
        subprocess.run([git, "-C", str(folder), "init", "--quiet"], check=False, **options)  # type: ignore[call-overload]


def _tell(target: Path, name: str, count: int, origin: "Origin") -> None:
    import shlex  # noqa: PLC0415

    here = Path.cwd()
    shown = target.relative_to(here) if here in target.parents else target
    say(f"{name}: {count} files. Now:")
    if target != here:
        say(f"  cd {shlex.quote(str(shown))}")
    say(f'  python -m pip install{origin.pip_options} -e ".[test]"')
    say("  pycommunicate run --debug    then open http://localhost:8080/")
    say("  pytest")
