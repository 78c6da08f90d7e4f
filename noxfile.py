"""The checks of the whole workspace: every Python with the core alone, with each plugin alone, and with all of them.

    python3 dev.py test                                          all that CI runs
    python3 dev.py nox --list                                    every session by name
    python3 dev.py nox -s "plugin-3.12(vector)" -- -k recall     one of them; pytest gets what follows the --

The distributions are installed from this checkout by their paths, the core and its plugins in one command, so that no
package of that name is ever looked for in a registry.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import sys
import tarfile
import xml.etree.ElementTree as ET
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import nox
from packaging.requirements import Requirement

ROOT = Path(__file__).parent
DIST = ROOT / "dist"
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
CORE = "core[cli]"  # the command line is part of the core, and its tests need click and rich
PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/pyproject.toml"))
EVERY = [CORE, *(f"plugins/{name}" for name in PLUGINS)]
INTEGRATIONS = sorted(
    f"integrations/{path.parent.name}" for path in ROOT.glob("integrations/*/pyproject.toml")
)
ALL = [*EVERY, *INTEGRATIONS]
# What may depend on what else is installed; the core's other tests don't, and tests/ has the drop-in checks for it.
CORE_TESTS = ["core/tests/contract", "core/tests/guard", "core/tests/cli"]
EVERY_TEST = [*CORE_TESTS, *(f"plugins/{name}/tests" for name in PLUGINS)]
OWN_SESSIONS = ["torture", "peers"]  # folders of tests/, each with the session of its name
# Real programs, which are slow to start: run once, by the session `clients`.
CLIENTS = ["plugins/server/tests/clients", "plugins/server/tests/oracle"]
WITHOUT_CLIENTS = [f"--ignore={folder}" for folder in CLIENTS]

CI = bool(os.environ.get("CI"))
nox.needs_version = ">=2025.11.12"
nox.options.tags = ["ci"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "no" if CI else "yes"
nox.options.error_on_missing_interpreters = CI
nox.options.download_python = "never"  # interpreters are the machine's; only packages are fetched
os.environ.setdefault("UV_PYTHON_DOWNLOADS", "never")
os.environ.setdefault("UV_SYSTEM_CERTS", "1")  # trust whom the system trusts, as pip does


def pyenv_folders() -> list[str]:
    """Return the folders of pyenv's newest Python of each minor version: its shims only run those switched on."""
    newest: dict[str, tuple[int, str]] = {}
    for folder in Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv").glob("versions/3.*/bin"):
        if match := re.fullmatch(r"(3\.\d+)\.(\d+)", folder.parent.name):
            newest[match[1]] = max(newest.get(match[1], (-1, "")), (int(match[2]), str(folder)))
    return [newest[version][1] for version in PYTHONS if version in newest]


os.environ["PATH"] = os.pathsep.join([*pyenv_folders(), os.environ.get("PATH", os.defpath)])


# ---- what the sessions share ----

reports: list[Path] = []


def run_tests(session: nox.Session, *arguments: str) -> None:
    """Run pytest and keep its counts for the last line. A folder without tests fails: that is pytest's exit code 5."""
    report = Path(session.virtualenv.location) / f"report-{len(reports)}.xml"
    report.unlink(missing_ok=True)
    reports.append(report)
    # One worker a processor; `-- -n 0` has none, for a debugger.
    session.run("python", "-m", "pytest", "-n", "auto", f"--junitxml={report}", *arguments, *session.posargs)


@atexit.register
def print_total() -> None:
    """End a run of several pytests with one line that adds them up."""
    total = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for report in reports:
        if report.exists():
            for suite in ET.parse(report).iter("testsuite"):
                for key in total:
                    total[key] += int(suite.get(key, 0))
        else:  # pytest did not live to write it
            total["tests"] += 1
            total["errors"] += 1
    failed, skipped = total["failures"] + total["errors"], total["skipped"]
    if reports:
        print(f"{total['tests'] - failed - skipped} passed, {failed} failed, {skipped} skipped")


def project(folder: str) -> dict[str, Any]:
    """Return what the pyproject.toml of a distribution says; its extras, as in ``core[cli]``, don't matter."""
    return nox.project.load_toml(ROOT / folder.partition("[")[0] / "pyproject.toml")


