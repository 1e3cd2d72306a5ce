"""Dry run: the info comes back as what the scheduler makes, and a scheduler gets its own apps only."""

from __future__ import annotations

from typing_extensions import assert_type

from launchbind import AppSpec, DryRunInfo, DryRunMixin, RoleSpec, submit_dryrun
from launchbind.testing import FakeApp, FakeExecutor, FakeInfo, FakeRequest, FakeRole, FakeScheduler


class Command(str):
    """The request of the scheduler below."""


class Mine(DryRunMixin):
    """A scheduler that has only what the pipeline needs."""

    backend = "mine"

    def _submit_dryrun(self, app: AppSpec[DryRunInfo[Command]], cfg: int) -> DryRunInfo[Command]:
        raise NotImplementedError


def attach(info: DryRunInfo[Command], app: AppSpec[DryRunInfo[Command]]) -> None: ...
def attach_other(info: str, app: AppSpec[DryRunInfo[Command]]) -> None: ...


def types_flow_through(mine: Mine, app: AppSpec[DryRunInfo[Command]]) -> None:
    assert_type(submit_dryrun(mine, app, 3), DryRunInfo[Command])
    assert_type(submit_dryrun(mine, app, 3, attach=attach), DryRunInfo[Command])
    assert_type(submit_dryrun(mine, app, 3).request, Command)
    assert_type(mine.submit_dryrun(app, 3), DryRunInfo[Command])
    assert_type(
        submit_dryrun(FakeScheduler(), FakeApp("job", [FakeRole("main", "echo")]), FakeExecutor()), FakeInfo
    )
    assert_type(FakeScheduler().submit_dryrun(FakeApp("job"), FakeExecutor()).request, FakeRequest)


def adjust(backend: str, info: FakeInfo) -> FakeInfo:
    raise NotImplementedError


def adjust_other(backend: str, info: DryRunInfo[Command]) -> DryRunInfo[Command]:
    raise NotImplementedError


def forgets_to_return(backend: str, info: FakeInfo) -> None: ...


FakeRole("main", "echo", adjust=adjust)
FakeRole("main", "echo", adjust=adjust_other)  # type: ignore[arg-type]
FakeRole("main", "echo", adjust=forgets_to_return)  # type: ignore[arg-type]
FakeApp("job", [RoleSpec[DryRunInfo[Command]]("main", "echo")])  # type: ignore[list-item]


class NoBackend(DryRunMixin):
    def _submit_dryrun(self, app: FakeApp, cfg: FakeExecutor) -> FakeInfo:
        raise NotImplementedError


class Nothing(DryRunMixin):
    """Has the mixin, but nothing for it to run."""


def wrong_calls(mine: Mine, app: AppSpec[DryRunInfo[Command]], fake_app: FakeApp) -> None:
    submit_dryrun(mine, fake_app, 3)  # type: ignore[misc]
    submit_dryrun(mine, app, "3")  # type: ignore[misc]
    submit_dryrun(mine, "job", 3)  # type: ignore[misc]
    submit_dryrun(mine, app, 3, attach=attach_other)  # type: ignore[arg-type]
    submit_dryrun(object(), app, 3)  # type: ignore[arg-type]
    mine.submit_dryrun(fake_app, 3)  # type: ignore[arg-type]
    mine.submit_dryrun(app, "3")  # type: ignore[arg-type]
    mine.submit_dryrun("job", 3)  # type: ignore[arg-type]
    NoBackend().submit_dryrun(fake_app, FakeExecutor())  # type: ignore[misc,arg-type]
    Nothing().submit_dryrun(fake_app, FakeExecutor())  # type: ignore[misc,arg-type]
