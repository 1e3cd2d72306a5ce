"""Adapters of other distributions on the command line: each one that is broken spoils its own rows only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Completed, Launchbind

    Install = Callable[..., None]
    Row = dict[str, Any]

EXAMPLE_PACKAGE = Path(__file__).parents[1] / "adapters" / "nemo_run" / "example_package"

#: An adapter with public names only; its jobs run in memory, and ``echo`` prints the adapter's name.
WORKING = """
from launchbind import Bindings, Launcher
from launchbind.adapter import BaseAdapter
from launchbind.testing import FakeCluster, FakeExecutor, FakeProgram


def cluster(session):
    return FakeCluster(session, programs={{"echo": FakeProgram(["from {backend} of {name}\\n"])}})


BINDINGS = Bindings()
BINDINGS.bind("{backend}", FakeExecutor, cluster)


class {cls}(BaseAdapter):
    executors = BINDINGS.executors

    def launcher(self, session):
        return Launcher(BINDINGS, session=session)

"""


def working(cls: str, name: str, backend: str, more: str = "") -> str:
    """The module of an adapter, with ``more`` at the end of its class."""
    return WORKING.format(cls=cls, name=name, backend=backend) + more


#: Adapter to its module: what is wrong with it, and nothing else.
MODULES = {
    "lacks": working("Adapter", "lacks", "lacking", "    checks = property()\n"),
    "raises": working(
        "Adapter", "raises", "raising", "    def backends(self):\n        raise OSError('no config')\n"
    ),
    "unmade": working(
        "Adapter", "unmade", "unmaking", "    def __init__(self):\n        raise ValueError('no license')\n"
    ),
    "function": "def Adapter(): ...\n",
    "unchecked": working(
        "Adapter", "unchecked", "unchecking", "    def checks(self):\n        raise KeyError('x')\n"
    ),
    "fieldless": working(
        "Adapter", "fieldless", "fielding", "    def fields(self, backend):\n        raise KeyError('y')\n"
    ),
    "jobless": working(
        "Adapter", "jobless", "jobbing", "    def launcher(self, session):\n        raise OSError('down')\n"
    ),
    "listless": working("Adapter", "listless", "listing", "    def backends(self):\n        return [1]\n"),
    "unpacked": "import not_installed_anywhere\n",
}
#: Adapter to the sentence about it, which begins with its name.
SENTENCES = {
    "lacks": "adapter 'lacks' is broken, Adapter has no method 'checks': fix or reinstall what provides it "
    "(entry point lacks = lacks_module:Adapter of acme-lacks 1.0).",
    "raises": "adapter 'raises' is broken, backends() raised OSError: no config: fix or reinstall what "
    "provides it (entry point raises = raises_module:Adapter of acme-raises 1.0).",
    "unmade": "adapter 'unmade' is broken, making it raised ValueError: no license: fix or reinstall what "
    "provides it (entry point unmade = unmade_module:Adapter of acme-unmade 1.0).",
}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """An empty folder on PYTHONPATH."""
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


@pytest.fixture
def install(site: Path) -> Install:
    """Write a distribution with one adapter into the site folder."""

    def write(name: str, module: str, group: str = "launchbind.adapters", target: str = "") -> None:
        (site / f"{name}_module.py").write_text(module)
        info = site / f"acme_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n")
        points = f"[{group}]\n{name} = {target or f'{name}_module:Adapter'}\n"
        (info / "entry_points.txt").write_text(points)

    return write


@pytest.fixture
def call(launchbind: Launchbind, site: Path) -> Callable[..., Completed]:
    """Run launchbind with what was installed."""

    def run(*arguments: str) -> Completed:
        return launchbind(*arguments, PYTHONPATH=str(site))

    return run


def rows(done: Completed) -> dict[str, Row]:
    """The rows of a command's JSON, by their first column."""
    found: list[Row] = json.loads(done.stdout)
    by_name = {next(iter(row.values())): row for row in found}
    assert len(by_name) == len(found)
    return by_name


def table(done: Completed) -> dict[str, list[str]]:
    """The lines of a command's table, by their first column."""
    return {line.split("\t")[0]: line.split("\t") for line in done.stdout.splitlines()[1:]}


