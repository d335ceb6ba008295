"""Places that contacts live in: US states with cities and ZIP codes that fit, and places abroad."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class State:
    """A US state, territory or military region by USPS code; `weight` follows its population."""

    code: str
    name: str
    weight: int
    area_code: str
    cities: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class ForeignPlace:
    """What someone outside the US writes into the state field, and where that is."""

    region: str
    country: str
    country_code: str
    city: str
    postal_code: str


def _cities(line: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read `Austin 78701 78704; El Paso 79901` into names with their ZIP codes."""
    found = []
    for part in line.split("; "):
        words = part.split()
        codes = tuple(word for word in words if word.isdigit())
        found.append((" ".join(words[: -len(codes)]), codes))
    return tuple(found)


def _states(table: str) -> tuple[State, ...]:
    rows = (line.split("|") for line in table.strip().splitlines())
    return tuple(State(code, name, int(weight), area, _cities(line)) for code, name, weight, area, line in rows)


STATES = _states(
    """
AL|Alabama|51|205|Birmingham 35203 35205; Montgomery 36104; Huntsville 35801; Mobile 36602
AK|Alaska|8|907|Anchorage 99501 99503; Fairbanks 99701; Juneau 99801
AZ|Arizona|74|602|Phoenix 85004 85016; Tucson 85701; Scottsdale 85251; Mesa 85201
AR|Arkansas|31|501|Little Rock 72201; Fayetteville 72701
CA|California|390|415|Los Angeles 90012 90017; San Francisco 94103 94105; San Diego 92101; San Jose 95113; Oakland 94612
CO|Colorado|59|303|Denver 80202 80205; Boulder 80302; Colorado Springs 80903
CT|Connecticut|36|203|Hartford 06103; Stamford 06901; New Haven 06510
DE|Delaware|10|302|Wilmington 19801; Dover 19901
FL|Florida|226|305|Miami 33131 33130; Orlando 32801; Tampa 33602; Jacksonville 32202
GA|Georgia|110|404|Atlanta 30303 30309; Savannah 31401; Macon 31201
HI|Hawaii|14|808|Honolulu 96813; Hilo 96720
ID|Idaho|19|208|Boise 83702; Idaho Falls 83402
IL|Illinois|125|312|Chicago 60601 60606 60614; Naperville 60540; Peoria 61602
IN|Indiana|69|317|Indianapolis 46204; Fort Wayne 46802; Evansville 47708
IA|Iowa|32|515|Des Moines 50309; Cedar Rapids 52401
KS|Kansas|29|316|Wichita 67202; Topeka 66603; Overland Park 66210
KY|Kentucky|45|502|Louisville 40202; Lexington 40507
LA|Louisiana|46|504|New Orleans 70112; Baton Rouge 70801
ME|Maine|14|207|Portland 04101; Bangor 04401
MD|Maryland|62|410|Baltimore 21201; Bethesda 20814; Annapolis 21401
MA|Massachusetts|70|617|Boston 02108 02116; Cambridge 02139; Worcester 01608
MI|Michigan|100|313|Detroit 48226; Grand Rapids 49503; Ann Arbor 48104
MN|Minnesota|57|612|Minneapolis 55401; Saint Paul 55101; Duluth 55802
MS|Mississippi|29|601|Jackson 39201; Gulfport 39501; Biloxi 39530
MO|Missouri|62|314|St. Louis 63101; Kansas City 64105; Springfield 65806
MT|Montana|11|406|Billings 59101; Missoula 59801
NE|Nebraska|20|402|Omaha 68102; Lincoln 68508
NV|Nevada|32|702|Las Vegas 89101 89109; Reno 89501
NH|New Hampshire|14|603|Manchester 03101; Nashua 03060
NJ|New Jersey|93|201|Newark 07102; Jersey City 07302; Princeton 08540
NM|New Mexico|21|505|Albuquerque 87102; Santa Fe 87501
NY|New York|195|212|New York 10001 10016 10118; Brooklyn 11201; Buffalo 14202; Albany 12207
NC|North Carolina|108|919|Raleigh 27601; Charlotte 28202; Durham 27701; Greensboro 27401
ND|North Dakota|8|701|Fargo 58102; Bismarck 58501
OH|Ohio|118|614|Columbus 43215; Cleveland 44114; Cincinnati 45202
OK|Oklahoma|40|405|Oklahoma City 73102; Tulsa 74103
OR|Oregon|42|503|Portland 97204 97209; Eugene 97401; Salem 97301
PA|Pennsylvania|130|215|Philadelphia 19103 19107; Pittsburgh 15222; Harrisburg 17101
RI|Rhode Island|11|401|Providence 02903; Warwick 02886
SC|South Carolina|54|803|Charleston 29401; Columbia 29201; Greenville 29601
SD|South Dakota|9|605|Sioux Falls 57104; Rapid City 57701
TN|Tennessee|71|615|Nashville 37203 37219; Memphis 38103; Knoxville 37902
TX|Texas|305|512|Austin 78701 78704; Houston 77002 77056; Dallas 75201 75204; San Antonio 78205; El Paso 79901
UT|Utah|34|801|Salt Lake City 84101 84111; Provo 84601
VT|Vermont|6|802|Burlington 05401; Montpelier 05602
VA|Virginia|87|804|Richmond 23219; Arlington 22201; Norfolk 23510
WA|Washington|78|206|Seattle 98101 98109; Spokane 99201; Tacoma 98402; Bellevue 98004
WV|West Virginia|18|304|Charleston 25301; Morgantown 26501
WI|Wisconsin|59|414|Milwaukee 53202; Madison 53703; Green Bay 54301
WY|Wyoming|6|307|Cheyenne 82001; Casper 82601
DC|District of Columbia|14|202|Washington 20001 20005 20036
PR|Puerto Rico|12|787|San Juan 00901 00907; Ponce 00717
GU|Guam|3|671|Hagåtña 96910; Tamuning 96913
VI|U.S. Virgin Islands|3|340|Charlotte Amalie 00802; Christiansted 00820
AS|American Samoa|2|684|Pago Pago 96799
MP|Northern Mariana Islands|2|670|Saipan 96950
AA|Armed Forces Americas|2||APO 34002
AE|Armed Forces Europe|3||APO 09012 09366; FPO 09501
AP|Armed Forces Pacific|2||APO 96205; FPO 96349
"""
)
STATE_BY_CODE = {state.code: state for state in STATES}