def needs(*groups: str, of: list[str]) -> list[str]:
    """Return what these dependency groups of the workspace ask for, and the group ``test`` of these distributions."""
    extra = [project(folder) for folder in of if "test" in project(folder).get("dependency-groups", {})]
    own = [need for member in extra for need in nox.project.dependency_groups(member, "test")]
    return [*nox.project.dependency_groups(project("."), *groups), *own]


def editable(folders: list[str]) -> list[str]:
    """Return the arguments by which pip and uv install these distributions so that an edit counts at once."""
    return [word for folder in folders for word in ("-e", f"./{folder}")]


def install(session: nox.Session, folders: list[str], *groups: str, constraints: Path | None = None) -> None:
    """Install these distributions with what the session needs, and make sure that no other of ours came along."""
    limits = ["-c", str(constraints)] if constraints else []
    session.install(*editable(folders), *needs(*groups, of=folders), *limits)
    expect_only(session, {project(folder)["project"]["name"] for folder in folders})


def expect_only(session: nox.Session, names: set[str]) -> set[str]:
    """Fail unless these of our distributions are installed and no other; return the names of all that is."""
    code = "from importlib.metadata import distributions as all; print(*{d.name.lower() for d in all()})"
    output = session.run("python", "-c", code, silent=True)
    found = set(str(output).split())
    ours = {name for name in found if name.startswith("heliosdb")}
    if output and ours != names:  # no output: nox --install-only
        session.error(f"installed are {sorted(ours)}, and it should be {sorted(names)}")
    return found


# ---- what CI runs ----


@nox.session(python=PYTHONS, tags=["ci"])
def core(session: nox.Session) -> None:
    """The core's tests with no plugin installed."""
    install(session, [CORE], "test")
    run_tests(session, "core/tests", *selection(session))


@nox.session(python=PYTHONS, tags=["ci"])
@nox.parametrize("name", [nox.param(name, id=name) for name in PLUGINS])
def plugin(session: nox.Session, name: str) -> None:
    """One plugin's tests with only the core beside it."""
    install(session, [CORE, f"plugins/{name}"], "test")
    run_tests(session, f"plugins/{name}/tests", *WITHOUT_CLIENTS, *selection(session))


@nox.session(python=PYTHONS, tags=["ci"])
def together(session: nox.Session) -> None:
    """What may depend on what else is installed, with every plugin there: `lowest` runs the plugins' own tests so."""
    install(session, EVERY, "test", "clients")
    ignored = [f"--ignore=tests/{name}" for name in ("docs", *OWN_SESSIONS)]
    run_tests(session, *CORE_TESTS, "tests", *ignored, *selection(session, "alone"))


@nox.session(python=[PYTHONS[0], PYTHONS[-1]], tags=["ci"])
def integrations(session: nox.Session) -> None:
    """The packages for frameworks, each with its framework: SQLAlchemy and Alembic, Django."""
    install(session, ALL, "test")
    for folder in INTEGRATIONS:  # one at a time: Django is set up once a process
        run_tests(session, "-n", "0", f"{folder}/tests")


@nox.session(python=PYTHONS[-1], tags=["ci"])
def clients(session: nox.Session) -> None:
    """The programs, drivers and frameworks that people put on top of SQLite and PostgreSQL, unmodified."""
    install(session, EVERY, "test", "clients")
    install_for_node(session, "pg", "postgres", "knex", "sequelize", "typeorm", "reflect-metadata")
    run_tests(session, *CLIENTS)


def install_for_node(session: nox.Session, *packages: str) -> None:
    """Fetch packages of node's beside the session's own; without npm or a registry the tests say what is missing."""
    if shutil.which("npm") is None:
        return
    folder = Path(session.virtualenv.location) / "node"
    folder.mkdir(exist_ok=True)
    options = ["--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"]
    session.run(
        "npm", "install", *options, "--prefix", str(folder), *packages, external=True, success_codes=[0, 1]
    )
    session.env["NODE_PATH"] = str(folder / "node_modules")


@nox.session(python=PYTHONS[0], tags=["ci"])
def lowest(session: nox.Session) -> None:
    """Each distribution's tests with the oldest versions of what it says it can do with."""
    constraints = Path(session.virtualenv.location) / "lowest.txt"
    constraints.write_text("\n".join(lower_ends()), encoding="utf-8")
    install(session, EVERY, "test", constraints=constraints)
    run_tests(session, *EVERY_TEST, *WITHOUT_CLIENTS, *selection(session, "alone", "ends"))