def test_an_adapter_with_public_names_only_works(install: Install, call: Callable[..., Completed]) -> None:
    """A third party's adapter is listed, checked, shown, planned, and runs a job with its settings."""
    install("works", working("Adapter", "works", "acme"))
    assert rows(call("backends", "--json"))["acme"]["state"] == "ready"
    assert rows(call("doctor", "--json"))["acme"]["state"] == "ready"
    assert "nodes\tint\t1" in call("show", "acme").stdout
    assert "'LEVEL': '3'" in call("plan", "-b", "acme", "--env", "LEVEL=3", "--", "echo").stdout
    ran = call("run", "-b", "acme", "-s", "nodes=2", "--", "echo", "hello")
    assert (ran.returncode, ran.stdout) == (0, "from acme of works\n"), ran.stderr
    assert call("list", "-b", "acme", "--json").stdout == "[]\n"


@pytest.fixture
def every_kind(install: Install) -> None:
    """Install every kind of broken adapter at once."""
    for name, module in MODULES.items():
        install(name, module)


@pytest.mark.usefixtures("every_kind")
def test_backends_has_rows_for_broken_adapters(
    launchbind: Launchbind, call: Callable[..., Completed]
) -> None:
    """Each has a row with its sentence, or one for each backend; the other rows are as without them."""
    listed = call("backends", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    found = rows(listed)
    for name, sentence in SENTENCES.items():
        row = found["lacking" if name == "lacks" else name]
        assert (row["state"], row["detail"]) == ("broken", sentence)
    own = {*MODULES, "lacking", "unchecking", "fielding", "jobbing"}
    others = {name: row for name, row in found.items() if name not in own}
    assert others == rows(launchbind("backends", "--json"))

    listed = call("backends")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert (table(listed)["raises"][2], table(listed)["raises"][5]) == ("broken", SENTENCES["raises"])
    assert {name: line[2] for name, line in table(listed).items()} == {
        name: row["state"] for name, row in found.items()
    }


@pytest.mark.usefixtures("every_kind")
def test_the_doctor_has_one_row_for_a_broken_adapter(call: Callable[..., Completed]) -> None:
    """It has the adapter's name and the sentence; other backends are checked, and the exit code is 1."""
    examined = call("doctor", "--json")
    assert (examined.returncode, examined.stderr) == (1, "")
    found = rows(examined)
    for name, sentence in SENTENCES.items():
        assert (found[name]["state"], found[name]["detail"]) == ("broken", sentence)
    broken = ["function", "lacks", "listless", "raises", "unchecked", "unmade"]
    assert sorted(name for name, check in found.items() if check["state"] == "broken") == broken
    assert "which is no class but function" in found["function"]["detail"]
    assert "checks() raised KeyError: 'x'" in found["unchecked"]["detail"]
    assert found["unpacked"]["state"] == "missing"
    assert found["unpacked"]["fix"] == "python -m pip install 'not_installed_anywhere'"
    assert {found[name]["state"] for name in ("local_persistent", "fielding", "jobbing")} == {"ready"}


@pytest.mark.parametrize("name", SENTENCES)
def test_a_broken_adapters_backend_says_what_is_wrong(
    install: Install, call: Callable[..., Completed], name: str
) -> None:
    """What is asked of its backend ends with 125, nothing on standard output, and the sentence."""
    install(name, MODULES[name])
    backend = {"lacks": "lacking", "raises": "raising", "unmade": "unmaking"}[name]
    for arguments in (
        ("show", "--json", backend),
        ("list", "-b", backend),
        ("run", "-b", backend, "--", "echo"),
        ("wait", f"{backend}://launchbind/x"),
    ):
        refused = call(*arguments)
        assert (refused.returncode, refused.stdout) == (125, ""), arguments
        [line] = refused.stderr.splitlines()
        assert line.endswith(SENTENCES[name])
        # Only of the adapter that can list its backends is it known that it has this one.
        assert line.startswith("launchbind: adapter" if name == "lacks" else "launchbind: unknown backend")


@pytest.mark.usefixtures("every_kind")
def test_other_backends_work_beside_broken_adapters(call: Callable[..., Completed]) -> None:
    """A job runs and is listed, its backend is shown, and nothing is said about the adapters."""
    ran = call("run", "-b", "local_persistent", "--", "echo", "hello")
    assert (ran.returncode, ran.stdout) == (0, "hello\n")
    assert all("local_persistent://" in line for line in ran.stderr.splitlines())
    for arguments in (("status", ran.stderr.split()[2]), ("list", "-b", "local"), ("show", "local")):
        done = call(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), arguments


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("fieldless", ("show", "fielding"), "fields() raised KeyError: 'y'"),
        ("jobless", ("list", "-b", "jobbing"), "launcher() raised OSError: down"),
        ("jobless", ("run", "-b", "jobbing", "--", "echo"), "launcher() raised OSError: down"),
        ("jobless", ("cancel", "jobbing://launchbind/x"), "launcher() raised OSError: down"),
        ("listless", ("show", "listing"), "backends() raised TypeError: 1 is no launchbind.Entry"),
        ("unpacked", ("show", "x"), "needs the package 'not_installed_anywhere', which is not installed"),
    ],
)
def test_a_method_that_raises_is_one_sentence(
    install: Install, call: Callable[..., Completed], name: str, arguments: tuple[str, ...], said: str
) -> None:
    """It names the adapter and the method, and the exit code is 125."""
    install(name, MODULES[name])
    done = call(*arguments)
    assert done.returncode == 125
    [line] = done.stderr.splitlines()
    assert line.count(f"adapter '{name}'") == 1
    assert said in line


