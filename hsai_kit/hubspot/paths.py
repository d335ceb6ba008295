"""HubSpot's paths, for its date-based versions and for v3/v4."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Paths", "paths_for"]


@dataclass(frozen=True)
class Paths:
    """The paths of one API version; methods end without a trailing slash."""

    objects_root: str
    properties_root: str
    owners: str
    schemas: str
    lists_root: str
    associations_root: str
    account: str
    validations: str

    def objects(self, object_type: str, rest: str = "") -> str:
        """Return the path of an object type's records, such as `objects("contacts", "/batch/read")`."""
        return f"{self.objects_root}/{object_type}{rest}"

    def properties(self, object_type: str) -> str:
        """Return the path of an object type's property definitions."""
        return f"{self.properties_root}/{object_type}"

    def associations(self, from_type: str, to_type: str) -> str:
        """Return the path that reads associations of many records at once."""
        return f"{self.associations_root}/{from_type}/{to_type}/batch/read"


def paths_for(api_version: str) -> Paths:
    """Return the paths of `api_version`: "2026-09", "2026-03" or "v3" (which uses v4 for associations)."""
    if api_version == "v3":
        return Paths(
            objects_root="/crm/v3/objects",
            properties_root="/crm/v3/properties",
            owners="/crm/v3/owners",
            schemas="/crm-object-schemas/v3/schemas",
            lists_root="/crm/v3/lists",
            associations_root="/crm/v4/associations",
            account="/account-info/v3",
            validations="/crm/v3/property-validations",
        )
    return Paths(
        objects_root=f"/crm/objects/{api_version}",
        properties_root=f"/crm/properties/{api_version}",
        owners=f"/crm/owners/{api_version}",
        schemas=f"/crm-object-schemas/{api_version}/schemas",
        lists_root=f"/crm/lists/{api_version}",
        associations_root=f"/crm/associations/{api_version}",
        account=f"/account-info/{api_version}",
        validations=f"/crm/property-validations/{api_version}",
    )
