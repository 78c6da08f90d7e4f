"""HeliosDB's own plugins by what they bring, so that a missing one can be named.

The core knows nothing about what these features do: this is the table of contents from which an error takes the name
of the distribution to install or the option to switch on. A test compares it with what the plugins declare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ._first_party import ANALYZER, CACHE, CURSOR


@dataclass(frozen=True)
class Feature:
    """One plugin of HeliosDB's: what it is called and what its users write."""

    name: str
    enable: str
    options: tuple[str, ...]
    methods: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    column_types: tuple[str, ...] = ()
    sized_types: tuple[str, ...] = ()  # its own only with arguments, VECTOR(3); a bare VECTOR stays SQLite's
    clauses: tuple[str, ...] = ()  # anywhere in a statement
    statements: tuple[str, ...] = ()  # clauses that begin one
    sql_functions: tuple[str, ...] = ()

    @property
    def installed(self) -> bool:
        """Whether the plugin is there: its distribution installed, not disabled, and loaded without an error."""
        from .plugins._manager import manager

        return self.name in manager((self.name,)).names()

    @property
    def comes_with(self) -> str:
        """The end of a sentence that says how to get this feature: install its distribution."""
        from .plugins._manager import manager

        found = manager((self.name,)).found
        problem = next((each.problem for each in found if each.name == self.name), "")
        if problem:
            return f"comes with the {self.name} plugin, which is installed but not loaded: {problem}"
        return f"comes with the {self.name} plugin: pip install 'heliosdb[{self.name}]'"

    @property
    def way_out(self) -> str:
        """The end of a sentence that says how to get this feature: install it, or switch it on."""
        return (
            f"needs the {self.name} plugin switched on: {self.enable}" if self.installed else self.comes_with
        )


FEATURES = (
    Feature(
        "vector",
        "connect(..., enable_vector_search=True)",
        options=("enable_vector_search", "vector_cache_mb", "vector_change_log", "vector_exact"),
        methods=("explain_vector", "executemany_grouped", "vector_index_stats", "vector_index_progress"),
        sized_types=("VECTOR", "HALFVEC"),
        sql_functions=(
            "vector_distance",
            "cosine_distance",
            "l2_distance",
            "l1_distance",
            "vector",
            "halfvec",
            "vector_cast",
            "halfvec_cast",
            "vector_add",
            "vector_subtract",
            "vector_multiply",
            "vector_scale",
            "vector_normalize",
            "vector_subvector",
            "vector_dot",
            "vector_norm",
            "vector_dims",
            "vector_to_json",
            "inner_product",
            "l2_normalize",
            "subvector",
            "vector_avg",
            "vector_sum",
            "hybrid_search",
            "fts5_any",
        ),
    ),
    Feature(
        "timetravel",
        "connect(..., enable_time_travel=True)",
        options=(
            "enable_time_travel",
            "time_travel_tables",
            "time_travel_strict",
            "time_travel_user",
            "system_versions",
        ),
        methods=("history", "restore", "tag", "purge_history", "recorded_as"),
        commands=("history", "restore"),
        clauses=(
            "ADD SYSTEM VERSIONING",
            "DROP SYSTEM VERSIONING",
            "WITH SYSTEM VERSIONING",
            "FOR SYSTEM_TIME",
            "AS OF TIMESTAMP",
            "AS OF TRANSACTION",
            "AS OF TAG",
        ),
    ),
    Feature(
        "branching",
        "connect(..., branch='main')",
        options=("branch",),
        methods=(
            "create_branch",
            "merge_branch",
            "delete_branch",
            "list_branches",
            "get_branch_info",
            "compare_branches",
            "undo_merge",
        ),
        commands=("branch",),
        statements=("CREATE BRANCH", "MERGE BRANCH", "DROP BRANCH", "SHOW BRANCHES"),
    ),
    Feature(
        "crypto",
        "connect(..., encryption_key=...)",
        options=("encryption_key", "column_key"),
        methods=("rekey",),
        commands=("encrypt", "decrypt", "rekey"),
        column_types=("ENCRYPTED",),
        sql_functions=("heliosdb_encrypt", "heliosdb_sought", "heliosdb_decrypt"),
    ),
    Feature(
        "server",
        "connect(..., heliosdb_mode='hybrid')",
        options=("heliosdb_mode",),
        methods=("get_server_info",),
        functions=("start_server",),
        commands=("serve", "user"),
    ),
)
# What the core's own plugins bring, which are always there: no error has to name them.
_OWN_OPTIONS = {
    "concurrency": ("concurrency",),
    "cache": ("enable_cache", "cache_size_mb"),
    "analyzer": ("query_analyzer", "slow_query_seconds", "slow_query_parameters"),
}
_OWN_METHODS = {"analyzer": ANALYZER, "cache": CACHE, "batch": CURSOR}
_OWN_COMMANDS = {"analyzer": ("analyze",)}
# Words that plain SQLite would accept without a sound: the only ones looked for before a statement runs.
SILENT = ("VECTOR", "HALFVEC", "ENCRYPTED", "VERSIONING")


def plugins_of_option(name: str) -> tuple[str, ...] | None:
    """Return the name of HeliosDB's plugin whose connect() keyword this is; None where it may be anybody's."""
    return _plugin_with(name, _OWN_OPTIONS, owner_of_option(name))


def plugins_of_command(name: str) -> tuple[str, ...] | None:
    """Return the name of HeliosDB's plugin that brings this subcommand; None where it may be anybody's."""
    return _plugin_with(name, _OWN_COMMANDS, owner_of_command(name))


def plugins_of_method(name: str) -> tuple[str, ...] | None:
    """Return the name of HeliosDB's plugin that brings this method; None where it may be anybody's."""
    return _plugin_with(name, _OWN_METHODS, owner_of_method(name))


def _plugin_with(
    name: str, own: Mapping[str, tuple[str, ...]], feature: Feature | None
) -> tuple[str, ...] | None:
    found = feature.name if feature is not None else next((key for key in own if name in own[key]), None)
    return None if found is None else (found,)


def owner_of_option(name: str) -> Feature | None:
    """Return the feature whose connect() keyword this is."""
    return next((feature for feature in FEATURES if name in feature.options), None)


def owner_of_method(name: str) -> Feature | None:
    """Return the feature that brings this method of a connection or cursor."""
    return next((feature for feature in FEATURES if name in feature.methods), None)


def owner_of_function(name: str) -> Feature | None:
    """Return the feature that brings this function of the module."""
    return next((feature for feature in FEATURES if name in feature.functions), None)


def owner_of_command(name: str) -> Feature | None:
    """Return the feature that brings this subcommand of ``heliosdb``."""
    return next((feature for feature in FEATURES if name in feature.commands), None)
