"""The data of a portal: a seeded one, or one loaded from exports. Plain data, no SQL."""

from hsai_kit.sandbox.portal.file_import.portal import LoadError, loaded_portal
from hsai_kit.sandbox.portal.model import (
    Association,
    Merge,
    ObjectType,
    Option,
    Owner,
    Pipeline,
    Portal,
    PropertyDefinition,
    PropertyGroup,
    Record,
    RecordList,
    Stage,
)
from hsai_kit.sandbox.portal.seed import seeded_portal

__all__ = [
    "Association",
    "LoadError",
    "Merge",
    "ObjectType",
    "Option",
    "Owner",
    "Pipeline",
    "Portal",
    "PropertyDefinition",
    "PropertyGroup",
    "Record",
    "RecordList",
    "Stage",
    "loaded_portal",
    "seeded_portal",
]
