"""upgrade_on_branch(): Alembic's migrations run on a branch, merged when all went well."""

from __future__ import annotations

import textwrap

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError

import heliosdb_sqlite
from heliosdb.sqlalchemy import HALFVEC, VECTOR, Encrypted
from heliosdb.sqlalchemy.migrating import upgrade_on_branch
from heliosdb_branching import MergeConflict

ENV = """
    from alembic import context
    from sqlalchemy import engine_from_config, pool

    section = context.config.get_section(context.config.config_ini_section, {})
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()
"""
MIGRATION = """
    from alembic import op
    import sqlalchemy as sa
    from heliosdb.sqlalchemy import VECTOR, Encrypted

    revision, down_revision = "{revision}", {down!r}

    def upgrade():
        {body}
"""


@pytest.fixture
def config(tmp_path, url):
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text(textwrap.dedent(ENV))
    (scripts / "script.py.mako").write_text("")
    made = Config()
    made.set_main_option("script_location", str(scripts))
    made.set_main_option("sqlalchemy.url", url)
    return made


@pytest.fixture
def migration(tmp_path):
    written = []

    def write(body):
        revision = f"r{len(written)}"
        down = written[-1] if written else None
        text = textwrap.dedent(MIGRATION).format(revision=revision, down=down, body=body)
        (tmp_path / "migrations" / "versions" / f"{revision}.py").write_text(text)
        written.append(revision)

    return write


@pytest.fixture
def conn(config, migration, tmp_path):
    migration(
        "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String))"
    )
    command.upgrade(config, "head")
    conn = heliosdb_sqlite.connect(tmp_path / "app.db", branch="main")
    conn.execute("INSERT INTO users VALUES (1, 'ann')")
    conn.commit()
    yield conn
    conn.close()


def columns(conn):
    return [row[1] for row in conn.execute("PRAGMA table_info(users)")]


def test_a_migration_that_goes_well_is_merged(conn, config, migration):
    migration(
        "op.add_column('users', sa.Column('email', sa.String)); op.execute(\"UPDATE users SET email = name || '@x'\")"
    )
    report = upgrade_on_branch(config)
    assert columns(conn) == ["id", "name", "email"]
    assert conn.execute("SELECT * FROM users").fetchall() == [(1, "ann", "ann@x")]
    assert conn.execute("SELECT version_num FROM alembic_version").fetchall() == [("r1",)]
    assert "add column users.email" in report.schema
    assert [branch.name for branch in conn.list_branches()] == ["main"]


def test_one_that_fails_half_way_leaves_the_database_as_it_was(conn, config, migration):
    migration(
        "op.add_column('users', sa.Column('email', sa.String)); op.execute('DELETE FROM users'); raise RuntimeError('no')"
    )
    with pytest.raises(RuntimeError, match="no"):
        upgrade_on_branch(config)
    assert columns(conn) == ["id", "name"]
    assert conn.execute("SELECT count(*) FROM users").fetchone() == (1,)
    assert "alembic" in [branch.name for branch in conn.list_branches()]
    assert "branch=" not in config.get_main_option("sqlalchemy.url")


def test_a_check_may_refuse_what_the_migrations_did(conn, config, migration):
    migration("op.execute('DELETE FROM users')")

    def check(branch):
        assert branch.execute("SELECT count(*) FROM users").fetchone() != (0,), "all users are gone"

    with pytest.raises(AssertionError, match="all users are gone"):
        upgrade_on_branch(config, check=check)
    assert conn.execute("SELECT count(*) FROM users").fetchone() == (1,)


def test_a_conflict_with_what_others_wrote_leaves_both(conn, config, migration):
    migration("op.execute(\"UPDATE users SET name = 'Ann'\")")

    def meanwhile(branch):
        conn.execute("UPDATE users SET name = 'anna'")
        conn.commit()

    with pytest.raises(MergeConflict):
        upgrade_on_branch(config, check=meanwhile)
    assert conn.execute("SELECT name FROM users").fetchone() == ("anna",)


