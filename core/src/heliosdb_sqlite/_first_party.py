"""Methods of HeliosDB's own plugins, on the class before anything of a plugin is imported.

A ``__getattr__`` would find a plugin's method when it is first asked for, but a class with one looks every attribute up
the slow way (CPython 3.10 and 3.11): a tenth of a small query's time. So the names that HeliosDB's own plugins bring
stand on the class, each as a descriptor that loads the plugins and steps aside. Where other plugins are installed too,
which is rare and noticed by the first connect(), a ``__getattr__`` is put on the classes after all.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CONNECTION = (
    *("explain_vector", "executemany_grouped", "vector_index_stats", "vector_index_progress"),
    *("history", "restore", "tag", "purge_history", "recorded_as"),
    *("create_branch", "merge_branch", "delete_branch", "list_branches"),
    *("get_branch_info", "compare_branches", "undo_merge"),
    "rekey",
    "get_server_info",
)  # those of _catalogue.py, which takes too long to import; a test compares the two

ANALYZER = (
    *("enable_query_analyzer", "disable_query_analyzer"),
    *("get_query_suggestions", "get_query_report", "get_slow_queries"),
)  # the core's own

CACHE = ("get_cache_stats",)
CURSOR = ("batch_insert",)  # methods of cursors, which the core's own plugins bring

# Methods that work without any hook: what loads the other plugins can wait. Each with its plugin and its module.
STANDALONE = {"batch_insert": ("batch", "heliosdb_sqlite.tuning.batch.method_importlib_bootstrap")}


class Unloaded:
    """A method that a plugin brings, before the plugins are loaded."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, owner: "Any", cls: "Any") -> "Any":
        from ._methods import plugin_method, standalone_method

        found = standalone_method(*STANDALONE[self.name], self.name) if self.name in STANDALONE else None
        if found is not None:
            return found if owner is None else found.__get__(owner)
        return plugin_method(cls if owner is None else owner, self.name)


def method_of_a_plugin(owner: "Any", name: str) -> "Any":
    """Return a method that no class has yet: the ``__getattr__`` of processes with plugins that are not HeliosDB's."""
    from ._methods import plugin_method

    return plugin_method(owner, name)
