"""Cities and ZIP codes of the United States, as evidence of a region."""

from __future__ import annotations

from functools import lru_cache

from hsai_kit.sandbox.assistant.region_names import make_key

_CITIES: dict[str, str] = {
    "AL": "Birmingham Montgomery Huntsville Mobile Tuscaloosa Hoover Dothan Auburn Decatur",
    "AK": "Anchorage Fairbanks Juneau Sitka Wasilla",
    "AZ": "Phoenix Tucson Mesa Chandler Scottsdale Gilbert Tempe Glendale Surprise Yuma Flagstaff Peoria",
    "AR": "Little_Rock Fort_Smith Fayetteville Springdale Jonesboro Bentonville Conway",
    "CA": "Los_Angeles San_Diego San_Jose San_Francisco Fresno Sacramento Long_Beach Oakland Bakersfield Anaheim "
    "Santa_Ana Riverside Stockton Irvine Chula_Vista Fremont San_Bernardino Modesto Fontana Oxnard Santa_Clara "
    "Huntington_Beach Santa_Rosa Palo_Alto Berkeley Pasadena Glendale Santa_Monica Burbank Sunnyvale Visalia",
    "CO": "Denver Colorado_Springs Aurora Fort_Collins Lakewood Boulder Pueblo Greeley Thornton Arvada",
    "CT": "Bridgeport New_Haven Hartford Stamford Waterbury Norwalk Danbury New_Britain",
    "DE": "Wilmington Dover Newark Rehoboth_Beach",
    "DC": "Washington_DC",
    "FL": "Miami Orlando Tampa Jacksonville St_Petersburg Saint_Petersburg Hialeah Tallahassee Fort_Lauderdale "
    "Cape_Coral Gainesville Sarasota Naples Pensacola West_Palm_Beach Clearwater Boca_Raton Hollywood Melbourne",
    "GA": "Atlanta Savannah Augusta Macon Athens Columbus Marietta Roswell Alpharetta Albany",
    "HI": "Honolulu Hilo Kailua Kapolei Kahului",
    "ID": "Boise Meridian Nampa Idaho_Falls Pocatello Coeur_d'Alene Twin_Falls",
    "IL": "Chicago Aurora Naperville Joliet Rockford Springfield Peoria Elgin Champaign Evanston Schaumburg",
    "IN": "Indianapolis Fort_Wayne Evansville South_Bend Carmel Bloomington Hammond Gary Lafayette Muncie",
    "IA": "Des_Moines Cedar_Rapids Davenport Sioux_City Iowa_City Waterloo Ames Dubuque",
    "KS": "Wichita Overland_Park Kansas_City Topeka Olathe Lawrence Salina",
    "KY": "Louisville Lexington Bowling_Green Owensboro Covington Frankfort Paducah",
    "LA": "New_Orleans Baton_Rouge Shreveport Lafayette Lake_Charles Metairie Monroe",
    "ME": "Portland Bangor Lewiston Augusta South_Portland Biddeford",
    "MD": "Baltimore Annapolis Rockville Frederick Gaithersburg Bethesda Silver_Spring Hagerstown Columbia",
    "MA": "Boston Worcester Springfield Cambridge Lowell Brockton Quincy Lynn Newton Somerville Salem",
    "MI": "Detroit Grand_Rapids Ann_Arbor Lansing Flint Dearborn Warren Sterling_Heights Kalamazoo",
    "MN": "Minneapolis Saint_Paul St_Paul Rochester Duluth Bloomington Plymouth Mankato",
    "MS": "Jackson Gulfport Biloxi Hattiesburg Southaven Tupelo Meridian",
    "MO": "Kansas_City St_Louis Saint_Louis Springfield Columbia Independence Jefferson_City Joplin",
    "MT": "Billings Missoula Bozeman Great_Falls Butte Helena Kalispell",
    "NE": "Omaha Lincoln Bellevue Grand_Island Kearney",
    "NV": "Las_Vegas Henderson Reno North_Las_Vegas Sparks Carson_City Elko",
    "NH": "Manchester Nashua Concord Dover Portsmouth Keene",
    "NJ": "Newark Jersey_City Paterson Elizabeth Trenton Princeton Hoboken Camden Atlantic_City Edison",
    "NM": "Albuquerque Las_Cruces Santa_Fe Rio_Rancho Roswell Taos",
    "NY": "New_York_City NYC Brooklyn Queens Bronx Manhattan Staten_Island Buffalo Rochester Yonkers Syracuse Albany "
    "Ithaca Utica White_Plains Schenectady",
    "NC": "Charlotte Raleigh Greensboro Durham Winston-Salem Cary Asheville Wilmington Fayetteville Chapel_Hill",
    "ND": "Fargo Bismarck Grand_Forks Minot",
    "OH": "Cleveland Cincinnati Columbus Toledo Akron Dayton Youngstown Canton Dublin",
    "OK": "Oklahoma_City Tulsa Norman Broken_Arrow Edmond Lawton Stillwater",
    "OR": "Portland Eugene Salem Gresham Hillsboro Beaverton Bend Medford Corvallis",
    "PA": "Philadelphia Philly Pittsburgh Allentown Erie Reading Scranton Bethlehem Lancaster Harrisburg",
    "RI": "Providence Warwick Cranston Pawtucket Newport",
    "SC": "Charleston Greenville Columbia Myrtle_Beach Spartanburg Rock_Hill Hilton_Head",
    "SD": "Sioux_Falls Rapid_City Aberdeen Pierre Brookings",
    "TN": "Nashville Memphis Knoxville Chattanooga Clarksville Murfreesboro Franklin",
    "TX": "Houston Dallas Austin San_Antonio Fort_Worth El_Paso Arlington Plano Corpus_Christi Lubbock Laredo Irving "
    "Garland Amarillo Frisco McKinney Waco Galveston Brownsville Midland Odessa Pasadena",
    "UT": "Salt_Lake_City Provo Ogden West_Valley_City Orem Sandy St_George Lehi",
    "VT": "Burlington Montpelier Rutland Stowe Brattleboro",
    "VA": "Virginia_Beach Norfolk Richmond Chesapeake Alexandria Roanoke Newport_News Arlington Hampton Reston "
    "Charlottesville",
    "WA": "Seattle Spokane Tacoma Bellevue Everett Olympia Redmond Kirkland Yakima Vancouver Bellingham",
    "WV": "Charleston Huntington Morgantown Parkersburg Wheeling",
    "WI": "Milwaukee Madison Green_Bay Kenosha Racine Appleton Eau_Claire La_Crosse Oshkosh",
    "WY": "Cheyenne Casper Laramie Gillette Jackson_Hole",
    "PR": "San_Juan Bayamon Ponce Carolina Mayaguez Caguas",
    "GU": "Hagatna Dededo Tamuning",
    "VI": "Charlotte_Amalie Christiansted Frederiksted St_Thomas",
    "AS": "Pago_Pago Tafuna",
    "MP": "Saipan Garapan Tinian",
}

