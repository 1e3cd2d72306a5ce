"""What a registry does, in terms of two plain dicts: the rules of a state machine, for two drivers.

Hypothesis (``tests/core/registry/test_machine.py``) looks for short runs that fail and shrinks them;
``python -m tests.soak`` takes a million steps at random. Both call the same rules, each of which does one
thing to a registry and to the model and compares the two.
"""

from __future__ import annotations

import gc
import importlib
import sys
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, TypeVar, cast

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from launchbind import ConflictError, Registry, UnknownNameError, UnknownTypeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import TypeAlias

    #: A class, or the reference of one in a module of its own; it stays a reference when it is imported.
    Target: TypeAlias = type[object] | str

CallableT = TypeVar("CallableT", bound="Callable[..., None]")


class A: ...


class B(A): ...


class C(B): ...


class Unrelated: ...


def made_anew(cls: type[object]) -> type[object]:
    """What a reload makes of ``cls``."""
    members = {"__module__": cls.__module__, "__qualname__": cls.__qualname__}
    new: type[object] = type(cls.__name__, cls.__bases__, members)
    return new


#: The modules that the references name; a driver writes each, with this source, to a folder on sys.path.
MODULES = ("lb_machine_one", "lb_machine_two", "lb_machine_pkg.three")
SOURCE = "class Lazy: ...\nclass Derived(Lazy): ...\n"
CLASSES: tuple[type[object], ...] = (A, B, C, Unrelated, made_anew(A), made_anew(Unrelated))
NAMES = ("a", "b", "c", "d", "e")
REFERENCES = tuple(f"{module}:{name}" for module in MODULES for name in ("Lazy", "Derived"))
TARGETS: tuple[Target, ...] = CLASSES + REFERENCES
ALIASES = ([], *([one] for one in NAMES), *([one, two] for one in NAMES for two in NAMES))
EITHER = (False, True)
#: So many subclasses that nobody registered are kept, and looked up again and again.
KEPT = 4

#: The rules: the name of a method, and what each of its parameters is chosen from.
STEPS: list[tuple[str, dict[str, Sequence[object]]]] = []


def step(**choices: Sequence[object]) -> Callable[[CallableT], CallableT]:
    """Make a method a rule of both drivers."""

    def declare(method: CallableT) -> CallableT:
        STEPS.append((method.__name__, choices))
        strategies = {name: st.sampled_from(values) for name, values in choices.items()}
        make = cast("Callable[..., Callable[[CallableT], CallableT]]", rule)
        return make(**strategies)(method)

    return declare


def loaded(target: Target) -> type[object]:
    """The class itself, importing it if need be."""
    if isinstance(target, str):
        module, _, name = target.partition(":")
        cls: type[object] = getattr(importlib.import_module(module), name)
        return cls
    return target


def target_of(cls: type[object]) -> Target:
    """How the model knows a class."""
    return reference_of(cls) if cls.__module__ in MODULES else cls


def reference_of(target: Target) -> str:
    return target if isinstance(target, str) else f"{target.__module__}:{target.__qualname__}"


def forget_lookups(registry: Registry[object]) -> None:
    """Clear the cache behind ``nearest_names``, which is read-only to everybody else."""
    cast("dict[type, str]", registry.nearest_names).clear()


