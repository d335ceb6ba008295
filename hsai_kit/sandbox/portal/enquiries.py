"""What people write under "How can we help?", each text made for one lead class.

The class is chosen first and the sentences after it. An ambiguous text has an aside from another class; what the
person mainly wants is still the class it was made for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

_SHARES = {"sales": 34, "support": 22, "billing": 12, "partnership": 8, "careers": 5, "spam": 13, "other": 6}

_OPENINGS = (
    "Hi,", "Hello,", "Hi there,", "Good morning,", "Hello team,", "", "", "", "To whom it may concern,", "hey",
)  # fmt: skip
_CLOSINGS = (
    "Thanks!", "Thank you,", "Best regards", "Looking forward to hearing from you.", "", "", "", "thx",
    "Please call me, I am easier to reach by phone.", "Kind regards,",
)  # fmt: skip

_CORES = {
    "sales": (
        "We run {n} warehouses and are looking for a better way to keep stock in step. Could you show us {product}?",
        "Can I get a quote for {seats} users of {product}?",
        "What does {product} cost for a team of {seats}? We would like to decide before {month}.",
        "Please set up a demo of {product} for our operations team of {seats} people.",
        "We are comparing three vendors for {product} and have a budget of about {amount} a year.",
        "Our current contract ends in {month} and we want to switch. Do you offer {product} with onboarding?",
        "Is there a volume discount above {seats} seats? We are ready to sign for {product}.",
        "I saw your stand at the trade fair and would like pricing for {product}, {n} sites.",
    ),
    "support": (
        "Since yesterday {product} shows the wrong count for {n} of our items and we cannot ship.",
        "I can't log in any more, the reset link says it has expired. Our account is under {company}.",
        "{product} has been throwing error {code} whenever we upload a file. Nothing changed on our side.",
        "How do I export all orders from {month}? The button in {product} does nothing.",
        "The sync stopped {n} days ago and {product} is stuck at 97 %. Can somebody look at it today?",
        "We added {seats} users last week and half of them never got the invitation e-mail.",
        "Labels print in the wrong size since the last update of {product}. We use {n} printers.",
    ),
    "billing": (
        "Invoice {invoice} over {amount} was charged twice in {month}, please refund one of them.",
        "We need a corrected invoice: {invoice} still shows our old address.",
        "Please send the receipts for {month}, our accountant is asking for invoice {invoice}.",
        "Our card expired and the payment of {amount} failed. Where can I enter the new one?",
        "Why did the monthly charge go up to {amount}? Nobody told us about a new price.",
        "Can we pay {invoice} by bank transfer, net 45 instead of by card?",
    ),
    "partnership": (
        "We are a consultancy with {n} customers in retail and would like to resell {product}.",
        "Do you have a referral program? We could bring you about {seats} customers a year.",
        "Our platform already connects to similar tools and we propose an integration with {product}.",
        "We would like to become an implementation partner for {product} in our region.",
        "Interested in a joint webinar in {month} for our community of {seats}00 merchants.",
    ),
    "careers": (
        "I am applying for the position of support engineer, my resume is attached. I have {n} years of experience.",
        "Are you hiring in {month}? I worked as a warehouse analyst for {n} years.",
        "Is the internship you posted still open? I finish my degree in {month}.",
    ),
    "spam": (
        "We can put your website on the FIRST PAGE of search results in {n} days guaranteed, only {amount}!!!",
        "Dear sir, I have a confidential transfer of {amount} and need your bank details to proceed.",
        "Buy verified followers, {seats}000 for {amount}. Reply YES now.",
        "CONGRATULATIONS you have been selected for a gift card worth {amount}, click http://prize.example/{code}",
        "Your domain {code} will expire today, pay {amount} to keep it. Final notice.",
        "Hot investment in crypto, double your money in {n} days, no risk",
        "I noticed some errors on your website. Our web design team offers a redesign for {amount} only.",
        "asdf qwer {code}",
    ),
    "other": (
        "Could you tell me where I find your annual report? I am writing a thesis about supply chains.",
        "Wrong number? I was looking for the store on Main Street, opening hours please.",
        "I would like to unsubscribe my colleague who left in {month}, please delete all personal data.",
        "Our journalists prepare an article about inventory software and would like a comment by {month} {n}.",
        "You left {n} pallets at our gate by mistake, who can pick them up?",
    ),
}
# Said along the way by people who want something else.
_ASIDES = {
    "sales": "By the way, what would {seats} more seats cost?",
    "support": "Also, the login was slow last week, but that can wait.",
    "billing": "I also have a question about invoice {invoice}, no hurry.",
    "partnership": "Maybe we could also talk about working together one day.",
}
_OTHER_LANGUAGES = {
    "sales": (
        "Buenos días, quisiera una cotización de {product} para {seats} usuarios. Tenemos {n} almacenes.",
        "Guten Tag, wir suchen eine Lösung für {n} Lager und bitten um ein Angebot über {seats} Lizenzen.",
    ),
    "support": (
        "Hola, desde ayer no podemos entrar al sistema, aparece el error {code}. Es urgente.",
        "Hallo, seit {n} Tagen stimmt der Bestand nicht mehr und die Etiketten werden falsch gedruckt.",
    ),
    "billing": (
        "Nos cobraron dos veces la factura {invoice} por {amount}. ¿Pueden devolver el importe?",
        "Die Rechnung {invoice} über {amount} enthält eine falsche Adresse, bitte korrigieren.",
    ),
}
PRODUCTS = ("inventory", "demand forecasting", "shipping labels", "the returns portal", "analytics")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


def pick_enquiry(rng: Random, company: str) -> tuple[str, str]:
    """Write one text and tell its lead class."""
    lead_class = rng.choices(tuple(_SHARES), tuple(_SHARES.values()))[0]
    slots = _fill_slots(rng, company)
    if lead_class in _OTHER_LANGUAGES and rng.random() < 0.06:
        return rng.choice(_OTHER_LANGUAGES[lead_class]).format_map(slots), lead_class
    core = rng.choice(_CORES[lead_class])
    if lead_class == "spam":
        return core.format_map(slots), lead_class
    aside = ""
    if rng.random() < 0.12:
        aside = rng.choice([text for other, text in _ASIDES.items() if other != lead_class])
    parts = (rng.choice(_OPENINGS), core, aside, rng.choice(_CLOSINGS))
    separator = rng.choice((" ", " ", "\n", "\n\n"))
    return separator.join(part for part in parts if part).format_map(slots), lead_class


def _fill_slots(rng: Random, company: str) -> dict[str, str]:
    return {
        "n": str(rng.randrange(2, 28)),
        "seats": str(rng.choice((5, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80, 120))),
        "product": rng.choice(PRODUCTS),
        "month": rng.choice(MONTHS),
        "amount": f"${rng.randrange(2, 900) * 50:,}",
        "invoice": f"INV-{rng.randrange(20000, 29999)}",
        "code": f"E{rng.randrange(100, 999)}",
        "company": company or "my name",
    }