# Cities that several regions have: how often each is meant. Others of the kind are shared evenly.
_SHARED = {
    "portland": {"OR": 0.85, "ME": 0.15}, "columbus": {"OH": 0.9, "GA": 0.1},
    "columbia": {"SC": 0.5, "MO": 0.3, "MD": 0.2},
    "springfield": {"MO": 0.4, "MA": 0.35, "IL": 0.25}, "kansascity": {"MO": 0.75, "KS": 0.25},
    "arlington": {"TX": 0.6, "VA": 0.4}, "aurora": {"CO": 0.65, "IL": 0.35}, "rochester": {"NY": 0.65, "MN": 0.35},
    "newark": {"NJ": 0.9, "DE": 0.1}, "charleston": {"SC": 0.75, "WV": 0.25}, "wilmington": {"NC": 0.55, "DE": 0.45},
    "bloomington": {"IN": 0.5, "MN": 0.5}, "augusta": {"GA": 0.8, "ME": 0.2}, "salem": {"OR": 0.75, "MA": 0.25},
    "pasadena": {"CA": 0.6, "TX": 0.4}, "glendale": {"AZ": 0.55, "CA": 0.45}, "bellevue": {"WA": 0.75, "NE": 0.25},
    "carolina": {},
}  # fmt: skip

_ZIP_TABLE = """
005NY 006PR 008VI 009PR 010MA 028RI 030NH 039ME 050VT 055MA 056VT 060CT 070NJ 090AE 100NY 150PA 197DE 200DC 201VA
202DC 206MD 213-- 214MD 220VA 247WV 269-- 270NC 290SC 300GA 320FL 340AA 341FL 350AL 370TN 386MS 398GA 400KY 430OH
460IN 480MI 500IA 529-- 530WI 550MN 569DC 570SD 580ND 590MT 600IL 630MO 660KS 680NE 700LA 715-- 716AR 730OK 732--
733TX 734OK 750TX 800CO 817-- 820WY 832ID 839-- 840UT 848-- 850AZ 866-- 870NM 885TX 889NV 899-- 900CA 962AP 967HI
969GU 970OR 980WA 995AK
"""
_ZIPS = _ZIP_TABLE.split()
_ZIP_STARTS = [(int(entry[:3]), entry[3:]) for entry in _ZIPS]
_ZIP_EXCEPTIONS = {"96799": "AS", "96950": "MP", "96951": "MP", "96952": "MP", "06390": "NY"}


def find_zip_region(zip_code: str) -> str | None:
    """Tell the region of a ZIP code, ZIP+4 included; four digits count as one that lost its leading zero.

    >>> find_zip_region("93701-1234"), find_zip_region("2139"), find_zip_region("SW1A 1AA")
    ('CA', 'MA', None)
    """
    digits = zip_code.replace("-", "").replace(" ", "")
    if digits.endswith(".0"):  # a number that went through a spreadsheet
        digits = digits[:-2]
    if not digits.isdigit() or not digits.isascii() or len(digits) not in (4, 5, 8, 9):
        return None
    digits = digits.zfill(5 if len(digits) < 6 else 9)
    if digits[:5] in _ZIP_EXCEPTIONS:
        return _ZIP_EXCEPTIONS[digits[:5]]
    prefix = int(digits[:3])
    found = next((code for start, code in reversed(_ZIP_STARTS) if prefix >= start), None)
    return None if found == "--" else found


@lru_cache(maxsize=1)
def build_city_table() -> dict[str, dict[str, float]]:
    """City key -> region code -> how likely that one is meant."""
    table: dict[str, dict[str, float]] = {}
    for code, cities in _CITIES.items():
        for city in cities.split():
            table.setdefault(make_key(city), {})[code] = 1.0
    for key, regions in table.items():
        table[key] = _SHARED.get(key) or {code: 1 / len(regions) for code in regions}
    table.pop("carolina", None)  # a city in Puerto Rico, but nearly always half of a state's name
    return table
