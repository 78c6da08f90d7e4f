"""Plugins are checked when they are registered, and an error says what is wrong with which."""

from __future__ import annotations

import sqlite3

import pytest
from pydantic import BaseModel, ConfigDict

import heliosdb_sqlite
from heliosdb_sqlite.plugins import Syntax, hookimpl, register, state, unregister
from heliosdb_sqlite.testing import registered


def test_a_wrong_signature_is_refused_with_the_right_one():
    class Plugin:
        @hookimpl
        def heliosdb_parse(self, conn, statement):
            pass

    with pytest.raises(sqlite3.ProgrammingError, match=r"'wrong'.*heliosdb_parse\(connection, statement\)"):
        register(Plugin(), "wrong")


def test_a_misspelt_hook_is_refused_with_the_nearest_one():
    class Plugin:
        @hookimpl
        def heliosdb_comit(self, connection):
            pass

    with pytest.raises(sqlite3.ProgrammingError, match=r"did you mean heliosdb_commit\(connection\)"):
        register(Plugin(), "misspelt")


def test_a_wrapper_is_refused():
    class Plugin:
        @hookimpl(wrapper=True)
        def heliosdb_commit(self, connection):
            return (yield)

    with pytest.raises(sqlite3.ProgrammingError, match="wrapper"):
        register(Plugin(), "wrapper")


def test_a_refused_plugin_leaves_nothing_behind():
    class Plugin:
        @hookimpl
        def heliosdb_parse(self, nonsense):
            pass

    for _ in range(2):
        with pytest.raises(sqlite3.ProgrammingError):
            register(Plugin(), "twice")


def test_a_plugin_for_another_version_of_the_contract_is_refused():
    class Plugin:
        heliosdb_contract = 2

    with pytest.raises(
        sqlite3.ProgrammingError, match=r"'newer' is built for version 2 of .* this is version 1"
    ):
        register(Plugin(), "newer")


def test_a_hook_that_is_not_marked_is_refused():
    class Plugin:
        def heliosdb_connect(self, connection):
            pass

    with pytest.raises(
        sqlite3.ProgrammingError, match=r"'unmarked': heliosdb_connect\(\) .* put @hookimpl above it"
    ):
        register(Plugin(), "unmarked")


def test_a_name_can_be_registered_once():
    with registered(object(), "one"), pytest.raises(sqlite3.ProgrammingError, match="'one'"):
        register(object(), "one")


def brings(**what):
    """Return a plugin whose hooks answer with ``what``."""

    class Plugin:
        pass

    for name, answer in what.items():
        exec(f"def heliosdb_{name}(self): return answer", {"answer": answer}, scope := {})
        setattr(Plugin, f"heliosdb_{name}", hookimpl(scope[f"heliosdb_{name}"]))
    return Plugin()


class Shared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    shared: int = 0


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"methods": {"shared": print}}, "connection method 'shared'"),
        ({"cursor_methods": {"shared": print}}, "cursor method 'shared'"),
        ({"functions": {"shared": print}}, "function 'shared'"),
        ({"options": Shared}, r"connect\(\) keyword 'shared'"),
        ({"syntax": Syntax(words=("shared",))}, "trigger word 'SHARED'"),
        ({"syntax": Syntax(column_types=("shared",))}, "column type 'SHARED'"),
        ({"syntax": Syntax(clauses=("shared thing",))}, "SQL clause 'SHARED THING'"),
        ({"syntax": Syntax(functions=("Shared",))}, "SQL function 'shared'"),
    ],
)
def test_two_plugins_can_not_claim_one_name(what, said):
    with (
        registered(brings(**what), "first", always=False),
        pytest.raises(sqlite3.ProgrammingError, match=f"'first' and 'second' both claim the {said}"),
    ):
        register(brings(**what), "second")


@pytest.mark.parametrize("what", [{"methods": {"execute": print}}, {"cursor_methods": {"fetchone": print}}])
def test_a_method_of_sqlite3_can_not_be_replaced(what):
    with pytest.raises(sqlite3.ProgrammingError, match="which sqlite3 has too: rename it"):
        register(brings(**what), "rude")


