"""Countries and regions outside the United States, which the none-like option stands for."""

from __future__ import annotations

from functools import lru_cache

from hsai_kit.sandbox.assistant.region_names import CODE_BY_NAME, make_key

HOME = "home"
ABROAD = "abroad"
UNCLEAR = "unclear"

_HOME_NAMES = frozenset(
    make_key(name)
    for name in (
        "United States", "United States of America", "The United States", "USA", "US", "U.S.", "America", "EEUU",
        "Estados Unidos", "Vereinigte Staaten", "USA/Canada", "Etats-Unis", "États-Unis", "Stati Uniti", "840",
        "Unites States", "United State", "United Sates", "US of A", "U S of America", "États-Unis d'Amérique",
    )
)  # fmt: skip

_TERRITORY_COUNTRIES = {
    make_key(name): code
    for name, code in (
        ("Puerto Rico", "PR"), ("PRI", "PR"), ("Guam", "GU"), ("GUM", "GU"), ("VIR", "VI"),
        ("Virgin Islands, U.S.", "VI"),
        ("U.S. Virgin Islands", "VI"), ("USVI", "VI"), ("American Samoa", "AS"), ("ASM", "AS"), ("MNP", "MP"),
        ("Northern Mariana Islands", "MP"),
    )
}  # fmt: skip

_COUNTRY_ALIASES = frozenset(
    make_key(name)
    for name in (
        "UK", "U.K.", "England", "Scotland", "Wales", "Northern Ireland", "Great Britain", "Britain", "Deutschland",
        "Allemagne", "Germany", "France", "Canada", "Australia", "Mexico", "México", "Brasil", "Brazil", "España",
        "Spain", "Italia", "Italy", "India", "Japan", "China", "PRC", "Russia", "South Korea", "Korea", "North Korea",
        "Holland", "The Netherlands", "Netherlands", "Nederland", "Schweiz", "Suisse", "Switzerland", "Österreich",
        "Austria", "Ireland", "Eire", "New Zealand", "NZ", "South Africa", "UAE", "Emirates", "Saudi Arabia",
        "Czech Republic", "Turkey", "Taiwan", "Vietnam", "Hong Kong", "Macedonia", "Ivory Coast", "Sverige", "Norge",
        "Danmark", "Suomi", "Polska", "Singapore", "Israel", "Argentina", "Colombia", "Peru", "Chile", "Belgium",
        "Poland", "Sweden", "Norway", "Denmark", "Finland", "Portugal", "Greece", "United Kingdom", "Bahamas",
    )
)  # fmt: skip

# Regions that turn up in the state field of portals kept in English; the rest comes from ISO 3166-2.
_REGION_WORDS = """
ON QC BC AB MB SK NS NB NL PE PEI NT YT NU Ont Que Alta Sask Man Nfld Québec Quebec Ontario Alberta Manitoba Yukon
NSW QLD VIC TAS ACT Queensland Victoria Tasmania Saskatchewan Nunavut Newfoundland CDMX DF NRW BW BY SP RJ MG
Bayern Bavaria Hessen Sachsen Saxony Hamburg Berlin Bremen Brandenburg Thuringia Saarland Tuscany Lombardy Catalonia
Andalusia Bretagne Normandie Provence Surrey Kent Essex Sussex Yorkshire Lancashire Cheshire Devon Cornwall Norfolk
Hampshire Middlesex Berkshire Oxfordshire Somerset Dorset Leinster Munster Connacht Ulster Maharashtra Karnataka
Gujarat Punjab Kerala Delhi Haryana Rajasthan Telangana Jalisco Sonora Oaxaca Yucatan Chihuahua Tokyo Osaka Hokkaido
Guangdong Zhejiang Jiangsu Sichuan Gauteng Flanders Wallonia Zurich Zürich Geneva Utrecht Gelderland Limburg
"""
_REGION_PHRASES = """
British Columbia, Nova Scotia, New Brunswick, Prince Edward Island, Northwest Territories, New South Wales,
South Australia, Western Australia, Northern Territory, Australian Capital Territory, Greater London, West Midlands,
North Rhine-Westphalia, Nordrhein-Westfalen, Baden-Württemberg, Lower Saxony, Niedersachsen, Nuevo León,
Baja California, Ciudad de México, Mexico City, São Paulo, Rio de Janeiro, Minas Gerais, Île-de-France, Tamil Nadu,
Uttar Pradesh, West Bengal, Andhra Pradesh, Western Cape, Noord-Holland, Zuid-Holland, County Dublin, Co. Dublin,
Newfoundland and Labrador, Greater Manchester, Quintana Roo
"""
_CITY_WORDS = """
London Toronto Montreal Montréal Calgary Edmonton Ottawa Winnipeg Sydney Perth Brisbane Adelaide Canberra Auckland
Paris Lyon Marseille Munich München Frankfurt Cologne Köln Stuttgart Madrid Barcelona Lisbon Rome Milan Milano
Dublin Edinburgh Glasgow Berlin Palermo Turin Porto Seville Leeds Liverpool Bristol Amsterdam Rotterdam Brussels
Zürich Vienna Wien Prague Warsaw Stockholm Oslo Copenhagen Helsinki Tokyo Osaka Seoul Beijing Shanghai Singapore
Mumbai Bangalore Bengaluru Delhi Chennai Hyderabad Dubai Tbilisi Monterrey Guadalajara Bogotá Bogota Lima Santiago
Nairobi Lagos Johannesburg Batumi Geelong Fremantle
"""