def test_an_env_that_goes_to_the_database_itself_is_noticed(conn, config, migration, tmp_path, url):
    env = tmp_path / "migrations" / "env.py"
    env.write_text(env.read_text().replace("section = ", f"section = {{'sqlalchemy.url': {url!r}}} or "))
    migration("op.add_column('users', sa.Column('email', sa.String))")
    with pytest.raises(CommandError, match="ran on the database itself"):
        upgrade_on_branch(config)


def test_a_configuration_without_a_database():
    with pytest.raises(CommandError, match="which database"):
        upgrade_on_branch(Config())


def test_a_branch_of_that_name_that_is_there_already_stays(conn, config, migration):
    conn.create_branch("alembic")
    migration("op.add_column('users', sa.Column('email', sa.String))")
    with pytest.raises(heliosdb_sqlite.OperationalError, match="alembic"):
        upgrade_on_branch(config)
    assert columns(conn) == ["id", "name"]


def test_batch_mode_makes_a_table_anew_with_what_is_heliosdbs_in_it(config, migration, tmp_path):
    env = tmp_path / "migrations" / "env.py"
    keyed = 'prefix="sqlalchemy.", connect_args={"column_key": b"k" * 32}, '
    env.write_text(env.read_text().replace('prefix="sqlalchemy.", ', keyed))
    config.set_main_option(
        "sqlalchemy.url", config.get_main_option("sqlalchemy.url") + "?enable_vector_search=1"
    )
    migration(
        "op.create_table('people', sa.Column('id', sa.Integer, primary_key=True), sa.Column('email', Encrypted(sa.Text)),"
        " sa.Column('ssn', Encrypted(sa.String(11), deterministic=True), unique=True),"
        " sa.Column('face', VECTOR(3)), sa.Column('age', sa.Integer))"
    )
    command.upgrade(config, "head")
    options = {"enable_vector_search": True, "column_key": b"k" * 32}
    conn = heliosdb_sqlite.connect(tmp_path / "app.db", **options)
    row = (1, "ann@example.org", "123-45-6789", [1, 2, 3], 40)
    conn.execute("INSERT INTO people VALUES (?, ?, ?, ?, ?)", row)
    conn.commit()
    migration(
        "with op.batch_alter_table('people') as people: people.drop_column('age');"
        " people.add_column(sa.Column('born', sa.Integer, server_default='1815'))"
    )
    report = upgrade_on_branch(config, connect_args={"column_key": b"k" * 32})
    assert report.schema[:2] == ("drop column people.age", "add column people.born")
    assert conn.execute("SELECT * FROM people").fetchall() == [(*row[:3], (1, 2, 3), 1815)]
    assert conn.execute("SELECT id FROM people WHERE ssn = ?", ("123-45-6789",)).fetchall() == [(1,)]
    conn.close()
    assert b"example.org" not in (tmp_path / "app.db").read_bytes()


def test_generated_migrations_have_the_types_as_they_were_declared(url):
    engine = sa.create_engine(f"{url}?enable_vector_search=1", connect_args={"column_key": b"k" * 32})
    people = sa.MetaData()
    sa.Table(
        "people",
        people,
        sa.Column("email", Encrypted(sa.Text)),
        sa.Column("ssn", Encrypted(sa.String(11), deterministic=True)),
        sa.Column("face", VECTOR(3)),
        sa.Column("voice", HALFVEC(2)),
    )
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        code = render_python_code(produce_migrations(context, people).upgrade_ops)
        for made in (
            "Encrypted(sa.Text())",
            "Encrypted(sa.String(length=11), deterministic=True)",
            "VECTOR(dim=3)",
            "HALFVEC(dim=2)",
        ):
            assert f"heliosdb.sqlalchemy.{made}" in code
        people.create_all(connection)
        assert produce_migrations(context, people).upgrade_ops.is_empty()
    engine.dispose()
