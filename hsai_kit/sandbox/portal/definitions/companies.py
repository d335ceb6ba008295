"""The company properties of the sandbox's portal."""

from __future__ import annotations

from hsai_kit.sandbox.portal.definitions.contacts import LIFECYCLE
from hsai_kit.sandbox.portal.definitions.parts import choice, date, formula, number, owner, read_only, text, yes_no
from hsai_kit.sandbox.portal.model import ObjectType, PropertyGroup

INDUSTRIES = (
    "COMPUTER_SOFTWARE: Computer Software",
    "CONSUMER_GOODS: Consumer Goods",
    "FOOD_BEVERAGES: Food & Beverages",
    "FURNITURE: Furniture",
    "HOSPITAL_HEALTH_CARE: Hospital & Health Care",
    "LOGISTICS_AND_SUPPLY_CHAIN: Logistics and Supply Chain",
    "MACHINERY: Machinery",
    "PACKAGING_AND_CONTAINERS: Packaging and Containers",
    "RETAIL: Retail",
    "SPORTING_GOODS: Sporting Goods",
    "TEXTILES: Textiles",
    "WHOLESALE: Wholesale",
)

_ABOUT, _ACTIVITY, _OURS = "companyinformation", "companyactivity", "our_own_fields"

COMPANIES = ObjectType(
    name="companies",
    singular="company",
    type_id="0-2",
    label="Company",
    label_plural="Companies",
    primary_property="name",
    groups=(
        PropertyGroup(_ABOUT, "Company information", 0),
        PropertyGroup(_ACTIVITY, "Company activity", 1),
        PropertyGroup(_OURS, "Our own fields", 2),
    ),
    properties=(
        text("name", "Company name", _ABOUT),
        text("domain", "Company Domain Name", _ABOUT),
        text("website", "Website URL", _ABOUT),
        text("phone", "Phone Number", _ABOUT, field_type="phonenumber"),
        text("address", "Street Address", _ABOUT),
        text("city", "City", _ABOUT),
        text("state", "State/Region", _ABOUT, "Free text: whatever the form or the import brought."),
        text("zip", "Postal Code", _ABOUT),
        text("country", "Country/Region", _ABOUT),
        text("hs_state_code", "State/Region Code", _ABOUT),
        text("hs_country_code", "Country/Region Code", _ABOUT),
        choice("industry", "Industry", _ABOUT, *INDUSTRIES),
        number("numberofemployees", "Number of Employees", _ABOUT),
        number("annualrevenue", "Annual Revenue", _ABOUT),
        text("description", "Description", _ABOUT, field_type="textarea"),
        choice("type", "Type", _ABOUT, "PROSPECT: Prospect", "PARTNER: Partner", "RESELLER: Reseller",
               "VENDOR: Vendor", "OTHER: Other"),
        text("founded_year", "Year Founded", _ABOUT),
        yes_no("is_public", "Is Public", _ABOUT),
        owner("Company owner", _ABOUT),
        choice("lifecyclestage", "Lifecycle Stage", _ABOUT, *LIFECYCLE, field_type="radio"),
        read_only("hs_object_id", "Record ID", _ABOUT, "number"),
        read_only("createdate", "Create Date", _ACTIVITY, "datetime"),
        read_only("hs_lastmodifieddate", "Last Modified Date", _ACTIVITY, "datetime"),
        read_only("notes_last_updated", "Last Activity Date", _ACTIVITY, "datetime"),
        formula("num_associated_contacts", "Number of Associated Contacts", _ACTIVITY, "number"),
        text("ai_summary", "AI summary", _OURS, "What is known, in a few sentences.", field_type="textarea"),
        date("renewal_date", "Renewal date", _OURS),
    ),
    default_properties=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
)  # fmt: skip