# Regions whose letters are a US state's too come first: WA, CA, IN, DE, … mislead whoever ignores the country.
ABROAD = tuple(
    ForeignPlace(*line.split("|"))
    for line in """
WA|Australia|AU|Perth|6000
CA|Canada|CA|Toronto|M5H 2N2
Georgia|Georgia|GE|Tbilisi|0105
IN|India|IN|Mumbai|400001
DE|Germany|DE|Berlin|10115
AP|India|IN|Visakhapatnam|530001
TN|India|IN|Chennai|600002
MI|Italy|IT|Milano|20121
PA|Italy|IT|Palermo|90133
SC|Brazil|BR|Florianópolis|88010-000
MT|Brazil|BR|Cuiabá|78005-000
CO|Colombia|CO|Bogotá|110111
AE|United Arab Emirates|AE|Dubai|
AR|Argentina|AR|Córdoba|X5000
VI|British Virgin Islands|VG|Road Town|VG1110
ON|Canada|CA|Toronto|M5V 2T6
Ontario|Canada|CA|Hamilton|L8P 1A1
QC|Canada|CA|Montréal|H3B 1A7
BC|Canada|CA|Vancouver|V6B 1A1
NSW|Australia|AU|Sydney|2000
VIC|Australia|AU|Melbourne|3000
Western Australia|Australia|AU|Fremantle|6160
England|United Kingdom|GB|Leeds|LS1 4DY
Greater London|United Kingdom|GB|London|EC1A 1BB
Bayern|Germany|DE|München|80331
Île-de-France|France|FR|Paris|75001
Cataluña|Spain|ES|Barcelona|08002
CDMX|Mexico|MX|Ciudad de México|06000
Baja California|Mexico|MX|Tijuana|22000
SP|Brazil|BR|São Paulo|01310-100
Karnataka|India|IN|Bengaluru|560001
東京都|Japan|JP|Tokyo|100-0001
Canada|Canada|CA|Winnipeg|R3C 0V8
Deutschland|Germany|DE|Hamburg|20095
UK|United Kingdom|GB|Bristol|BS1 4DJ
""".strip().splitlines()
)
