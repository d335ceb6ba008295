"""The data of a portal: a seeded one, or one loaded from exports. Plain data, no SQL."""

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

__all__ = [
    "Association",
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
]
