"""Each rule of the conformance suite notices the defect it is there for, and says what to change."""

from __future__ import annotations

from functools import partial

import broken_launchers
import broken_schedulers
import pytest
from fake_jobs import bindings
from fake_suite import PROGRAMS, FakeSuite, judge, verdict

from launchbind import Launcher
from launchbind.testing import FakeCluster, FakeExecutor
from launchbind.testing.conformance import SchedulerConformance

b, s = broken_launchers, broken_schedulers
DEFECTS: dict[tuple[type, ...], tuple[str, str]] = {
    (b.HasANumberForAMethod,): (
        "test_the_classes_satisfy_the_protocols",
        "HasANumberForAMethod.nproc_per_node is int, not a method",
    ),
    (b.TakesOneFolder,): (
        "test_the_classes_satisfy_the_protocols",
        "TakesOneFolder.assign takes 1 parameters where 4 are passed",
    ),
    (b.DoesNotCopy, s.WritesIntoTheExecutor): (
        "test_planning_changes_nothing",
        "planning once changed the executor",
    ),
    (s.NamesNoVolatileValue,): (
        "test_equal_plans_have_one_fingerprint",
        "name it in the scheduler's volatile()",
    ),
    (s.OmitsTheCommand,): ("test_a_changed_command_shows", "must hold the command"),
    (b.ShowsSecretsInPlans,): ("test_plans_hide_secrets", "repr(plan) shows the value of APP_TOKEN"),
    (s.OmitsTheExecutorsVariables,): (
        "test_plans_hide_secrets",
        "EXECUTOR_PASSWORD does not reach the request",
    ),
    (s.NamesAnAbsentVolatileValue,): (
        "test_volatile_values_are_in_the_request",
        "which is not in the request",
    ),
    (s.NamesAStableValueVolatile,): ("test_volatile_values_are_in_the_request", "which two plans share"),
    (b.IgnoresTheBackend,): ("test_an_unknown_backend_is_an_error", "must have no default"),
    (s.ForgetsTheRoles,): ("test_another_launcher_finds_the_job", "returns the roles {}, not {'main': 1}"),
    (s.KnowsEveryJob,): (
        "test_an_unknown_job_is_an_error",
        "must return None for ids they do not know",
    ),
    (s.ListsNothing,): ("test_the_list_has_the_job", "0 times"),
    (s.CallsSuccessFailed,): ("test_a_job_that_succeeds_is_succeeded", "must say SUCCEEDED"),
    (s.RevivesAnEndedJob,): (
        "test_a_job_that_succeeds_is_succeeded",
        "is RUNNING when it is asked again",
    ),
    (s.CallsFailureSucceeded,): ("test_a_job_that_fails_is_failed", "must say FAILED"),
    (s.RoundsTheExitCode,): ("test_exit_codes_are_told", "exit_code is 1 for ['fail'], which exits with 3"),
    (s.GivesAnExitCodeTooEarly,): ("test_exit_codes_are_told", "exit_code is 0 for a job that runs"),
    (b.CancelsAfterATimeout,): ("test_a_running_job_has_not_ended", "the job is CANCELLED: it must go on"),
    (s.MixesUpDescriptions,): ("test_statuses_agree_with_status", "describe_many() must agree"),
    (s.DescribesManyWithoutExitCodes,): ("test_statuses_agree_with_status", "describe_many() must agree"),
    (s.CallsCancelledSucceeded,): ("test_cancelling_ends_the_job", "describe() must say CANCELLED"),
    (s.RaisesForAnUnknownJob,): (
        "test_cancelling_again_changes_nothing",
        "cancel('launchbind-no-such-job') raised KeyError",
    ),
    (s.CancelsAnEndedJob,): ("test_cancelling_again_changes_nothing", "made SUCCEEDED into CANCELLED"),
    (b.SubmitsAChangedPlan,): ("test_a_changed_plan_is_refused", "must compare fingerprints"),
    (b.SubmitsAPlanTwice,): ("test_a_plan_is_submitted_once", "must keep plan.handle"),
    (s.ShowsSecretsWhenItRefuses,): ("test_failures_hide_secrets", "shows the value of APP_TOKEN"),
    (s.ShowsSecretsInAMessage,): ("test_failures_hide_secrets", "shows the value of APP_TOKEN"),
    (s.LosesALine,): ("test_logs_have_every_line_once", "not ['one', 'two', 'three', 'four']"),
    (s.RepeatsALine,): ("test_logs_have_every_line_once", "logs() gave ['one', 'one', 'two'"),
    (s.StopsFollowing,): ("test_following_ends_with_the_job", "up to the last one"),
    (b.MatchesFromTheStart,): ("test_logs_are_filtered", "re.search finds it"),
    (b.IgnoresAMissingReplica,): (
        "test_logs_of_an_unknown_replica_are_an_error",
        "logs of replica 0 of role 'launchbind-no-such-role' gave None",
    ),
    (s.CancelsWhenAReaderLeaves,): (
        "test_a_reader_may_leave",
        "the job is CANCELLED after a reader of its logs left",
    ),
}


