"""The commands that follow a job by its handle, and those that look before one is submitted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Cli = Callable[..., subprocess.CompletedProcess[str]]

LIMIT = 120  # seconds; only so that a hanging command ends the test


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that is everything to the commands: NeMo-Run's home, the user's and the project's files."""
    (tmp_path / "project").mkdir()
    return tmp_path


@pytest.fixture
def cli(home: Path) -> Cli:
    """Run ``launchbind`` as a user would, in a process of its own."""
    environment = {
        **os.environ,
        "NEMORUN_HOME": str(home / "nemorun"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PATH": os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])),
    }

    def run(*arguments: str, **options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "launchbind", *arguments],
            capture_output=True,
            text=True,
            cwd=home / "project",
            env={**environment, **options},
            timeout=LIMIT,
            check=False,
        )

    return run


def detached(cli: Cli, *command: str) -> str:
    started = cli("run", "-b", "local", "--detach", "--", *command)
    assert started.returncode == 0, started.stderr
    return started.stdout.strip()


def one_sentence(result: subprocess.CompletedProcess[str]) -> str:
    """What a failed command said, which must be one line without a traceback."""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("launchbind: ")
    return lines[0]


def test_a_job_is_followed_waited_for_and_read_by_its_handle(cli: Cli, home: Path) -> None:
    """Processes that know the handle only see the job run, its output, its end and its exit code."""
    handle = detached(cli, "bash", "-c", "echo first; until [ -e go ]; do sleep 0.1; done; echo last; exit 4")
    assert "\tRUNNING\t" in cli("status", handle).stdout
    (home / "project" / "go").touch()
    followed = cli("logs", "-f", handle)
    assert (followed.returncode, followed.stdout) == (0, "first\nlast\n")
    waited = cli("wait", handle)
    assert waited.returncode == 4
    assert f"{handle}\tFAILED\t4\t" in waited.stdout
    (document,) = json.loads(cli("status", "--json", handle).stdout)
    assert (document["handle"], document["state"], document["exit_code"]) == (handle, "FAILED", 4)


def test_a_progress_bar_is_shown_while_it_moves(cli: Cli, home: Path) -> None:
    """What ends in a carriage return is followed as it comes, not when the job has ended."""
    handle = detached(cli, "bash", "-c", r"printf '10%%\r20%%\r'; until [ -e go ]; do sleep 0.1; done; echo")
    watcher = subprocess.Popen(
        [sys.executable, "-m", "launchbind", "logs", "-f", handle],
        stdout=subprocess.PIPE,
        env={**os.environ, "NEMORUN_HOME": str(home / "nemorun")},
    )
    with watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.read(4) == b"10%\r"
        (home / "project" / "go").touch()
        assert watcher.stdout.read() == b"20%\r\n"


def test_logs_are_filtered_by_a_pattern(cli: Cli) -> None:
    """--grep keeps the lines in which the pattern is found, and --since says where it cannot be had."""
    handle = detached(cli, "bash", "-c", "echo apple; echo pear; echo grape")
    cli("wait", handle)
    assert cli("logs", "--grep", "ap", handle).stdout == "apple\ngrape\n"
    refused = cli("logs", "--since", "2026-01-01", handle)
    assert refused.returncode == 125
    assert "cannot read logs since a point in time" in one_sentence(refused)


def test_a_job_is_cancelled_by_its_handle_twice(cli: Cli) -> None:
    """Cancelling ends the job's processes; cancelling again is no error and changes nothing."""
    handle = detached(cli, "sleep", "300")
    for _ in range(2):
        cancelled = cli("cancel", handle)
        assert cancelled.returncode == 0
        assert f"{handle}\tCANCELLED\t" in cancelled.stdout
    assert f"{handle}\tCANCELLED\t143" in cli("list", "-b", "local").stdout


@pytest.mark.parametrize("command", ["status", "cancel"])
def test_one_unknown_job_does_not_hide_the_others(cli: Cli, command: str) -> None:
    """Jobs that are known are reported, the others each in a sentence, and the exit code tells."""
    handle = detached(cli, "true")
    cli("wait", handle)
    never = [f"local_persistent://launchbind/never-{number}" for number in (1, 2)]
    result = cli(command, never[0], handle, never[1])
    assert result.returncode == 125
    assert [line.split("\t")[:2] for line in result.stdout.splitlines()[1:]] == [[handle, "SUCCEEDED"]]
    said = result.stderr.splitlines()
    assert [line.partition("'")[2].partition("'")[0] for line in said] == never


