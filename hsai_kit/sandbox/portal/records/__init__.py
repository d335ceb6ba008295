"""The seeded records, type by type."""
