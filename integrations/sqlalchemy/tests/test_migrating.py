"""upgrade_on_branch(): Alembic's migrations run on a branch, merged when all went well."""

from __future__ import annotations

import textwrap

import pytest
from alembic import command
from alembic.config import Config

import heliosdb_sqlite
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