_REGION_KEYS = frozenset(
    make_key(name) for name in (*_REGION_WORDS.split(), *_REGION_PHRASES.replace("\n", " ").split(","))
)
_CITY_KEYS = frozenset(make_key(name) for name in _CITY_WORDS.split()) | {
    "mexicocity",
    "hongkong",
    "saopaulo",
    "buenosaires",
}


def classify_country(country: str) -> str | None:
    """Tell what a country field says: HOME, a territory's code, ABROAD, UNCLEAR, or None when it is blank."""
    key = make_key(country)
    if not key or key in ("na", "none", "null", "unknown", "tbd", "other"):
        return None
    if key in _HOME_NAMES:
        return HOME
    if key in _TERRITORY_COUNTRIES:
        return _TERRITORY_COUNTRIES[key]
    if key in _COUNTRY_ALIASES or key in _load_iso_countries():
        return ABROAD
    return UNCLEAR


def is_country(text: str) -> bool:
    """Whether a text is the name of a country other than the United States; codes of two letters do not count."""
    key = make_key(text)
    return len(key) > 2 and key not in _HOME_NAMES and (key in _COUNTRY_ALIASES or key in _load_iso_countries())


def is_home_name(text: str) -> bool:
    """Whether a text is a name of the United States."""
    return make_key(text) in _HOME_NAMES


def is_foreign_region(text: str) -> bool:
    """Whether a text names a region of another country, and none of the United States."""
    key = make_key(text)
    if key in _REGION_KEYS:
        return True
    return len(key) > 4 and key not in CODE_BY_NAME and key in _load_iso_regions()


def is_well_known(text: str) -> bool:
    """Whether a region or city abroad is one that people here would think of first."""
    return make_key(text) in _REGION_KEYS or make_key(text) in _CITY_KEYS


def is_foreign_city(text: str) -> bool:
    """Whether a text is a city that is better known abroad than at home."""
    return make_key(text) in _CITY_KEYS


@lru_cache(maxsize=1)
def _load_iso_countries() -> frozenset[str]:
    # Loading takes long enough to be felt at start, and most portals never need it.
    from pycountry import countries

    keys: set[str] = set()
    for country in countries:
        names = (country.name, getattr(country, "common_name", ""), getattr(country, "official_name", ""))
        keys.update(make_key(name) for name in (*names, country.alpha_2, country.alpha_3) if name)
    return frozenset(keys - _HOME_NAMES - set(_TERRITORY_COUNTRIES))


@lru_cache(maxsize=1)
def _load_iso_regions() -> frozenset[str]:
    from pycountry import subdivisions

    return frozenset(make_key(region.name) for region in subdivisions if region.country_code != "US")
