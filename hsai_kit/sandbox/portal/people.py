"""Invented people and companies: names, e-mail addresses, telephone numbers."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _words(
    """Aaron Abigail Adam Aisha Alan Alejandra Alice Amara Amir Amy Andrea Andrew Angela Anita Anna Anthony
    Ashley Barbara Ben Bianca Brandon Brian Carla Carlos Carol Cathy Chen Chloé Chris Claire Colin Cynthia
    Daniel David Deborah Denise Derek Diego Donna Dylan Edward Elena Eli Emily Emma Eric Erin Esther Ethan
    Fatima Felix Frank Gabriela George Grace Hannah Harold Heather Hiro Ian Imani Irene Isaac Ivan Jack Jacob
    James Jamal Janet Jasmine Jason Jeff Jenna Jerome Jesse Joan Joel John Jorge José Joyce Julia Karen Karl
    Kavita Keith Kelly Kenji Kevin Kim Lamar Larry Laura Leah Leo Linda Lisa Louis Lucas Luis Łukasz Lydia
    Malik Maria Mark Martha Matthew Megan Mei Michael Miguel Mina Monica Nadia Nancy Nathan Nicole Nikhil Nina
    Noah Olga Oliver Omar Oscar Pamela Patrick Paul Peter Phil Rachel Raj Ramona Ravi Rebecca Renée Robert
    Rosa Ruth Ryan Samuel Sandra Sara Scott Sean Sergio Sharon Simon Sofia Stella Steven Susan Tamara Teresa
    Thomas Tina Todd Tracy Tyler Valerie Vanessa Victor Vikram Walter Wendy William Xavier Yara Yusuf Zoë"""
)
LAST_NAMES = _words(
    """Abbott Adeyemi Aguilar Ahmed Alvarez Anderson Avery Bailey Baker Banerjee Barnes Bauer Becker Bell
    Bennett Bishop Boyd Brennan Brooks Burke Byrne Campbell Cardenas Castillo Chandra Chang Chavez Clark Cohen
    Coleman Cooper Cruz Curtis Dalton Davis Delgado Diaz Dixon Doyle Duarte Duncan Eaton Edwards Ellis Espinoza
    Evans Farrell Fernández Fields Fischer Fleming Flores Ford Foster Fox Franklin Fuentes Garcia Gardner Gibson
    Gill Gomez Graham Grant Greene Griffin Gupta Hale Hansen Harper Hayes Henderson Hernandez Herrera Hill
    Hoffman Holt Howard Hughes Hunter Ibrahim Ivanov Jensen Jimenez Johnson Jordan Joshi Kane Kaplan
    Keller Kelly Kennedy Khan Kim Klein Knight Kowalski Kumar Lambert Larsen Lawson Le Lee Levine Lewis Lin Lopez
    Lucas Lynch MacLeod Marsh Martin Martinez Mason McCarthy McGrath Mehta Mendoza Meyer Miller Mitchell Molina
    Moore Morales Morgan Müller Murphy Myers Nakamura Navarro Nelson Newman Nguyen Novak Nuñez O'Brien O'Neill
    Okafor Olson Ortiz Owens Palmer Park Parker Patel Pearson Peña Perez Perry Peters Pham Phillips Porter
    Price Quinn Ramirez Ramos Reed Reyes Rhodes Rivera Robbins Roberts Robinson Rodriguez Rojas Rossi Ruiz Russell
    Ryan Salazar Sanders Santos Sato Schmidt Schultz Shah Sharma Shaw Silva Simmons Singh Smith Snyder Solis
    Soto Stein Stewart Stone Sullivan Suzuki Tanaka Taylor Thompson Torres Tran Tucker Turner Underwood Vance
    Vargas Vega Wagner Walker Wallace Walsh Wang Ward Watson Weaver Webb Weber Wells West White Williams Wilson
    Wolf Wong Wright Wu Yamamoto Yang York Young Zhang Zimmerman"""
)
JOB_TITLES = (
    "Operations Manager", "Warehouse Manager", "Head of Supply Chain", "Purchasing Manager", "Buyer",
    "CFO", "Controller", "CEO", "Founder", "Owner", "VP Operations", "VP Sales", "IT Manager",
    "E-commerce Manager", "Logistics Coordinator", "Inventory Analyst", "Office Manager", "Director of Retail",
    "Customer Service Lead", "Accountant", "Procurement Specialist", "Plant Manager", "Marketing Manager",
)  # fmt: skip

_PLACES = _words(
    """Alder Amber Anchor Aspen Bayside Beacon Birch Blue Boulder Bridge Bright Canyon Capital Cedar Clear
    Coastal Copper Crescent Crown Delta Eagle East Elm Ember Evergreen Falcon First Forest Fox Glen Golden Granite
    Great Green Harbor Hazel Heritage Highland Hill Iron Juniper Keystone Lake Laurel Liberty Lone Maple Meadow
    Mesa Metro Mill Mountain New North Oak Ocean Old Olive Orchard Pacific Park Pearl Peak Pine Pioneer Prairie
    Prime Quarry Red Ridge River Rock Rose Sage Sierra Silver South Spring Spruce Stone Summit Sun Timber Union
    Urban Valley Vista West White Wild Willow Wind"""
)
_TRADES = (
    ("Foods", "FOOD_BEVERAGES"), ("Bakery Supply", "FOOD_BEVERAGES"), ("Brewing", "FOOD_BEVERAGES"),
    ("Outfitters", "SPORTING_GOODS"), ("Cycles", "SPORTING_GOODS"), ("Furniture", "FURNITURE"),
    ("Home Goods", "CONSUMER_GOODS"), ("Toys", "CONSUMER_GOODS"), ("Apparel", "TEXTILES"),
    ("Textiles", "TEXTILES"), ("Logistics", "LOGISTICS_AND_SUPPLY_CHAIN"), ("Freight", "LOGISTICS_AND_SUPPLY_CHAIN"),
    ("Medical Supply", "HOSPITAL_HEALTH_CARE"), ("Dental Group", "HOSPITAL_HEALTH_CARE"),
    ("Machine Works", "MACHINERY"), ("Tools", "MACHINERY"), ("Packaging", "PACKAGING_AND_CONTAINERS"),
    ("Market", "RETAIL"), ("Books", "RETAIL"), ("Wholesale", "WHOLESALE"), ("Software", "COMPUTER_SOFTWARE"),
)  # fmt: skip
_FORMS = ("", "", "", " Co.", " Inc.", " LLC", " Group", ", Inc.")
_DOMAINS = (".example", ".example", ".example", ".example.com", ".example.org", ".example.net")
_MAIL_HOSTS = ("mail.example.com", "inbox.example.net", "post.example.org", "webmail.example.com")

# Letters that have no plain form to fall apart into.
_PLAIN = str.maketrans({"ł": "l", "ø": "o", "ß": "ss", "đ": "d"})


def make_company_name(rng: Random) -> tuple[str, str, str]:
    """Invent a company: its name, its industry and the first part of its domain."""
    trade, industry = rng.choice(_TRADES)
    name = f"{rng.choice(_PLACES)} {rng.choice(_PLACES)} {trade}"
    return name + rng.choice(_FORMS), industry, make_slug(name)


def make_domain(rng: Random, first_part: str) -> str:
    """Give a company a domain that can never be somebody's."""
    return first_part + rng.choice(_DOMAINS)


def make_email(rng: Random, first: str, last: str, host: str) -> str:
    """Write an address as companies form them, or as people choose them where `host` is blank."""
    first, last = make_slug(first), make_slug(last)
    if not host:
        digits = rng.choice(("", "", str(rng.randrange(1, 99))))
        return f"{first}{rng.choice(('.', '_', ''))}{last}{digits}@{rng.choice(_MAIL_HOSTS)}"
    name = rng.choice((f"{first}.{last}", f"{first}.{last}", f"{first[0]}{last}", first))
    return f"{name}@{host}"


def make_slug(text: str) -> str:
    """Reduce a name to lower-case ASCII letters and digits."""
    apart = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN))
    return re.sub(r"[^a-z0-9]", "", apart)


def make_phone(rng: Random, area_code: str) -> str:
    """Write one of the numbers that are kept for fiction, in one of the usual ways; none without an area."""
    if not area_code:
        return ""
    form = rng.choice(("({}) 555-{}", "{}-555-{}", "+1 {} 555 {}", "{}.555.{}"))
    return form.format(area_code, f"01{rng.randrange(100):02}")
