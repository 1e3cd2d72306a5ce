"""Settings: build an executor from the names of its fields and from texts or plain values.

The command line and profile files name the fields; the executor's dataclass gives their types. Names and
types are checked before anything is built.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from launchbind.errors import InvalidSettingError
from launchbind.redaction import MASK, Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def build(cls: type[T], settings: Mapping[str, object]) -> T:
    """Make an instance of a dataclass from values for its fields.

    Parameters
    ----------
    cls
        A dataclass, such as an executor.
    settings
        Field to value, each converted by :func:`convert`. Fields that are left out keep their defaults.

    Raises
    ------
    InvalidSettingError
        When ``cls`` is no dataclass, or its constructor raises; when a field does not exist, cannot take
        its value, or is required and not given. The message hides values of fields with secret names.

    Examples
    --------
    >>> from launchbind.testing import FakeExecutor
    >>> build(FakeExecutor, {"nodes": "2", "env_vars": '{"LEVEL": "3"}'})
    FakeExecutor(env_vars={'LEVEL': '3'}, retries=0, nodes=2)
    """
    hints = _hints(cls)
    known = {field.name: field for field in _known(cls)}
    for name in settings:
        if name not in known:
            raise InvalidSettingError(cls.__qualname__, name, "there is no such field", tuple(known))
    values: dict[str, object] = {}
    for name, value in settings.items():
        try:
            values[name] = convert(value, hints[name])
        except (TypeError, ValueError) as error:
            problem = _without_secrets(name, value, str(error))
            raise InvalidSettingError(cls.__qualname__, name, problem) from None  # which shows the value
    missing = [name for name, field in known.items() if name not in values and _required(field)]
    if missing:
        raise InvalidSettingError(cls.__qualname__, missing[0], "it is required: give it a value")
    try:
        return cls(**values)
    except Exception as error:  # executors check their fields, or import something, when they are made
        raise InvalidSettingError(cls.__qualname__, None, f"{type(error).__name__}: {error}") from error


def fields(cls: type) -> list[tuple[str, str, str]]:
    """List the fields that :func:`build` can set.

    Parameters
    ----------
    cls
        A dataclass, such as an executor.

    Returns
    -------
    Name, type and default of each field, as texts. The default is ``required`` for a field that has none,
    and empty for one that a factory makes.

    Raises
    ------
    InvalidSettingError
        When ``cls`` is no dataclass, or its annotations cannot be evaluated.

    Examples
    --------
    >>> from launchbind.testing import FakeExecutor
    >>> fields(FakeExecutor)
    [('env_vars', 'dict[str, str]', ''), ('retries', 'int', '0'), ('nodes', 'int', '1')]
    """
    hints = _hints(cls)
    return [(field.name, _type_name(hints[field.name]), _default(field)) for field in _known(cls)]


def _hints(cls: type[object]) -> dict[str, object]:
    if not dataclasses.is_dataclass(cls):
        raise InvalidSettingError(cls.__qualname__, None, "it is no dataclass, so its fields are unknown")
    try:
        return get_type_hints(cls)
    except NameError as error:  # an annotation whose import is for type checkers only
        problem = f"its annotations cannot be read: {error}"
        raise InvalidSettingError(cls.__qualname__, None, problem) from error


def _known(cls: type) -> list[dataclasses.Field[object]]:
    return [field for field in dataclasses.fields(cls) if field.init]


def _type_name(hint: object) -> str:
    if isinstance(hint, type) and not get_args(hint):
        return hint.__name__
    return str(hint).replace("typing.", "")


def _default(field: dataclasses.Field[object]) -> str:
    if _required(field):
        return "required"
    return repr(field.default) if field.default is not dataclasses.MISSING else ""


def _without_secrets(name: str, value: object, problem: str) -> str:
    redactor = Redactor()
    if redactor.is_secret(name):
        problem = problem.replace(repr(value), MASK).replace(str(value), MASK)
    return redactor.text(problem)


def _required(field: dataclasses.Field[object]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def convert(value: object, hint: object) -> object:
    """Convert a value to a type.

    Parameters
    ----------
    value
        A text, which is read as the type: numbers, ``true`` or ``false``, ``none``, a choice of a Literal,
        ``a,b`` or JSON for a list, JSON for a mapping. Any other value is only checked, and its items
        converted.
    hint
        The type, as an annotation.

    Raises
    ------
    ValueError
        When the value cannot be converted; the message says what was expected.

    Examples
    --------
    >>> convert("1,2", list[int])
    [1, 2]
    >>> convert("none", int | None) is None
    True
    """
    origin, arguments = get_origin(hint) or hint, get_args(hint)
    if origin in (Union, types.UnionType):
        return _union(value, arguments)
    if origin is Literal:
        for choice in arguments:
            if value in (choice, str(choice)):
                return choice
        raise ValueError(f"expected one of {', '.join(map(str, arguments))}, got {value!r}")
    if origin is type(None):
        if value is None or (isinstance(value, str) and value.lower() in ("none", "null")):
            return None
        raise ValueError(f"expected none, got {value!r}")
    if origin is Any:  # since Python 3.11 a class, but one that isinstance refuses
        return value
    if origin is tuple and arguments and arguments[-1] is not Ellipsis:
        items = _sequence(value)
        if len(items) != len(arguments):
            raise ValueError(f"expected {len(arguments)} values, got {value!r}")
        return tuple(convert(item, hint) for item, hint in zip(items, arguments, strict=True))
    if origin in (list, set, frozenset, tuple, Sequence):  # a str is a Sequence itself: not a plain class
        wanted = arguments[0] if arguments else object
        collect = cast("Callable[[Iterable[object]], object]", list if origin is Sequence else origin)
        return _collected(collect, [convert(item, wanted) for item in _sequence(value)])
    if origin in (dict, Mapping) or is_typeddict(origin):
        keys, values = arguments or (str, object)
        return _collected(
            dict, [(convert(key, keys), convert(item, values)) for key, item in _mapping(value).items()]
        )
    if isinstance(origin, type):
        return _scalar(value, cast("type[object]", origin))
    return value


def _union(value: object, members: tuple[object, ...]) -> object:
    # str last, since it takes every text: "3" for int | str is the number.
    for member in sorted(members, key=lambda member: member is str):
        try:
            return convert(value, member)
        except ValueError:
            continue
    names = " or ".join(getattr(member, "__name__", str(member)) for member in members)
    raise ValueError(f"expected {names}, got {value!r}")


def _scalar(value: object, wanted: type[object]) -> object:
    if wanted is bool and isinstance(value, str) and value.lower() in _TRUE | _FALSE:
        return value.lower() in _TRUE
    if wanted in (int, float) and isinstance(value, (str, int)) and not isinstance(value, bool):
        try:
            return wanted(value)
        except (ValueError, OverflowError):
            raise ValueError(f"expected {wanted.__name__}, got {value!r}") from None
    if wanted is Path and isinstance(value, str):
        return Path(value)
    if issubclass(wanted, Enum) and isinstance(value, str) and value in wanted.__members__:
        return wanted[value]
    if dataclasses.is_dataclass(wanted) and not isinstance(value, wanted):
        return build(wanted, _mapping(value))
    if _is_a(value, wanted) and not (wanted is int and isinstance(value, bool)):
        return value
    raise ValueError(f"expected {wanted.__name__}, got {value!r}")


def _is_a(value: object, wanted: type[object]) -> bool:
    try:
        return isinstance(value, wanted)
    except TypeError:  # a Protocol that is not runtime-checkable: not checked
        return True


def _collected(collect: Callable[[Iterable[T]], object], items: list[T]) -> object:
    try:
        return collect(items)
    except TypeError:  # a list in a set, or as a key
        raise ValueError(f"expected items that can be hashed, got {items!r}") from None


def _sequence(value: object) -> list[object]:
    if isinstance(value, str):
        value = _json(value) if value.lstrip().startswith("[") else value.split(",") if value else []
    if isinstance(value, (list, tuple)):
        return list(cast("Sequence[object]", value))
    raise ValueError(f"expected a list, as a,b or as JSON, got {value!r}")


def _mapping(value: object) -> dict[str, object]:
    if isinstance(value, str):
        value = _json(value)
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, object]", value))
    raise ValueError(f"expected a mapping, as JSON, got {value!r}")


def _json(text: str) -> object:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"expected JSON, got {text!r}") from None
    return found
