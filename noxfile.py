"""What CI runs: ``python -m nox``, or one session of it with ``python -m nox -s core``.

Every session sets up an environment of its own, so nothing but Python and nox needs to be there.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nox
from packaging.requirements import Requirement

PROJECT = nox.project.load_toml("pyproject.toml")["project"]
BUILD = nox.project.load_toml("pyproject.toml")["build-system"]["requires"]
# uv sets environments up many times faster than pip; where it is missing, nox's own way does.
nox.options.default_venv_backend = "uv|virtualenv"

NIGHTLY = "torchx-nightly==2026.10.26"
#: The newest is what the extra brings.
OLDEST_NEMO_RUN = "nemo-run==0.10.0"
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")

#: Modules of the adapters whose types pyright does not know in full: they subclass or hand on what torchx and
#: NeMo-Run define, and neither ships a py.typed.
UNTYPED = (
    "launchbind_adapters.torchx",
    *(
        f"launchbind_adapters.nemo_run.{module}"
        for module in ("cloud", "docker", "local", "local_submit", "slurm", "slurm_submit")
    ),
)

#: The share of mutants that the tests of the core have to notice.
NOTICED = 0.95

EVERYTHING = ["core", "adapters", "tests", "noxfile.py"]

# NeMo-Run cannot be imported with torchx-nightly, so there only what is meant for both is checked.
NIGHTLY_TARGETS = [
    "core",
    "adapters/launchbind_adapters/torchx",
    "adapters/launchbind_adapters/slurm",
    "tests/typing/canary_torchx.py",
    "tests/typing/dryrun.py",
    "tests/typing/launcher.py",
    "tests/typing/protocols_core.py",
    "tests/typing/registry.py",
    "tests/typing/torchx_boundary.py",
]


def tools(*names: str) -> list[str]:
    """The requirements of these tools, as the dev extra has them: versions are stated in one place."""
    found = {Requirement(each).name: each for each in PROJECT["optional-dependencies"]["dev"]}
    return [found[name] for name in names]


@nox.session
def lint(session: nox.Session) -> None:
    """Style, formatting, and the direction of imports."""
    session.install(*tools("ruff", "import-linter"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache", env={"PYTHONPATH": "core:adapters"})


@nox.session
@nox.parametrize("torchx", ["0.7.0", "nightly"], ids=["0.7.0", "nightly"])
def types(session: nox.Session, torchx: str) -> None:
    """Strict types, against the classes of one torchx generation; tests/typing among them."""
    checkers = tools("mypy", "basedpyright", "pytest", "hypothesis", "nox", "tomli", "types-PyYAML")
    if torchx == "nightly":
        session.install(".[cli]", NIGHTLY, *checkers)
        targets = NIGHTLY_TARGETS
    else:
        session.install(".[nemo,submitit,ray]", *checkers, *tools("pyright", "pyrefly", "ty"))
        targets = EVERYTHING
        # Five checkers find no error in a user's package, and all of them those of a file of wrong programs.
        session.run("python", "tests/support/type_checkers.py")
    # A cache of its own, since another session's would hold the other torchx's types.
    cache = f"{session.virtualenv.location}/mypy-cache"
    for version in VERSIONS:
        session.run("mypy", "--python-version", version, "--cache-dir", cache, *targets)
    session.run("basedpyright")
    # Adapters are checked by mypy; pyright only looks for uses of another module's private names.
    private = Path(session.create_tmp(), "private.json")
    root = Path.cwd()
    settings = {
        "include": [f"{root}/adapters"],
        "extraPaths": [f"{root}/core", f"{root}/adapters"],
        "typeCheckingMode": "off",
        "reportPrivateUsage": "error",
    }
    private.write_text(json.dumps(settings))
    session.run("basedpyright", "-p", str(private))
    # Reads the installed package: every public name is annotated, as users' checkers see it.
    verify = ("basedpyright", "--ignoreexternal", "--verifytypes")
    session.run(*verify, "launchbind")
    if torchx != "nightly":
        asked = (*verify, "launchbind_adapters", "--outputjson")
        report = session.run(*asked, silent=True, success_codes=[1])  # 1: it is not complete
        symbols = json.loads(str(report))["typeCompleteness"]["symbols"]
        unknown = [each["name"] for each in symbols if not each["isTypeKnown"] or each["isTypeAmbiguous"]]
        unexpected = [name for name in unknown if not name.startswith(UNTYPED)]
        if unexpected:
            session.error(f"unknown types outside of UNTYPED: {', '.join(sorted(unexpected))}")


@nox.session
def core(session: nox.Session) -> None:
    """The core alone, with no launcher installed, and every branch of it covered."""
    session.install(".", *tools("pytest", "hypothesis", "coverage"))
    session.run("python", "-Ic", "import launchbind, sys; assert 'torchx' not in sys.modules")
    session.run("coverage", "run", "-m", "pytest", "tests/core", *session.posargs)
    if not session.posargs:
        # The command line needs click and rich, which are not here. Silent unless it fails, so that
        # pytest's summary is the last word.
        omit = "--omit=*/launchbind/cli/*,*/launchbind/__main__.py"
        session.run("coverage", "report", "--fail-under=100", omit, silent=True)


@nox.session
@nox.parametrize(
    "extra, version",
    [("nemo", ()), ("nemo", (OLDEST_NEMO_RUN,)), ("submitit", ()), ("ray", ())],
    ids=["nemo", "nemo-oldest", "submitit", "ray"],
)
def adapters(session: nox.Session, extra: str, version: tuple[str, ...]) -> None:
    """The adapters, each with its own extra alone, against the real launchers."""
    session.install(f".[{extra}]", *version, *tools("pytest", "hypothesis"))
    if extra == "nemo":
        # pip and hatchling build the example package of an executor of one's own; KubeflowExecutor needs
        # kubernetes.
        session.install("kubernetes", "pip", *BUILD)
        shared = ["tests/adapters/slurm", "tests/adapters/test_processes.py", "tests/adapters/test_tail.py"]
        suites = ["tests/adapters/torchx", "tests/adapters/nemo_run", *shared]
    else:
        suites = [f"tests/adapters/{extra}", "tests/e2e/test_matrix.py"]
    session.run("pytest", *suites, *session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """Whole jobs, on real backends that fixtures start."""
    session.install(".[nemo,submitit]", *tools("pytest", "hypothesis"))
    session.run("pytest", "tests/e2e", *session.posargs)


@nox.session
def reference(session: nox.Session) -> None:
    """The reference of the public API, as HTML from the docstrings."""
    session.install(".[nemo,submitit,ray]", "pdoc>=15")
    core = ["launchbind", *(f"launchbind.{name}" for name in ("adapter", "profiles", "settings", "testing"))]
    adapters = [f"launchbind_adapters.{name}" for name in ("nemo_run", "ray", "submitit", "torchx")]
    folder = f"{session.create_tmp()}/reference"
    session.run("pdoc", "--docformat", "numpy", "--output-directory", folder, *core, *adapters)
    session.log(f"open {folder}/index.html")


@nox.session
def fuzz(session: nox.Session) -> None:
    """The parsers of the core, for a minute; longer with ``-- --seconds 3600``."""
    session.install(".[cli]", "atheris>=2.3,<4")
    session.run("python", "-m", "tests.fuzz", *session.posargs, env={"PYTHONPATH": "tests/support"})


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """A million steps of the registry's state machine, in a minute; ``-- --steps 10000000 --seed 7``."""
    session.install(".", *tools("pytest", "hypothesis"))
    session.run("python", "-m", "tests.soak", *session.posargs, env={"PYTHONPATH": "tests/support"})


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Mutants that no test of the core notices; half an hour. ``-- 'launchbind.registry*'`` for a part."""
    session.install("mutmut>=3.8,<4", *tools("pytest", "hypothesis", "tomli"))
    folder = Path(session.create_tmp(), "mutation")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree("core", folder / "src")
    for tests in ("tests/core", "tests/support"):
        shutil.copytree(tests, folder / tests)
    for file in ("pyproject.toml", "README.md"):
        shutil.copy(file, folder)
    session.chdir(folder)
    session.run("mutmut", "run", *session.posargs, env={"PYTHONPATH": "src:tests/support"})
    session.run("mutmut", "results")
    session.run("mutmut", "export-cicd-stats", silent=True)
    stats = json.loads(Path("mutants/mutmut-cicd-stats.json").read_text())
    unnoticed = stats["survived"] + stats["no_tests"]
    noticed = stats["killed"] + stats["timeout"]
    share = noticed / max(1, noticed + unnoticed)
    session.log(f"{noticed} mutants were noticed, {unnoticed} were not: {share:.1%}")
    if share < NOTICED:
        session.error(f"fewer than {NOTICED:.0%} of the mutants were noticed: 'mutmut show NAME' shows one")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Speed, as ratios to what users would pick instead; ``-- --quick`` takes two minutes."""
    session.install(".[nemo]", "bidict", "catalogue", "pluggy", "stevedore", "svcs")
    found = f"{session.create_tmp()}/benchmarks.json"
    session.run("python", "-m", "tests.benchmarks", "--json", found, *session.posargs)