class Model:
    """The rules of DESIGN.md in terms of two dicts, which are written separately on purpose."""

    def __init__(self) -> None:
        self.by_name: dict[str, Target] = {}
        self.by_type: dict[Target, str] = {}
        self.aliases: dict[str, str] = {}

    def copy(self) -> Model:
        new = Model()
        new.by_name, new.by_type, new.aliases = dict(self.by_name), dict(self.by_type), dict(self.aliases)
        return new

    def canonical(self, name: str) -> str | None:
        name = self.aliases.get(name, name)
        return name if name in self.by_name else None

    def nearest(self, cls: type[object]) -> str | None:
        """The name of the first class along the MRO that has one."""
        names = (self.by_type.get(target_of(each)) for each in cls.__mro__)
        return next((name for name in names if name is not None), None)

    def aliases_of(self, name: str) -> list[str]:
        return [alias for alias, canonical in self.aliases.items() if canonical == name]

    def drop(self, name: str) -> None:
        del self.by_type[self.by_name.pop(name)]
        for alias in self.aliases_of(name):
            del self.aliases[alias]

    def bind(
        self, name: str, target: Target, aliases: list[str], *, drop_name: bool, drop_type: bool
    ) -> bool:
        """Whether the binding is allowed; it is made only then."""
        aliases = [alias for alias in dict.fromkeys(aliases) if alias != name]
        old = self.by_name.get(name)
        same = old is not None and reference_of(old) == reference_of(target)
        if same and old == target:
            own = self.aliases_of(name)
            if set(aliases) <= set(own):
                return True
            aliases = own + [alias for alias in aliases if alias not in own]
        claimed = [name, *aliases]
        held = {canonical for each in claimed if (canonical := self.canonical(each)) is not None}
        holder = self.by_type.get(target)
        own_place = {name} if same else set()
        if (held - own_place and not drop_name) or (holder not in (None, *own_place) and not drop_type):
            return False

        for rival in held | ({holder} if holder is not None else set()):
            if rival not in claimed:
                if rival == holder:
                    self.drop(rival)
                continue
            for alias in self.aliases_of(rival):
                del self.aliases[alias]
            del self.by_type[self.by_name[rival]]
            if rival != name:
                del self.by_name[rival]
        for alias in claimed:
            self.aliases.pop(alias, None)
        self.by_name[name] = target  # in its old place, if it had one
        self.by_type[target] = name
        self.aliases.update(dict.fromkeys(aliases, name))
        return True


