"""The rules of plans: planning changes nothing, is reproducible, and shows no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast
from unittest import SkipTest

from launchbind import protocols
from launchbind.errors import UnknownBackendError
from launchbind.planning.canonical import canonical
from launchbind.protocols import SupportsVolatile
from launchbind.protocols.explaining import explain
from launchbind.testing._suite import AppT, ExecutorT, Suite, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from launchbind.testing._suite import MakeLauncher

_NOWHERE = "launchbind-no-such-backend"
_CAPABILITIES: tuple[type[object], ...] = (
    protocols.SupportsAssign,
    protocols.SupportsCleanup,
    protocols.SupportsDescribeMany,
    protocols.SupportsList,
    protocols.SupportsLogs,
    protocols.SupportsVolatile,
)
#: Prints the modules that importing one adds, in an interpreter that has imported nothing else.
_IMPORT = (
    "import importlib, sys; before = set(sys.modules); importlib.import_module(sys.argv[1]); "
    "print(*sorted(set(sys.modules) - before))"
)


class PlanRules(Suite[AppT, ExecutorT]):
    """The part of the suite that submits nothing.

    Attributes
    ----------
    module
        The adapter's module, to be imported in a fresh interpreter; None skips that test.
    not_imported
        Packages that importing it must not import, such as the launcher it adapts.
    most_modules
        How many modules importing it may add at most, the standard library's included.
    """

    module: ClassVar[str | None] = None
    not_imported: ClassVar[Sequence[str]] = ()
    most_modules: ClassVar[int | None] = None

    def test_the_classes_satisfy_the_protocols(
        self, make_launcher: MakeLauncher, executor: ExecutorT
    ) -> None:
        """Scheduler, app, roles and executor conform, and so does every capability they claim."""
        app = self.app(["echo", "hello"], {})
        with make_launcher() as jobs:
            scheduler = jobs.scheduler(self._plan(jobs, executor).backend)
        problems = explain(scheduler, protocols.Scheduler) + explain(app, protocols.App)
        problems += _broken_claims(scheduler) + _broken_claims(executor)
        for role in app.roles:
            problems += explain(role, protocols.Role)
        if not isinstance(executor, Mapping):  # a mapping is a run config, as torchx has them
            problems += explain(executor, protocols.Executor)
        assert not problems, f"change what launchbind cannot call: {'; '.join(problems)}"

    def test_planning_changes_nothing(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """App and executor are equal before and after, planned once or twice."""
        app = self.app(["sh", "-c", "echo hello"], {"MODE": "fast"})
        before = canonical(app), canonical(executor)
        with make_launcher() as jobs:
            for times in ("once", "twice"):
                jobs.plan(app, executor, backend=self.backend)
                for name, was, now in zip(
                    ("app", "executor"), before, (canonical(app), canonical(executor)), strict=True
                ):
                    assert was == now, (
                        f"planning {times} changed the {name} from {was} to {now}: the copier of the "
                        "Launcher must copy all that the scheduler changes"
                    )

    def test_equal_plans_have_one_fingerprint(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Plans of one launcher or of two have the same JSON, and an empty diff."""
        with make_launcher() as jobs, make_launcher() as others:
            first = self._plan(jobs, executor)
            for again in (self._plan(jobs, executor), self._plan(others, executor)):
                advice = (
                    "leave out of the request what differs from one dry run to the next, or name it in the "
                    "scheduler's volatile()"
                )
                diff = first.diff(again)
                assert not diff, f"two plans of one app differ; {advice}:\n{diff}"
                one, other = first.to_json(), again.to_json()
                assert one == other, f"two plans of one app have different JSON; {advice}:\n{one}\n{other}"
                assert first.fingerprint == again.fingerprint, f"two fingerprints of one app; {advice}"

    def test_a_changed_command_shows(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Another command gives another fingerprint, and the diff shows both."""
        with make_launcher() as jobs:
            old = self._plan(jobs, executor, ("echo", "old-word"))
            new = self._plan(jobs, executor, ("echo", "new-word"))
        assert old.fingerprint != new.fingerprint, (
            "two commands have one fingerprint: the dry-run info's request must hold the command"
        )
        diff = old.diff(new)
        assert "old-word" in diff, f"str() of the dry-run info must show the command; the diff was {diff!r}"
        assert "new-word" in diff, f"str() of the dry-run info must show the command; the diff was {diff!r}"

    def test_plans_hide_secrets(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """Secret variables of app and executor are shown only with ``redact=False``."""
        with make_launcher() as jobs:
            plain = self._plan(jobs, executor)
            plan, secrets = self._secret_plan(jobs, executor)
        shown = {
            "str(plan)": str(plan),
            "repr(plan)": repr(plan),
            "plan.render()": plan.render(),
            "plan.to_json()": plan.to_json(),
            "plan.diff()": plain.diff(plan),
        }
        for name, secret in secrets.items():
            for what, text in shown.items():
                assert secret not in text, (
                    f"{what} shows the value of {name}: keep variables by their names in the request, or "
                    f"pass the Launcher secret_names\n{text}"
                )
            assert secret in plan.to_json(redact=False), (
                f"{name} does not reach the request: the job would not get it"
            )
            assert secret in plan.render(redact=False), (
                f"plan.render(redact=False) does not show {name}: str() of the dry-run info must show it all"
            )

    def test_volatile_values_are_in_the_request(
        self, make_launcher: MakeLauncher, executor: ExecutorT
    ) -> None:
        """Each value of volatile() is new in every plan, and appears in the plan."""
        with make_launcher() as jobs:
            plans = [self._plan(jobs, executor), self._plan(jobs, executor)]
            scheduler = jobs.scheduler(plans[0].backend)
            if not isinstance(scheduler, SupportsVolatile):
                raise SkipTest(f"the scheduler of {plans[0].backend!r} does not claim SupportsVolatile")
            capable = cast("SupportsVolatile[object]", scheduler)
            values, again = (set(capable.volatile(plan.info)) for plan in plans)
        kept = values & again
        assert not kept, f"volatile() names {kept}, which two plans share: name only what is made anew"
        text = f"{plans[0].render(redact=False)}{canonical(plans[0].info)}"
        strange = [value for value in values if not value or value not in text]
        assert not strange, f"volatile() names {strange}, which is not in the request"

    def test_an_unknown_backend_is_an_error(self, make_launcher: MakeLauncher, executor: ExecutorT) -> None:
        """No other backend is used instead, and the error lists the known ones."""
        app = self.app(["echo", "hello"], {})
        with make_launcher() as jobs:
            backend = self._plan(jobs, executor).backend
            error = refusal(lambda: jobs.plan(app, executor, backend=_NOWHERE))
        assert isinstance(error, UnknownBackendError), (
            f"planning for the backend {_NOWHERE!r} gave {error!r}, not an UnknownBackendError: the "
            "Launcher's schedulers must have no default"
        )
        assert backend in error.known, f"the error lists {error.known}, without {backend!r}"

    def test_importing_the_adapter_is_cheap(self) -> None:
        """It adds no package of ``not_imported`` to a fresh interpreter, and at most ``most_modules``."""
        if self.module is None:
            raise SkipTest("module does not name the adapter's module")
        done = self._python(_IMPORT, self.module)
        assert done.returncode == 0, f"importing {self.module} fails: {done.stderr}"
        added = done.stdout.splitlines()[-1].split()
        heavy = sorted({name.partition(".")[0] for name in added} & {*self.not_imported})
        assert not heavy, f"importing {self.module} imports {', '.join(heavy)}: import it where it is used"
        assert self.most_modules is None or len(added) <= self.most_modules, (
            f"importing {self.module} adds {len(added)} modules, more than the {self.most_modules} of "
            "most_modules: import them where they are used"
        )


def _broken_claims(obj: object) -> list[str]:
    """What the capabilities that an object claims lack."""
    claimed = [capability for capability in _CAPABILITIES if isinstance(obj, capability)]
    return [problem for capability in claimed for problem in explain(obj, capability)]