def test_probing_puts_a_failed_check_in_the_adapters_rows(
    install: Install, call: Callable[..., Completed]
) -> None:
    """backends --probe says of the adapter's own backends that its checks failed, and probes the others."""
    install("unchecked", MODULES["unchecked"])
    found = rows(call("backends", "--probe", "--json"))
    assert found["unchecking"]["state"] == "broken"
    assert "checks() raised KeyError: 'x'" in found["unchecking"]["detail"]
    assert found["local_persistent"]["state"] == "ready"


def test_debug_shows_where_an_adapter_raised(install: Install, call: Callable[..., Completed]) -> None:
    """--debug adds the traceback through the adapter's own file."""
    install("fieldless", MODULES["fieldless"])
    done = call("--debug", "show", "fielding")
    assert "fieldless_module.py" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("launchbind: adapter 'fieldless' is broken")


def test_an_adapters_error_hides_secrets(install: Install, call: Callable[..., Completed]) -> None:
    """What looks like a secret in the text of an adapter's exception is hidden."""
    more = "    def fields(self, backend):\n        raise OSError('api_key=abcdefgh12345')\n"
    install("tells", working("Adapter", "tells", "telling", more))
    done = call("show", "telling")
    assert done.returncode == 125
    assert "abcdefgh12345" not in done.stderr
    assert "fields() raised OSError: api_key=<redacted>" in done.stderr


# -- two adapters with one backend name --------------------------------------------------------------


@pytest.fixture
def twins(install: Install) -> str:
    """The name that the adapters ``one`` and ``two`` both claim."""
    for name in ("one", "two"):
        install(name, working("Adapter", name, "shared"))
    return "shared"


def test_a_disputed_name_is_an_error_that_says_how_to_choose(
    twins: str, call: Callable[..., Completed]
) -> None:
    """Every command that is given the name, or a handle with it, refuses it and names both adapters."""
    for arguments in (
        ("run", "-b", twins, "--", "echo"),
        ("plan", "-b", twins, "--", "echo"),
        ("show", twins),
        ("list", "-b", twins),
    ):
        refused = call(*arguments)
        assert (refused.returncode, refused.stdout) == (125, ""), arguments
        assert (
            refused.stderr == f"launchbind: '{twins}' could mean one:{twins} or two:{twins}: write which.\n"
        )
    handle = f"{twins}://launchbind/x"
    for command in ("status", "wait", "logs", "cancel"):
        refused = call(command, handle)
        assert refused.returncode == 125
        assert refused.stderr == (
            f"launchbind: '{handle}' could mean one:{handle} or two:{handle}: write which.\n"
        )


def test_a_disputed_name_is_used_with_its_adapter(twins: str, call: Callable[..., Completed]) -> None:
    """ADAPTER:NAME, and ADAPTER: before a handle, mean that adapter's."""
    for name in ("one", "two"):
        ran = call("run", "-b", f"{name}:{twins}", "--", "echo")
        assert (ran.returncode, ran.stdout) == (0, f"from {twins} of {name}\n")
        shown = json.loads(call("show", "--json", f"{name}:{twins}").stdout)
        assert shown["source"].partition("_module.py")[0].endswith(name)
        unknown = call("status", f"{name}:{twins}://launchbind/x")
        assert unknown.stderr.startswith(f"launchbind: no job with handle '{twins}://launchbind/x'")
    assert "unknown adapter 'three'" in call("show", f"three:{twins}").stderr


