"""The example plugin as its users and copiers meet it: built, installed in an environment of its own, and run there.

The distributions are built from this checkout and installed from the wheels; what they need comes from the registry.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import textwrap
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.ends

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "plugin"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"
QUERY_TAG = "import heliosdb_sqlite as sqlite3; conn = sqlite3.connect('shop.db', query_tag='checkout')"


@dataclass(frozen=True)
class Finished:
    """What a process left behind."""

    code: int
    output: str
    errors: str


class Environment:
    """A virtual environment with the example and HeliosDB, installed from their wheels."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = str(folder / "env" / SCRIPTS / "python")
        venv.create(folder / "env", with_pip=True)
        wheels = folder / "wheels"
        self._pip("wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT / "core"), str(EXAMPLE))
        # By their places, so that a name of ours means the wheel just built, whatever the registry has.
        ours = {wheel.name.partition("-")[0].replace("_", "-"): wheel for wheel in wheels.glob("*.whl")}
        assert sorted(ours) == ["heliosdb", "heliosdb-querytags"]
        places = [f"{name}[cli] @ {wheel.as_uri()}" for name, wheel in ours.items()]
        self._pip("install", *places, "pytest", "hypothesis")

    def _pip(self, *arguments: str) -> None:
        done = self.run("-m", "pip", "--disable-pip-version-check", *arguments)
        assert done.code == 0, done.output + done.errors

    def run(self, *arguments: str, cwd: Path | None = None, **variables: str) -> Finished:
        """Run the environment's Python, undisturbed by this process's own settings."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HELIOSDB_"))
        }
        done = subprocess.run(
            [self.python, *arguments],
            cwd=cwd or self.folder,
            env={**kept, "COLUMNS": "200", "PYTHONIOENCODING": "utf-8", **variables},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=600,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def command(self, *arguments: str, **variables: str) -> Finished:
        """Run the command ``heliosdb``."""
        return self.run("-c", "from heliosdb_sqlite.cli import main; main()", *arguments, **variables)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return Environment(tmp_path_factory.mktemp("example"))


@pytest.fixture
def python(environment, tmp_path):
    """Run a program in an empty folder of the environment; it must end well."""

    def run(program, *, errors=False, **variables):
        done = environment.run("-c", textwrap.dedent(program), cwd=tmp_path, **variables)
        assert done.code == 0, done.errors
        return done.errors if errors else done.output

    return run


@pytest.fixture
def another(tmp_path):
    """Install another distribution with one module beside the example; return the PYTHONPATH on which it is."""

    def install(module, source, *, group="heliosdb"):
        folder = tmp_path / "more"
        info = folder / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (folder / f"{module}.py").write_text(
            "from heliosdb_sqlite.plugins import Syntax, hookimpl\n" + textwrap.dedent(source),
            encoding="utf-8",
        )
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}-dist\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{module} = {module}\n")
        return str(folder)

    return install


# -- the example by itself -----------------------------------------------------------------------------------------------


def test_its_own_tests_pass_there(environment, tmp_path):
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(EXAMPLE / name, tmp_path)
    done = environment.run("-m", "pytest", "-p", "no:cacheprovider", cwd=tmp_path)
    assert done.code == 0, done.output + done.errors
    assert "querytags 0.1.0" in done.output


def test_a_program_gets_it_by_a_keyword_alone(python):
    shown = python(f"""
        {QUERY_TAG}
        conn.close()
        conn = sqlite3.connect('shop.db', audit_commits=True, query_tag='checkout')
        conn.set_trace_callback(lambda sql: print(sql) if 'orders' in sql else None)
        conn.execute('CREATE TABLE orders (a)')
        with conn:
            conn.execute('INSERT INTO orders VALUES (?)', (1,))
        conn.set_trace_callback(None)
        print([(commit.tag, commit.changes) for commit in conn.audit_log()])
        conn.close()
        print(len(sqlite3.read_audit_log('shop.db', limit=1)))
    """)
    assert shown.splitlines() == [
        "CREATE /* tag: checkout */ TABLE orders (a)",
        "INSERT /* tag: checkout */ INTO orders VALUES (1)",
        "[('checkout', 1), ('checkout', 0)]",
        "1",
    ]


def test_its_methods_are_found_on_a_plain_connection(python):
    shown = python("""
        import sys, heliosdb_sqlite as sqlite3
        conn = sqlite3.connect(':memory:')
        conn.execute('SELECT 1').fetchall()
        print('heliosdb_querytags' in sys.modules)
        print(conn.audit_log(), conn.cursor().execute_tagged('x', 'SELECT 5').fetchall())
        print('audit_log' in dir(conn), type(conn) is sqlite3.Connection)
        conn.close()
    """)
    assert shown.splitlines() == ["False", "[] [(5,)]", "True True"]


def test_the_command_line_knows_it(environment, python, tmp_path):
    python("""
        import heliosdb_sqlite as sqlite3
        conn = sqlite3.connect('shop.db', audit_commits=True, query_tag='checkout')
        conn.execute('CREATE TABLE orders (a)')
        conn.close()
    """)
    listed = environment.command("plugins").output
    for word in ("querytags", "heliosdb-querytags", "0.1.0", "query_tag", "audit_log", "execute_tagged"):
        assert word in listed
    audit = environment.command("audit", str(tmp_path / "shop.db"))
    assert (audit.code, audit.errors) == (0, "")
    assert "checkout" in audit.output
    assert "audit" in environment.command("--help").output


def test_it_can_be_disabled(environment, python):
    disabled = {"HELIOSDB_DISABLE_PLUGINS": "querytags"}
    refused = environment.run("-c", QUERY_TAG, **disabled)
    assert "TypeError: 'query_tag' is an invalid keyword argument for connect()" in refused.errors
    assert "querytags" in refused.errors
    shown = python(
        """
        import heliosdb_sqlite as sqlite3
        conn = sqlite3.connect(':memory:')
        print(hasattr(conn, 'audit_log'), hasattr(sqlite3, 'read_audit_log'))
        conn.close()
        """,
        **disabled,
    )
    assert shown == "False False\n"
    assert "disabled by HELIOSDB_DISABLE_PLUGINS" in environment.command("plugins", **disabled).output
    assert environment.command("audit", "shop.db", **disabled).code != 0


def test_its_hooks_can_be_traced(python):
    shown = python(
        f"{QUERY_TAG}; conn.execute('CREATE TABLE t (a)'); conn.close()",
        errors=True,
        HELIOSDB_TRACE_PLUGINS="1",
    )
    hooks = [line.split()[2] for line in shown.splitlines() if line.startswith("heliosdb: querytags ")]
    assert hooks == ["heliosdb_connect", "heliosdb_parse", "heliosdb_before_commit", "heliosdb_commit"]


# -- beside others that are broken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "heliosdb_contract = 2",
            ["plugin 'other' is built for version 2", "this is version 1", "HELIOSDB_DISABLE_PLUGINS=other"],
        ),
        (
            "@hookimpl\ndef heliosdb_parse(conn, statement): pass",
            ["plugin 'other'", "heliosdb_parse(connection, statement)"],
        ),
        (
            "@hookimpl\ndef heliosdb_comit(connection): pass",
            ["plugin 'other'", "did you mean heliosdb_commit(connection)?"],
        ),
        (
            """
            from pydantic import BaseModel, ConfigDict

            class Options(BaseModel):
                model_config = ConfigDict(frozen=True, extra="forbid")
                query_tag: int = 0

            @hookimpl
            def heliosdb_options(): return Options
            """,
            [
                "'other' and 'querytags'",
                "both claim the connect() keyword 'query_tag'",
                "HELIOSDB_DISABLE_PLUGINS",
            ],
        ),
        (
            "@hookimpl\ndef heliosdb_methods(): return {'audit_log': print}",
            [
                "'other' and 'querytags'",
                "both claim the connection method 'audit_log'",
                "HELIOSDB_DISABLE_PLUGINS",
            ],
        ),
        (
            "@hookimpl\ndef heliosdb_methods(): return {'commit': print}",
            ["the plugin 'other' brings the connection method 'commit', which sqlite3 has too: rename it"],
        ),
    ],
    ids=["contract", "signature", "misspelt", "keyword", "method", "sqlite3's"],
)
def test_a_broken_one_is_refused_by_name_with_the_way_out(environment, another, tmp_path, source, said):
    path = another("other", source)
    refused = environment.run("-c", QUERY_TAG, cwd=tmp_path, PYTHONPATH=path)
    assert refused.code == 1
    last = refused.errors.splitlines()[-1]
    assert last.startswith("sqlite3.ProgrammingError: ")
    for words in said:
        assert words in last
    listed = environment.command("plugins", PYTHONPATH=path)
    assert listed.code == 1
    assert "Traceback" not in listed.errors
    assert "'other'" in listed.errors
    # The way out works, and a program that uses no plugin never was in trouble.
    way_out = environment.run(
        "-c", QUERY_TAG, cwd=tmp_path, PYTHONPATH=path, HELIOSDB_DISABLE_PLUGINS="other"
    )
    assert (way_out.code, way_out.errors) == (0, "")
    plain = "import heliosdb_sqlite; heliosdb_sqlite.connect(':memory:').execute('SELECT 1').fetchall()"
    assert environment.run("-c", plain, PYTHONPATH=path).code == 0


def test_two_can_not_claim_one_trigger_word(environment, another, tmp_path):
    path = another("one", "@hookimpl\ndef heliosdb_syntax(): return Syntax(words=('frobnicate',))")
    another("two", "@hookimpl\ndef heliosdb_syntax(): return Syntax(words=('FROBNICATE',))")
    refused = environment.run("-c", QUERY_TAG, cwd=tmp_path, PYTHONPATH=path)
    assert "the plugins 'one' and 'two' both claim the trigger word 'FROBNICATE'" in refused.errors


def test_one_that_can_not_be_imported_is_left_out_with_a_warning(environment, another, tmp_path):
    path = another("other", "import nowhere_to_be_found")
    done = environment.run("-c", QUERY_TAG, cwd=tmp_path, PYTHONPATH=path)
    assert done.code == 0, done.errors
    assert "RuntimeWarning: the HeliosDB plugin 'other' could not be loaded: No module named" in done.errors
    assert "ModuleNotFoundError" in environment.command("plugins", PYTHONPATH=path).output


# -- heliosdb.always -----------------------------------------------------------------------------------------------------


ALWAYS = """
    opened = []

    @hookimpl
    def heliosdb_connect(connection):
        opened.append(connection)

    @hookimpl
    def heliosdb_methods():
        return {"opened_so_far": lambda connection: len(opened)}

    @hookimpl
    def heliosdb_cursor_methods():
        return {"shout": lambda cursor, word: cursor.execute("SELECT upper(?)", (word,)).fetchone()[0]}
"""


def test_a_plugin_that_wants_every_connection_gets_it(environment, another, python):
    path = another("everywhere", ALWAYS, group="heliosdb.always")
    shown = python(
        """
        import heliosdb_sqlite as sqlite3
        first, second = sqlite3.connect(':memory:'), sqlite3.connect(':memory:', isolation_level=None)
        print(first.opened_so_far(), second.cursor().shout('hello'), second.execute('SELECT 1').shout('you'))
        first.close()
        second.close()
        """,
        PYTHONPATH=path,
    )
    assert shown == "2 HELLO YOU\n"
    assert "on every connection" in environment.command("plugins", PYTHONPATH=path).output


def test_a_method_of_another_plugin_is_found_on_a_plain_connection(another, python):
    path = another("stranger", ALWAYS)
    shown = python(
        """
        import sys, heliosdb_sqlite as sqlite3
        conn = sqlite3.connect(':memory:')
        cursor = conn.cursor()
        print('stranger' in sys.modules, cursor.shout('hello'), conn.opened_so_far(), type(conn) is sqlite3.Connection)
        try:
            conn.nobody_knows_this
        except AttributeError as error:
            print(error)
        conn.close()
        """,
        PYTHONPATH=path,
    )
    assert shown.splitlines() == [
        "False HELLO 0 True",
        "'Connection' object has no attribute 'nobody_knows_this'",
    ]
