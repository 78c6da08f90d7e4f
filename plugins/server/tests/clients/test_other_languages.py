"""node's drivers and ORMs, pgjdbc and pgbench: programs in other languages, where they are installed.

node finds its packages by NODE_PATH; Java's driver stands where PGJDBC_JAR says, or where Maven keeps it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def is_missing(record_property, what):
    """Say in the last lines of the run that a client is not on this machine; conftest.py prints them."""
    record_property("client", f"{what} is not here: what it would show was not tried")


def run(*command, **keywords):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **keywords)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("package", ["pg", "postgres", "knex", "sequelize", "typeorm"])
def test_node(server, record_property, package):
    node = shutil.which("node")
    there = (
        node
        and subprocess.run([node, "-e", f"require('{package}')"], capture_output=True, cwd=FOLDER).returncode
        == 0
    )
    if not there:
        is_missing(record_property, f"node's package {package}")
        return
    assert run(node, FOLDER / "node" / f"{package}.js", server.url) == "done\n"


def driver_of_java():
    given = os.environ.get("PGJDBC_JAR")
    found = [Path(given)] if given else [Path("/usr/share/java/postgresql.jar")]
    found += sorted(
        Path.home().glob(".m2/repository/org/postgresql/postgresql/*/postgresql-*.jar"), reverse=True
    )
    return next((path for path in found if path.exists()), None)


def test_pgjdbc(server, record_property):
    java, jar = shutil.which("java"), driver_of_java()
    if java is None or jar is None:
        is_missing(record_property, "pgjdbc (java, and its driver)")
        return
    url = f"jdbc:postgresql://127.0.0.1:{server.port}/app?user=helios"
    assert run(java, "-XX:TieredStopAtLevel=1", "-cp", jar, FOLDER / "java" / "Client.java", url) == "done\n"


def test_pgbench(server, record_property):
    pgbench = shutil.which("pgbench")
    if pgbench is None:
        is_missing(record_property, "pgbench")
        return
    run(pgbench, "-i", "-q", "-s", "1", server.url)
    for options in (["-S", "-M", "prepared"], ["-M", "extended"], ["-N", "-M", "simple"]):
        said = run(pgbench, "-n", "-c", "4", "-t", "10", *options, server.url)
        assert "number of transactions actually processed: 40/40" in said
        assert "number of failed transactions: 0 (0.000%)" in said
