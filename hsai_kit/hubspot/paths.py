"""HubSpot's paths, of each of its API versions."""

from __future__ import annotations


class Paths:
    """HubSpot's paths, without a trailing slash, of one API version: "2026-09", "2026-03" or "v3" (with some of v4)."""

    def __init__(self, api_version: str) -> None:
        by_number = api_version == "v3"

        def build(area: str) -> str:
            return f"/crm/v3/{area}" if by_number else f"/crm/{area}/{api_version}"

        self.objects_root = build("objects")
        self.properties_root = build("properties")
        self.owners = build("owners")
        self.lists_root = build("lists")
        self.pipelines_root = build("pipelines")
        self.validations = build("property-validations")
        self.associations_root = "/crm/v4/associations" if by_number else build("associations")
        self.schemas = f"/crm-object-schemas/{api_version}/schemas"
        self.account = f"/account-info/{api_version}"

    def objects(self, object_type: str, rest: str = "") -> str:
        """Return the path of an object type's records, such as `objects("contacts", "/batch/read")`."""
        return f"{self.objects_root}/{object_type}{rest}"

    def properties(self, object_type: str) -> str:
        """Return the path of an object type's property definitions."""
        return f"{self.properties_root}/{object_type}"

    def associations(self, from_type: str, to_type: str) -> str:
        """Return the path that reads associations of many records at once."""
        return f"{self.associations_root}/{from_type}/{to_type}/batch/read"
