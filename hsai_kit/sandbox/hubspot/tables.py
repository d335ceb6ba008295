"""The tables of HubSpot's double: one row per record, its properties as one JSON object."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hsai_kit.sandbox.database import Database

# Ids are integers here because pages go in numeric order; on the wire they are strings of digits.
TABLES = {
    "hubspot_account": "name TEXT PRIMARY KEY, value TEXT NOT NULL",
    "hubspot_object_types": "name TEXT PRIMARY KEY, definition TEXT NOT NULL",
    "hubspot_groups": """
        object_type TEXT NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, display_order INTEGER NOT NULL,
        archived INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (object_type, name)""",
    "hubspot_definitions": """
        object_type TEXT NOT NULL, name TEXT NOT NULL, wire TEXT NOT NULL, required INTEGER NOT NULL,
        archived INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (object_type, name)""",
    "hubspot_validations": """
        object_type TEXT NOT NULL, property TEXT NOT NULL, rule_type TEXT NOT NULL, arguments TEXT NOT NULL,
        normalized INTEGER NOT NULL, PRIMARY KEY (object_type, property, rule_type)""",
    # A property is required where another one (`property`) has that value.
    "hubspot_conditions": """
        object_type TEXT NOT NULL, property TEXT NOT NULL, value TEXT NOT NULL, required TEXT NOT NULL,
        PRIMARY KEY (object_type, property, value, required)""",
    "hubspot_records": """
        object_type TEXT NOT NULL, id INTEGER NOT NULL, properties TEXT NOT NULL, created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL, archived_at TEXT, PRIMARY KEY (object_type, id)""",
    # Also how a record is found by e-mail; a merged record's e-mail leads to the survivor.
    "hubspot_unique_values": """
        object_type TEXT NOT NULL, property TEXT NOT NULL, value TEXT NOT NULL, record_id INTEGER NOT NULL,
        PRIMARY KEY (object_type, property, value)""",
    "hubspot_merges": """
        object_type TEXT NOT NULL, old_id INTEGER NOT NULL, new_id INTEGER NOT NULL,
        PRIMARY KEY (object_type, old_id)""",
    "hubspot_history": """
        object_type TEXT NOT NULL, record_id INTEGER NOT NULL, property TEXT NOT NULL, value TEXT NOT NULL,
        timestamp TEXT NOT NULL, source_type TEXT NOT NULL, source_id TEXT NOT NULL,
        source_label TEXT NOT NULL""",
    "hubspot_association_types": """
        from_type TEXT NOT NULL, to_type TEXT NOT NULL, category TEXT NOT NULL, type_id INTEGER NOT NULL,
        label TEXT, inverse_id INTEGER, PRIMARY KEY (from_type, to_type, category, type_id)""",
    "hubspot_associations": """
        from_type TEXT NOT NULL, from_id INTEGER NOT NULL, to_type TEXT NOT NULL, to_id INTEGER NOT NULL,
        category TEXT NOT NULL, type_id INTEGER NOT NULL,
        PRIMARY KEY (from_type, from_id, to_type, to_id, category, type_id)""",
    "hubspot_owners": "id INTEGER PRIMARY KEY, archived INTEGER NOT NULL, wire TEXT NOT NULL",
    "hubspot_pipelines": """
        object_type TEXT NOT NULL, id TEXT NOT NULL, wire TEXT NOT NULL, PRIMARY KEY (object_type, id)""",
    "hubspot_lists": """
        id TEXT PRIMARY KEY, object_type TEXT NOT NULL, name TEXT NOT NULL, processing_type TEXT NOT NULL,
        created_at TEXT NOT NULL, updated_at TEXT NOT NULL""",
    "hubspot_list_members": """
        list_id TEXT NOT NULL, record_id INTEGER NOT NULL, joined_at TEXT NOT NULL,
        PRIMARY KEY (list_id, record_id)""",
}
INDEXES = {
    "hubspot_history_of": "hubspot_history (object_type, record_id)",
    "hubspot_unique_values_of": "hubspot_unique_values (object_type, record_id)",
}


def create_tables(database: Database) -> None:
    """Create what is not there yet."""
    for name, columns in TABLES.items():
        database.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    for name, columns in INDEXES.items():
        database.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {columns}")


def empty_tables(database: Database) -> None:
    """Remove every row, so that a portal can be filled in anew."""
    for name in TABLES:
        database.execute(f"DELETE FROM {name}")  # noqa: S608  # the names are the constants above
