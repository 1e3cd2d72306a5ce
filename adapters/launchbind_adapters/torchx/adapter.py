"""What the command line needs of torchx."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, cast

from launchbind.errors import InvalidSettingError
from launchbind.registry import Entry
from launchbind_adapters.torchx.launching import launcher, schedulers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from torchx.specs import AppDef, CfgVal

    from launchbind.adapter import Check
    from launchbind.jobs.launcher import Launcher
    from launchbind_adapters.torchx.launching import TorchxConfig, TorchxInfo


class Adapter:
    """What the command line needs of torchx."""

    def backends(self) -> Sequence[Entry[object]]:
        """torchx's own schedulers and those of the entry-point group ``torchx.schedulers``.

        Read from torchx's source and from metadata: importing torchx takes longer than the command.
        NeMo-Run's are left out: they take its executors in place of a run config.
        """
        from importlib.metadata import entry_points

        found = {
            backend: Entry[object](backend, f"{module}:create_scheduler", origin="torchx")
            for backend, module in default_modules().items()
        }
        for point in entry_points(group="torchx.schedulers"):
            if point.value.startswith("nemo_run."):
                continue
            owner = f"{point.dist.name} {point.dist.version}" if point.dist else "?"
            found[point.name] = Entry[object](point.name, point.value, origin=owner)
        return list(found.values())

    def can_detach(self, backend: str) -> bool:
        """Whether a job goes on when this process ends; torchx's local scheduler ends its jobs then."""
        return backend != "local_cwd"

    def fields(self, backend: str) -> Sequence[tuple[str, str, str]]:
        """The options of the backend's scheduler."""
        options = schedulers()[backend]("launchbind").run_opts()
        return [
            (name, getattr(option.opt_type, "__name__", str(option.opt_type)), str(option.default))
            for name, option in options
        ]

    def checks(self) -> Iterable[Check]:
        """Whether the schedulers that have no NeMo-Run executor can be imported."""
        from launchbind_adapters.torchx.checks import scheduler_checks

        return scheduler_checks(self.backends())

    def executor(self, backend: str, settings: Mapping[str, object], env: Mapping[str, str]) -> TorchxConfig:
        """The run config, each value read as the type that the scheduler's options give it."""
        from launchbind.settings import convert

        factory = schedulers()[backend]
        options = factory("launchbind").run_opts()
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
        self, executor: TorchxConfig, name: str, command: Sequence[str], env: Mapping[str, str]
    ) -> AppDef:
        """An app of one role that runs ``command`` as it is."""
        from torchx.specs import AppDef, Role

        # torchx puts all but the program through string.Template, for macros such as ${app_id}.
        program, *arguments = command
        arguments = [word.replace("$", "$$") for word in arguments]
        variables = {variable: text.replace("$", "$$") for variable, text in env.items()}
        role = Role(name, image="", entrypoint=program, args=arguments, env=variables)
        return AppDef(name, roles=[role])

    def launcher(self, session: str) -> Launcher[AppDef, TorchxConfig, TorchxInfo]:
        """See :func:`launcher`."""
        return launcher(session)


def default_modules() -> dict[str, str]:
    """``DEFAULT_SCHEDULER_MODULES`` of torchx/schedulers/__init__.py, without importing it."""
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