def test_a_disputed_name_has_a_row_beside_its_meanings(twins: str, call: Callable[..., Completed]) -> None:
    """backends and doctor list both backends as they are written, and the name as broken."""
    sentence = "'shared' could mean one:shared or two:shared: write which."
    listed = call("backends", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    found = rows(listed)
    assert (found[twins]["state"], found[twins]["detail"]) == ("broken", sentence)
    assert {found[f"{name}:{twins}"]["state"] for name in ("one", "two")} == {"ready"}
    assert found["local_persistent"]["state"] == "lazy"
    assert table(call("backends"))[twins] == [twins, "", "broken", "", "", sentence]
    examined = call("doctor", "--json")
    assert examined.returncode == 1
    found = rows(examined)
    assert (found[twins]["state"], found[twins]["detail"]) == ("broken", sentence)
    assert [each for each, check in found.items() if check["state"] == "broken"] == [twins]
    assert {found[f"{name}:{twins}"]["state"] for name in ("one", "two")} == {"ready"}


def test_a_broken_adapter_takes_no_name_from_another(
    install: Install, call: Callable[..., Completed]
) -> None:
    """An adapter without checks that claims local_persistent leaves it to NeMo-Run's, which works."""
    install("lacks", working("Adapter", "lacks", "local_persistent", "    checks = property()\n"))
    assert call("run", "-b", "local_persistent", "--", "echo", "hello").stdout == "hello\n"
    found = rows(call("backends", "--json"))
    assert found["local_persistent"]["state"] == "lazy"
    assert found["lacks:local_persistent"]["state"] == "broken"


def test_a_backend_with_its_adapters_name_needs_no_prefix(call: Callable[..., Completed]) -> None:
    """``ray`` is that of the adapter ``ray``; torchx's scheduler of the name is ``torchx:ray``."""
    shown = [json.loads(call("show", "--json", name).stdout)["target"] for name in ("ray", "torchx:ray")]
    assert shown == [
        "launchbind_adapters.ray.executor:RayExecutor",
        "torchx.schedulers.ray_scheduler:create_scheduler",
    ]
    found = rows(call("backends", "--json"))
    assert {found[name]["state"] for name in ("ray", "torchx:ray")} <= {"lazy", "ready"}


def test_an_executor_and_its_scheduler_are_one_backend(
    launchbind: Launchbind, install: Install, site: Path
) -> None:
    """A package with one name in launchbind.executors and torchx.schedulers is NeMo-Run's backend alone."""
    install("acme", "", "launchbind.executors", "acme_executor:AcmeExecutor")
    with open(site / "acme_acme-1.0.dist-info" / "entry_points.txt", "a") as points:
        points.write("[torchx.schedulers]\nacme = acme_executor:create_scheduler\n")
    variables = {
        "PYTHONPATH": os.pathsep.join(map(str, (site, EXAMPLE_PACKAGE))),
        "ACME_SPOOL": str(site / "spool"),
    }
    found = rows(launchbind("backends", "--json", **variables))
    assert found["acme"]["target"] == "acme_executor:AcmeExecutor"
    assert [name for name in found if "acme" in name] == ["acme"]
    ran = launchbind("run", "-b", "acme", "--", "echo", "hello", **variables)
    assert (ran.returncode, ran.stdout) == (0, "hello\n"), ran.stderr
    # Left out by LAUNCHBIND_PLUGINS, the scheduler is not torchx's all the same: it takes no run config.
    found = rows(launchbind("backends", "--json", LAUNCHBIND_PLUGINS="0", **variables))
    assert [name for name in found if "acme" in name] == []


# -- what a command imports ---------------------------------------------------------------------------


LOADED = """
import sys
from launchbind.__main__ import main
try:
    main()
except SystemExit:
    print(*sys.modules)
"""


def test_finding_the_adapter_of_a_job_imports_no_launcher(environment: dict[str, str]) -> None:
    """To ask every adapter for its backends imports no launcher, and no module that only doctor needs."""
    command = [sys.executable, "-c", LOADED, "status", "nowhere://launchbind/x"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "unknown backend 'nowhere'" in done.stderr
    modules = done.stdout.splitlines()[-1].split()
    assert "launchbind_adapters.nemo_run.adapter" in modules
    assert not {name.partition(".")[0] for name in modules} & {"torchx", "nemo_run", "submitit", "rich"}
    checks = [name for name in modules if name.endswith(".checks") and "launchbind_adapters" in name]
    assert checks == []
