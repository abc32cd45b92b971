"""Reads Python source for the database functions that it names, with their arguments and the types of those."""

import ast
import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from types import ModuleType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[2]
NAMED_CALLERS = ("call", "call_row")  # of database/sessions.py; their second argument is the act
METHODS = {"row": 0, "rows": 0, "value": 0, "call": 0, "call_as": 1}
"""Of `Acts` in backend/database and in scripts/demo_town: which of their arguments is the act."""
IN_SQL = re.compile(r"\bapp\.([a-z_0-9]+)\(")

POSTGRES: dict[Any, tuple[str, ...]] = {
    UUID: ("uuid",),
    str: ("text", "json", "jsonb"),
    int: ("integer", "bigint"),
    float: ("double precision",),
    bool: ("boolean",),
    bytes: ("bytea",),
    datetime: ("timestamp with time zone",),
    date: ("date",),
    timedelta: ("interval",),
    dict: ("json", "jsonb"),
}
"""What a value of a Python type may be sent as."""


@dataclass(frozen=True)
class Mention:
    """A place in the source that calls a database function."""

    where: str
    act: str | None
    """None where the name is computed."""
    named: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    """Arguments given by name, with the Python types that they may have; none where the source does not tell."""
    positional: int = 0
    columns: tuple[str, ...] = ()
    """What the source reads of the result, by name."""


@dataclass(frozen=True)
class Function:
    """A database function as the catalogue has it."""

    parameters: dict[str, str]
    """Name → type, in their order."""
    defaults: int
    """So many of the last parameters may be left out."""
    columns: frozenset[str]


