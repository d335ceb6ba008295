"""The postal regions of the United States: codes, names, and how people have shortened them since 1831."""

from __future__ import annotations

# Code: the full name first, then what else people write. Dots, spaces and case do not matter in any of them.
REGIONS: dict[str, tuple[str, ...]] = {
    "AL": ("Alabama", "Ala", "Alab"),
    "AK": ("Alaska", "Alas"),
    "AZ": ("Arizona", "Ariz"),
    "AR": ("Arkansas", "Ark", "Arks"),
    "CA": ("California", "Calif", "Cal", "Cali", "Kalifornien", "SoCal", "NorCal"),
    "CO": ("Colorado", "Colo", "Col", "Colora"),
    "CT": ("Connecticut", "Conn", "Ct"),
    "DE": ("Delaware", "Del", "Dela"),
    "DC": ("District of Columbia", "Washington DC", "Wash DC", "Washington D C", "D of C", "Dist of Columbia"),
    "FL": ("Florida", "Fla", "Flor"),
    "GA": ("Georgia", "Geo"),
    "HI": ("Hawaii", "Hawai'i", "Haw"),
    "ID": ("Idaho", "Ida"),
    "IL": ("Illinois", "Ill", "Ills", "Illi"),
    "IN": ("Indiana", "Ind", "Indi"),
    "IA": ("Iowa", "Ioa"),
    "KS": ("Kansas", "Kans", "Kan", "Ks"),
    "KY": ("Kentucky", "Ken", "Kent"),
    "LA": ("Louisiana", "Louis a"),
    "ME": ("Maine", "Me"),
    "MD": ("Maryland", "Maryl"),
    "MA": ("Massachusetts", "Mass", "Massa"),
    "MI": ("Michigan", "Mich"),
    "MN": ("Minnesota", "Minn"),
    "MS": ("Mississippi", "Miss"),
    "MO": ("Missouri", "Mizzou", "Misso"),
    "MT": ("Montana", "Mont"),
    "NE": ("Nebraska", "Nebr", "Neb"),
    "NV": ("Nevada", "Nev"),
    "NH": ("New Hampshire", "N Hamp", "N H", "New Hamp", "N Hampshire"),
    "NJ": ("New Jersey", "N J", "N Jersey", "Jersey", "Nueva Jersey"),
    "NM": ("New Mexico", "N Mex", "N M", "N Mexico", "Nuevo Mexico"),
    "NY": ("New York", "N York", "N Y", "New York State", "NY State", "Nueva York"),
    "NC": ("North Carolina", "N Carolina", "N Car", "No Carolina", "N C", "No Car", "Carolina del Norte"),
    "ND": ("North Dakota", "N Dakota", "N Dak", "No Dakota", "N D", "No Dak", "North Dak"),
    "OH": ("Ohio", "O"),
    "OK": ("Oklahoma", "Okla", "Okl"),
    "OR": ("Oregon", "Ore", "Oreg"),
    "PA": ("Pennsylvania", "Penna", "Penn", "Penns", "Pensilvania"),
    "RI": ("Rhode Island", "R I", "Rhode Isl", "R Island", "RI & PP"),
    "SC": ("South Carolina", "S Carolina", "S Car", "So Carolina", "S C", "So Car", "Carolina del Sur"),
    "SD": ("South Dakota", "S Dakota", "S Dak", "So Dakota", "S D", "So Dak", "South Dak"),
    "TN": ("Tennessee", "Tenn", "Tn"),
    "TX": ("Texas", "Tex"),
    "UT": ("Utah", "Ut"),
    "VT": ("Vermont", "Verm"),
    "VA": ("Virginia", "Virg", "Va"),
    "WA": ("Washington", "Wash", "Washington State", "Wn", "WA State"),
    "WV": ("West Virginia", "W Virginia", "W Va", "W Virg", "West Va", "Wva", "W V"),
    "WI": ("Wisconsin", "Wis", "Wisc"),
    "WY": ("Wyoming", "Wyo"),
    "PR": ("Puerto Rico", "P Rico", "P R", "Porto Rico", "Pto Rico"),
    "GU": ("Guam",),
    "VI": ("Virgin Islands", "US Virgin Islands", "U S Virgin Islands", "USVI", "V I", "Virgin Is"),
    "AS": ("American Samoa", "Amer Samoa", "Am Samoa"),
    "MP": ("Northern Mariana Islands", "N Mariana Islands", "CNMI", "Northern Marianas", "Saipan", "N Marianas"),
    "AA": ("Armed Forces Americas", "Armed Forces the Americas", "APO AA", "FPO AA"),
    "AE": ("Armed Forces Europe", "Armed Forces Africa", "Armed Forces Middle East", "APO AE", "FPO AE"),
    "AP": ("Armed Forces Pacific", "APO AP", "FPO AP"),
}

