"""The grammar of names, computed from the tree: nouns for what is, verbs for what does, one class for each name.

A name that begins with a participle (`planned`) or a gerund (`judging`) tells neither a thing nor an act. English has
no list of them, so this knows their endings, the irregular ones, and the nouns and verbs that only look like them.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import hsai_kit

ROOT = Path(hsai_kit.__file__).parent

# Those that are a noun or the plain verb as well (cut, run, split, wound) are left out: a name may begin with them.
_IRREGULAR = """
been begun bent born bought broken brought built burnt caught chosen dealt done drawn driven eaten fallen fed felt
forbidden forgotten fought found frozen given gone got grown heard held hidden hung kept known laid lain led left lent
lit lost made meant met paid proven ridden risen rung said seen sent sewn shaken shown shrunk slain slept sold sought
spent spoken sprung spun stolen stood stricken struck stuck sung sunk sworn swept swum taken taught thought thrown told
torn understood undone unseen unsent unshown withdrawn withheld woken won worn woven written rewritten
"""
IRREGULAR_PARTICIPLES = frozenset(_IRREGULAR.split())

# They end like participles and are none.
_NOUNS_AND_VERBS = """
anything bed bleed breed bring ceiling embed everything exceed feed hundred king need nothing proceed red ring seed
shed sibling sing something speed spring sting string succeed thing weed wing
"""
NOUNS_AND_VERBS = frozenset(_NOUNS_AND_VERBS.split())

# Nouns of the field and set terms, by the word or the whole name: why each may stand.
EXCEPTIONS = {
    "labeling": "what people do who make labels",
    "paging": "the set word for page by page",
    "setting": "one of the values that somebody sets",
    "rating": "the level that somebody gives",
    "reading_ease": "Flesch's name for his score",
    "RollingWindow": "the set term for a limit over the last so many seconds",
    "done": "whether it is, as in concurrent.futures",
}


def split_words(name: str) -> list[str]:
    """Split a name at its underscores and capitals: `BatchStatus` is batch, status."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]


def is_participle(word: str) -> bool:
    """Whether a word is a participle or a gerund, as far as its form tells."""
    is_regular = len(word) > 3 and word.endswith(("ed", "ing"))
    return word in IRREGULAR_PARTICIPLES or (is_regular and word not in NOUNS_AND_VERBS)


def find_exception(name: str) -> str | None:
    words = split_words(name)
    return next((one for one in (name, *words[:1]) if one in EXCEPTIONS), None)


def breaks_the_grammar(name: str) -> bool:
    words = split_words(name)
    return bool(words) and is_participle(words[0]) and find_exception(name) is None


def find_sources(root: Path) -> Iterator[Path]:
    """Find every source but the widgets', which wait for their rebuild."""
    return (path for path in sorted(root.rglob("*.py")) if "widgets" not in path.relative_to(root).parts)


def read_public_names(path: Path) -> Iterator[str]:
    """Read a module's own name and those of its public classes, functions, methods and properties."""
    yield path.parent.name if path.stem == "__init__" else path.stem
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node.name
            members = node.body if isinstance(node, ast.ClassDef) else []
            yield from (
                one.name
                for one in members
                if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and not one.name.startswith("_")
            )


def find_offenders(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}: {name}"
        for path in find_sources(root)
        for name in read_public_names(path)
        if breaks_the_grammar(name)
    ]


def find_shared_classes(paths: list[Path]) -> dict[str, list[str]]:
    places = defaultdict(list)
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    return {name: found for name, found in places.items() if len(found) > 1}


@pytest.mark.parametrize(
    "name",
    [
        *("planned", "judging", "told", "Asked", "KeptAnswers", "unseen_rows", "chosen", "shown_value", "readied"),
        *("reading", "sending", "meant", "understood", "HeldRows", "given"),
    ],
)
def test_participles_and_gerunds_are_caught(name: str):
    assert breaks_the_grammar(name)


@pytest.mark.parametrize(
    "name",
    [
        *("plan", "judge", "tell", "BatchStatus", "needs_review", "seed", "SpeedLimit", "string_value", "feed", "run"),
        *("split_text", "LLMClient", "is_planned", "has_given_up", "labeling", "RatingCard", "reading_ease", "done"),
        *("sha256", "embed", "cut_text", "__init__"),
    ],
)
def test_nouns_verbs_and_terms_of_the_field_pass(name: str):
    assert not breaks_the_grammar(name)


def test_no_public_name_begins_with_a_participle_or_is_a_gerund():
    assert find_offenders(ROOT) == []


def test_each_exception_is_still_used():
    names = {name for path in find_sources(ROOT) for name in read_public_names(path)}
    assert EXCEPTIONS.keys() - {find_exception(name) for name in names} == set()


def test_an_offender_of_each_kind_is_found_in_a_tree(tmp_path: Path):
    (tmp_path / "widgets").mkdir()
    (tmp_path / "widgets" / "told.py").write_text("")
    (tmp_path / "judging").mkdir()
    (tmp_path / "judging" / "__init__.py").write_text("")
    (tmp_path / "plan.py").write_text(
        "class Asked:\n    @property\n    def shown(self): ...\n    async def sending(self): ...\n"
        "    def _kept(self): ...\ndef told(): ...\ndef _said(): ...\n"
    )
    assert find_offenders(tmp_path) == [
        *("judging/__init__.py: judging", "plan.py: Asked", "plan.py: shown", "plan.py: sending", "plan.py: told")
    ]


def test_no_two_classes_share_a_name():
    sources = list(find_sources(ROOT))
    inside = [path for path in sources if path.is_relative_to(ROOT / "sandbox")]
    assert find_shared_classes([path for path in sources if path not in inside]) == {}
    assert find_shared_classes(inside) == {}
