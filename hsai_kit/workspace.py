"""The analyst's folder: settings, assistants and the store."""

from __future__ import annotations

import getpass
import os
import tomllib
from collections.abc import Callable, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import ErrorDetails

from hsai_kit.errors import WorkspaceError
from hsai_kit.runtime.private_files import find_owner

SETTINGS_FILE = "hsai.toml"

Place: TypeAlias = tuple[int | str, ...]


class _SettingsSection(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Usd = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class OwnPrice(_SettingsSection):
    """A section `[openai.prices."…"]`: what a model costs, in USD per million tokens, whatever the price list says.

    Cached input costs as much as other input where it is not given; `decisions` is the input of the Decisions API.
    """

    input: _Usd
    output: _Usd
    cached_input: _Usd | None = None
    decisions: _Usd | None = None


class OpenAISettings(_SettingsSection):
    """The section `[openai]`."""

    default_model: str = "gpt-6-luna"
    allowed_models: tuple[str, ...] = ()
    concurrency: Annotated[int, Field(ge=1, le=512)] = 64
    ask_above_usd: Annotated[float, Field(ge=0)] = 5.0
    prices: Mapping[str, OwnPrice] = {}


class HubSpotSettings(_SettingsSection):
    """The section `[hubspot]`."""

    api_version: Literal["2026-09", "2026-03", "v3"] = "2026-09"
    protected_properties: tuple[str, ...] = ("email", "hs_object_id")

    @field_validator("protected_properties")
    @classmethod
    def _as_hubspot_names_them(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        # HubSpot's internal names are lower case: "Email" would protect nothing.
        return tuple(name.strip().lower() for name in names)


class PushSettings(_SettingsSection):
    """The section `[push]`."""

    max_records: Annotated[int, Field(ge=0)] = 10_000
    portal_id_above: Annotated[int, Field(ge=0)] = 1_000
    run_id_property: Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)] = ""


class ReviewSettings(_SettingsSection):
    """The section `[review]`."""

    low_confidence: Annotated[float, Field(ge=0, le=1)] = 0.8
    reviewer: str = ""


class BudgetSettings(_SettingsSection):
    """The section `[budget]`."""

    usd_per_month: _Usd | None = None


