"""What texts are about, by weighted words: the tables behind triage, priorities, moods and yes-or-no."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

_WORD = re.compile(r"[^\W_][\w%'\u2019-]*|[$€£]")
_ENDINGS = ("ingly", "edly", "ing", "ies", "ied", "ed", "es", "s", "ly")


@dataclass(frozen=True)
class Topic:
    """One idea: the stems an option for it is called by, and those that texts about it use."""

    names: frozenset[str]
    strong: frozenset[str]
    weak: frozenset[str]


def stem_words(phrase: str) -> str:
    """Cut each word of a phrase to its stem, which is enough to find "invoices" by "invoice"."""
    return " ".join(stem(word) for word in _WORD.findall(phrase.lower()))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Return the word without its commonest endings."""
    if len(word) < 4:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + ("y" if ending in ("ies", "ied") else "")
            break
    return word[:-1] if word.endswith("e") and len(word) > 3 else word


@lru_cache(maxsize=4096)
def count_terms(text: str) -> Counter[str]:
    """How often each stem and each pair and triple of neighboring stems occurs."""
    stems = [stem(word.strip("'\u2019-")) for word in _WORD.findall(text.lower())]
    found = Counter(stems)
    found.update(f"{a} {b}" for a, b in pairwise(stems))
    found.update(f"{a} {b} {c}" for a, b, c in zip(stems, stems[1:], stems[2:], strict=False))
    return found


def weigh_topic(topic: Topic, terms: Counter[str]) -> float:
    """How much a text speaks of a topic; a word said twice counts one and a half times."""
    total = 0.0
    for words, weight in ((topic.strong, 2.0), (topic.weak, 1.0)):
        for word in words & terms.keys():
            total += weight * (1.5 if terms[word] > 1 else 1.0)
    return total


def find_topics(name: str) -> tuple[Topic, ...]:
    """Find the topics that an option or a question of this name is about.

    >>> find_topics("Billing & invoices") == (TOPICS["billing"],)
    True
    """
    terms = count_terms(name.replace("_", " "))
    return tuple(topic for topic in TOPICS.values() if topic.names & terms.keys())


def _read_topics(table: str) -> dict[str, Topic]:
    topics: dict[str, Topic] = {}
    for block in table.strip().split("\n\n"):
        names, strong, weak = re.split(r"\n  [>.] ", block)
        key, _, names = names.partition(" = ")
        topics[key] = Topic(*(frozenset(map(stem_words, part.split(","))) for part in (names, strong, weak)))
    return topics


