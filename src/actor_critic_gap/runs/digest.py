"""What code decides a result: a hash of definitions and of all that they use, however it is written down.

A definition is a top-level statement. The digest of some of them covers them and every definition of the
package that they reach by name, in the order in which they are met. It is taken of the parsed tree by node
types and fields, so Python versions agree. Comments, docstrings, annotations (but of data models, which check
by them) and formatting do not count, nor do names of modules and files, or where a definition stands.
"""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).parent.parent

_IGNORED = {"annotation", "returns", "type_comment", "type_params", "type_ignores", "ctx", "kind", "simple"}
_OPAQUE = {"eval", "exec", "__import__", "globals"}
"""Besides importlib, by which `figures` alone looks for its modules; rules name those that they use."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (*_FUNCTIONS, *_COMPREHENSIONS)


_DEFINITION = "\0"
"""Where the number of a definition comes in a text, in which no other stands."""


class _External(NamedTuple):
    """Something of another package, by its full name."""

    name: str


class _Definition(NamedTuple):
    """A top-level statement of a module of the package."""

    module: str
    position: int


_Meaning = list[_Definition] | _External | str | None
"""What a name stands for: definitions, something external, a module of the package; none if a builtin."""

_Import = tuple[str, str | None]
"""A module and a name in it, none for the module itself."""

_Locals = dict[str, _Import | None]
"""The names that enclosing functions bind, with what they import, if they do."""


class _Module(NamedTuple):
    statements: list[ast.stmt]
    defined: dict[str, list[int]]
    """the statements that bind a name"""
    imported: dict[str, _Import]
    effects: list[int]
    """the statements that are carried out on import and may bind nothing"""


def digest(*roots: str) -> str:
    """The digest of definitions, each named "module.name" within the package: 16 hexadecimal digits.

    Raises:
        ValueError: a root is not defined, or code is used whose meaning cannot be read off its text.

    """
    files = sorted(PACKAGE.rglob("*.py"))
    package = _package(tuple((path, path.stat().st_mtime_ns) for path in files))
    numbers: dict[_Definition, int] = {}
    todo: list[_Definition] = []

    def number(definition: _Definition) -> int:
        if definition not in numbers:
            numbers[definition] = len(numbers)
            todo.append(definition)
            for position in package.module(definition.module).effects:
                number(_Definition(definition.module, position))
        return numbers[definition]

    for root in roots:
        module, _, name = root.rpartition(".")
        meaning = package.resolved(module, name)
        if not isinstance(meaning, list):
            raise ValueError(f"{root}: not defined in the package")
        for definition in meaning:
            number(definition)
    hashed = hashlib.sha256()
    for definition in todo:  # which grows meanwhile
        text, used = package.written(definition)
        for part, reached in zip(text.split(_DEFINITION), [*used, None], strict=True):
            hashed.update(f"{part}{'' if reached is None else number(reached)}".encode())
        hashed.update(b"\n")
    return hashed.hexdigest()[:16]


@lru_cache(maxsize=1)
def _package(files: tuple[tuple[Path, int], ...]) -> _Package:
    """The package as it is; read anew once a file has changed."""
    return _Package([path for path, _ in files])


class _Package:
    """The modules of the package, each read once."""

    def __init__(self, files: Iterable[Path]) -> None:
        self.modules = {_name(path): path for path in files}
        self._read: dict[str, _Module] = {}
        self._written: dict[_Definition, tuple[str, list[_Definition]]] = {}

    def module(self, module: str) -> _Module:
        """The statements of a module."""
        if module not in self._read:
            self._read[module] = _read(self.modules[module])
        return self._read[module]

    def written(self, definition: _Definition) -> tuple[str, list[_Definition]]:
        """A definition as text, in which others stand as `_DEFINITION`, and these others in order."""
        if definition not in self._written:
            writer = _Writer(self, definition.module)
            statement = self.module(definition.module).statements[definition.position]
            self._written[definition] = writer.text(statement, {}), writer.used
        return self._written[definition]

    def imported(self, module: str, name: str | None) -> _Meaning:
        """What is imported by a name, none for the module itself."""
        head, _, rest = module.partition(".")
        if head != PACKAGE.name:
            return _External(module if name is None else f"{module}.{name}")
        if name is None:
            return rest
        inner = f"{rest}.{name}".lstrip(".")
        return inner if inner in self.modules else self.resolved(rest, name)

    def resolved(self, module: str, name: str) -> _Meaning:
        """What a name stands for at the top of a module; None for a builtin."""
        read = self.module(module)
        if name in read.imported:
            return self.imported(*read.imported[name])
        if name in read.defined:
            return [_Definition(module, position) for position in read.defined[name]]
        inner = f"{module}.{name}".lstrip(".")
        return inner if inner in self.modules else None

    def all_of(self, module: str) -> list[_Definition]:
        """Every definition of a module."""
        positions = {position for found in self.module(module).defined.values() for position in found}
        return [_Definition(module, position) for position in sorted(positions)]


class _Writer:
    """Writes a statement as text in which definitions stand as `_DEFINITION`."""

    def __init__(self, package: _Package, module: str) -> None:
        self.package, self.module = package, module
        self.used: list[_Definition] = []
        """the definitions that the text reaches, in its order"""
        self.fields: set[ast.AST] = set()
        """the fields of data models, whose annotations are what they check"""

    def text(self, node: object, local: _Locals) -> str:
        """The text of a node of the tree, or of a list or value in it."""
        if isinstance(node, list):
            kept = [part for part in node if not _without_effect(part)]
            return f"[{','.join(self.text(part, local) for part in kept)}]"
        if not isinstance(node, ast.AST):
            return repr(node)
        if isinstance(node, ast.Name | ast.Attribute):
            meaning = self._meaning(node, local)
            if meaning is not None:
                return meaning
        # any class with a base but a NamedTuple can give its annotations a meaning, as pydantic's models do
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) != "NamedTuple" for base in node.bases):
            self.fields.update(part for part in node.body if isinstance(part, ast.AnnAssign))
        inner = {**local, **_bound(node)} if isinstance(node, _SCOPES) else local
        parts = []
        for name, value in ast.iter_fields(node):
            ignored = name in _IGNORED and not (name == "annotation" and node in self.fields)
            empty = isinstance(value, list) and all(map(_without_effect, value))
            if ignored or empty or value is None:
                continue
            # decorators are looked up where the function stands
            scope = local if name == "decorator_list" else inner
            parts.append(f"{name}={self.text(value, scope)}")
        return f"{type(node).__name__}({','.join(parts)})"

    def _meaning(self, node: ast.Name | ast.Attribute, local: _Locals) -> str | None:
        """What a dotted name stands for outside the function, None where it is a name of its own."""
        names: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            names.insert(0, inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            return None
        meaning: _Meaning
        if inner.id in local:
            source = local[inner.id]
            meaning = source and self.package.imported(*source)
        elif inner.id in _OPAQUE:
            raise ValueError(f"{self.module}: {inner.id} hides what code a run depends on")
        else:
            meaning = self.package.resolved(self.module, inner.id)
        while names and not isinstance(meaning, list | None):
            if isinstance(meaning, _External):
                meaning = _External(f"{meaning.name}.{names.pop(0)}")
            else:
                meaning = self.package.resolved(meaning, names.pop(0))
        if meaning is None:
            return None
        rest = "".join(f".{name}" for name in names)
        if isinstance(meaning, _External):
            hides = meaning.name in ("importlib", "importlib.import_module", "importlib.util")
            if hides and self.module != "figures":
                raise ValueError(f"{self.module}: {meaning.name} hides what code a run depends on")
            return f"<{meaning.name}{rest}>"
        definitions = self.package.all_of(meaning) if isinstance(meaning, str) else meaning
        self.used += definitions
        return f"<{' '.join(_DEFINITION for _ in definitions)}{rest}>"


def _bound(node: ast.AST) -> _Locals:
    """The names that a function or comprehension binds, with what they import, if they do."""
    found: _Locals = {}
    if isinstance(node, _FUNCTIONS):
        found |= {part.arg: None for part in ast.iter_child_nodes(node.args) if isinstance(part, ast.arg)}
        body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else list(node.body)
    else:
        assert isinstance(node, _COMPREHENSIONS)
        body = [generator.target for generator in node.generators]
    for part in _of_this_scope(body):
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store | ast.Del):
            found[part.id] = None
        elif isinstance(part, (*_NAMED, ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            found |= {part.name: None} if part.name else {}
        elif isinstance(part, ast.Import | ast.ImportFrom):
            found |= _imports(part)
    return found


def _of_this_scope(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes and those in them, but for what stands in functions, classes and comprehensions in them."""
    for node in nodes:
        yield node
        if not isinstance(node, (*_SCOPES, ast.ClassDef)):
            yield from _of_this_scope(ast.iter_child_nodes(node))


