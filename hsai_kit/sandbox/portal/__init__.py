"""The data of a portal: a seeded one, or one loaded from exports. Plain data, no SQL."""

from hsai_kit.sandbox.portal.file_import.portal import load_portal
from hsai_kit.sandbox.portal.file_import.tables import LoadError
from hsai_kit.sandbox.portal.model import (
    Association,
    Merge,
    ObjectType,
    Option,
    Owner,
    Pipeline,
    PipelineStage,
    Portal,
    PropertyDefinition,
    PropertyGroup,
    Record,
    RecordList,
)
from hsai_kit.sandbox.portal.seed import build_seed_portal

__all__ = [
    "Association",
    "LoadError",
    "Merge",
    "ObjectType",
    "Option",
    "Owner",
    "Pipeline",
    "PipelineStage",
    "Portal",
    "PropertyDefinition",
    "PropertyGroup",
    "Record",
    "RecordList",
    "build_seed_portal",
    "load_portal",
]
