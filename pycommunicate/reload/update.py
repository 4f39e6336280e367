"""One batch of saves, applied to the modules that are loaded: all of it, or nothing."""

import ast
import importlib
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from pycommunicate.reload.classes import CannotMerge, check_can_be_remade, merge
from pycommunicate.reload.codes import all_codes, own, pairs
from pycommunicate.reload.decorators import (
    decorators_of,
    inner_decorators,
    is_accessor,
    leads_to,
    leaves_nothing,
    name_of,
)
from pycommunicate.reload.graph import targets
from pycommunicate.reload.living import ByIdentity, Undo, patch_function, swap_codes
from pycommunicate.reload.loader import Loaded, Modules
from pycommunicate.reload.statements import Statement, bound_more_than_once, class_shells, parse


class CannotUpdate(Exception):
    """Only a new process is right. The message is the reason, with its place."""


class Changes:
    """What an update did."""

    def __init__(self) -> None:
        self.became = ByIdentity()
        """The code of before -> the code of now, where only the line differs too."""
        self.codes = ByIdentity()
        """Codes of before that do something else now, each mapped to itself."""
        self.names: set[str] = set()
        """Names of modules and attributes of classes that have another value now."""
        self.replaced: list[object] = []
        """Functions that could not be patched in place: who holds one would run old code."""
        self.deleted: set[str] = set()

    @property
    def functions(self) -> list[str]:
        """The qualified names of the functions that changed, in a readable form."""
        return list(dict.fromkeys(code.co_qualname.replace(".<locals>", "") for code in self.codes))

    def touches(self, used: Iterable[CodeType]) -> bool:
        """Whether running `used` again would give something else."""
        return any(code in self.codes or not self.names.isdisjoint(code.co_names) for code in used)


