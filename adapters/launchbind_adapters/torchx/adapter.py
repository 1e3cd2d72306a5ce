"""torchx's adapter for the command line."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from launchbind.errors import ConflictError, InvalidSettingError
from launchbind.registry import Entry, discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torchx.specs import AppDef, CfgVal, runopts

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher
    from launchbind_adapters.torchx.launching import TorchxConfig


class Adapter:
    """torchx's schedulers on the command line; ``-s`` sets the options of a run config."""

    def backends(self) -> Sequence[Entry[object]]:
        """List torchx's own schedulers and those of the entry-point group ``torchx.schedulers``.

        They are read from torchx's source and from metadata, since importing torchx takes seconds.

        A scheduler that takes an executor is left out: it is one backend with its executor, which another
        adapter lists. Such are NeMo-Run's own, and each whose name is in the entry-point group
        ``launchbind.executors`` too.
        """
        plugins: list[Entry[object]] = discover("scheduler", "torchx.schedulers", restricted=False)
        executors: list[Entry[object]] = discover("executor", "launchbind.executors", restricted=False)
        taken = {entry.name for entry in executors} | {
            entry.name for entry in plugins if _is_nemo_runs(entry)
        }
        found = {
            backend: Entry[object](backend, f"{module}:create_scheduler", origin="torchx")
            for backend, module in default_modules().items()
        }
        found.update((entry.name, entry) for entry in plugins)
        return [entry for entry in found.values() if entry.name not in taken]

    def can_detach(self, backend: str, /) -> bool:
        """Tell whether jobs go on when this process ends: those of torchx's local scheduler do not."""
        return backend != "local_cwd"

    def fields(self, backend: str, /) -> Sequence[tuple[str, str, str]]:
        """List the options of the backend's scheduler, which is made for that."""
        return [
            (name, getattr(option.opt_type, "__name__", str(option.opt_type)), str(option.default))
            for name, option in _options(backend)
        ]

    def checks(self) -> Iterable[Check]:
        """Check that the schedulers of :meth:`backends` can be imported."""
        from launchbind_adapters.torchx.checks import scheduler_checks

        return scheduler_checks(self.backends())

    def executor(
        self, backend: str, settings: Mapping[str, object], env: Mapping[str, str], /
    ) -> TorchxConfig:
        """Make the run config, with each value read as the type of the scheduler's option."""
        from launchbind.settings import convert

        options = _options(backend)
        config: dict[str, CfgVal] = {}
        for name, text in settings.items():
            option = options.get(name)
            if option is None:
                raise InvalidSettingError(backend, name, "there is no such option", tuple(dict(options)))
            try:
                # torchx's cfg_from_str reads any text but "true" as false, and "a=1,b=2" as two options.
                read = convert(text, option.opt_type)
            except ValueError as error:
                raise InvalidSettingError(backend, name, str(error)) from error
            config[name] = cast("CfgVal", read)  # the types of options are those of CfgVal
        return config

    def app(
        self, executor: TorchxConfig, name: str, command: Sequence[str], env: Mapping[str, str], /
    ) -> AppDef:
        """Make an app of one role that runs ``command`` as it is."""
        from torchx.specs import AppDef, Role

        # torchx replaces macros such as ${app_id} in all but the program, by string.Template.
        program, *arguments = command
        arguments = [word.replace("$", "$$") for word in arguments]
        variables = {variable: text.replace("$", "$$") for variable, text in env.items()}
        role = Role(name, image="", entrypoint=program, args=arguments, env=variables)
        return AppDef(name, roles=[role])

    def launcher(self, session: str, /) -> Launcher[AppDef, TorchxConfig]:
        """See :func:`launchbind_adapters.torchx.launcher`."""
        from launchbind_adapters.torchx.launching import launcher

        return launcher(session)


def default_modules() -> dict[str, str]:
    """Read ``DEFAULT_SCHEDULER_MODULES`` from torchx/schedulers/__init__.py, without importing it."""
    import ast
    from pathlib import Path

    spec = find_spec("torchx")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        tree = ast.parse(Path(folder, "schedulers", "__init__.py").read_text())
        for node in tree.body:
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "DEFAULT_SCHEDULER_MODULES":
                found: dict[str, str] = ast.literal_eval(node.value or "")
                return found
    return {}


def _is_nemo_runs(plugin: Entry[object]) -> bool:
    """Whether NeMo-Run has a scheduler of this name, even if another distribution claims the name too."""
    claims = [str(plugin.reference)]
    if isinstance(plugin.error, ConflictError):
        claims += [target for _, target, _ in plugin.error.held]
    return any(target.startswith("nemo_run.") for target in claims)


def _options(backend: str) -> runopts:
    from launchbind_adapters.torchx.launching import schedulers

    return schedulers()[backend]("launchbind").run_opts()
