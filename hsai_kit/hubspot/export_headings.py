"""Which property a column of a file is, as HubSpot's own exports head it: by internal name, or by label.

An export has the labels in the language of whoever made it; those that the API tells are in one language only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hsai_kit.hubspot.properties import Property

# [?] As HubSpot's pages in these languages call the properties that analysts mostly export; a portal's own labels win.
# English, German, French, Spanish, Japanese.
_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "firstname": ("first name", "vorname", "prénom", "nombre", "名"),
    "lastname": ("last name", "nachname", "nom de famille", "nom", "apellidos", "apellido", "姓"),
    "email": ("email", "e-mail", "e-mail-adresse", "adresse e-mail", "correo", "correo electrónico", "eメール"),
    "phone": (*("phone number", "telefonnummer", "numéro de téléphone", "número de teléfono", "電話番号"),),
    "jobtitle": ("job title", "jobbezeichnung", "berufsbezeichnung", "intitulé du poste", "cargo", "役職"),
    "company": ("company name", "unternehmensname", "nom de l'entreprise", "nombre de la empresa", "会社名"),
    "name": (
        *("company name", "unternehmensname", "nom de l'entreprise", "nombre de la empresa", "会社名", "name"),
        *("company", "nom", "nombre"),
    ),
    "city": ("city", "stadt", "ort", "ville", "ciudad", "市区町村"),
    "state": (
        *("state/region", "state", "state/province", "bundesland/region", "bundesland", "bundesstaat/region"),
        *("état/région", "état/province", "estado/región", "estado o región", "都道府県/地域"),
    ),
    "country": (
        *("country/region", "country", "land/region", "land", "pays/région", "pays", "país/región", "país", "国/地域"),
    ),
    "zip": ("postal code", "zip code", "postleitzahl", "plz", "code postal", "código postal", "郵便番号"),
    "address": ("street address", "adresse", "straße", "adresse postale", "dirección", "住所", "番地"),
    "website": ("website url", "website-url", "url du site web", "url del sitio web", "ウェブサイトのurl"),
    "industry": ("industry", "branche", "secteur d'activité", "secteur", "sector", "業種"),
    "lifecyclestage": (
        *("lifecycle stage", "lifecycle-phase", "phase du cycle de vie", "etapa del ciclo de vida"),
        *("ライフサイクルステージ",),
    ),
    "hs_lead_status": ("lead status", "lead-status", "statut du lead", "estado del lead", "リードステータス"),
    "hubspot_owner_id": (
        *(
            "contact owner",
            "company owner",
            "zuständiger mitarbeiter für kontakt",
            "für kontakt zuständiger mitarbeiter",
        ),
        *("propriétaire du contact", "propietario del contacto", "コンタクト担当者"),
    ),
    "createdate": (
        "create date",
        "created date",
        "erstellungsdatum",
        "date de création",
        "fecha de creación",
        "作成日",
    ),
    "description": ("description", "beschreibung", "descripción", "説明"),
}


def match_headings(headings: Iterable[str], known: Mapping[str, Property]) -> tuple[dict[str, str], list[str]]:
    """Return the property of each heading that means one, and sentences about columns that nobody can tell apart.

    A heading is a property's internal name, its label in this portal, or what exports in German, French, Spanish and
    Japanese call it, in this order. The first of several columns of one property is taken.
    """
    labels: dict[str, list[str]] = {}
    for definition in known.values():
        labels.setdefault(_normalize(definition.label), []).append(definition.name)
    others = {text: name for name, texts in _HEADINGS.items() if name in known for text in texts}
    found: dict[str, str] = {}
    remarks: list[str] = []
    for heading in headings:
        text = _normalize(heading)
        same = labels.get(text, [])
        name = heading if heading in known else same[0] if len(same) == 1 else others.get(text)
        if len(same) > 1 and heading not in known:
            name = others.get(text)
            if name is None:
                remarks.append(f"The column {heading!r} could be {' or '.join(same)}: head it with one of these.")
        if name in found.values():
            first = next(one for one, other in found.items() if other == name)
            remarks.append(f"The columns {first!r} and {heading!r} are both {name}: the first of them is read.")
        elif name:
            found[heading] = name
    return found, remarks


def _normalize(heading: str) -> str:
    return " ".join(heading.replace("\u2019", "'").split()).casefold()
