"""The properties of contacts and companies: HubSpot's own, and what this company added."""

from __future__ import annotations

from dataclasses import replace

from hsai_kit.sandbox.portal.definitions.parts import (
    choice,
    date,
    formula,
    moment,
    number,
    owner,
    read_only,
    text,
    yes_no,
)
from hsai_kit.sandbox.portal.model import ObjectType, Option, PropertyGroup

LIFECYCLE = (
    "subscriber: Subscriber",
    "lead: Lead",
    "marketingqualifiedlead: Marketing Qualified Lead",
    "salesqualifiedlead: Sales Qualified Lead",
    "opportunity: Opportunity",
    "customer: Customer",
    "evangelist: Evangelist",
    "other: Other",
)
LEAD_CLASSES = (
    "sales: Sales inquiry",
    "support: Help for an existing customer",
    "billing: Invoice or payment",
    "partnership: Partner or reseller",
    "careers: Job application",
    "spam: Spam or scam",
    "other: Something else",
)
SOURCES = (
    "ORGANIC_SEARCH: Organic Search",
    "PAID_SEARCH: Paid Search",
    "EMAIL_MARKETING: Email Marketing",
    "SOCIAL_MEDIA: Organic Social",
    "REFERRALS: Referrals",
    "DIRECT_TRAFFIC: Direct Traffic",
    "OFFLINE: Offline Sources",
)

_ABOUT, _ACTIVITY, _EMAIL, _WEB, _OURS = (
    "contactinformation", "contact_activity", "emailinformation", "analyticsinformation", "our_own_fields",
)  # fmt: skip

_GROUPS = (
    PropertyGroup(_ABOUT, "Contact information", 0),
    PropertyGroup(_ACTIVITY, "Contact activity", 1),
    PropertyGroup(_EMAIL, "Email information", 2),
    PropertyGroup(_WEB, "Web analytics history", 3),
    PropertyGroup(_OURS, "Our own fields", 4),
)

_LEAD_STATUS = choice(
    "hs_lead_status", "Lead Status", _ABOUT,
    "NEW: New", "OPEN: Open", "IN_PROGRESS: In Progress", "OPEN_DEAL: Open Deal",
    "UNQUALIFIED: Unqualified", "ATTEMPTED_TO_CONTACT: Attempted to Contact", "CONNECTED: Connected",
    "BAD_TIMING: Bad Timing", field_type="radio",
)  # fmt: skip
# Forms no longer offer a hidden option; old records may hold it and the API takes it.
_RETIRED_STATUS = Option("NURTURE_2023", "Nurturing (until 2023)", hidden=True)

_HUBSPOTS_OWN = (
    replace(text("email", "Email", _ABOUT, "The contact's e-mail address."), has_unique_value=True),
    text("firstname", "First Name", _ABOUT),
    text("lastname", "Last Name", _ABOUT),
    text("salutation", "Salutation", _ABOUT),
    text("phone", "Phone Number", _ABOUT, field_type="phonenumber"),
    text("mobilephone", "Mobile Phone Number", _ABOUT, field_type="phonenumber"),
    text("company", "Company Name", _ABOUT, "As the contact wrote it, whatever company is associated."),
    text("jobtitle", "Job Title", _ABOUT),
    text("website", "Website URL", _ABOUT),
    text("address", "Street Address", _ABOUT),
    text("city", "City", _ABOUT),
    text("state", "State/Region", _ABOUT, "Free text: whatever the form or the import brought."),
    text("zip", "Postal Code", _ABOUT),
    text("country", "Country/Region", _ABOUT),
    text("hs_state_code", "State/Region Code", _ABOUT),
    text("hs_country_region_code", "Country/Region Code", _ABOUT),
    text("industry", "Industry", _ABOUT),
    text("annualrevenue", "Annual Revenue", _ABOUT, "Free text on contacts, a number on companies."),
    choice(
        "num_employees", "Number of Employees", _ABOUT,
        "1-5", "5-25", "25-50", "50-100", "100-500", "500-1000", "1000+",
    ),
    text("message", "Message", _ABOUT, field_type="textarea"),
    text("hs_language", "Preferred language", _ABOUT),
    owner("Contact owner", _ABOUT),
    choice("lifecyclestage", "Lifecycle Stage", _ABOUT, *LIFECYCLE, field_type="radio",
           description="How far the contact has come; it only moves forward."),
    replace(_LEAD_STATUS, options=(*_LEAD_STATUS.options, _RETIRED_STATUS)),
    yes_no("hs_email_optout", "Unsubscribed from all email", _EMAIL),
    formula("hs_email_domain", "Email Domain", _EMAIL, "string"),
    read_only("hs_object_id", "Record ID", _ABOUT, "number"),
    read_only("createdate", "Create Date", _ACTIVITY, "datetime"),
    read_only("lastmodifieddate", "Last Modified Date", _ACTIVITY, "datetime"),
    read_only("notes_last_updated", "Last Activity Date", _ACTIVITY, "datetime"),
    moment("hs_lifecyclestage_customer_date", "Became a Customer Date", _ACTIVITY),
    formula("num_associated_deals", "Number of Associated Deals", _ACTIVITY, "number"),
    number("hubspotscore", "HubSpot Score", _ACTIVITY),
    replace(choice("hs_analytics_source", "Original Traffic Source", _WEB, *SOURCES), read_only=True),
    read_only("ip_city", "IP City", _WEB, "string"),
    read_only("ip_state", "IP State/Region", _WEB, "string"),
    read_only("ip_state_code", "IP State Code/Region Code", _WEB, "string"),
    read_only("ip_country", "IP Country", _WEB, "string"),
)  # fmt: skip

_OUR_OWN = (
    text("how_can_we_help", "How can we help?", _OURS, "From the form on our site.", field_type="textarea"),
    choice("lead_class", "Lead class", _OURS, *LEAD_CLASSES, description="What the person wants from us."),
    text("ai_summary", "AI summary", _OURS, "What is known, in a few sentences.", field_type="textarea"),
    choice(
        "product_interest", "Product interest", _OURS,
        "inventory: Inventory", "forecasting: Demand forecasting", "shipping: Shipping labels",
        "returns: Returns portal", "analytics: Analytics", field_type="checkbox",
    ),
    number("seats_planned", "Seats planned", _OURS),
    date("contract_end_date", "Contract end date", _OURS),
    yes_no("newsletter_opt_in", "Newsletter", _OURS),
)  # fmt: skip

CONTACTS = ObjectType(
    name="contacts",
    singular="contact",
    type_id="0-1",
    label="Contact",
    label_plural="Contacts",
    primary_property="email",
    groups=_GROUPS,
    properties=_HUBSPOTS_OWN + _OUR_OWN,
    default_properties=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
)


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
