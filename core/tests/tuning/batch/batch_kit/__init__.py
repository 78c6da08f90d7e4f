"""Rows for a table of users, and what is in it."""

from __future__ import annotations


def users(conn, columns="name, age"):
    return conn.execute(f"SELECT {columns} FROM users ORDER BY id").fetchall()


def people(count, first=0):
    return [(f"user {number}", number % 100) for number in range(first, first + count)]
