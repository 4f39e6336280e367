"""Where the running pycommunicate was installed from, and so what a new project requires.

An installer notes in `direct_url.json` (PEP 610) what it was given unless it was a name: a folder, a file, a repository, an address. A project
requires the same again; by name alone the package index would decide what it gets.
"""

import json
import shlex
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

NAME: Final = "pycommunicate"
_TOKENS: Final = ("__origin_note__", "__origin_readme__", "__origin_copy__", "__docker_build__")


@dataclass(frozen=True)
class Origin:
    """What a project requires to get the pycommunicate that made it, and what it says about that."""

    version: str
    url: str = ""
    """PEP 508's direct reference; empty if a package index has it."""
    folder: Path | None = None
    """The folder or local repository that an image can't reach by itself."""
    file: Path | None = None
    """A wheel or sdist that the project gets a copy of."""
    needs_git: bool = False
    lost: Path | None = None
    """What it was installed from, if that is gone: the requirement is the version then."""

    def requirement(self, extra: str = "") -> str:
        """Return the requirement as PEP 508 writes it."""
        name = f"{NAME}[{extra}]" if extra else NAME
        if self.file:
            return f"{name}=={self.version}"
        return f"{name} @ {self.url}" if self.url else f"{name}>={self.version},<2"

    @property
    def pip_options(self) -> str:
        """What pip needs to be told, after `pip install`, in the project's folder."""
        return " --find-links vendor" if self.file else ""

    def files(self) -> dict[str, bytes]:
        """Return the files that the project holds for its installation."""
        return {f"vendor/{self.file.name}": self.file.read_bytes()} if self.file else {}

    def fill(self, text: str, name: str) -> str:
        """Return a scaffold's text with the requirement and what there is to say about it."""
        text = text.replace("__pycommunicate__", self.requirement())
        text = text.replace("__pycommunicate_testing__", self.requirement("testing"))
        text = text.replace("__pip_options__", self.pip_options)
        values = dict(zip(_TOKENS, (*self._words(), self._docker_copy(), self._docker_build(name)), strict=True))
        for token, value in values.items():
            text = text.replace(token, value) if value else text.replace(f"{token}\n", "")
        return text

    def _words(self) -> tuple[str, str]:
        """Return the note in pyproject.toml and the line in the README."""
        if self.file:
            what = f"pycommunicate is the file vendor/{self.file.name}, which `--find-links vendor` names: a copy of what made this project"
        elif self.url:
            what = f"pycommunicate comes from {self.folder or self.url}, like the one that made this project"
        else:
            return "", ""
        later = f"If your package index has it, `{NAME}>={self.version},<2` is enough."
        return (
            f"# {what}. {later.replace('`', '')}",
            f"\n{what[0].upper()}{what[1:]}. `pyproject.toml` says so. {later}",
        )

    def _docker_copy(self) -> str:
        if self.file:
            return "# The copy of pycommunicate that pyproject.toml requires.\nCOPY vendor vendor"
        lines = []
        if self.folder:
            lines = [
                "# pyproject.toml requires pycommunicate from this folder. README.md says how to hand it to the build.",
                f"COPY --from=pycommunicate {json.dumps(['.', str(self.folder)])}",
            ]
        if self.needs_git:
            install = "apt-get install -y --no-install-recommends git"
            lines.append("# pyproject.toml requires pycommunicate from a repository, for which pip needs git.")
            lines.append(f"RUN apt-get update && {install} && rm -rf /var/lib/apt/lists/*")
        return "\n".join(lines)

    def _docker_build(self, name: str) -> str:
        context = f" --build-context pycommunicate={shlex.quote(str(self.folder))}" if self.folder else ""
        return f"docker build{context} -t {name} ."


def find_origin() -> Origin:
    """Return where the running pycommunicate came from. Reads a file or two, never the network."""
    import pycommunicate  # noqa: PLC0415 - it loads the framework

    here = Path(pycommunicate.__file__).resolve().parent.parent
    version = pycommunicate.__version__
    try:
        installed = metadata.distribution(NAME)
    except metadata.PackageNotFoundError:
        return _of_working_copy(here, version)
    noted = _noted(installed)
    folder = _path(noted.get("url", "")) if "dir_info" in noted else None
    if folder is not None and folder.resolve() == here:
        return Origin(version, url=folder.as_uri(), folder=folder)
    if Path(str(installed.locate_file(""))).resolve() != here:
        return _of_working_copy(here, version)  # another one is installed, and not the one that runs
    return origin_of(noted, version)


def _noted(installed: metadata.Distribution) -> dict[str, Any]:
    try:
        found = json.loads(installed.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) and isinstance(found.get("url"), str) else {}


def _of_working_copy(here: Path, version: str) -> Origin:
    if (here / "pyproject.toml").is_file() and (here / "hatch_build.py").is_file():
        return Origin(version, url=here.as_uri(), folder=here)
    return Origin(version)


def origin_of(noted: dict[str, Any], version: str) -> Origin:
    """Return the origin that `direct_url.json` notes; the version alone if nothing is noted, or what is noted is gone."""
    if not noted:
        return Origin(version)
    url = noted.get("url", "")
    path = _path(url)
    inside = f"#subdirectory={noted['subdirectory']}" if noted.get("subdirectory") else ""
    if path is not None and "vcs_info" in noted and (path / noted.get("subdirectory", "") / "pyproject.toml").is_file():
        # A working tree on this machine. Pip's older versions refuse `git+file:`, for it names no host.
        return Origin(version, url=path.as_uri() + inside, folder=path)
    if "vcs_info" in noted:
        found = noted["vcs_info"]
        reference = f"{found['vcs']}+{url}@{found['commit_id']}{inside}"
        return Origin(version, url=reference, folder=path, needs_git=found["vcs"] == "git")
    if path is None:
        return Origin(version, url=url + inside)
    if path.is_dir():
        return Origin(version, url=path.as_uri() + inside, folder=path)
    if path.is_file():
        # No `file:` address: it has to be absolute, and the project is moved, cloned and put into images.
        return Origin(version, file=path)
    return Origin(version, lost=path)


def _path(url: str) -> Path | None:
    """Return the path of a `file:` address; None for others."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    return Path(url2pathname(parts.path)) if parts.netloc in {"", "localhost"} else Path(unquote(url))