@pytest.mark.parametrize(
    ("defects", "noticed"),
    DEFECTS.items(),
    ids=["-".join(defect.__name__ for defect in defects) for defects in DEFECTS],
)
def test_each_defect_is_noticed_by_its_rule(defects: tuple[type, ...], noticed: tuple[str, str]) -> None:
    """With one defect exactly the test of that rule fails, and its message says what to change."""
    rule, message = noticed
    found = judge(*defects)
    assert list(found.failed) == [rule], found.failed
    assert message in found.failed[rule]


@pytest.mark.parametrize(
    ("attributes", "rule", "message"),
    [
        (
            {"module": "json", "not_imported": ("re", "torchx")},
            "test_importing_the_adapter_is_cheap",
            "importing json imports re:",
        ),
        (
            {"module": "json", "most_modules": 0},
            "test_importing_the_adapter_is_cheap",
            "more than the 0 of most_modules",
        ),
        (
            {"module": "no_such_adapter"},
            "test_importing_the_adapter_is_cheap",
            "No module named 'no_such_adapter'",
        ),
        ({"missing": ("succeed",)}, "test_failures_hide_secrets", "is SUCCEEDED, not FAILED"),
    ],
)
def test_what_the_author_states_is_checked(attributes: dict[str, object], rule: str, message: str) -> None:
    """The adapter must also comply with the attributes of the suite."""
    found = judge(**attributes)
    assert list(found.failed) == [rule], found.failed
    assert message in found.failed[rule]


def test_every_rule_has_a_defect_that_breaks_it() -> None:
    """Those above, and the one below that needs another process."""
    rules = {name for name in dir(SchedulerConformance) if name.startswith("test_")}
    elsewhere = {"test_importing_the_adapter_is_cheap", "test_another_process_finds_the_job"}
    assert {rule for rule, _ in DEFECTS.values()} | elsewhere == rules


def test_a_scheduler_that_refuses_what_it_cannot_start_passes() -> None:
    """The error of the refusal has no secret in it, since the launcher hides them there."""
    assert judge(s.RefusesAMissingProgram).failed == {}


def test_jobs_that_only_their_launcher_knows_are_noticed() -> None:
    """The message says that the job must be described."""
    made = bindings(partial(FakeCluster, programs=PROGRAMS))
    found = verdict(FakeSuite, lambda: Launcher(made), FakeExecutor)
    assert list(found.failed) == ["test_another_launcher_finds_the_job"]
    assert "describe() returned None for fake://launchbind/job-" in str(found.failed)


# -- defects that break several rules --------------------------------------------------------------------


def test_a_job_that_is_not_found_is_told_from_one_that_never_existed() -> None:
    """Every test that follows a job says that describe() returned None for it."""
    found = judge(s.KnowsNoJob).failed
    assert "test_a_job_that_succeeds_is_succeeded" in found
    assert found["test_cancelling_ends_the_job"].startswith(
        "AssertionError: describe() returned None for fake://"
    )


def test_a_job_that_does_not_begin_is_given_up() -> None:
    """After guard_seconds, which the message names, whether its end is waited for or its beginning."""
    found = judge(s.NeverStarts, guard_seconds=0.02).failed
    assert "needs more than guard_seconds = 0.02" in found["test_a_job_that_succeeds_is_succeeded"]
    assert "still PENDING after guard_seconds = 0.02" in found["test_cancelling_ends_the_job"]


def test_a_job_that_ends_too_early_is_noticed() -> None:
    """Every test that needs a running job says that it ended before its end."""
    found = judge(s.EndsTooEarly).failed
    assert "is SUCCEEDED before its end" in found["test_a_running_job_has_not_ended"]


def test_a_stream_that_does_not_end_is_given_up() -> None:
    """After guard_seconds; nothing hangs."""
    try:
        found = judge(s.FollowsBeyondTheEnd, guard_seconds=0.5).failed
    finally:
        s.FollowsBeyondTheEnd.over.set()
    assert set(found) == {"test_following_ends_with_the_job", "test_a_reader_may_leave"}
    assert "log_iter() must end when the job has ended" in found["test_following_ends_with_the_job"]


def test_a_stream_that_fails_is_the_failure() -> None:
    """The thread that reads does not hide the scheduler's own error."""
    found = judge(s.CannotReadLogs).failed
    assert "OSError: the disk is gone" in found["test_logs_have_every_line_once"]
