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
from hsai_kit.sandbox.portal.seeded import seeded_portal

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
    "seeded_portal",
]