_TOPIC_WORDS = """
sales = sales, sale, pricing, quote, demo, purchase, buying, prospect, new business, opportunity, lead, inquiry
  > pricing, price list, quote, demo, purchase, buy, buying, proposal, trial, evaluate, licenses, seats, rfp,
    upgrade, interested in, how much, talk to sales, product tour, shortlist, vendor comparison, buying team,
    sales team, sales rep, enterprise plan, volume discount, free trial, considering, rollout, quotation,
    cotización, angebot, lizenzen, devis, preise, presupuesto, do you offer, show us, price for, sign for,
    contract ends, ready to sign, want to switch, get a quote, set up a demo, better way
  . price, plan, cost, budget, interested, features, compare, options, team of, users, offer, call, learn more,
    sign up, looking for, switch from, replace, decision, vendors, sites, warehouses, decide, onboarding,
    discount, lösung, usuarios, almacenes

support = support, technical, technical support, help desk, issue, bug, problem, troubleshooting, product issue,
    incident
  > error, bug, broken, crash, not working, doesn't work, can't log, cannot log, log in, login, password, reset,
    outage, fails, failed, failing, stuck, exception, timeout, sync, integration error, stopped working,
    troubleshoot, locked out, error message, blank page, won't load, unable to, can't access, api returns,
    does nothing, never got, wrong count, cannot ship, has expired, invitation, wrong size, fehler,
    funktioniert nicht, no podemos, no funciona, falsch, upload a file, password reset, reset link, look at it
  . issue, problem, help, fix, slow, update, install, setup, configure, missing, wrong, again, screen, export,
    import, load, ticket, how do i, question about, since yesterday, since the last update, can somebody,
    shows the, stopped, printers, upload, button, seit, desde ayer, how do i export

billing = billing, invoice, payment, finance, accounts, accounting, refund
  > invoice, billing, billed, refund, charged, charged twice, credit card, payment, receipt, vat, tax,
    purchase order, overcharged, past due, overdue, renewal fee, payment method, double charge, bank transfer,
    billing address, credit note, factura, rechnung, facture, cobraron, receipts, monthly charge,
    corrected invoice, accountant, pay by, net 45, net 30, card expired, new price
  . charge, subscription, renewal, account, amount, paid, pay, price, due, card, po, statement, finance,
    address, bank, overdue, importe, betrag

partnership = partnership, partner, alliance, reseller, affiliate, collaboration, channel
  > partner, partnership, reseller, resell, affiliate, co-marketing, integration partner, referral, collaborate,
    collaboration, alliance, white label, joint webinar, channel, agency partner, referral program, sponsor,
    co-host, consultancy, bring you, become a partner, propose an integration, community of,
    implementation partner, socio, socios
  . together, joint, integrate, mutual, clients, agency, webinar, customers of ours, opportunity, ecosystem,
    customers a year, our platform, our region

spam = spam, junk, unsolicited, solicitation, irrelevant, advertising
  > seo, backlinks, rank, first page, crypto, bitcoin, casino, guest post, viagra, loan, lottery, click here,
    unsubscribe, earn money, make money, followers, promotional, traffic to your website, web design services,
    limited offer, winner, investment opportunity, cheap, 100% free, link building, increase your traffic,
    leads list, e-mail list, forex, google ranking, million dollars, inheritance, prize, act now,
    verified followers, buy followers, final notice, will expire today, confidential transfer,
    your bank details, bank details, double your money, no risk, gift card, congratulations,
    you have been selected, selected for, reply yes, redesign, web design, asdf, qwer, hot investment,
    guaranteed
  . guaranteed, website, offer, free, traffic, rates, marketing services, dear sir, kindly, best price, money,
    boost, domain, investment, confidential, verified, in days, selected

careers = careers, career, job, jobs, hr, recruiting, recruitment, hiring, applicant
  > job, resume, cv, vacancy, internship, apply for, application for, position, hiring, career, recruiter,
    job opening, cover letter, interview, applying for, resume is attached, are you hiring, degree, bewerbung,
    lebenslauf, currículum, years of experience, praktikum
  . role, experience, candidate, graduate, join your team, work for you, open, finish my, worked as

press = press, media, pr, journalist
  > journalist, article, press, interview request, media, newspaper, editor, reporter, press kit, story, podcast
  . publish, quote from, comment, deadline

legal = legal, compliance, privacy, security, gdpr
  > gdpr, contract, dpa, privacy, delete my data, legal, lawyer, attorney, compliance, terms, subpoena, nda,
    security questionnaire, data processing, soc 2
  . agreement, clause, security, policy, audit, data

cancellation = cancellation, cancel, churn, churn risk, termination, offboarding, retention
  > cancel, cancellation, terminate, close my account, end our contract, not renew, won't renew, leaving,
    switching to, downgrade, disappointed
  . stop, end, contract, competitor, unhappy, expensive

feedback = feedback, feature request, suggestion, product feedback, idea, complaint, praise
  > suggestion, feature request, feedback, would be great, would be nice, wish, please add, roadmap,
    it would help, idea
  . improve, add, better, feature, love, option to

training = training, onboarding, customer success, implementation, education
  > training, onboarding, webinar, certification, best practices, kickoff, implementation, workshop, tutorial,
    getting started
  . learn, new users, team, session, guide, course, setup

anything else = anything else
  > wrong number, opening hours, annual report, thesis, unsubscribe, by mistake, delete my data, delete all,
    personal data, journalist, article, press, survey, interview
  . looking for the store, comment, student, university, colleague who left

urgent = urgent, critical, high, highest, immediate, p1, p0, emergency, hot, high priority, very high, top,
    sev1, asap
  > urgent, urgently, asap, immediately, critical, emergency, outage, down, production, today, right now,
    losing, escalate, escalation, deadline, blocked, cannot work, whole team, all users, lawsuit,
    security breach, data loss, end of day, legal action, as soon as possible, board
  . now, soon, quickly, important, tomorrow, waiting, still, third time, this week, angry, stuck, stopped,
    can't, broken, error

normal = medium, normal, moderate, standard, p2, p3, warm, average, regular, mid
  > next week, next month, this quarter, follow up, issue, question, quote, demo, invoice, problem
  . help, need, please, would like, could you, looking, change, update

low = low, lowest, minor, p4, p5, cold, trivial, none, low priority, very low, nice to have
  > no rush, no hurry, whenever, just curious, someday, next year, newsletter, thank you, thanks, minor, typo,
    cosmetic, nice to have, low priority, not urgent, when you have time, unsubscribe
  . maybe, eventually, idea, wondering, general, information, fyi, curious

positive = positive, happy, satisfied, promoter, good, delighted, pleased, praise, excellent, great
  > great, love, happy, excellent, thank you, thanks, amazing, perfect, satisfied, pleased, recommend,
    fantastic, wonderful, impressed, delighted, well done, helpful, smooth
  . good, nice, appreciate, easy, quick, glad, works well, better

negative = negative, unhappy, dissatisfied, detractor, bad, angry, frustrated, upset, poor, terrible
  > terrible, awful, disappointed, unacceptable, angry, frustrated, frustrating, worst, hate, refund, complaint,
    useless, broken, furious, unhappy, waste, ridiculous, fed up, poor service, cancel, lost trust
  . slow, bad, problem, issue, again, never, late, wrong, fails, error, waiting, expensive

neutral = neutral, mixed, passive, indifferent
  > question, information, how do i, wondering
  . please, could you

executive = executive, c-level, c level, c-suite, founder, owner, decision maker, leadership
  > ceo, cfo, cto, coo, cmo, cio, chief, founder, co-founder, president, owner, partner, managing director,
    chairman
  . vp, vice president, head

director = director, vp, vice president, head
  > director, vp, vice president, head of, svp, evp
  . senior, lead

manager = manager, management, team lead, supervisor
  > manager, team lead, supervisor, lead, coordinator
  . senior

individual = individual contributor, individual, specialist, staff, entry, junior, employee, practitioner
  > analyst, engineer, developer, specialist, associate, assistant, intern, representative, consultant,
    designer, junior
  . admin, technician, clerk

marketing = marketing
  > marketing, campaign, brand, content, newsletter, seo manager, demand generation, growth
  . ads, social, event

engineering = engineering, it, technology, developer, software
  > engineer, developer, software, it, devops, architect, api, sdk
  . tech, code
"""

TOPICS: dict[str, Topic] = _read_topics(_TOPIC_WORDS)