class FileSettings(_SettingsSection):
    """The section `[files]`."""

    allowed_folders: tuple[Path, ...] = ()

    @field_validator("allowed_folders")
    @classmethod
    def _be_whole(cls, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        whole = tuple(folder.expanduser() for folder in folders)
        if not all(folder.is_absolute() for folder in whole):
            message = "each is written from the root, such as /data/exports"
            raise ValueError(message)
        return whole


class StoreSettings(_SettingsSection):
    """The section `[store]`: after so many days record text, prompts and answers are erased; 0 keeps them."""

    keep_days: Annotated[int, Field(ge=0)] = 0


class Settings(_SettingsSection):
    """What `hsai.toml` says; every setting has a default."""

    openai: OpenAISettings = OpenAISettings()
    hubspot: HubSpotSettings = HubSpotSettings()
    review: ReviewSettings = ReviewSettings()
    push: PushSettings = PushSettings()
    budget: BudgetSettings = BudgetSettings()
    files: FileSettings = FileSettings()
    store: StoreSettings = StoreSettings()


class Workspace:
    """A folder with `hsai.toml`, `assistants/` and `hsai.sqlite`.

    `Workspace(folder)` opens one and raises WorkspaceError where there is none.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder).expanduser().resolve()
        if not (self.folder / SETTINGS_FILE).is_file():
            message = f"There is no workspace in {self.folder}. Make one there with: hsai init"
            raise WorkspaceError(message)
        _refuse_foreign(self.folder)
        self.settings = _read_settings(self.folder / SETTINGS_FILE)

    def __repr__(self) -> str:
        return f"Workspace({str(self.folder)!r})"

    @property
    def assistants(self) -> Path:
        """The folder with one TOML file for each assistant."""
        return self.folder / "assistants"

    @property
    def recipes(self) -> Path:
        """The folder with one TOML file for each recipe."""
        return self.folder / "recipes"

    @property
    def store(self) -> Path:
        """The SQLite file."""
        return self.folder / "hsai.sqlite"

    @property
    def reviewer(self) -> str:
        """Who decides here: the setting, or the name that the user is logged in with."""
        return self.settings.review.reviewer or _login_name()

    def find_file(self, name: str) -> Path:
        """Return a file that an assistant or a recipe names, meant from this folder; it need not be there.

        Raises WorkspaceError where it lies outside, in no folder that the settings allow: such files come from others,
        and may name anything that this user can read.
        """
        path = Path(os.path.normpath(self.folder / Path(name).expanduser()))
        folders = (self.folder, *self.settings.files.allowed_folders)
        # By its name first: looking where a link leads would already call the server of a network path.
        if any(map(path.is_relative_to, folders)):
            target = path.resolve()
            if any(target.is_relative_to(folder.resolve()) for folder in folders):
                return target
        message = (
            f"{name} lies outside of the workspace {self.folder}, and an assistant or a recipe may not read it there. "
            f"Copy it into the workspace, or allow its folder in hsai.toml: [files] allowed_folders = "
            f'["{path.parent.as_posix()}"]'
        )
        raise WorkspaceError(message)

    @classmethod
    def make(cls, folder: str | Path) -> Workspace:
        """Make a workspace, or complete one; files that are there already are left as they are."""
        target = Path(folder).expanduser()
        starter = resources.files("hsai_kit") / "starter"
        try:
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
            _copy_if_new(starter / SETTINGS_FILE, target / SETTINGS_FILE)
            # Not under its own name in the package: there it would keep files out of the package's own repository.
            _copy_if_new(starter / "gitignore", target / ".gitignore")
            for name in ("assistants", "recipes"):
                for source in (starter / name).iterdir():
                    _copy_if_new(source, target / name / source.name)
        except OSError as problem:
            message = f"A workspace cannot be made in {target.resolve()}: {problem.strerror}. Choose another folder."
            raise WorkspaceError(message) from None
        return cls(target)

    @classmethod
    def at(cls, folder: str | Path) -> Workspace | None:
        """Return the workspace in exactly this folder, or None where there is none yet."""
        return cls(folder) if (Path(folder).expanduser() / SETTINGS_FILE).is_file() else None

    @classmethod
    def find(cls, start: str | Path = ".") -> Workspace | None:
        """Return the workspace that `start` lies in, looking upward, or None.

        Raises WorkspaceError where the search left the home folder: others may have put there what it found.
        """
        here, home = Path(start).expanduser().resolve(), Path("~").expanduser().resolve()
        for folder in (here, *here.parents):
            if (folder / SETTINGS_FILE).is_file():
                if here.is_relative_to(home) and not folder.is_relative_to(home):
                    message = (
                        f"The workspace found for {here} is {folder}, above your own folder {home}, where others may "
                        f"have put it. Work in a workspace of your own: hsai init {home / 'hsai-workspace'}"
                    )
                    raise WorkspaceError(message)
                return cls(folder)
        return None


def _copy_if_new(source: Traversable, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        target.write_text(source.read_text("utf-8"), "utf-8")


def _refuse_foreign(folder: Path) -> None:
    """Refuse a workspace of another user, whose settings would decide where keys and records are sent."""
    for path in (folder, folder / SETTINGS_FILE):
        if owner := find_owner(path):
            message = (
                f"{path} belongs to {owner}, so its settings are not yours to trust. Make a workspace of your own "
                "(hsai init), and copy what you need into it; or have the folder and all in it made yours."
            )
            raise WorkspaceError(message)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises WorkspaceError that names the file and the line."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as problem:
        message = f"{path} cannot be read: {problem.strerror}."
    except UnicodeDecodeError:
        message = f"{path} is not saved as UTF-8. Save it again with the encoding UTF-8."
    except tomllib.TOMLDecodeError as problem:
        message = f"{path} is not valid TOML: {problem}. Mend that place and try again."
    raise WorkspaceError(message)


def explain_validation(problem: ValidationError, place: Callable[[Place], Place] = lambda place: place) -> str:
    """Say what pydantic found, one clause for each setting: `openai.concurrency: should be …`.

    `place` turns the place in the model into the place in the file, where the two differ.
    """
    errors = problem.errors()
    inner = [error for error in errors if not any(_is_inside(other["loc"], error["loc"]) for other in errors)]
    return "; ".join(f"{'.'.join(map(str, place(error['loc']))) or 'file'}: {_explain_error(error)}" for error in inner)


def _is_inside(place: Place, outer: Place) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer


def _explain_error(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "value_error":
        return str(context["error"])
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        known = context.get("expected_tags") or "'text', 'number', 'yes_no', 'choice' or 'fields'"
        return f"kind should be one of {known}"
    plain = {
        "extra_forbidden": "there is no such setting",
        "unexpected_keyword_argument": "there is no such setting",
        "missing": "is missing",
        "missing_argument": "is missing",
        "too_short": f"needs at least {context.get('min_length')}",
        "string_pattern_mismatch": "is written with a-z, 0-9, - and _ only, such as state-codes",
        "model_type": "should be a section with settings of its own",
        "tuple_type": 'should be a list, such as ["a", "b"]',
    }
    return plain.get(kind, error["msg"].replace("Input should", "should"))


def _read_settings(path: Path) -> Settings:
    try:
        return Settings.model_validate(read_toml(path))
    except ValidationError as problem:
        message = f"{path} has settings that cannot be used: {explain_validation(problem)}. Mend them and try again."
    raise WorkspaceError(message)


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no login name at all, as in some containers
        return "unknown"