def source_files(*folders: str) -> list[Path]:
    """Return the Python files of these top folders."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def mentions(file: Path) -> list[Mention]:
    """Return what a file of this repository calls; types are looked up for files of `backend` alone."""
    name = str(file.relative_to(ROOT))
    module = None
    if name.startswith("backend/"):
        module = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    return mentions_in(file.read_text(), name, module)


def mentions_in(source: str, name: str, module: ModuleType | None = None) -> list[Mention]:
    """Return what a source text calls. With its imported module, types are looked up too."""
    reader = _Reader(name, module)
    reader.visit(ast.parse(source))
    return reader.found


def faults_of(mention: Mention, functions: dict[str, Function]) -> Iterator[str]:
    """Say what is wrong with a mention, nothing when the catalogue agrees."""
    if mention.act is None:
        return
    function = functions.get(mention.act)
    if function is None:
        yield f"{mention.where}: there is no function app.{mention.act}"
        return
    for parameter, types in mention.named.items():
        if (wanted := function.parameters.get(parameter)) is None:
            yield f"{mention.where}: app.{mention.act} has no parameter {parameter}"
        elif wrong := [kind for kind in types if not _fits(kind, wanted)]:
            yield f"{mention.where}: app.{mention.act} takes {parameter} as {wanted}, not as {wrong}"
    needed = list(function.parameters)[mention.positional : len(function.parameters) - function.defaults]
    if missing := [parameter for parameter in needed if parameter not in mention.named]:
        yield f"{mention.where}: app.{mention.act} is not given {missing}"
    if mention.positional + len(mention.named) > len(function.parameters):
        yield f"{mention.where}: app.{mention.act} is given too many arguments"
    if unknown := sorted(set(mention.columns) - function.columns):
        yield f"{mention.where}: app.{mention.act} does not return {unknown}"


def _fits(kind: Any, wanted: str) -> bool:
    if get_origin(kind) in (list, tuple, Sequence) or kind in (list, tuple):
        elements = [one for element in get_args(kind) if element is not ... for one in possible(element)]
        return wanted.endswith("[]") and all(_fits(element, wanted.removesuffix("[]")) for element in elements)
    if get_origin(kind) is dict:
        kind = dict
    if not isinstance(kind, type):
        return True
    # `bool` is an `int` and `datetime` a `date` to Python; not to Postgres.
    base = next((parent for parent in kind.__mro__ if parent in POSTGRES), None)
    return base is None or wanted in POSTGRES[base]


def possible(kind: Any) -> tuple[Any, ...]:
    """Return the types that an annotation allows, besides None; none where it allows anything."""
    origin = get_origin(kind)
    if kind in (None, NoneType, Any):
        return ()
    if origin is Annotated:
        return possible(get_args(kind)[0])
    if origin in (Union, UnionType):
        each = [possible(part) for part in get_args(kind) if part is not NoneType]
        return tuple(one for part in each for one in part) if all(each) else ()
    if origin is Literal:
        return tuple({type(value) for value in get_args(kind)})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return (str,) if issubclass(kind, str) else ()
    return (kind,)


class _Reader(ast.NodeVisitor):
    def __init__(self, name: str, module: ModuleType | None) -> None:
        self._name = name
        self._module = module
        self._functions: list[ast.FunctionDef | ast.AsyncFunctionDef] = []
        self.found: list[Mention] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._inside(node)

    def _inside(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._functions.append(node)
        self.generic_visit(node)
        self._functions.pop()

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            for match in IN_SQL.finditer(node.value):
                if given := _arguments_in_sql(node.value[match.end() :]):
                    named, positional = given
                    self._add(node, match[1], dict.fromkeys(named, ()), positional)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring is no statement
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        called = ast.unparse(node.func)
        if match := re.fullmatch(r"func\.app\.([a-z_0-9]+)", called):
            self._add(node, match[1], {}, len(node.args))
            return
        if match := re.match(r"func\.app\.([a-z_0-9]+)\(.*\)\.table_valued$", called):
            asked = node.func.value if isinstance(node.func, ast.Attribute) else None
            positional = len(asked.args) if isinstance(asked, ast.Call) else 0
            columns = tuple(str(one.value) for one in node.args if isinstance(one, ast.Constant))
            self._add(node, match[1], {}, positional, columns)
            return
        receiver, _, method = called.rpartition(".")
        if called in NAMED_CALLERS:
            first = 1
        elif method in METHODS and receiver.endswith("acts"):
            first = METHODS[method]
        else:
            return
        wanted = node.args[first] if len(node.args) > first else None
        if isinstance(wanted, ast.Constant) and re.fullmatch("[a-z_0-9]+", str(wanted.value)):
            act: str | None = str(wanted.value)
        elif isinstance(wanted, ast.Constant):
            return  # a statement of another class, read as SQL above
        else:
            act = None
        named = {word.arg: possible(self._type(word.value)) for word in node.keywords if word.arg is not None}
        if any(word.arg is None for word in node.keywords):
            act = None
        columns = self._columns_read(node) if method == "row" else ()
        self._add(node, act, named, len(node.args) - first - 1, columns)

    def _add(
        self,
        node: ast.expr,
        act: str | None,
        named: dict[str, tuple[Any, ...]],
        positional: int,
        columns: tuple[str, ...] = (),
    ) -> None:
        where = ".".join([self._name, *(function.name for function in self._functions)])
        self.found.append(Mention(f"{where}:{node.lineno}", act, named, positional, columns))

    def _columns_read(self, node: ast.Call) -> tuple[str, ...]:
        """Return `a` and `b` of `row["a"]` and `row["b"]`, where `row = await …` is this call."""
        if not self._functions:
            return ()
        parts = list(ast.walk(self._functions[-1]))
        names = {
            target.id
            for part in parts
            if isinstance(part, ast.Assign) and isinstance(part.value, ast.Await) and part.value.value is node
            for target in part.targets
            if isinstance(target, ast.Name)
        }
        return tuple(
            str(part.slice.value)
            for part in parts
            if isinstance(part, ast.Subscript)
            and isinstance(part.value, ast.Name)
            and part.value.id in names
            and isinstance(part.slice, ast.Constant)
            and isinstance(part.slice.value, str)
        )

    def _type(self, node: ast.expr) -> Any:
        """Return the type of an expression as far as annotations tell it, else None."""
        if self._module is None:
            return None
        match node:
            case ast.Constant():
                return type(node.value)
            case ast.JoinedStr():
                return str
            case ast.Compare() | ast.UnaryOp(op=ast.Not()):
                return bool
            case ast.Await() | ast.NamedExpr():
                return self._type(node.value)
            case ast.IfExp():
                return self._either(node.body, node.orelse)
            case ast.BinOp():
                left, right = self._type(node.left), self._type(node.right)
                return left if left == right else None
            case ast.ListComp():
                return list
            case ast.Name():
                return self._type_of_name(node.id)
            case ast.Attribute():
                return self._type_of_attribute(node)
            case ast.Call():
                return self._returned(node.func)
        return None

    def _either(self, *nodes: ast.expr) -> Any:
        kinds = [self._type(node) for node in nodes]
        return None if None in kinds else Union[tuple(kinds)]  # noqa: UP007  made of a list

    def _type_of_name(self, name: str) -> Any:
        for function in reversed(self._functions):
            parameters = function.args
            for parameter in (*parameters.posonlyargs, *parameters.args, *parameters.kwonlyargs):
                if parameter.arg == name:
                    return None if parameter.annotation is None else self._evaluated(parameter.annotation)
            given = [part for part in ast.walk(function) if name in _assigned(part)]
            match given:
                case [ast.AnnAssign(annotation=annotation)]:
                    return self._evaluated(annotation)
                case [ast.Assign(value=value, targets=[ast.Name()])] | [ast.NamedExpr(value=value)]:
                    return self._type(value)
                case [_, *_]:
                    return None
        known = vars(self._module).get(name)
        return type(known) if known is not None and not isinstance(known, type) else None

    def _type_of_attribute(self, node: ast.Attribute) -> Any:
        for owner in possible(self._type(node.value)):
            if not isinstance(owner, type):
                continue
            if issubclass(owner, BaseModel) and node.attr in owner.model_fields:
                return owner.model_fields[node.attr].annotation
            of_class = getattr(owner, node.attr, None)
            if isinstance(of_class, property):
                return get_type_hints(of_class.fget).get("return")
            return get_type_hints(owner).get(node.attr)
        return None

    def _returned(self, node: ast.expr) -> Any:
        made = self._object(node)
        if made is None and isinstance(node, ast.Attribute):
            for owner in possible(self._type(node.value)):
                made = getattr(owner, node.attr, None)
        if isinstance(made, type):
            return made
        return get_type_hints(made).get("return") if callable(made) and hasattr(made, "__annotations__") else None

    def _object(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return vars(self._module).get(node.id)
        if isinstance(node, ast.Attribute) and isinstance(of := self._object(node.value), ModuleType):
            return getattr(of, node.attr, None)
        return None

    def _evaluated(self, annotation: ast.expr) -> Any:
        return eval(ast.unparse(annotation), vars(self._module))  # noqa: S307  an annotation of our own source


def _assigned(node: ast.AST) -> list[str]:
    """Return the names that a statement gives a value."""
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr | ast.For | ast.AsyncFor | ast.comprehension):
        targets = [node.target]
    elif isinstance(node, ast.withitem):
        targets = [node.optional_vars] if node.optional_vars is not None else []
    else:
        return []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def _arguments_in_sql(rest: str) -> tuple[list[str], int] | None:
    """Return the names of named arguments and the number of others, from what follows `app.function(`.

    None when the text ends before the call does.
    """
    arguments, depth = [""], 0
    for sign in rest:
        depth += (sign in "([") - (sign in ")]")
        if depth < 0:
            break
        if sign == "," and depth == 0:
            arguments.append("")
        else:
            arguments[-1] += sign
    else:
        return None
    given = [argument.strip() for argument in arguments if argument.strip()]
    named = [match[1] for argument in given if (match := re.match(r"([a-z_0-9]+) => ", argument))]
    return named, len(given) - len(named)