class Update:
    """Brings the modules of a project up to date with their files."""

    def __init__(
        self,
        modules: Modules,
        paths: Iterable[Path],
        *,
        fixed: Iterable[str] = (),
        also: Iterable[str] = (),
        limit: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:
        """Plan an update; nothing is run yet.

        :param paths: the files that may have changed.
        :param fixed: names of modules whose statements must not run again (the application's own).
        :param also: names of modules that are to be imported.
        :param limit: makes the context in which the project's code is run.
        :raises SyntaxError: a file can't be compiled.
        :raises CannotUpdate: a change can't be carried out in this process.
        """
        self._modules = modules
        self._fixed = set(fixed)
        self._also = tuple(also)
        self._limit = limit
        self._undo = Undo()
        self.changes = Changes()
        self._drafts: dict[str, list[Statement]] = {}
        self._sources: dict[str, bytes] = {}
        self._run: set[Statement] = set()
        self._removed: dict[str, set[str]] = defaultdict(set)
        self._before: dict[Statement, Statement] = {}
        self._rebound: dict[str, set[str]] = defaultdict(set)
        self._touched: set[str] = set()
        for path in paths:
            loaded = modules.by_file(str(path))
            if loaded is not None:
                self._read(loaded, path)
        for name, draft in self._drafts.items():
            self._compare(modules.by_name[name], draft)

    # -- planning ---------------------------------------------------------------------------------------------------------

    def _read(self, loaded: Loaded, path: Path) -> None:
        try:
            source = path.read_bytes()
        except FileNotFoundError:
            self.changes.deleted.add(loaded.name)
            for statement in loaded.statements:
                self._check_decorators(loaded, statement)
            return
        if source != loaded.source:
            self._drafts[loaded.name] = parse(source, loaded.file)
            self._sources[loaded.name] = source

    def _compare(self, loaded: Loaded, draft: list[Statement]) -> None:
        earlier = _by_key(loaded.statements)
        later = _by_key(draft)
        for key, new in later.items():
            old = earlier.get(key)
            if old is not None:
                self._pair(old, new)
            self._check_inner(loaded, old, new)
            if old is None or (old.text != new.text and old.shell != new.shell):
                self._must_run(loaded, new)
        for key, old in earlier.items():
            if key not in later and old.kind == "other":
                raise CannotUpdate(f"{loaded.name}, line {old.line}: a statement was removed that can't be undone")
            if key not in later or _decorated(old) != _decorated(later[key]):
                self._check_decorators(loaded, old)
        now = {name for statement in draft for name in statement.names}
        self._removed[loaded.name] = {name for old in loaded.statements for name in old.names} - now
        several = bound_more_than_once(loaded.statements) | bound_more_than_once(draft)
        for statement in self._run & set(draft):
            both = several.intersection(statement.names)
            if both:
                name = min(both)
                raise CannotUpdate(f"{loaded.name}, line {statement.line}: {name} is bound more than once in the file")

    def _pair(self, old: Statement, new: Statement) -> None:
        self._before[new] = old
        for code, becomes in pairs(old.code, new.code):
            self.changes.became[code] = becomes
            if own(code) != own(becomes) and code is not old.code:
                self.changes.codes[code] = code

    def _must_run(self, loaded: Loaded, statement: Statement) -> None:
        if statement.kind == "inert":
            return
        if statement.kind == "other":
            raise CannotUpdate(f"{loaded.name}, line {statement.line}: the statement can't be run again by itself")
        if loaded.name in self._fixed:
            raise CannotUpdate(f"{loaded.name}, line {statement.line}: it makes the application")
        before = self._before.get(statement, statement if statement in loaded.statements else None)
        self._check_decorators(
            loaded, statement, again=before is not None and _decorated(before) == _decorated(statement)
        )
        self._run.add(statement)

    def _check_decorators(self, loaded: Loaded, statement: Statement, *, again: bool = False) -> None:
        """Raise `CannotUpdate` if a function or class has a decorator that must not run, or should not have run.

        :param again: it has the same decorators as before, and runs since something else changed.
        """
        for decorator in decorators_of(statement.node):
            self._check_decorator(loaded, decorator, again=again)

    def _check_inner(self, loaded: Loaded, old: Statement | None, new: Statement) -> None:
        """The same for the decorators in a class's body, those that came or went."""
        before = inner_decorators(old.node) if old else {}
        later = inner_decorators(new.node)
        for place in before.keys() ^ later.keys():
            name, decorator = before.get(place) or later[place]
            if not is_accessor(decorator, name):
                self._check_decorator(loaded, decorator)

    def _check_decorator(self, loaded: Loaded, decorator: ast.expr, *, again: bool = False) -> None:
        imports = [statement.node for statement in self._statements(loaded) if statement.kind == "import"]
        found = leads_to(decorator, vars(loaded.module), imports)
        own_function = isinstance(found, FunctionType) and self._modules.recorder.owns(found.__code__.co_filename)
        if not (leaves_nothing(found) or (again and own_function)):
            place = f"{loaded.name}, line {decorator.lineno}"
            raise CannotUpdate(f"{place}: what @{name_of(decorator)} does can't be done again or undone")

    # -- carrying out -------------------------------------------------------------------------------------------------------

    def apply(self, check: Callable[[], object] | None = None) -> Changes:
        """Carry the update out. What the project's code raises is raised, after all was put back as it was.

        :param check: called when all has run; what it raises puts everything back, too.
        :raises CannotUpdate: it can't be carried out in this process.
        """
        known = set(self._modules.by_name)
        try:
            with self._limit(), self._modules.asking(self._check_decorators):
                self._swap()
                self._forget_deleted()
                importlib.invalidate_caches()
                order = self._in_order()
                for loaded in order:
                    self._bring_up_to_date(loaded)
                for name in self._also:
                    importlib.import_module(name)
                self._check_order([loaded.name for loaded in order])
                if check is not None:
                    check()
        except BaseException:
            self._undo.all()
            for name in set(self._modules.by_name) - known:
                self._modules.by_name.pop(name)
                _forget(name, Undo())
            raise
        self._keep()
        self.changes.replaced = list({id(one): one for one in self.changes.replaced}.values())
        return self.changes

    def _swap(self) -> None:
        refused = swap_codes(self.changes.became, self._undo)
        self.changes.replaced.extend(refused)
        for function in refused:
            new = self.changes.became[function.__code__]
            for name, draft in self._drafts.items():
                for statement in draft:
                    if any(code is new for code in all_codes(statement.code)):
                        self._must_run(self._modules.by_name[name], statement)

    def _forget_deleted(self) -> None:
        for name in self.changes.deleted:
            loaded = self._modules.by_name.pop(name)
            self._undo.note(partial(self._modules.by_name.__setitem__, name, loaded))
            _forget(name, self._undo)

    def _statements(self, loaded: Loaded) -> list[Statement]:
        return self._drafts.get(loaded.name, loaded.statements)

    def _imports(self, loaded: Loaded, statement: Statement) -> Iterator[str]:
        node = statement.node
        if isinstance(node, ast.Import | ast.ImportFrom):
            is_package = Path(loaded.file).name == "__init__.py"
            package = loaded.name.split(".") if is_package else loaded.name.split(".")[:-1]
            known = self._modules.by_name.keys() | self.changes.deleted
            yield from targets(node, package, known)

    def _in_order(self) -> list[Loaded]:
        """Return the modules, those that others import before these."""
        done: dict[str, Loaded] = {}
        under_way: set[str] = set()

        def visit(loaded: Loaded) -> None:
            if loaded.name in done or loaded.name in under_way:
                return
            under_way.add(loaded.name)
            for statement in self._statements(loaded):
                for name in self._imports(loaded, statement):
                    if name in self._modules.by_name:
                        visit(self._modules.by_name[name])
            done[loaded.name] = loaded

        for loaded in self._modules:
            visit(loaded)
        return list(done.values())

    def _check_order(self, order: list[str]) -> None:
        # What was bound anew after an importer had its turn did not reach it: they import each other.
        place = {name: position for position, name in enumerate(order)}
        for importer in self._modules:
            for statement in self._statements(importer):
                for name in self._imports(importer, statement):
                    if self._rebound[name] and place.get(name, -1) > place.get(importer.name, len(order)):
                        raise CannotUpdate(f"{importer.name} and {name} import each other")

    def _bring_up_to_date(self, loaded: Loaded) -> None:
        for statement in self._statements(loaded):
            if self._must_be_run(loaded, statement):
                self._run_again(loaded, statement, self._namespace(loaded))
        for name in self._removed[loaded.name]:
            if name in vars(loaded.module):
                del self._namespace(loaded)[name]
                self._bind(loaded, name)

    def _namespace(self, loaded: Loaded) -> dict[str, Any]:
        """Return the names of a module that is about to change."""
        if loaded.name not in self._touched:
            self._touched.add(loaded.name)
            self._undo.put_back(vars(loaded.module))
        return vars(loaded.module)

    def _must_be_run(self, loaded: Loaded, statement: Statement) -> bool:
        if statement in self._run:
            return True
        before = self._before.get(statement, statement)
        needed = (
            self._imports_what_changed(loaded, statement)
            or any(code in self.changes.codes or self._uses_rebound(code) for code in before.ran)
            or not self._rebound[loaded.name].isdisjoint(statement.reads)
        )
        if needed:
            if statement.kind != "import":
                self._must_run(loaded, statement)
            return statement.kind != "inert"
        return False

    def _imports_what_changed(self, loaded: Loaded, statement: Statement) -> bool:
        node = statement.node
        for name in self._imports(loaded, statement):
            if name in self.changes.deleted:
                return True
            if isinstance(node, ast.ImportFrom):
                imported = {alias.name for alias in node.names}
                if self._rebound[name] and ("*" in imported or imported & self._rebound[name]):
                    return True
        return False

    def _uses_rebound(self, code: CodeType) -> bool:
        loaded = self._modules.by_file(code.co_filename)
        return loaded is not None and not self._rebound[loaded.name].isdisjoint(code.co_names)

    def _run_again(self, loaded: Loaded, statement: Statement, namespace: dict[str, Any]) -> None:
        before = {name: namespace.get(name) for name in statement.names}
        mine = before.get(statement.names[0]) if statement.kind == "class" else None
        remade = isinstance(mine, type) and mine.__module__ == loaded.name
        try:
            if remade:
                check_can_be_remade(mine)  # type: ignore[arg-type]
            loaded.run(statement, self._modules.recorder)
            for name, old in before.items():
                new = namespace.get(name)
                if remade and isinstance(new, type):
                    self._merge(old, new, statement)  # type: ignore[arg-type]
                    namespace[name] = old
                elif statement.kind == "function" and isinstance(old, FunctionType) and isinstance(new, FunctionType):
                    if patch_function(old, new, self._undo):
                        namespace[name] = old
                        self.changes.names |= {name} if self._shell_changed(statement) else set()
                    else:
                        self.changes.replaced.append(old)
                        self._bind(loaded, name)
                elif not _same(old, new):
                    self._bind(loaded, name)
        except CannotMerge as error:
            name = statement.names[0]
            raise CannotUpdate(
                f"{loaded.name}, line {statement.line}: {name} can't be changed in place: {error}"
            ) from None

    def _shell_changed(self, statement: Statement) -> bool:
        before = self._before.get(statement)
        return before is None or before.shell != statement.shell

    def _merge(self, old: type, new: type, statement: Statement) -> None:
        before = self._before.get(statement)
        earlier = class_shells(before) if before else {}
        later = class_shells(statement)
        changed = {name for name in earlier.keys() | later.keys() if earlier.get(name) != later.get(name)}
        merged = merge(old, new, changed, self._undo)
        self.changes.names |= merged.names | {name for name in changed if name in vars(new)}
        self.changes.replaced.extend(merged.replaced)

    def _bind(self, loaded: Loaded, name: str) -> None:
        self._rebound[loaded.name].add(name)
        self.changes.names.add(name)

    def _keep(self) -> None:
        for name, statements in self._drafts.items():
            loaded = self._modules.by_name[name]
            for statement in statements:
                before = self._before.get(statement)
                if before is not None and not statement.ran:
                    statement.ran = before.ran
            loaded.statements, loaded.source = statements, self._sources[name]
        became = self.changes.became
        for loaded in self._modules:
            for statement in loaded.statements:
                statement.ran = {became.get(code, code) for code in statement.ran}


def _by_key(statements: Iterable[Statement]) -> dict[tuple[str, str, int], Statement]:
    found: dict[tuple[str, str, int], Statement] = {}
    count: Counter[tuple[str, str]] = Counter()
    for statement in statements:
        by_name = statement.kind in {"function", "class", "binding"}
        key = (statement.kind, ",".join(statement.names) if by_name else statement.text)
        found[(*key, count[key])] = statement
        count[key] += 1
    return found


def _decorated(statement: Statement) -> list[str]:
    return [ast.dump(decorator) for decorator in decorators_of(statement.node)]


def _forget(name: str, undo: Undo) -> None:
    module = sys.modules.pop(name, None)
    if module is None:
        return
    undo.note(partial(sys.modules.__setitem__, name, module))
    parent, _, child = name.rpartition(".")
    home = sys.modules.get(parent)
    if home is not None and vars(home).get(child) is module:
        undo.delete(home, child)


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    simple = (bool, int, float, str, bytes, type(None))
    return type(one) is type(other) and isinstance(one, simple) and bool(one == other)


__all__ = ["CannotUpdate", "Changes", "Update"]