def test_methods_functions_and_cursor_methods_come_and_go_with_their_plugin():
    def double(connection, number):
        """Twice the number."""
        return connection.execute("SELECT 2 * ?", (number,)).fetchone()[0]

    conn = heliosdb_sqlite.connect(":memory:")
    plugin = brings(
        methods={"double": double},
        cursor_methods={"where": lambda cursor: cursor.connection},
        functions={"answer": lambda: 42},
    )
    with registered(plugin, always=False):
        assert conn.double(21) == 42
        assert "double" in dir(conn)
        assert heliosdb_sqlite.Connection.double.__doc__ == "Twice the number."
        assert conn.cursor().where() is conn
        assert heliosdb_sqlite.answer() == 42
    assert not hasattr(conn, "double")
    assert not hasattr(conn.cursor(), "where")
    assert not hasattr(heliosdb_sqlite, "answer")
    conn.close()


def test_an_unregistered_plugin_stays_with_the_connections_that_have_it():
    seen = []

    class Plugin:
        @hookimpl
        def heliosdb_parse(self, statement):
            seen.append(statement.sql)

    register(Plugin(), "leaving", always=True)
    conn = heliosdb_sqlite.connect(":memory:")
    unregister("leaving")
    conn.execute("SELECT 1")
    assert seen == ["SELECT 1"]
    plain = heliosdb_sqlite.connect(":memory:")
    assert type(plain) is heliosdb_sqlite.Connection
    plain.close()
    conn.close()


def test_hooks_run_in_the_order_pluggy_gives_them():
    ran = []

    def plugin(name, **how):
        class Plugin:
            @hookimpl(**how)
            def heliosdb_connect(self):
                ran.append(name)

        return Plugin()

    with (
        registered(plugin("a"), "a"),
        registered(plugin("last", trylast=True), "last"),
        registered(plugin("first", tryfirst=True), "first"),
        registered(plugin("b"), "b"),
    ):
        heliosdb_sqlite.connect(":memory:").close()
    assert ran == ["first", "b", "a", "last"]


def test_a_hook_may_be_implemented_under_another_name():
    told = []

    class Plugin:
        @hookimpl(specname="heliosdb_connect")
        def tell(self, connection):
            told.append(connection)

    with registered(Plugin()):
        conn = heliosdb_sqlite.connect(":memory:")
    assert told == [conn]
    conn.close()


def test_a_plugin_of_methods_alone_has_its_state():
    class Options(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")
        counted: bool = False

    def count(connection):
        state(connection)["count"] = state(connection).get("count", 0) + 1
        return state(connection)["count"]

    with registered(brings(options=Options, methods={"count": count}), always=False):
        conn = heliosdb_sqlite.connect(":memory:", counted=True)
        assert [conn.count(), conn.count()] == [1, 2]
        conn.close()


@pytest.mark.parametrize(
    ("hook", "answer", "wanted"),
    [
        ("options", {"enable_it": True}, "a class derived from pydantic's BaseModel"),
        ("methods", ["shout"], "a dict of functions by their names"),
        ("cursor_methods", {"shout": "aloud"}, "a dict of functions by their names"),
        ("functions", "shout", "a dict of functions by their names"),
        ("syntax", ("SHOUT",), "a Syntax"),
    ],
)
def test_an_answer_of_another_kind_is_refused_and_leaves_nothing_behind(hook, answer, wanted):
    for _ in range(2):
        with pytest.raises(
            sqlite3.ProgrammingError, match=rf"'odd': heliosdb_{hook}\(\) returned .*: it takes {wanted}"
        ):
            register(brings(**{hook: answer}), "odd")


def test_a_keyword_of_sqlite3s_is_refused():
    class Options(BaseModel):
        timeout: float = 1.0

    with pytest.raises(
        sqlite3.ProgrammingError, match=r"brings the connect\(\) keyword 'timeout', which sqlite3"
    ):
        register(brings(options=Options), "impatient")


@pytest.mark.parametrize(("words", "said"), [("SAMPLE", r"give a tuple: \('SAMPLE',\)"), (("",), "empty")])
def test_words_that_would_be_found_everywhere_are_refused(words, said):
    with pytest.raises(TypeError, match=said):
        Syntax(words=words)


def test_an_option_that_has_to_be_given_and_is_not():
    class Options(BaseModel):
        model_config = ConfigDict(frozen=True, extra="forbid")
        level: int

    with (
        registered(brings(options=Options)),
        pytest.raises(sqlite3.ProgrammingError, match=r"^level: field required$"),
    ):
        heliosdb_sqlite.connect(":memory:")