class RegistryMachine(RuleBasedStateMachine):
    """Does everything that can be done to a registry, to the registry and to the model."""

    def __init__(self) -> None:
        super().__init__()
        for module in MODULES:
            sys.modules.pop(module, None)
        self.registry: Registry[object] = Registry("executor")
        self.model = Model()
        self.subclasses: list[type[object]] = []
        self.look_at_views = False

    @initialize(look_at_views=st.sampled_from((False, False, False, True)))
    def begin(self, look_at_views: bool) -> None:
        """In some runs the views, which import what they list, are compared at every step."""
        self.look_at_views = look_at_views

    def write(self, call: Callable[[], object], *, allowed: bool) -> None:
        """Call; when the model does not allow it, it must raise and leave everything as it was."""
        if allowed:
            call()
            return
        before = self.snapshot()
        with pytest.raises((ConflictError, UnknownNameError, UnknownTypeError)):
            call()
        assert self.snapshot() == before

    def snapshot(self) -> list[tuple[object, ...]]:
        entries = [self.registry.entry(name) for name in self.registry]
        return [(e.name, e.aliases, e.target, e.state, e.source, e.reference, e.requires) for e in entries]

    # -- register ------------------------------------------------------------------------------------

    @step(name=NAMES, what=TARGETS, aliases=ALIASES, replace=EITHER)
    def register(self, name: str, what: Target, aliases: list[str], replace: bool) -> None:
        allowed = self.model.bind(name, what, aliases, drop_name=replace, drop_type=replace)
        self.write(
            lambda: self.registry.register(name, what, aliases=aliases, replace=replace), allowed=allowed
        )

    @step(name=NAMES, cls=CLASSES)
    def decorate(self, name: str, cls: type[object]) -> None:
        allowed = self.model.bind(name, cls, [], drop_name=False, drop_type=False)
        self.write(lambda: self.registry.register(name)(cls), allowed=allowed)

    @step(name=NAMES, reference=REFERENCES, replace=EITHER)
    def register_the_class_of_a_reference(self, name: str, reference: str, replace: bool) -> None:
        allowed = self.model.bind(name, reference, [], drop_name=replace, drop_type=replace)
        cls = loaded(reference)
        self.write(lambda: self.registry.register(name, cls, replace=replace), allowed=allowed)

    @step(name=NAMES, reference=REFERENCES, aliases=ALIASES)
    def register_what_is_not_imported(self, name: str, reference: str, aliases: list[str]) -> None:
        """Otherwise nothing would be lazy any more after the first steps of a run."""
        self.forget_modules()
        self.register(name, reference, aliases, True)

    def forget_modules(self) -> None:
        """Make Python forget the modules of which nothing is bound."""
        bound = {reference_of(target).partition(":")[0] for target in self.model.by_type}
        forgotten = set(MODULES) - bound
        for module in forgotten:
            sys.modules.pop(module, None)
        # A class of a module that was forgotten is another than the one that its reference leads to now.
        self.subclasses = [
            cls for cls in self.subclasses if forgotten.isdisjoint(each.__module__ for each in cls.__mro__)
        ]

    @step(name=NAMES)
    def unregister(self, name: str) -> None:
        canonical = self.model.canonical(name)
        if canonical is not None:
            self.model.drop(canonical)
        self.write(lambda: self.registry.unregister(name), allowed=canonical is not None)

    # -- through the views ---------------------------------------------------------------------------

    @step(name=NAMES, what=TARGETS)
    def assign_by_name(self, name: str, what: Target) -> None:
        canonical = self.model.canonical(name)
        held = canonical is not None and self.model.by_name[canonical] == what
        allowed = held or self.model.bind(name, what, [], drop_name=True, drop_type=False)
        cls = loaded(what)
        self.write(lambda: self.registry.by_name.update({name: cls}), allowed=allowed)

    @step(name=NAMES, what=TARGETS)
    def assign_by_type(self, name: str, what: Target) -> None:
        allowed = self.model.bind(name, what, [], drop_name=False, drop_type=True)
        cls = loaded(what)
        self.write(lambda: self.registry.by_type.update({cls: name}), allowed=allowed)

    @step(name=NAMES)
    def delete_by_name(self, name: str) -> None:
        canonical = self.model.canonical(name)
        if canonical is not None:
            self.model.drop(canonical)
        self.write(lambda: self.registry.by_name.__delitem__(name), allowed=canonical is not None)

    @step(what=TARGETS)
    def delete_by_type(self, what: Target) -> None:
        name = self.model.by_type.get(what)
        if name is not None:
            self.model.drop(name)
        cls = loaded(what)
        self.write(lambda: self.registry.by_type.__delitem__(cls), allowed=name is not None)

    # -- temporary changes ---------------------------------------------------------------------------

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Whatever happens inside, registry and model are afterwards what they were."""
        kept, before = self.model.copy(), self.snapshot()
        yield
        self.model = kept
        # A target that was imported inside is bound again by the next look, so compare what was bound.
        now = self.snapshot()
        assert [(e[0], e[1], e[4:]) for e in now] == [(e[0], e[1], e[4:]) for e in before]

    @step(name=NAMES, what=TARGETS)
    def override(self, name: str, what: Target) -> None:
        with self.undone(), self.registry.override(name, what):
            assert self.model.bind(name, what, [], drop_name=True, drop_type=True)
            self.agree()

    @step(name=NAMES, what=TARGETS, other=NAMES, aliases=ALIASES)
    def temporary(self, name: str, what: Target, other: str, aliases: list[str]) -> None:
        with self.undone(), self.registry.temporary():
            self.register(name, what, aliases, True)
            self.unregister(other)
            self.assign_by_name(other, A)
            self.agree()

    # -- reading -------------------------------------------------------------------------------------

    @step(name=NAMES)
    def resolve(self, name: str) -> None:
        canonical = self.model.canonical(name)
        expected = None if canonical is None else loaded(self.model.by_name[canonical])
        assert self.registry.find_type(name) is expected
        if expected is not None:
            assert self.registry[name] is self.registry.by_name[name] is expected
            assert self.registry.name_of(expected) == self.registry.by_type[expected] == canonical

    def look_up(self, cls: type[object]) -> None:
        """The class and its instances have the name of the nearest class; only its own name is exact."""
        name, own = self.model.nearest(cls), self.model.by_type.get(target_of(cls))
        assert self.registry.find_name(cls()) == self.registry.find_name(cls) == name
        assert (cls() in self.registry) == (cls in self.registry) == (name is not None)
        assert self.registry.by_type.get(cls) == own
        if name is not None:
            assert self.registry.name_of(cls()) == self.registry.name_of(cls) == name

    @step(what=TARGETS)
    def look_up_a_class(self, what: Target) -> None:
        self.look_up(loaded(what))

    @step(what=TARGETS, levels=(1, 2))
    def look_up_a_subclass(self, what: Target, levels: int) -> None:
        """Its walk may be remembered, until it dies some steps later."""
        cls = loaded(what)
        for _ in range(levels):
            cls = type("Dynamic", (cls,), {})
        self.subclasses = [*self.subclasses[1 - KEPT :], cls]
        self.look_up(cls)

    @step()
    def look_up_all_again(self) -> None:
        for cls in (*CLASSES, *self.subclasses):
            self.look_up(cls)

    # -- what happens around a registry --------------------------------------------------------------

    @step(module=MODULES, look=EITHER)
    def somebody_imports(self, module: str, look: bool) -> None:
        """The registry learns of it by the next look, which may be one by an instance."""
        importlib.import_module(module)
        if look:
            for reference in REFERENCES:
                if reference.startswith(module):
                    self.look_up(loaded(reference))

    @step(how=("import", "resolve", "probe"))
    def the_last_lazy_entry_becomes_ready(self, how: str) -> None:
        """Nothing is lazy any more, so from now on walks are remembered."""
        for name, target in self.model.by_name.items():
            if how == "resolve":
                self.registry.type_of(name)
            elif how == "probe":
                assert self.registry.probe(name).state == "ready"
            else:
                loaded(target)
        for target in self.model.by_type:
            self.look_up(loaded(target))

    @step()
    def the_cache_is_cleared(self) -> None:
        """What is derived can be thrown away at any time; no answer changes."""
        forget_lookups(self.registry)

    @step()
    def subclasses_die(self) -> None:
        self.subclasses = []
        gc.collect(1)

    # -- what always holds ---------------------------------------------------------------------------

    @invariant()
    def agree(self) -> None:
        """Names, aliases, references and order are those of the model, without importing anything."""
        assert list(self.registry) == list(self.model.by_name)
        assert len(self.registry) == len(self.model.by_name) == len(self.model.by_type)
        for name, target in self.model.by_name.items():
            entry = self.registry.entry(name)
            assert list(entry.aliases) == self.model.aliases_of(name)
            assert all(self.registry.entry(alias) is entry for alias in entry.aliases)
            assert self.model.by_type[target] == name
            if entry.type is not None:
                assert target_of(entry.type) == target
                assert self.registry.name_of(entry.type, exact=True) == name
        assert all(alias in self.registry for alias in self.model.aliases)
        assert [name for name in ("a", "b", "c", "d", "e") if name in self.registry] == sorted(
            {*self.model.by_name, *self.model.aliases}
        )

    @precondition(lambda self: self.look_at_views)
    @invariant()
    def views_agree(self) -> None:
        """Both views hold the pairs of both dicts, in order."""
        pairs = [(name, loaded(target)) for name, target in self.model.by_name.items()]
        assert list(self.registry.by_name.items()) == pairs
        assert list(self.registry.by_type.items()) == [(cls, name) for name, cls in pairs]
        assert {loaded(target): name for target, name in self.model.by_type.items()} == self.registry.by_type

    def teardown(self) -> None:
        self.views_agree()


#: So many steps a registry lives at most in :func:`walk`.
LONGEST_LIFE = 60


def walk(steps: int, seed: int) -> Iterator[tuple[str, dict[str, object]]]:
    """Take ``steps`` random steps, with a new registry after every few, and yield each before it is taken.

    Parameters
    ----------
    steps
        How many steps to take in all.
    seed
        Any integer; the same one gives the same steps.
    """
    random = Random(seed)
    taken = 0
    while taken < steps:
        machine = RegistryMachine()
        machine.look_at_views = random.random() < 0.25
        for _ in range(min(random.randint(1, LONGEST_LIFE), steps - taken)):
            name, choices = random.choice(STEPS)
            chosen = {parameter: random.choice(values) for parameter, values in choices.items()}
            yield name, chosen
            getattr(machine, name)(**chosen)
            machine.agree()
            if machine.look_at_views:
                machine.views_agree()
            taken += 1
        machine.teardown()


def write_modules(folder: Path) -> None:
    """Write what :data:`MODULES` names below ``folder``."""
    for module in MODULES:
        file = folder.joinpath(*module.split(".")).with_suffix(".py")
        file.parent.mkdir(exist_ok=True)
        file.write_text(SOURCE)
