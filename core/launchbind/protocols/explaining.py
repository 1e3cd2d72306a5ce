"""explain: why an object does not conform to a Protocol, in words."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def explain(obj: object, protocol: type) -> list[str]:
    """Say in words why ``obj`` does not conform to ``protocol``.

    Parameters
    ----------
    obj
        An instance; or a class, to check what its instances will have. Members that only ``__init__``
        sets are seen on instances, and on classes when they are annotated.
    protocol
        A Protocol, such as :class:`launchbind.Scheduler`.

    Returns
    -------
    One sentence per missing member, wrong number of parameters or wrong parameter name; empty when
    the object conforms. Types are left to the type checker.

    Raises
    ------
    TypeError
        When ``protocol`` is not a Protocol.

    Examples
    --------
    >>> from launchbind import SupportsCleanup
    >>> class Mine:
    ...     def cleanup(self) -> None: ...
    >>> explain(Mine(), SupportsCleanup)
    ['Mine.cleanup takes 0 parameters where 1 are passed: add handle']
    """
    if not getattr(protocol, "_is_protocol", False):
        raise TypeError(f"{protocol!r} is not a Protocol: give one, such as launchbind.Scheduler")
    return [problem for name in sorted(_members(protocol)) for problem in _problems(obj, protocol, name)]


def _members(protocol: type) -> set[str]:
    names: set[str] = set()
    for base in protocol.__mro__:
        if getattr(base, "_is_protocol", False):
            names |= {*vars(base), *vars(base).get("__annotations__", {})}
    return {name for name in names if not name.startswith(("__", "_abc_", "_is_"))}


def _problems(obj: object, protocol: type, name: str) -> Iterator[str]:
    wanted = inspect.getattr_static(protocol, name, None)
    owner = obj if isinstance(obj, type) else type(obj)
    if not _has(obj, owner, name):
        what = "method" if inspect.isfunction(wanted) else "attribute"
        yield f"{owner.__name__} has no {what} {name!r}"
        return
    if not inspect.isfunction(wanted) or not hasattr(obj, name):
        return  # an attribute, or a method that a class only annotates
    found = getattr(obj, name)
    if not callable(found):
        yield f"{owner.__name__}.{name} is {type(found).__name__}, not a method"
        return
    bound = not isinstance(obj, type) or not inspect.isfunction(inspect.getattr_static(obj, name))
    try:
        yield from _signature_problems(f"{owner.__name__}.{name}", found, wanted, bound)
    except ValueError:  # a builtin without a signature cannot be checked
        return


def _has(obj: object, owner: type, name: str) -> bool:
    annotated = any(name in vars(base).get("__annotations__", {}) for base in owner.__mro__)
    return hasattr(obj, name) or (obj is owner and annotated)


def _signature_problems(
    label: str, found: Callable[..., object], wanted: Callable[..., object], bound: bool
) -> Iterator[str]:
    have = list(inspect.signature(found).parameters.values())
    have = have if bound else have[1:]
    want = list(inspect.signature(wanted).parameters.values())[1:]
    takes_any = any(each.kind is inspect.Parameter.VAR_POSITIONAL for each in have)
    takes_names = any(each.kind is inspect.Parameter.VAR_KEYWORD for each in have)
    places = [each for each in have if each.kind in _POSITIONAL]
    keywords = {each.name for each in have if each.kind is not inspect.Parameter.POSITIONAL_ONLY}

    if len(places) < len(want) and not takes_any:
        missing = [each.name for each in want[len(places) :] if each.name not in keywords]
        if missing and not takes_names:
            added = ", ".join(missing)
            yield f"{label} takes {len(places)} parameters where {len(want)} are passed: add {added}"
    for position, each in enumerate(want[: len(places)]):
        if each.kind is inspect.Parameter.POSITIONAL_ONLY or takes_names:
            continue
        if each.name not in keywords:
            found_name = places[position].name
            yield f"{label} calls parameter {position + 1} {found_name!r} where {each.name!r} is expected"
    for extra in places[len(want) :]:
        if extra.default is inspect.Parameter.empty:
            yield f"{label} needs a parameter {extra.name!r} that is never passed: give it a default"
    for extra in have:
        if extra.kind is inspect.Parameter.KEYWORD_ONLY and extra.default is inspect.Parameter.empty:
            yield f"{label} needs a keyword {extra.name!r} that is never passed: give it a default"
