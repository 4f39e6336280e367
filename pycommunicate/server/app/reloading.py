"""Hot reload in the process that serves: saved files become new code, new routes, and pages that show them.

Only `pycommunicate run --debug` makes a `Reloader`; without it nothing here runs.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, Final
from weakref import WeakKeyDictionary, WeakSet

from pycommunicate.proxies.context import Aborted
from pycommunicate.reload.fault import describe_fault
from pycommunicate.reload.graph import module_name, python_files
from pycommunicate.reload.limit import TookTooLong, greenlet_limit
from pycommunicate.reload.living import reaches
from pycommunicate.reload.loader import Modules, installed
from pycommunicate.reload.update import CannotUpdate, Changes, Update
from pycommunicate.server.app.communicate import CommunicateApp
from pycommunicate.server.app.page import Page
from pycommunicate.server.connection.runtime import State

_IMPORT_SECONDS: Final = 2.0
_AT_ONCE: Final = 4
_A_TURN: Final = 8
_RESTARTING: Final = frozenset({".env", "config.py", "pyproject.toml"})
_KEPT: Final = "kept: session, controller.d, connection, typed text, caret, scroll"

Say = Callable[[str], None]


class Reloader:
    """Applies batches of saved files to a running application. The owner of what is stale and of what is wrong."""

    def __init__(self, app: CommunicateApp, folder: Path, *, app_module: str, say: Say) -> None:
        """Begin to reload `app`.

        :param folder: the project's folder.
        :param app_module: the module that makes the application: a change in it wants a new process.
        :param say: prints a line for the person at the terminal.
        :raises RuntimeError: `pycommunicate.reload.loader.install()` was not called before the project was imported.
        """
        modules = installed()
        if modules is None:
            message = "the project was imported without pycommunicate.reload.loader.install()"
            raise RuntimeError(message)
        self._app = app
        self._folder = folder.resolve()
        self._modules: Modules = modules
        self._app_module = app_module
        self._say = say
        self._used: WeakKeyDictionary[Page, set[CodeType]] = WeakKeyDictionary()
        self._stale: WeakSet[Page] = WeakSet()
        self._seen: WeakKeyDictionary[Page, int] = WeakKeyDictionary()
        """At which change a page was last on the screen."""
        self._asked: deque[Page] = deque()
        self._mounting = 0
        self._number = 0
        self._unsaved: dict[Path, None] = {}
        """Files whose saves could not be applied yet."""
        self._fault: dict[str, Any] | None = None
        self._failed: WeakSet[Page] = WeakSet()
        """Pages whose own overlay shows something."""
        app.reloads = self
        app.hot = True
        app.templates.hold()
        self._count()

    # -- batches ----------------------------------------------------------------------------------------------------------

    def changed(self, paths: Sequence[str], saved_at: float) -> str:
        """Apply a batch of files that were created, changed or deleted. Blocks.

        Returns an empty string where it is done (or the pages show what is wrong), else the reason why only a new process is right.

        :param paths: their absolute paths.
        :param saved_at: when the first of them was saved, as `time.time()`.
        """
        batch = dict.fromkeys([*self._unsaved, *(Path(path) for path in paths)])
        reason = self._wants_new_process(batch)
        if reason:
            return reason
        self._unsaved = batch
        try:
            changes, routes = self._update([path for path in batch if path.suffix == ".py"])
            self._renew_templates(batch)
        except CannotUpdate as error:
            return f"{self._names(batch)}: {error}"
        except (Exception, SystemExit) as error:
            self._wrong(error, batch, saved_at)
            return ""
        self._unsaved = {}
        self.clear_fault()
        self._count()
        self._follow(list(batch), changes, routes, saved_at)
        return ""

    def _wants_new_process(self, paths: Iterable[Path]) -> str:
        made_by = self._modules.by_name.get(self._app_module)
        for path in paths:
            own = made_by is not None and str(path) == made_by.file
            if own and path.exists() and path.read_bytes() == made_by.source:  # type: ignore[union-attr]
                continue
            if own or (path.name in _RESTARTING and path.parent == self._folder):
                return f"{self._name(path)} changed"
        return ""

    def _update(self, paths: list[Path]) -> tuple[Changes, set[str]]:
        if not paths:
            return Changes(), set()
        controllers = any(self._is_discovered(path) for path in paths)
        routes: set[str] = set()

        def check() -> None:
            # Whatever is wrong with the routes puts the modules back, too.
            if self._app.discovered.packages:
                routes.update(self._app.discovered.again())

        update = Update(
            self._modules,
            paths,
            fixed={self._app_module},
            also=self._undiscovered() if controllers else (),
            limit=partial(greenlet_limit, _IMPORT_SECONDS, self._app.engine.call_soon),
        )
        return update.apply(check), routes

    def _is_discovered(self, path: Path) -> bool:
        return any(
            self._root(package) in (path.with_suffix(""), *path.parents) for package in self._app.discovered.packages
        )

    def _root(self, package: str) -> Path:
        return self._app.folder.joinpath(*package.split("."))

    def _undiscovered(self) -> Iterator[str]:
        for package in self._app.discovered.packages:
            for file in python_files(self._root(package)):
                name = module_name(file, self._app.folder)
                if name and name not in self._modules.by_name:
                    yield name

    def _renew_templates(self, paths: Iterable[Path]) -> None:
        names = {path: name for path in paths if (name := self._template_name(path))}
        if names:
            self._app.templates.renew([name for path, name in names.items() if path.exists()])

    def _template_name(self, path: Path) -> str | None:
        if path.suffix == ".py":
            return None
        for folder in self._app.templates.folders:
            root = Path(folder).resolve()
            if root in path.parents:
                return path.relative_to(root).as_posix()
        return None

    # -- pages ------------------------------------------------------------------------------------------------------------

    def _follow(self, paths: list[Path], changes: Changes, routes: set[str], saved_at: float) -> None:
        pages = self._those_on_screen_first()
        files = {str(path) for path in paths if path.suffix != ".py"}
        why: dict[str, int] = {}
        for number, page in enumerate(pages):
            if number % _A_TURN == _A_TURN - 1:
                self._app.engine.give_way()  # who looks at one of the first sees it while others are told
            if page.state is State.ENDED:
                continue
            used = self._used.get(page, set())
            reason = self._reason(page, used, changes, files)
            self._used[page] = {changes.became.get(code, code) for code in used}
            if reason:
                why[reason] = why.get(reason, 0) + 1
                self._make_stale(page)
        urls = [url for path in paths if (url := self._static_url(path))]
        for page in pages if urls else []:
            page.debug("files", urls)
        self._say(self._line(paths, changes, routes, why, urls, len(pages), saved_at))

    def _those_on_screen_first(self) -> list[Page]:
        """Return the pages: those that were on the screen at the latest change, then the latest opened."""
        pages = [page for page in self._app.pages if page.state is not State.ENDED]
        pages.reverse()
        pages.sort(key=lambda page: -self._seen.get(page, 0))
        return pages

    def _reason(self, page: Page, used: set[CodeType], changes: Changes, files: set[str]) -> str:
        if self._app.factory_at(page.path) is not page.factory and page.factory not in self._error_factories():
            if page.state is not State.WAITING:
                page.reload("another route answers here now")
            else:
                page.end("another route answers here now")
            return "loaded again: another route answers"
        if page in self._failed:
            return "mounted anew: it had failed"
        if any(reaches(handler, changes.replaced) for handler in page.handlers()):
            return "mounted anew: a handler has other free variables, and can't be patched in place"
        if changes.touches(used) or any(code.co_filename in files for code in used):
            return "mounted anew"
        if [type(view) for view in page.controller.views] != page.factory.views:
            return "mounted anew: its views changed"
        return ""

    def _error_factories(self) -> list[Any]:
        return [registry.factory(one) for registry in self._app.discovered.packages.values() for one in registry.errors]

    def _make_stale(self, page: Page) -> None:
        if page.state is State.ENDED:
            return
        self._stale.add(page)
        page.debug("stale", self._number)

    def page_visible(self, page: Page) -> None:
        """The page is on the screen: mount it anew, if it is stale."""
        self._seen[page] = self._number
        if page in self._stale and page not in self._asked:
            self._asked.append(page)
            if self._mounting < _AT_ONCE:
                self._mounting += 1
                self._app.engine.spawn(self._mount)

    def _mount(self) -> None:
        try:
            while self._asked:
                page = self._asked.popleft()
                if page in self._stale and page.state is State.LIVE:
                    self._stale.discard(page)
                    self._renew(page)
        finally:
            self._mounting -= 1

    def _renew(self, page: Page) -> None:
        try:
            page.renew()
        except Aborted:
            page.reload("the page may no longer be seen")
        except (Exception, SystemExit) as error:
            self._app.report(error, "render()", page)
        else:
            if page in self._failed:
                self._failed.discard(page)
                if self._fault is None:
                    page.debug("fixed")

    def page_moved(self, page: Page) -> None:
        """Tell a page that came (again) what it missed."""
        if page.state is State.LIVE and (page in self._stale or self._fault is not None):
            self._app.engine.call_soon(lambda: self._welcome(page))

    def _welcome(self, page: Page) -> None:
        if page in self._stale:
            page.debug("stale", self._number)
        if self._fault is not None:
            page.debug("fault", self._fault)

    @contextmanager
    def recording(self, page: Page) -> Iterator[None]:
        """Note which of the project's code brings `page` up."""
        used = self._used.setdefault(page, set())
        with self._modules.recorder.recording(used):
            yield

    # -- what is wrong ------------------------------------------------------------------------------------------------------

    def _wrong(self, error: BaseException, paths: Iterable[Path], saved_at: float) -> None:
        title = ""
        if isinstance(error, TookTooLong):
            title = "the import was ended: it takes too long, or does not end"
        fault = describe_fault(error, self._folder, title=title)
        place = f" at {fault['file']}:{fault['line']}" if fault["file"] else ""
        what = f"{fault['kind']}: {fault['message']}{place}"
        self._say(f"{self._names(paths)}: {what} · {_since(saved_at)} · the last good code serves on")
        self.show_fault(fault)
        self._count()

    def show_fault(self, fault: dict[str, Any]) -> None:
        """Show `fault` over every page, until it is cleared."""
        self._fault = fault
        for page in self._app.pages:
            page.debug("fault", fault)

    def clear_fault(self) -> None:
        """Take the overlay away from every page, but for pages that have one of their own."""
        if self._fault is None:
            return
        self._fault = None
        for page in self._app.pages:
            if page not in self._failed:
                page.debug("fixed")

    def page_failed(self, page: Page, error: BaseException, what: str) -> None:
        """Show what `render()`, `load()` or a handler raised over its page."""
        self._failed.add(page)
        if self._fault is None:
            page.debug("fault", describe_fault(error, self._folder, title=f"{what} raised {type(error).__name__}"))

    def restarting(self) -> None:
        """Tell all pages that another process takes over: they come back at once."""
        for page in self._app.pages:
            page.debug("restarting")

    # -- words ------------------------------------------------------------------------------------------------------------

    def _line(
        self,
        paths: list[Path],
        changes: Changes,
        routes: set[str],
        why: dict[str, int],
        urls: list[str],
        pages: int,
        saved_at: float,
    ) -> str:
        parts = [self._names(paths)]
        what = [*changes.functions[:3], *(["..."] if len(changes.functions) > 3 else [])]
        parts += [", ".join(what)] if what else []
        parts += [f"routes: {', '.join(sorted(routes))}"] if routes else []
        parts.append(_since(saved_at))
        if urls:
            parts.append(f"renewed in {_pages(pages)}")
        parts += [f"{count} of {_pages(pages)} {reason}" for reason, count in why.items()]
        left = pages - sum(why.values())
        if not urls and left:
            parts.append(f"{_pages(left)} as they were" if left > 1 else "1 page as it was")
        if why:
            parts.append(_KEPT)
        return " · ".join(parts)

    def _names(self, paths: Iterable[Path]) -> str:
        names = [self._name(path) for path in paths]
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return f"{names[0]}{more}" if names else "nothing"

    def _name(self, path: Path) -> str:
        try:
            return path.relative_to(self._folder).as_posix()
        except ValueError:
            return str(path)

    def _static_url(self, path: Path) -> str:
        flask = self._app.flask
        for served in (flask, *flask.blueprints.values()):
            root, url = served.static_folder, served.static_url_path
            if not root or url is None or Path(root).resolve() not in path.parents:
                continue
            prefix = getattr(served, "url_prefix", "") or ""
            return f"{prefix}{url}/{path.relative_to(Path(root).resolve()).as_posix()}?v={self._number}"
        return ""

    def _count(self) -> None:
        self._number += 1
        self._app.build = f"{os.getpid()}-{self._number}"


def _since(moment: float) -> str:
    return f"{max(0, round((time.time() - moment) * 1000))} ms"


def _pages(count: int) -> str:
    return f"{count} page{'s' * (count != 1)}"