# What a hurried reader confuses a code with, likeliest first.
LOOKALIKES: dict[str, tuple[str, ...]] = {
    "AL": ("AK", "AR"), "AK": ("AL", "AR"), "AZ": ("AR", "AK"), "AR": ("AZ", "AK", "KS"), "CA": ("CO", "GA"),
    "CO": ("CA", "CT"), "CT": ("CO", "MA"), "DE": ("DC", "MD"), "DC": ("WA", "MD", "VA"), "FL": ("GA", "AL"),
    "GA": ("CA", "AL", "FL"), "HI": ("ID", "AK"), "ID": ("IN", "IA", "IL"), "IL": ("IN", "IA", "ID"),
    "IN": ("IA", "ID", "IL"), "IA": ("IN", "ID", "IL"), "KS": ("KY", "AR", "MO"), "KY": ("KS", "TN"),
    "LA": ("CA", "AL", "MS"), "ME": ("MA", "MD", "NE"), "MD": ("MA", "ME", "MO"), "MA": ("ME", "MD", "MI"),
    "MI": ("MN", "MS", "MO"), "MN": ("MI", "MT", "MS"), "MS": ("MO", "MI", "MN"), "MO": ("MS", "MT", "MI"),
    "MT": ("MO", "MN", "ND"), "NE": ("NV", "ND", "NH"), "NV": ("NE", "NM"), "NH": ("NJ", "VT"), "NJ": ("NY", "NH"),
    "NM": ("NV", "AZ"), "NY": ("NJ", "CT"), "NC": ("SC", "ND"), "ND": ("SD", "NC"), "OH": ("OK", "OR"),
    "OK": ("OH", "OR"), "OR": ("OK", "OH", "WA"), "PA": ("VA", "WV"), "RI": ("NH", "CT"), "SC": ("NC", "SD"),
    "SD": ("ND", "SC"), "TN": ("TX", "KY"), "TX": ("TN", "OK"), "UT": ("VT", "NV"), "VT": ("VA", "UT", "NH"),
    "VA": ("WV", "VT", "WA"), "WA": ("VA", "WI", "DC"), "WV": ("VA", "WY"), "WI": ("WY", "WA"), "WY": ("WI", "WV"),
    "PR": ("PA", "RI"), "GU": ("GA",), "VI": ("VA", "WV"), "AS": ("AK", "AR"), "MP": ("MS", "MI"),
    "AA": ("AE", "AP"), "AE": ("AP", "AA"), "AP": ("AE", "AA"),
}  # fmt: skip


def make_key(text: str) -> str:
    """Bring a name to the form in which names are compared: lower case, letters and digits only.

    >>> make_key("N. Carolina") == make_key("n carolina")
    True
    """
    return "".join(character for character in text.casefold() if character.isalnum())


NAME_OF = {code: names[0] for code, names in REGIONS.items()}
CODE_BY_NAME = {make_key(names[0]): code for code, names in REGIONS.items()}
CODE_BY_SHORT = {
    key: code for code, names in REGIONS.items() for key in map(make_key, names[1:]) if key.upper() not in REGIONS
}
TERRITORIES = frozenset({"PR", "GU", "VI", "AS", "MP"})
