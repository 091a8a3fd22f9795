"""How files that marketers edit are read: each problem in words, all of them in one sentence."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from features.errors import InputError
from serving.decision.nearest import nearest

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]
"""A list of the file; like every part of it, it cannot be changed."""
Money = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A part of such a file: unknown keys, infinite numbers and texts for numbers are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True
    )


S = TypeVar("S", bound=Section)
Sections = Mapping[str, type[Section]]
"""The sections of a file by their first key."""


def read_toml(path: Path) -> dict[str, Any]:
    """What a TOML file says. Raises `InputError` when there is none, or when it is none."""
    try:
        return tomllib.loads(readable(path))
    except tomllib.TOMLDecodeError as fault:
        raise InputError(f"{path} is no valid TOML: {fault}") from fault
    except RecursionError as fault:
        raise InputError(f"{path} is nested too deep: no key of it has more than two levels") from fault


def readable(path: Path) -> str:
    """The text of a file. Raises `InputError` when it cannot be read, or is not in UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror}; give the path of the file") from fault
    except UnicodeDecodeError as fault:
        raise InputError(f"{path} is not in UTF-8: save it so") from fault


def checked(
    model: type[S], content: Mapping[str, Any], path: Path, sections: Sections, *, texts: bool = False
) -> S:
    """The content of a file as what it has to be; with `texts` numbers and dates are given as texts.

    Raises `InputError` with every problem.
    """
    try:
        return model.model_validate(content, strict=False if texts else None)
    except ValidationError as fault:
        found = [_in_words(detail, content, {"": model, **sections}) for detail in fault.errors()]
        raise _refusal(path, found) from fault


def refuse(path: Path | str, problems: Sequence[str]) -> None:
    """Raise `InputError` with every problem of a file, if there is one."""
    if problems:
        raise _refusal(path, problems)


def _refusal(path: Path | str, problems: Sequence[str]) -> InputError:
    return InputError(f"{path} cannot be used: {'; '.join(problems)}")


def _in_words(detail: ErrorDetails, content: Mapping[str, Any], sections: Sections) -> str:
    *place, key = detail["loc"] or ("",)
    if detail["type"] == "extra_forbidden":
        keys = [field.alias or name for name, field in _section(place, sections).model_fields.items()]
        return f"{_spoken(place, content)}{key} is an unknown key{nearest(str(key), keys)}"
    if detail["type"] == "missing":
        return f"{_spoken(place, content)}{key} is missing"
    if detail["type"] == "value_error":
        return _spoken(detail["loc"], content) + str(detail["ctx"]["error"])
    if detail["type"] == "literal_error":
        known = get_args(_section(place, sections).model_fields[str(key)].annotation)
        return f'{_spoken(place, content)}{key} is never "{detail["input"]}"{nearest(str(detail["input"]), known)}'
    return f"{_spoken(place, content)}{_counted(key)}: {detail['msg']}, not {detail['input']!r:.80}"


def _section(place: Sequence[int | str], sections: Sections) -> type[Section]:
    return sections[str(place[0]) if place else ""]


def _spoken(place: Sequence[int | str], content: Mapping[str, Any]) -> str:
    """Where in the file: `offer "pasta" `, `[channels.web] `, `cap 2 `."""
    match place:
        case []:
            return ""
        case [str(first), int(number), *rest]:
            name = content[first][number].get("id") if isinstance(content[first][number], dict) else None
            which = f'"{name}"' if isinstance(name, str) else str(number + 1)
            return " ".join([first, which, *map(_counted, rest)]) + " "
        case _:
            return f"[{'.'.join(map(str, place))}] "


def _counted(key: int | str) -> str:
    return str(key + 1) if isinstance(key, int) else key