def _imports(node: ast.Import | ast.ImportFrom) -> dict[str, _Import]:
    if isinstance(node, ast.Import):
        found: dict[str, _Import] = {}
        for alias in node.names:
            head = alias.name.partition(".")[0]
            found[alias.asname or head] = (alias.name if alias.asname else head, None)
        return found
    if node.level or any(alias.name == "*" for alias in node.names):
        raise ValueError(f"from {node.module} import: expected a full module and names")
    return {alias.asname or alias.name: (node.module or "", alias.name) for alias in node.names}


def _name(path: Path) -> str:
    """The name of a module within the package, whose own is ""."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(path: Path) -> _Module:
    statements = [part for part in ast.parse(path.read_text("utf-8")).body if not _without_effect(part)]
    read = _Module(statements, defaultdict(list), {}, [])
    for position, statement in enumerate(statements):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            if not (isinstance(statement, ast.ImportFrom) and statement.module == "__future__"):
                read.imported.update(_imports(statement))
            continue
        for part in _of_this_scope([statement]):
            name = None
            if isinstance(part, _NAMED):
                name = part.name
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                name = part.id
            if name and position not in read.defined[name]:
                read.defined[name].append(position)
        if not isinstance(statement, (*_NAMED, ast.Assign, ast.AnnAssign)):
            read.effects.append(position)
    return read


def _without_effect(node: object) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
