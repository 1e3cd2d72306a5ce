"""Bad input on the command line: one sentence with the fix, and an exit code that tells who failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.conftest import Launchbind

ECHO = ("--", "echo", "hello")

FAILURES = [
    pytest.param(
        ["run", "-b", "local_persistant", *ECHO],
        "unknown backend 'local_persistant'.*did you mean 'local_persistent'",
        id="unknown backend",
    ),
    pytest.param(
        ["run", "-b", "local", "-s", "node=2", *ECHO],
        "LocalExecutor cannot take 'node'.*did you mean 'nodes'",
        id="unknown field",
    ),
    pytest.param(
        ["run", "-b", "local", "-s", "nodes=two", *ECHO],
        "LocalExecutor cannot take 'nodes': expected int, got 'two'",
        id="wrong type",
    ),
    pytest.param(
        ["run", "-b", "slurm_tunnel", *ECHO],
        "SlurmExecutor cannot take 'account': it is required: give it a value",
        id="required field missing",
    ),
    pytest.param(
        ["run", "-b", "skypilot", *ECHO],
        r"SkypilotExecutor cannot be made: .*pip install .nemo_run\[skypilot\]",
        id="package of an executor absent",
    ),
    pytest.param(
        ["run", "-b", "aws_sagemaker", *ECHO],
        "the package 'boto3' is not installed: run python -m pip install 'boto3'",
        id="package of a scheduler absent",
    ),
    pytest.param(
        ["run", "-b", "local_cwd", "-s", "prepend_cwd=maybe", *ECHO],
        "local_cwd cannot take 'prepend_cwd': expected bool, got 'maybe'",
        id="wrong type, torchx",
    ),
    pytest.param(
        ["run", "-b", "local", "--", "no-such-program"],
        "could not submit app 'no-such-program': .*No such file or directory: 'no-such-program'",
        id="program does not exist",
    ),
    pytest.param(
        ["run", "-b", "local", "-s", "job_dir=/dev/null/jobs", *ECHO],
        "could not submit app 'echo': .*/dev/null/jobs",
        id="folder cannot be made",
    ),
]

MISUSES = [
    pytest.param(["run", *ECHO], "-b BACKEND", id="no backend"),
    pytest.param(["run", "-b", "local"], "Missing argument 'COMMAND...'", id="no command"),
    pytest.param(
        ["run", "-b", "local", "--", ""], "the command is empty: name a program", id="empty command"
    ),
    pytest.param(
        ["run", "-b", "local", "-s", "nodes", *ECHO], "'nodes' is not of the form FIELD=VALUE", id="-s"
    ),
    pytest.param(
        ["run", "-b", "local", "-s", "=2", *ECHO], "'=2' is not of the form FIELD=VALUE", id="-s =2"
    ),
    pytest.param(
        ["run", "-b", "local", "--env", "=x", *ECHO], "'=x' is not of the form NAME=VALUE", id="--env =x"
    ),
    pytest.param(
        ["run", "-b", "local", "--env", "NOT_SET_ANYWHERE", *ECHO],
        "NOT_SET_ANYWHERE is not set here",
        id="--env of an unset variable",
    ),
    pytest.param(
        ["run", "-b", "local", "--name", "a b/../c", *ECHO], "'a b/../c' is no job name: use", id="--name"
    ),
    pytest.param(
        ["run", "-b", "local_cwd", "--detach", *ECHO], "run it without --detach", id="--detach, torchx"
    ),
    pytest.param(["rum"], "No such command 'rum'", id="unknown command"),
]


@pytest.mark.parametrize(("arguments", "said"), FAILURES)
def test_what_cannot_be_done_is_said_in_one_sentence(
    launchbind: Launchbind, arguments: list[str], said: str
) -> None:
    """One line on standard error that names the trouble and the fix, nothing else, and exit code 125."""
    done = launchbind(*arguments)
    assert (done.returncode, done.stdout) == (125, ""), done.stderr
    assert re.fullmatch(rf"launchbind: .*{said}.*\n", done.stderr)


@pytest.mark.parametrize(("arguments", "said"), MISUSES)
def test_a_wrong_command_line_is_a_usage_error(
    launchbind: Launchbind, arguments: list[str], said: str
) -> None:
    """The last line on standard error says what is wrong, after how to use it, and the exit code is 2."""
    done = launchbind(*arguments)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    first, *_, last = done.stderr.splitlines()
    assert first.startswith("Usage: launchbind")
    assert last.startswith("Error: ")
    assert said in last


def test_debug_shows_the_traceback(launchbind: Launchbind) -> None:
    """With --debug the traceback comes first; the sentence and the exit code stay."""
    done = launchbind("--debug", "run", "-b", "local", "-s", "nodes=two", *ECHO)
    assert (done.returncode, done.stdout) == (125, "")
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    *_, last = done.stderr.splitlines()
    assert last == "launchbind: LocalExecutor cannot take 'nodes': expected int, got 'two'."