def test_every_command_about_jobs_prints_json(cli: Cli) -> None:
    """run, status, wait, cancel and list print the same document, logs an object for each line."""
    ran = cli("run", "-b", "local", "--json", "--", "sh", "-c", "echo hello; exit 3")
    assert ran.returncode == 3
    assert "hello\n" in ran.stderr
    [document] = json.loads(ran.stdout)
    handle = document["handle"]
    assert (document["state"], document["exit_code"]) == ("FAILED", 3)
    for arguments in (("status", handle), ("wait", handle), ("cancel", handle)):
        assert json.loads(cli(*arguments, "--json").stdout) == [document]
    [listed] = json.loads(cli("list", "-b", "local", "--json").stdout)
    assert (listed["handle"], listed["exit_code"]) == (handle, 3)
    assert json.loads(cli("logs", "--json", handle).stdout) == {"line": "hello"}
    [started] = json.loads(cli("run", "-b", "local", "--json", "--detach", "--", "true").stdout)
    assert cli("wait", started["handle"]).returncode == 0


def test_a_table_on_a_narrow_terminal_cuts_no_handle_off(cli: Cli, home: Path) -> None:
    """Where a handle is wider than the terminal, the terminal folds it and nothing is lost."""
    handle = detached(cli, "true")
    cli("wait", handle)
    code = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]))"
    shown = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "-m", "launchbind", "status", handle],
        capture_output=True,
        text=True,
        env={**os.environ, "NEMORUN_HOME": str(home / "nemorun"), "COLUMNS": "30", "TERM": "dumb"},
        stdin=subprocess.DEVNULL,
        timeout=LIMIT,
        check=False,
    )
    assert handle in shown.stdout, shown
    assert "SUCCEEDED" in shown.stdout


