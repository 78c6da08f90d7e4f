"""Hybrid mode: one server for a file and process, as long as a connection to it is open."""

from __future__ import annotations

import gc
import os
import sys
import threading

import psycopg2
import pytest

import heliosdb_sqlite
from heliosdb_server import hybrid


def hybrid_connection(path, **keywords):
    return heliosdb_sqlite.connect(path, heliosdb_mode="hybrid", **keywords)


def names(url):
    client = psycopg2.connect(url)
    try:
        cursor = client.cursor()
        cursor.execute("SELECT name FROM users ORDER BY id")
        return [name for (name,) in cursor.fetchall()]
    finally:
        client.close()


def threads():
    return [each.name for each in threading.enumerate() if each.name.startswith("heliosdb-")]


def test_connections_opened_at_once_share_one_server(path):
    opened = []

    def open_one():
        opened.append(hybrid_connection(path))

    workers = [threading.Thread(target=open_one) for _ in range(8)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    assert len({each.get_server_info().url for each in opened}) == 1
    url = opened[0].get_server_info().url
    for each in opened[:-1]:
        each.close()
    assert names(url) == ["ann", "bob", "cat"]
    opened[-1].close()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)
    assert threads() == []


def test_a_file_is_one_file_by_whatever_name(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link.db").symlink_to(path)
    one, two, three = hybrid_connection(path), hybrid_connection("app.db"), hybrid_connection("link.db")
    ports = {each.get_server_info().port for each in (one, two, three)}
    for each in (one, two, three):
        each.close()
    assert len(ports) == 1


def test_files_have_servers_of_their_own(path, tmp_path):
    one, two = hybrid_connection(path), hybrid_connection(tmp_path / "other.db")
    assert one.get_server_info().port != two.get_server_info().port
    one.close()
    psycopg2.connect(two.get_server_info().url).close()
    two.close()


@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")  # Python 3.13 says what this is about
def test_a_connection_that_is_forgotten_stops_its_server(path):
    connection = hybrid_connection(path)
    url = connection.get_server_info().url
    del connection
    gc.collect()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)
    assert threads() == []


def test_closing_twice_counts_once(path):
    one, two = hybrid_connection(path), hybrid_connection(path)
    one.close()
    one.close()
    assert names(two.get_server_info().url) == ["ann", "bob", "cat"]
    two.close()


def test_closing_ends_the_clients_and_leaves_nothing(path):
    connection = hybrid_connection(path)
    client = psycopg2.connect(connection.get_server_info().url)
    client.cursor().execute("DELETE FROM posts")
    connection.close()
    with pytest.raises(psycopg2.OperationalError):
        client.cursor().execute("SELECT 1")
    client.close()
    assert threads() == []
    assert hybrid._shared == {}
    again = hybrid_connection(path)
    assert again.execute("SELECT count(*) FROM users").fetchone() == (3,)
    again.close()


def test_opening_and_closing_many_times_leaves_no_thread_and_no_descriptor(path):
    def descriptors():
        return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0

    hybrid_connection(path).close()
    before = descriptors()
    for _ in range(10):
        connection = hybrid_connection(path)
        names(connection.get_server_info().url)
        connection.close()
    assert threads() == []
    assert descriptors() <= before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_leaves_its_parent_s_server_alone(path):
    connection = hybrid_connection(path)
    url = connection.get_server_info().url
    client = psycopg2.connect(url)
    child = os.fork()
    if child == 0:  # what a child does that ends as programs end
        status = 1
        try:
            connection.close()
            for server in list(heliosdb_server_module()._RUNNING):
                server.stop()
            heliosdb_server_module()._stop_all()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    cursor = client.cursor()
    cursor.execute("SELECT count(*) FROM users")
    assert cursor.fetchone() == (3,)
    client.close()
    assert names(url) == ["ann", "bob", "cat"]
    connection.close()
    assert threads() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_that_lives_on_does_not_keep_the_port(path):
    server = heliosdb_sqlite.start_server(path, port=0)
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(ready[1], b"!")
        os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    server.stop()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(server.url)
    heliosdb_sqlite.start_server(path, port=server.port).stop()
    os.write(go[1], b"!")
    os.waitpid(child, 0)
    for each in (*ready, *go):
        os.close(each)


def heliosdb_server_module():
    return sys.modules["heliosdb_server.server"]
