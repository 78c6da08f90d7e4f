"""Random schemas, and random SQL over them: much of it valid."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from .statements import FIXED

TYPES = ("", "INTEGER", "TEXT", "REAL", "BLOB", "NUMERIC", "date", "timestamp", "Number(10)", "bool", "shout")
NAMES = ("a", "b", "c d", "É", "from", "rowid2", "x")
CONSTRAINTS = (
    "",
    "",
    "",
    " UNIQUE",
    " NOT NULL",
    " DEFAULT 7",
    " CHECK ({column} <> 3)",
    " COLLATE NOCASE",
    " REFERENCES parent",
    " UNIQUE ON CONFLICT ROLLBACK",
    " NOT NULL ON CONFLICT REPLACE DEFAULT 'd'",
)


def quoted(name: str) -> str:
    """Return an SQL identifier."""
    return f'"{name}"'


@dataclass(frozen=True)
class Schema:
    """A table ``t`` of random columns, beside fixed ones, a view, and triggers that end transactions."""

    columns: tuple[str, ...]
    create: str

    @property
    def script(self) -> str:
        """The SQL that makes it."""
        return f"""
            CREATE TABLE parent(id INTEGER PRIMARY KEY, note TEXT DEFAULT 'n');
            {self.create};
            CREATE VIEW v AS SELECT *, 1 AS one FROM t;
            CREATE TABLE log(at INTEGER PRIMARY KEY AUTOINCREMENT, what);
            CREATE TRIGGER noted AFTER DELETE ON t BEGIN INSERT INTO log(what) VALUES ('deleted'); END;
            CREATE TRIGGER refused BEFORE INSERT ON log WHEN NEW.what = 'rollback' BEGIN
                SELECT RAISE(ROLLBACK, 'rolled back by trigger'); END;
            CREATE TRIGGER aborted BEFORE INSERT ON log WHEN NEW.what = 'abort' BEGIN
                SELECT RAISE(ABORT, 'aborted by trigger'); END;
            CREATE TRIGGER failed BEFORE INSERT ON log WHEN NEW.what = 'fail' BEGIN
                SELECT RAISE(FAIL, 'failed by trigger'); END;
        """


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """A random schema."""
    columns = tuple(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True)))
    parts = []
    for name in columns:
        constraint = draw(st.sampled_from(CONSTRAINTS)).format(column=quoted(name))
        parts.append(f"{quoted(name)} {draw(st.sampled_from(TYPES))}{constraint}")
    if draw(st.booleans()):
        parts.insert(0, "id INTEGER PRIMARY KEY")
        columns = ("id", *columns)
    return Schema(columns, f"CREATE TABLE t({', '.join(parts)})")


LEADING = st.sampled_from(("", "", "", "/* note */ ", "-- note\n", " "))
INSERTING = st.sampled_from(
    (
        *("INSERT", "INSERT", "INSERT", "insert", "REPLACE", "WITH w AS (SELECT 1) INSERT"),
        *("INSERT OR IGNORE", "INSERT OR FAIL", "INSERT OR ROLLBACK", "INSERT OR REPLACE"),
    )
)
PLACEHOLDERS = st.sampled_from(("?", "?{n}", ":p{n}", "@p{n}", "$p{n}"))
ENDING = st.sampled_from(
    ("", "", "", " RETURNING *", " RETURNING rowid AS [r]", " ON CONFLICT DO NOTHING", ";")
)
TOO_MANY = st.sampled_from((0, 0, 0, 0, 0, 0, 1, -1))


@st.composite
def insertions(draw: st.DrawFn, schema: Schema) -> str:
    """An INSERT with placeholders of one style; now and then with another number of values than columns."""
    style = draw(PLACEHOLDERS)
    count = len(schema.columns) + draw(TOO_MANY)
    values = ", ".join(style.format(n=n) for n in range(1, count + 1)) or "1"
    return f"{draw(LEADING)}{draw(INSERTING)} INTO t VALUES ({values}){draw(ENDING)}"


OVER_COLUMNS = """
    SELECT * FROM t ORDER BY {a}
    SELECT {a}, {b} AS "o [date]" FROM t WHERE {a} = ?
    SELECT {a} AS "x [date]" FROM t
    SELECT count({a}), sum({b}), max({a}) FROM t
    SELECT twice({a}), total_of({b}) FROM t GROUP BY {a}
    SELECT {a} FROM t ORDER BY {b} COLLATE odd
    SELECT t1.{a}, t2.{b} FROM t t1, t t2 LIMIT 5
    SELECT rowid, * FROM t WHERE {b} IS NOT :p1
    SELECT {a} FROM t UNION ALL SELECT {b} FROM v
    SELECT typeof({a}), {b} FROM v
    UPDATE t SET {a} = ?
    UPDATE t SET {a} = {b} RETURNING {a}, {b}
    UPDATE OR ROLLBACK t SET {a} = 3
    DELETE FROM t WHERE {a} = ?
    DELETE FROM t RETURNING {b}
    ALTER TABLE t ADD COLUMN {a} TEXT
    CREATE INDEX IF NOT EXISTS i ON t({a})
"""
TEMPLATES = st.sampled_from([line.strip() for line in OVER_COLUMNS.strip().splitlines()])


def over_columns(schema: Schema) -> st.SearchStrategy[str]:
    """A statement over one or two of the schema's own columns."""
    columns = st.sampled_from([quoted(name) for name in schema.columns])
    return st.builds(lambda template, a, b: template.format(a=a, b=b), TEMPLATES, columns, columns)


def statements(schema: Schema) -> st.SearchStrategy[str]:
    """An SQL text: over the schema, or known to be interesting."""
    return st.one_of(st.sampled_from(FIXED), insertions(schema), over_columns(schema))
