"""Discovery: imports every module of a project's package of controllers, and says what is wrong in its own words."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from pycommunicate.errors import ConfigurationError, DiscoveryError, ImportCycle
from pycommunicate.reload.graph import Edge, cycle_through, import_graph, module_name, python_files, shown
from pycommunicate.server.routing import Registry, collecting
from pycommunicate.tracebacks import describe, place_of


def discover(package: str, folder: Path) -> Registry:
    """Import every module of `package` (its sub-packages too) in `folder`, and return what is decorated in them.

    `folder` is put on `sys.path`.

    :raises DiscoveryError: there is no such package, another one has its name, or a module does not import.
    :raises ImportCycle: (a `DiscoveryError`) a module does not import because it is imported in a circle.
    :raises RouteError: a decorator was given something that can't be.
    """
    if not all(part.isidentifier() for part in package.split(".")):
        raise DiscoveryError(f"discover() takes a package's name such as 'controllers', not {package!r}")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    registry = Registry()
    with collecting(registry):
        for name, file in _modules(package, folder):
            registry.adopt(_import(name, file, folder))
    return registry


def _modules(package: str, folder: Path) -> Iterator[tuple[str, Path]]:
    root = folder.joinpath(*package.split("."))
    single = root.with_suffix(".py")
    if not root.is_dir() and not single.is_file():
        raise DiscoveryError(
            f"there is no package {package!r}: neither a folder {root} nor a file {single.name} beside it",
            help="make one with: pycommunicate generate controller NAME",
        )
    for file in [single] if single.is_file() else python_files(root):
        name = module_name(file, folder)
        if name:
            yield name, file


def _import(name: str, file: Path, folder: Path) -> ModuleType:
    try:
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ConfigurationError) and error.places:
            raise
        raise explain(error, name, folder) from error
    origin = getattr(module, "__file__", None)
    if origin and Path(origin).resolve() != file.resolve():
        raise DiscoveryError(
            f"the module {name!r} of the project is hidden by another of that name",
            places=[file, origin],
            help="rename the folder, and discover it by its new name",
        )
    return module


def explain(error: BaseException, name: str, folder: Path) -> DiscoveryError:
    """Return the error that says why the module `name` in `folder` does not import."""
    if isinstance(error, ImportError | AttributeError) and "partially initialized module" in str(error):
        edges = import_graph(folder)
        onward: dict[str, list[Edge]] = {}
        for edge in edges:
            onward.setdefault(edge.importer, []).append(edge)
        culprit = getattr(error, "name", None)
        for start in (culprit, name, *onward):
            cycle = cycle_through(start, onward) if start else []
            if cycle:
                return ImportCycle(
                    f"the project's modules import each other in a circle: {shown(cycle)}",
                    places=cycle,
                    help="move what both need into a module of its own, or import it in the function that uses it",
                )
    where = place_of(error, folder)
    said = "the import ended the program: " + describe(error) if isinstance(error, SystemExit) else describe(error)
    return DiscoveryError(f"the module {name!r} does not import: {said}", places=[where] if where else [])