def selection(session: nox.Session, *left_out: str) -> list[str]:
    """Return the arguments that leave out tests by their markers: long ones run on the oldest and the newest Python."""
    ends = [] if session.python in (PYTHONS[0], PYTHONS[-1]) else ["ends"]
    return ["-m", " and ".join(f"not {marker}" for marker in ("exhaustive", *left_out, *ends))]


def lower_ends() -> list[str]:
    """Return ``name==version`` for each ``name>=version`` that one of the distributions or its extras needs."""
    tables = [project(folder)["project"] for folder in EVERY]
    lists = [part for table in tables for part in table.get("optional-dependencies", {}).values()]
    lists += [table["dependencies"] for table in tables]
    needed = {Requirement(need) for part in lists for need in part if not need.startswith("heliosdb")}
    ends = [(need, end.version) for need in needed for end in need.specifier if end.operator == ">="]
    return sorted(f"{need.name}=={end}" + (f"; {need.marker}" if need.marker else "") for need, end in ends)


@nox.session(python=[PYTHONS[0], PYTHONS[-1]], tags=["ci"])
def types(session: nox.Session) -> None:
    """mypy, strict, over every distribution; mypy and pyright over a user's calls in tests/typing."""
    install(session, ALL, "test", "clients", "types")
    session.run("mypy")
    if (ROOT / "tests/typing").is_dir():
        session.run("mypy", "tests/typing")
        session.run("basedpyright", "--pythonpath", f"{session.bin}/python")


@nox.session(tags=["ci"])
def lint(session: nox.Session) -> None:
    """ruff: its rules, and its layout. ``dev.py lint --fix`` mends what can be mended."""
    session.install(*needs("lint", of=[]))
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []))
    session.run("ruff", "format", *([] if fix else ["--check"]))


@nox.session(tags=["ci"])
def docs(session: nox.Session) -> None:
    """Every example in the READMEs and in docs/, run."""
    install(session, ALL, "test", "clients", "docs")
    run_tests(session, "tests/docs")


@nox.session(tags=["ci"])
def build(session: nox.Session) -> None:
    """dist/: each distribution's sdist, and the wheel built from that, with all that has to be in them."""
    shutil.rmtree(DIST, ignore_errors=True)
    session.install(*needs("build", of=[]))
    command = ["python", "-m", "build", "--no-isolation", "--outdir", str(DIST)]
    for folder in ALL:
        session.run(*command, folder.partition("[")[0], silent=True)
    licence = (ROOT / "LICENSE").read_bytes()
    for archive in DIST.iterdir():
        files = contents(archive)
        for end in ("/LICENSE", "/py.typed", *(["/demo/wordnet3k.npz"] if "vector" in archive.name else [])):
            if not any(name.endswith(end) for name in files):
                session.error(f"{archive.name} lacks {end[1:]}")
        if licence not in files.values():
            session.error(f"{archive.name} carries another licence than the workspace")


def contents(archive: Path) -> dict[str, bytes]:
    """Return the files of a wheel or an sdist by name."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(archive) as sdist:
        return {entry.name: sdist.extractfile(entry).read() for entry in sdist if entry.isfile()}


@nox.session(tags=["ci"], requires=["build"], reuse_venv=False)
def wheels(session: nox.Session) -> None:
    """The wheels as a user installs them: what was named comes along, nothing else, and it works."""
    ours = {wheel.name.partition("-")[0].replace("_", "-"): wheel.as_uri() for wheel in DIST.glob("*.whl")}
    constraints = Path(session.virtualenv.location) / "wheels.txt"
    constraints.write_text("\n".join(f"{name} @ {uri}" for name, uri in ours.items()), encoding="utf-8")
    from_dist = ("-c", str(constraints))  # a name of ours means the wheel in dist/, whatever a registry has

    for extras, expected in (
        ("", {"heliosdb"}),
        ("[vector]", {"heliosdb", "heliosdb-vector"}),
        ("[vector,cli]", {"heliosdb", "heliosdb-vector"}),
        (
            "[all]",
            {name for name in ours if f"integrations/{name.removeprefix('heliosdb-')}" not in INTEGRATIONS},
        ),
        ("[all,sqlalchemy,django]", set(ours)),
    ):
        session.install(*from_dist, f"heliosdb{extras}")
        found = expect_only(session, expected)
        session.run("python", "-W", "error", "-c", SMOKE)
        cli = "cli" in extras or "all" in extras
        if not cli and not found.isdisjoint({"click", "rich"}):
            session.error(f"heliosdb{extras} brought the command line's packages along")
        # Without its packages, the command says which to install and exits with 1.
        session.run("heliosdb", "--help", silent=True, success_codes=[0 if cli else 1])


SMOKE = """
import importlib
import importlib.metadata as metadata
import heliosdb_sqlite

