"""A module as the statements at its top, each with what tells whether a save has changed it."""

import __future__

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import CodeType
from typing import Final, Literal

Kind = Literal["function", "class", "import", "binding", "inert", "other"]
Function = ast.FunctionDef | ast.AsyncFunctionDef

_FEATURES: Final = {name: getattr(__future__, name).compiler_flag for name in __future__.all_feature_names}


@dataclass(eq=False)
class Statement:
    """One statement at the top of a module, compiled by itself."""

    node: ast.stmt
    kind: Kind
    names: tuple[str, ...]
    """What it binds."""
    shell_node: ast.stmt
    """A copy of the node, in which the functions have no bodies."""
    text: str
    """The statement, without its positions in the file."""
    shell: str
    """The same without the bodies of functions: what is run when the statement itself is."""
    reads: frozenset[str]
    """The names that the statement itself uses when it is run, not those in the bodies of functions."""
    code: CodeType
    ran: set[CodeType] = field(default_factory=set)
    """The project's functions that ran when the statement was run."""

    @property
    def line(self) -> int:
        """Its line in the file, from 1."""
        return self.node.lineno


def parse(source: bytes, file: str) -> list[Statement]:
    """Return the statements of a module. Raises `SyntaxError` (and `ValueError` for null bytes)."""
    compile(source, file, "exec", dont_inherit=True)  # some errors are found by the compiler alone
    flags = 0
    found = []
    pairs = zip(ast.parse(source, file).body, ast.parse(source, file).body, strict=True)
    for position, (node, copy) in enumerate(pairs):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            flags |= sum(_FEATURES.get(alias.name, 0) for alias in node.names)
        found.append(_statement(node, copy, file, flags, first=position == 0))
    return found


def _statement(node: ast.stmt, copy: ast.stmt, file: str, flags: int, *, first: bool) -> Statement:
    code = compile(ast.Module([node], []), file, "exec", flags=flags, dont_inherit=True)
    kind = _kind(node, first=first)
    shell = _Shell().visit(copy)
    return Statement(
        node=node,
        kind=kind,
        names=tuple(_bound(node)),
        shell_node=shell,
        text=ast.dump(node),
        shell=ast.dump(shell),
        reads=frozenset(_read(node)),
        code=code,
    )


def _kind(node: ast.stmt, *, first: bool) -> Kind:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return "function"
        case ast.ClassDef():
            return "class"
        case ast.Import() | ast.ImportFrom():
            return "import"
        case ast.Assign() if all(_is_plain(target) for target in node.targets):
            return "binding"
        case ast.AnnAssign(target=ast.Name()):
            return "binding" if node.value is not None else "inert"
        case ast.Expr(value=ast.Constant()):
            return "binding" if first else "inert"  # a module's docstring, or a note
        case ast.Pass():
            return "inert"
        case ast.If():
            test = ast.unparse(node.test)
            dead = test.endswith("TYPE_CHECKING") or ("__name__" in test and "__main__" in test)
            return "inert" if dead and not node.orelse else "other"
    return "other"


def _is_plain(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(_is_plain(one) for one in target.elts)
    return isinstance(target, ast.Name)


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield node.name
        case ast.Import():
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        case ast.ImportFrom():
            yield from (alias.asname or alias.name for alias in node.names)
        case ast.Expr(value=ast.Constant()):
            yield "__doc__"
        case ast.Name(ctx=ast.Store()):
            yield node.id
        case ast.Lambda() | ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            return
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _bound(child)


class _Shell(ast.NodeTransformer):
    def _empty(self, node: Function) -> Function:
        node.body = [ast.Pass()]
        return node

    visit_FunctionDef = _empty  # noqa: N815 - the names that ast.NodeVisitor looks for
    visit_AsyncFunctionDef = _empty  # noqa: N815


def _read(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(ctx=ast.Load()):
            yield node.id
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            for part in (*node.decorator_list, node.args, *([node.returns] if node.returns else [])):
                yield from _read(part)
        case ast.Lambda():
            yield from _read(node.args)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _read(child)


def class_shells(statement: Statement) -> dict[str, str]:
    """Return the shells of what a class's body binds, by name."""
    found: dict[str, str] = {}
    for inner in getattr(statement.shell_node, "body", ()):
        for name in _bound(inner):
            found[name] = found.get(name, "") + ast.dump(inner)
    return found


def bound_more_than_once(statements: Iterable[Statement]) -> set[str]:
    """Return the names that several statements bind: which of them counts depends on their order."""
    seen: set[str] = set()
    twice: set[str] = set()
    for statement in statements:
        for name in set(statement.names):
            (twice if name in seen else seen).add(name)
    return twice
