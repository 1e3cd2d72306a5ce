"""Planning: on copies, for exactly the backend that was meant, with errors that say who failed."""

from __future__ import annotations

import copy
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from fake_jobs import FakeBindings, bindings, hello, launcher_of, request_of

from launchbind import (
    Bindings,
    DryRunError,
    DryRunInfo,
    Launcher,
    PlanError,
    UnknownBackendError,
    UnknownTypeError,
)
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeRequest, FakeRole, FakeScheduler

if TYPE_CHECKING:
    from collections.abc import Mapping


class Subclass(FakeExecutor):
    """An executor that nobody registered."""


class Greedy(FakeScheduler):
    """Changes whatever it is given, as schedulers do."""

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        info = super()._submit_dryrun(app, cfg)
        app.roles[0].args.pop(0)
        app.name = "changed"
        cfg.env_vars["CHANGED"] = "yes"
        return info


# -- plan ----------------------------------------------------------------------------------------------


def test_a_plan_has_the_request_of_the_executors_backend() -> None:
    """The executor's class decides the backend, and the info holds what would be submitted."""
    plan = launcher_of().plan(hello(), FakeExecutor(env_vars={"B": "2"}))
    assert plan.backend == "fake"
    assert request_of(plan).commands == [["echo", "hello", "world"]]
    assert request_of(plan).env == {"A": "1", "B": "2"}
    assert plan.handle is None


def test_planning_changes_neither_app_nor_executor() -> None:
    """Both are equal before and after, whatever the scheduler or a role does to what it is given."""

    def adjust(backend: str, info: FakeInfo) -> FakeInfo:
        info.request.env["ADJUSTED"] = backend
        return info

    app, executor = hello(), FakeExecutor(env_vars={"B": "2"})
    app.roles[0].adjust = adjust
    before = copy.deepcopy((app, executor))
    launcher = launcher_of(Greedy)
    first, second = launcher.plan(app, executor), launcher.plan(app, executor)
    assert (app, executor) == before
    assert request_of(first).commands == [["echo", "hello", "world"]]
    assert request_of(first).env["ADJUSTED"] == "fake"
    assert first.fingerprint == second.fingerprint


def test_equal_plans_have_one_fingerprint_and_others_have_others() -> None:
    """The fingerprint follows the request, in any launcher, and nothing else."""
    app, executor = hello(), FakeExecutor()
    fingerprint = launcher_of().plan(app, executor).fingerprint
    assert launcher_of().plan(hello(), FakeExecutor(retries=3)).fingerprint == fingerprint
    assert launcher_of().plan(hello("other"), executor).fingerprint != fingerprint
    assert launcher_of().plan(app, FakeExecutor(env_vars={"X": "1"})).fingerprint != fingerprint


def test_a_subclass_goes_to_the_backend_of_its_parent() -> None:
    """An executor derived from a registered one needs no registration of its own."""
    assert launcher_of().plan(hello(), Subclass()).backend == "fake"


def test_a_backend_can_be_given_by_name_or_alias() -> None:
    """The plan, and so the handle, has the canonical name."""
    launcher = launcher_of()
    assert launcher.plan(hello(), FakeExecutor(), backend="pretend").backend == "fake"
    assert launcher.run(hello(), FakeExecutor(), backend="pretend").backend == "fake"


def test_an_unknown_backend_lists_the_known_ones() -> None:
    """Nothing falls through to another backend."""
    with pytest.raises(UnknownBackendError, match="'fakr': there are fake; did you mean 'fake'") as caught:
        launcher_of().plan(hello(), FakeExecutor(), backend="fakr")
    assert caught.value.known == ("fake",)


def test_a_registered_name_without_a_scheduler_is_an_unknown_backend() -> None:
    """An executor whose backend has no scheduler is refused, even if there is another scheduler."""
    made = bindings()
    made.executors.register("other", Subclass)
    launcher = Launcher(made)
    with pytest.raises(UnknownBackendError, match="'other': there are fake"):
        launcher.plan(hello(), Subclass())


def test_an_executor_that_is_not_registered_is_an_error() -> None:
    """No class along its MRO has a name, so there is no backend to guess."""
    unbound: FakeBindings = Bindings(fallback={"fake": FakeScheduler})
    launcher = Launcher(unbound)
    with pytest.raises(UnknownTypeError, match="FakeExecutor"):
        launcher.plan(hello(), FakeExecutor())


def test_an_app_without_roles_is_refused() -> None:
    """It has nothing to run; the error comes before any scheduler is created."""
    with pytest.raises(PlanError, match="app 'empty' has no roles"):
        launcher_of(not_made).plan(FakeApp("empty"), FakeExecutor())


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ([FakeRole("a", "true"), FakeRole("b", "true"), FakeRole("a", "true")], "2 roles called 'a'"),
        ([FakeRole("a", "true"), FakeRole("b", "true", num_replicas=0)], "role 'b' with 0 replicas"),
    ],
)
def test_roles_whose_logs_could_not_be_read_are_refused(roles: list[FakeRole], message: str) -> None:
    """Two roles of one name, or a role nobody runs, are found before there is a job."""
    with pytest.raises(PlanError, match=f"app 'job' has .*{message}"):
        launcher_of(not_made).plan(FakeApp("job", roles), FakeExecutor())


def not_made(session: str, /) -> FakeScheduler:
    raise AssertionError("made")


def test_what_cannot_be_copied_is_refused() -> None:
    """Purity needs a copy; the error names the app and keeps the cause."""

    @dataclass
    class Locked(FakeExecutor):
        lock: object = field(default_factory=threading.Lock)

    with pytest.raises(PlanError, match=r"app 'hello' or .* cannot be copied \(TypeError") as caught:
        launcher_of().plan(hello(), Locked())
    assert isinstance(caught.value.__cause__, TypeError)