assert heliosdb_sqlite.__version__ == metadata.version("heliosdb")
conn = heliosdb_sqlite.connect(":memory:")
assert conn.execute("SELECT 'it works'").fetchone() == ("it works",)
conn.close()
for plugin in metadata.entry_points(group="heliosdb"):
    package = importlib.import_module(plugin.load().__name__.partition(".")[0])
    assert package.__version__ == plugin.dist.version, package
    assert all(hasattr(package, name) for name in getattr(package, "__all__", ()))
"""


# ---- what a person runs ----


@nox.session(python=PYTHONS[-1], default=False)
def exhaustive(session: nox.Session) -> None:
    """Every case of what CI runs a selection of: each crash point, each journal mode, long random programs."""
    install(session, EVERY, "test", "clients")
    run_tests(
        session,
        "-m",
        "exhaustive",
        "core/tests",
        "tests/together",
        *(f"plugins/{name}/tests" for name in PLUGINS),
    )


@nox.session(python=PYTHONS[-1], default=False)
def torture(session: nox.Session) -> None:
    """Killed processes, lost power, full disks, hostile files, in loops: ``-- --rounds 1000`` for longer."""
    install(session, EVERY, "test", "clients")
    run_tests(session, "tests/torture")


@nox.session(python=PYTHONS[-2], default=False)  # a year old: each of the projects runs on it
def peers(session: nox.Session) -> None:
    """Other projects' own test suites, on sqlite3 and on HeliosDB in its place: downloads, and half an hour or more."""
    install(session, [CORE], "test")
    folder = Path(session.virtualenv.location).parent / "peers-projects"
    patience = ("-o", "faulthandler_timeout=14400")  # one test is several runs of a whole suite
    run_tests(session, "-n", "0", *patience, "tests/peers", "--peers-folder", str(folder))


@nox.session(default=False, requires=["build", "wheels"])
def release(session: nox.Session) -> None:
    """A release without the upload: what would go out is built, checked and listed."""
    session.install(*needs("release", of=[]))
    for folder in ALL:
        table, where = project(folder)["project"], folder.partition("[")[0]
        name, version = table["name"], table["version"]
        changes = (ROOT / where / "CHANGELOG.md").read_text(encoding="utf-8")
        if f"## {version}" not in changes:
            session.error(f"{where}/CHANGELOG.md says nothing of {version}")
        if f"## {version} (unreleased)" in changes:
            session.warn(f"{where}/CHANGELOG.md still calls {version} unreleased")
        files = sorted(path.name for path in DIST.glob(f"{name.replace('-', '_')}-{version}*"))
        if len(files) != 2:
            session.error(f"dist/ should have a wheel and an sdist of {name} {version}, and has {files}")
        session.log(f"would upload {files[0]} and {files[1]}")
    session.run("twine", "check", "--strict", *map(str, DIST.iterdir()))


@nox.session(default=False)
def demo(session: nox.Session) -> None:
    """HeliosDB at work, on data that comes along; arguments go to ``heliosdb demo``."""
    install(session, EVERY)
    session.run("heliosdb", "demo", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """The benchmarks of one area against its peers: ``dev.py bench core --quick``."""
    areas = sorted(path.parent.name for path in ROOT.glob("benchmarks/*/__main__.py"))
    area, *options = session.posargs or [""]
    if area not in areas:
        session.error(f"which benchmarks? python3 dev.py bench, and one of: {', '.join(areas)}")
    install(session, EVERY, "bench")
    session.run("python", "-m", f"benchmarks.{area}", *options)


@nox.session(default=False, venv_backend="none")
def setup(session: nox.Session) -> None:
    """Fill .venv for development: every distribution, editable, and every tool."""
    python = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        session.error("there is no .venv here: python3 dev.py setup makes it first")
    uv = [sys.executable, "-m", "uv", "pip", "install", "--python", str(python)]
    pip = [str(python), "-m", "pip", "install"]
    session.run(*(uv if find_spec("uv") else pip), "--quiet", *editable(ALL), *needs("dev", of=ALL))
    session.log(f"{python} has everything now: pytest, mypy and ruff run there as they are")