def test_waiting_gives_up_when_told_to_and_the_job_goes_on(
    cli: Cli,
) -> None:
    """--timeout ends the wait with one sentence, not the job."""
    handle = detached(cli, "sleep", "300")
    gave_up = cli("wait", "--timeout", "0.2", handle)
    assert gave_up.returncode == 125
    assert "was still RUNNING after 0.2 s" in one_sentence(gave_up)
    assert "\tRUNNING\t" in cli("status", handle).stdout
    cli("cancel", handle)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("status", "nonsense"), "'nonsense' is not a handle"),
        (("status", "local_persistent://launchbind/never-was"), "no job with handle"),
        (("logs", "local_persistent://launchbind/never-was"), "no job with handle"),
        (("cancel", "local_persistent://launchbind/never-was"), "no job with handle"),
        (("wait", "locl://launchbind/x"), "unknown backend 'locl'"),
        (("list", "-b", "nowhere"), "unknown backend 'nowhere'"),
        (("show", "nowhere"), "unknown backend 'nowhere'"),
        (("show", "slurm"), "'slurm' could mean slurm_tunnel or torchx:slurm: write which."),
        (("plan", "-p", "nothing", "--", "true"), "unknown profile 'nothing'"),
    ],
)
def test_a_wrong_name_gives_one_sentence(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    """A handle, backend or profile that is not there gives exit code 125 and one sentence."""
    refused = cli(*arguments)
    assert refused.returncode == 125
    assert words in one_sentence(refused)


def test_a_plan_is_saved_compared_and_hides_secrets(cli: Cli, home: Path) -> None:
    """Equal plans give equal JSON; a changed field shows in --diff; no secret is in any output."""
    job = ("plan", "-b", "local", "--env", "HF_TOKEN=hf_verysecret")
    saved = cli(*job, "--json", "--", "echo", "hf_verysecret")
    assert saved.returncode == 0, saved.stderr
    file = home / "saved.json"
    file.write_text(saved.stdout)
    same = cli(*job, "--diff", str(file), "--", "echo", "hf_verysecret")
    assert (same.returncode, same.stdout) == (0, "")
    changed = cli(*job, "--env", "MODE=fast", "--diff", str(file), "--", "echo", "hf_verysecret")
    assert changed.returncode == 1
    assert '+            "MODE": "fast",' in changed.stdout
    shown = cli(*job, "--", "echo", "hf_verysecret")
    for output in (saved, same, changed, shown):
        assert "hf_verysecret" not in output.stdout + output.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a plan", b"[1]", b'{"name": 1}'])
def test_a_plan_is_compared_with_a_plan_only(cli: Cli, home: Path, content: bytes) -> None:
    """Any other file is refused, by its name and with the command that saves a plan."""
    file = home / "saved.json"
    file.write_bytes(content)
    refused = cli("plan", "-b", "local", "--diff", str(file), "--", "true")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert f"{file} holds no plan: save one with 'launchbind plan --json'." in refused.stderr


def test_a_profile_sets_the_executors_fields(cli: Cli, home: Path) -> None:
    """-p takes backend and fields from the project's file, -s goes before it, a wrong key is named."""
    file = home / "project" / "launchbind.toml"
    file.write_text('[profiles.here]\nbackend = "local"\nenv_vars = {GREETING = "hello"}\n')
    ran = cli("run", "-p", "here", "--", "bash", "-c", "echo $GREETING")
    assert (ran.returncode, ran.stdout) == (0, "hello\n")
    assert "here\tlocal\t" in cli("profiles").stdout
    clash = cli("run", "-p", "here", "-b", "slurm_tunnel", "--", "true")
    assert clash.returncode == 2
    assert "profile here is for local" in clash.stderr
    file.write_text('[profiles.here]\nbackend = "local"\nnodez = 2\n')
    refused = cli("run", "-p", "here", "--", "true")
    assert refused.returncode == 125
    assert f"{file}, key profiles.here.nodez: " in one_sentence(refused)


def test_profiles_hide_secrets(cli: Cli, home: Path) -> None:
    """Listing the profiles shows no value under a secret's name."""
    (home / "project" / "launchbind.toml").write_text(
        '[profiles.here]\nbackend = "local"\nenv_vars = {HF_TOKEN = "hf_verysecret"}\n'
    )
    for arguments in (("profiles",), ("profiles", "--json")):
        listed = cli(*arguments)
        assert "here" in listed.stdout
        assert "hf_verysecret" not in listed.stdout


def test_show_names_the_fields_that_can_be_set(cli: Cli) -> None:
    """show lists an executor's own fields and a torchx scheduler's own options."""
    local = json.loads(cli("show", "--json", "local").stdout)
    assert local["backend"] == "local_persistent"
    assert {"field": "ntasks_per_node", "type": "int", "default": "1"} in local["fields"]
    torchx = json.loads(cli("show", "--json", "local_cwd").stdout)
    assert "log_dir" in [field["field"] for field in torchx["fields"]]
    assert "ntasks_per_node\tint\t1" in cli("show", "local").stdout


def test_an_adapter_can_be_named_with_its_backend(cli: Cli) -> None:
    """ADAPTER:BACKEND reaches a backend whose name is another adapter's alias."""
    assert json.loads(cli("show", "--json", "torchx:slurm").stdout)["backend"] == "slurm"
    assert json.loads(cli("show", "--json", "nemo_run:slurm").stdout)["backend"] == "slurm_tunnel"


def test_the_doctor_reports_every_backend(cli: Cli) -> None:
    """The doctor shows what is ready, what is missing and the command that fixes it."""
    result = cli("doctor", "--json")
    assert result.returncode == 0, result.stderr
    checks = {check["subject"]: check for check in json.loads(result.stdout)}
    assert checks["local_persistent"]["state"] == "ready"
    assert checks["kubeflow"]["fix"] == "python -m pip install 'nemo-run[kubeflow]'"
    assert checks["slurm"]["state"] == "ready"  # torchx's own, which the alias of slurm_tunnel does not hide


def test_the_doctor_explains_a_broken_installation(cli: Cli, home: Path) -> None:
    """A leptonai without api.v1 breaks nemo_run: that is found, with the command that fixes it, exit 1."""
    stand_in = home / "site" / "leptonai" / "api"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("")
    (stand_in.parent / "__init__.py").write_text("")
    result = cli("doctor", "--json", PYTHONPATH=str(home / "site"))
    assert result.returncode == 1
    (check,) = [each for each in json.loads(result.stdout) if each["subject"] == "local_persistent"]
    assert check["state"] == "broken"
    assert check["fix"] == "python -m pip install 'leptonai>=0.26.6,<0.47'"


def test_backends_are_tried_when_asked(cli: Cli) -> None:
    """--probe replaces "lazy" by what trying each backend gave."""
    states = {
        each["backend"]: each["state"] for each in json.loads(cli("backends", "--probe", "--json").stdout)
    }
    assert states["local_persistent"] == "ready"
    assert "lazy" not in states.values()


def test_a_shell_completes_commands(cli: Cli) -> None:
    """The script asks launchbind for what fits, as bash does here, and launchbind knows."""
    for shell in ("bash", "zsh", "fish"):
        assert f"{shell}_complete" in cli("completion", shell).stdout
    command = os.path.join(os.path.dirname(sys.executable), "launchbind")
    asked = {"_LAUNCHBIND_COMPLETE": "bash_complete", "COMP_WORDS": "launchbind back", "COMP_CWORD": "1"}
    answer = subprocess.run(
        [command], capture_output=True, text=True, env={**os.environ, **asked}, check=True
    )
    assert answer.stdout == "plain,backends\n"


def test_every_command_has_help_with_an_example(cli: Cli) -> None:
    """Each command's help says what it does and shows a command line that begins with its name."""
    listed = cli("--help").stdout.partition("Commands:\n")[2]
    names = [line.split()[0] for line in listed.splitlines()]
    assert len(names) == 12
    for name in names:
        text = cli(name, "--help").stdout
        assert f"launchbind {name}" in text.partition("Example")[2], name


WAITING = """
import sys
from launchbind_adapters.nemo_run import launcher
launcher().wait(sys.argv[1], progress=lambda status: print(status.state, flush=True))
"""


def test_a_killed_launcher_loses_no_job(cli: Cli, home: Path) -> None:
    """kill -9 of a process that waits, or reads logs, leaves the job running, to be found and read."""
    handle = detached(cli, "bash", "-c", "echo first; until [ -e go ]; do sleep 0.1; done; echo last")
    watchers = {"RUNNING": ["-c", WAITING, handle], "first": ["-m", "launchbind", "logs", "-f", handle]}
    for sign_of_life, arguments in watchers.items():
        with subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NEMORUN_HOME": str(home / "nemorun")},
        ) as watcher:
            assert watcher.stdout is not None
            assert watcher.stdout.readline() == f"{sign_of_life}\n"  # it is at it, and not still starting
            watcher.kill()
    assert "\tRUNNING\t" in cli("status", handle).stdout
    (home / "project" / "go").touch()
    assert f"{handle}\tSUCCEEDED\t0" in cli("wait", handle).stdout
    assert cli("logs", handle).stdout == "first\nlast\n"


@pytest.mark.parametrize("stage", [0, 1, 2, 4])
def test_a_launcher_killed_at_any_moment_corrupts_nothing(cli: Cli, home: Path, stage: int) -> None:
    """kill -9 anywhere from the start of ``run`` to its job's end: what was submitted is found."""
    environment = {**os.environ, "NEMORUN_HOME": str(home / "nemorun")}
    job = ["sh", "-c", "echo made it"]
    arguments = [sys.executable, "-m", "launchbind", "run", "-b", "local", "--", *job]
    with subprocess.Popen(
        arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, cwd=home / "project"
    ) as launching:
        records = home / "nemorun" / "launchbind" / "local"
        if stage:  # otherwise before anything has happened
            while launching.poll() is None and not records.exists():
                time.sleep(0.001)
            time.sleep(stage * 0.01)
        launching.kill()
    listed = cli("list", "-b", "local", "--json")
    assert listed.returncode == 0, listed.stderr
    for each in json.loads(listed.stdout):
        assert cli("wait", each["handle"]).returncode in (0, 1)  # 1: killed before its supervisor had the job
        output = cli("logs", each["handle"])
        assert output.stdout in ("made it\n", "")