def test_an_error_of_the_scheduler_becomes_a_dry_run_error() -> None:
    """It names app and backend, hides secrets, and keeps the cause."""

    class Failing(FakeScheduler):
        def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
            raise PermissionError(
                f"no access with {cfg.env_vars['HF_TOKEN']} for {app.roles[0].env['API_KEY']}"
            )

    app = FakeApp("job", [FakeRole("main", "true", [], {"API_KEY": "key-of-role"})])
    with pytest.raises(
        DryRunError, match="PermissionError: no access with <redacted> for <redacted>"
    ) as caught:
        launcher_of(Failing).plan(app, FakeExecutor({"HF_TOKEN": "key-of-executor"}))
    error = caught.value
    assert (error.app, error.backend, error.role, error.index) == ("job", "fake", None, None)
    assert isinstance(error.__cause__, PermissionError)


def test_an_error_of_a_role_is_passed_on_redacted() -> None:
    """A DryRunError of the pipeline keeps role, index and cause."""

    def adjust(backend: str, info: FakeInfo) -> FakeInfo:
        raise LookupError(f"{info.request.env['HF_TOKEN']} {info.request.env['A']}")

    app = hello()
    app.roles[0].adjust = adjust
    app.roles[0].env = {"API_KEY": "key-of-role", "A": "key-of-role"}
    with pytest.raises(DryRunError, match="LookupError: <redacted> <redacted>") as caught:
        launcher_of().plan(app, FakeExecutor({"HF_TOKEN": "key-of-executor"}))
    error = caught.value
    assert (error.app, error.backend, error.role, error.index) == ("hello", "fake", "main", 0)
    assert isinstance(caught.value.__cause__, LookupError)


def test_other_launchbind_errors_of_a_scheduler_pass_through() -> None:
    """What a scheduler says in launchbind's own terms is not wrapped again."""

    class Failing(FakeScheduler):
        def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
            raise PlanError(app.name, "asks for 9 nodes where there are 8")

    with pytest.raises(PlanError, match="asks for 9 nodes"):
        launcher_of(Failing).plan(hello(), FakeExecutor())


def test_names_the_caller_adds_are_secret_in_its_plans() -> None:
    """secret_names reaches every plan of the launcher."""
    launcher = Launcher(bindings(), secret_names=["LICENSE"])
    plan = launcher.plan(hello(), FakeExecutor({"MY_LICENSE": "abcdefgh"}))
    assert "abcdefgh" not in plan.render() + plan.to_json()


class Stamping(FakeScheduler):
    """Puts a value that is made anew into every request."""

    made = 0

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        info = super()._submit_dryrun(app, cfg)
        Stamping.made += 1
        info.request.env["RUN_ID"] = f"run-{Stamping.made}-id"
        return info

    def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
        return {dryrun_info.request.env["RUN_ID"]: "{run_id}"}


def test_values_made_anew_do_not_change_the_fingerprint() -> None:
    """Volatile values are left out of fingerprints, JSON and diffs; the rendering shows them."""
    launcher = launcher_of(Stamping)
    first, second = launcher.plan(hello(), FakeExecutor()), launcher.plan(hello(), FakeExecutor())
    assert request_of(first).env != request_of(second).env
    assert first.fingerprint == second.fingerprint
    assert first.diff(second) == ""
    assert first.to_json() == second.to_json()
    assert '"RUN_ID": "{run_id}"' in first.to_json()
    assert request_of(first).env["RUN_ID"] in first.render()
    assert launcher.submit(first) != launcher.submit(second)


def test_a_failure_to_tell_the_volatile_values_is_a_dry_run_error() -> None:
    """It is asked for during the dry run, and reported like the rest of it."""

    class Failing(FakeScheduler):
        def volatile(self, dryrun_info: FakeInfo, /) -> Mapping[str, str]:
            raise ZeroDivisionError("none")

    with pytest.raises(DryRunError, match="ZeroDivisionError: none"):
        launcher_of(Failing).plan(hello(), FakeExecutor())


class Inlining(FakeScheduler):
    """Writes the values of variables into the command, where no name marks them as secret."""

    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        values = [*cfg.env_vars.values(), *app.roles[0].env.values()]
        return DryRunInfo(FakeRequest(app.name, [values], {}))


def test_secrets_of_executor_and_app_are_hidden_wherever_the_scheduler_puts_them() -> None:
    """A plan learns them from where they have their names, not only from the request."""
    app = FakeApp("a", [FakeRole("main", "true", env={"API_KEY": "key-of-role"})])
    plan = launcher_of(Inlining).plan(app, FakeExecutor({"HF_TOKEN": "key-of-executor"}))
    assert "key-of" not in str(plan) + plan.to_json()
    assert request_of(plan).commands == [["key-of-executor", "key-of-role"]]


def test_values_made_anew_that_nobody_names_change_the_fingerprint() -> None:
    """Each dry run of a scheduler that makes such values, and has no ``volatile``, is another plan."""
    numbers = iter(range(100, 200))

    class Numbering(FakeScheduler):
        def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
            info = super()._submit_dryrun(app, cfg)
            info.request.env["RUN"] = f"run-{next(numbers)}"
            return info

    launcher = launcher_of(Numbering)
    first, second = launcher.plan(hello(), FakeExecutor()), launcher.plan(hello(), FakeExecutor())
    assert first.fingerprint != second.fingerprint
