"""What the bodies of requests look like: the fields of HubSpot's published descriptions, and no others."""

from __future__ import annotations

from hsai_kit.sandbox.shapes import Shape, fields

_SPEC = fields("associationCategory associationTypeId")
_ID = fields("id")
_LINKS: Shape = [fields("", to=_ID, types=[_SPEC])]
_NEW = fields("properties objectWriteTraceId", associations=_LINKS)
CREATE = _NEW
UPDATE = fields("properties objectWriteTraceId")
MERGE = fields("primaryObjectId objectIdToMerge")
GDPR_DELETE = fields("objectId idProperty")
BATCH_READ = fields("properties propertiesWithHistory idProperty", inputs=[_ID])
BATCH_CREATE = fields("", inputs=[_NEW])
BATCH_UPDATE = fields("", inputs=[fields("id idProperty properties objectWriteTraceId")])
BATCH_ARCHIVE = fields("", inputs=[_ID])
_FILTER = fields("propertyName operator value highValue values")
SEARCH = fields("query limit after sorts properties", filterGroups=[fields("", filters=[_FILTER])])
LINK: Shape = [_SPEC]
LINKS_READ = fields("", inputs=[fields("id after")])
LINKS_CREATE = fields("", inputs=[{"from": _ID, "to": _ID, "types": LINK}])
LINKS_CREATE_DEFAULT = fields("", inputs=[{"from": _ID, "to": _ID}])
LINKS_ARCHIVE = fields("", inputs=[{"from": _ID, "to": [_ID]}])
_OPTION = fields("label value description displayOrder hidden")
PROPERTY = fields(
    "name label type fieldType description groupName displayOrder hidden formField hasUniqueValue externalOptions "
    "calculationFormula currencyPropertyName dataSensitivity numberDisplayHint referencedObjectType showCurrencySymbol",
    options=[_OPTION],
)
PROPERTIES_READ = fields("archived dataSensitivity locale", inputs=[fields("name")])
GROUP = fields("name label displayOrder")
VALIDATION = fields("ruleArguments shouldApplyNormalization")
LIST = fields(
    "name objectTypeId processingType customProperties filterBranch listFolderId listPermissions membershipSettings"
)
LIST_SEARCH = fields(
    "query offset count listIds processingTypes additionalProperties additionalFilterProperties objectTypeId sort"
)
MEMBERS = fields("recordIdsToAdd recordIdsToRemove")
