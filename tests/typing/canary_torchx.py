"""Canary: fails as soon as mypy no longer follows torchx's own types.

Everything else here would go on passing if torchx were Any, because Any equals and satisfies whatever
it is held against. These lines would not: ``assert_type`` with builtin types refuses Any, and an ignored
error that is an error no longer is reported as an unused ignore.
"""

from __future__ import annotations

from torchx.runner.api import Runner
from torchx.schedulers.api import DescribeAppResponse
from torchx.schedulers.local_scheduler import LocalScheduler
from torchx.specs import AppDef, AppDryRunInfo, AppState, Role
from typing_extensions import assert_type


def plain_types(
    app: AppDef,
    role: Role,
    info: AppDryRunInfo[int],
    state: AppState,
    answer: DescribeAppResponse,
    local: LocalScheduler,
    runner: Runner,
) -> None:
    assert_type(app.name, str)
    assert_type(role.args, list[str])
    assert_type(role.env, dict[str, str])
    assert_type(role.num_replicas, int)
    assert_type(info.request, int)
    assert_type(state.name, str)
    assert_type(answer.msg, str)
    assert_type(answer.ui_url, str | None)
    assert_type(local.backend, str)
    assert_type(local.cancel("job"), None)
    assert_type(local.exists("job"), bool)
    assert_type(runner.cancel("local_cwd://session/job"), None)


def errors(app: AppDef, info: AppDryRunInfo[int], local: LocalScheduler) -> None:
    AppDef(title="job")  # type: ignore[call-arg]
    AppDef(name=1)  # type: ignore[arg-type]
    Role(name="main")  # type: ignore[call-arg]
    app.no_such_attribute  # type: ignore[attr-defined]
    info.no_such_attribute  # type: ignore[attr-defined]
    local.schedule(app)  # type: ignore[arg-type]
    local.describe(1)  # type: ignore[arg-type]
