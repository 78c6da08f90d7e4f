"""The rows of pg_catalog that tell of the server as it is now: sessions, settings, locks, users."""
# ruff: noqa: E501 - a row of a table is one line

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from .system import DATABASE, DATABASE_OWNER, OWNER

if TYPE_CHECKING:
    from ..session.session import Session


def rows(session: Session) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of relations that tell of the server as it is now."""
    context = session.context
    with context.lock:
        sessions = list(context.sessions.values())
    names = sorted({session.user, *(context.users.names() if context.users is not None else ())})
    owner = names.index(session.user)
    ids = {name: OWNER if at == owner else 16500 + at for at, name in enumerate(names)}
    activity = [_activity(each, ids.get(each.user, OWNER)) for each in sessions]
    roles = [
        {"oid": oid, "rolname": name, "rolsuper": 0, "rolinherit": 1, "rolcreaterole": 0, "rolcreatedb": 0,
         "rolcanlogin": int(oid != DATABASE_OWNER), "rolreplication": 0, "rolbypassrls": 0, "rolconnlimit": -1,
         "rolpassword": "********"}
        for name, oid in {**ids, "pg_database_owner": DATABASE_OWNER}.items()
    ]  # fmt: skip
    users = [{"usename": name, "usesysid": oid, "usecreatedb": 0, "usesuper": 0, "userepl": 0, "usebypassrls": 0,
              "passwd": "********"} for name, oid in ids.items()]  # fmt: skip
    settings = [
        {"name": name, "setting": value, "category": "", "short_desc": about, "context": "user", "vartype": "string",
         "source": "default", "boot_val": value, "reset_val": session.settings.start.get(name.lower(), value), "pending_restart": 0}
        for name, value, about in session.settings.rows()
    ]  # fmt: skip
    statements = [
        {"name": name, "statement": each.text, "prepare_time": _iso(session.started), "parameter_types": "[]",
         "from_sql": int(each.from_sql), "generic_plans": 0, "custom_plans": 0}
        for name, each in session.statements.items() if name
    ]  # fmt: skip
    cursors = [
        {"name": name, "statement": each.statement.text, "is_holdable": int(each.hold), "is_binary": 0,
         "is_scrollable": int(each.scroll), "creation_time": _iso(session.query_start)}
        for name, each in session.portals.items()
    ]  # fmt: skip
    locks = [
        {"locktype": "advisory", "database": DATABASE, "objid": key[-1], "classid": key[0] if len(key) > 1 else 0,
         "pid": owner_session.process, "mode": "ExclusiveLock", "granted": 1, "fastpath": 0}
        for key, (owner_session, _) in list(context.advisory.items())
    ]  # fmt: skip
    database = {
        "oid": DATABASE, "datname": session.database_name, "datdba": OWNER, "encoding": 6, "datlocprovider": "c",
        "datistemplate": 0, "datallowconn": 1, "datconnlimit": -1, "datfrozenxid": 0, "datminmxid": 1,
        "dattablespace": 1663, "datcollate": "C", "datctype": "C",
    }  # fmt: skip
    counters = context.counters
    return {
        "pg_stat_activity": activity, "pg_roles": roles, "pg_authid": roles, "pg_user": users, "pg_shadow": users,
        "pg_settings": settings, "pg_prepared_statements": statements, "pg_cursors": cursors, "pg_locks": locks,
        "pg_database": [database],
        "pg_stat_ssl": [{"pid": each.process, "ssl": int(context.tls)} for each in sessions],
        "pg_stat_database": [{"datid": DATABASE, "datname": session.database_name, "numbackends": len(sessions),
                              "xact_commit": counters.commits, "xact_rollback": counters.rollbacks}],
    }  # fmt: skip


def _iso(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(" ")


def _activity(each: Any, oid: int) -> dict[str, Any]:
    return {
        "datid": DATABASE, "datname": each.database_name, "pid": each.process, "usesysid": oid, "usename": each.user,
        "application_name": each.settings.values.get("application_name", ""), "client_addr": each.address,
        "client_port": -1, "backend_start": _iso(each.started),
        "xact_start": _iso(each.moment) if each.moment is not None else None, "query_start": _iso(each.query_start),
        "state_change": _iso(each.state_since), "state": each.state, "query": each.query_text,
        "backend_type": "client backend",
    }  # fmt: skip
