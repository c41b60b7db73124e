"""Which files become which papers: by the manifest, else by folders, else each file by itself. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.gateway.batches.manifest import Row
from services.gateway.core.form import Form, parse_form
from services.gateway.core.problems import Code, Problem


@dataclass(frozen=True)
class Source:
    """An uploaded file: `name` as compared with the manifest; `refusal` when it can't be taken."""

    name: str
    refusal: Problem | None = None


@dataclass(frozen=True)
class Paper:
    """What is to become one exam: indices of its files in page order and its form, or why it can't."""

    name: str
    files: tuple[int, ...]
    form: Form | None = None
    refusal: Problem | None = None


@dataclass(frozen=True)
class Rules:
    """`folders`: files in one folder are pages of one paper, as in an archive. `most_files`: of one paper."""

    folders: bool
    most_files: int


def plan(sources: Sequence[Source], rows: Sequence[Row] | None, common: Mapping[str, str], rules: Rules) -> list[Paper]:
    """All papers, in the manifest's order, else in natural order of names. Every source is in one, or in a refusal.

    `common`: the form's fields, which a row may replace. What is wrong with one paper refuses that one alone.
    """
    if rows is None:
        groups = _by_folder(sources) if rules.folders else [(s.name, (i,)) for i, s in enumerate(sources)]
        return [_paper(name, files, sources, common, rules) for name, files in groups]
    papers, used = [], set[int]()
    finder = _Finder(sources)
    for number, row in enumerate(rows):
        papers.append(_of_row(row, number, finder, used, sources, common, rules))
    for index in sorted(set(range(len(sources))) - used, key=lambda i: natural(sources[i].name)):
        refusal = Problem(Code.MANIFEST_MISMATCH, "The manifest does not name this file: add a row, or leave it out.")
        papers.append(Paper(sources[index].name, (index,), refusal=sources[index].refusal or refusal))
    return papers


def natural(name: str) -> list[tuple[bool, int, str]]:
    """Sorts as people do: page 2 before page 10."""
    parts = re.split(r"([0-9]{1,18})", name.casefold())
    return [
        (part.isascii() and part.isdigit(), int(part) if part.isascii() and part.isdigit() else 0, part)
        for part in parts
    ]


def _by_folder(sources: Sequence[Source]) -> list[tuple[str, tuple[int, ...]]]:
    """Files of one folder together. The folder that everything is in is only a wrapper."""
    wrapper = _common_folder([source.name for source in sources])
    groups: dict[str, list[int]] = defaultdict(list)
    for index in sorted(range(len(sources)), key=lambda i: natural(sources[i].name)):
        inner = sources[index].name.removeprefix(wrapper)
        groups[inner.rpartition("/")[0] or inner].append(index)
    return [(name, tuple(files)) for name, files in sorted(groups.items(), key=lambda item: natural(item[0]))]


def _common_folder(names: Sequence[str]) -> str:
    folders = [name.split("/")[:-1] for name in names]
    common: list[str] = []
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        common.append(parts[0])
    return "".join(f"{part}/" for part in common)


class _Finder:
    """Finds what a manifest names: a path, a folder, or a file name that is unique."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._paths = _unique([source.name for source in sources])
        self._bare = _unique([source.name.rpartition("/")[2] for source in sources])
        self._folders: dict[str, list[int]] = defaultdict(list)
        for index in sorted(range(len(sources)), key=lambda i: natural(sources[i].name)):
            folder = sources[index].name.rpartition("/")[0]
            while folder:
                self._folders[folder].append(index)
                folder = folder.rpartition("/")[0]
        wrapper = _common_folder([source.name for source in sources])
        for folder in [name for name in self._folders if name.startswith(wrapper) and name != wrapper[:-1]]:
            self._folders.setdefault(folder.removeprefix(wrapper), self._folders[folder])

    def files(self, name: str) -> list[int]:
        """Indices in page order; none when there is no such file or folder."""
        for known in (self._paths, self._bare):
            if name in known:
                return [known[name]]
        return self._folders.get(name, [])


def _unique(names: Sequence[str]) -> dict[str, int]:
    """Indices by name, of names that occur once: of two files called the same, a guess would grade the wrong pupil."""
    counts = Counter(names)
    return {name: index for index, name in enumerate(names) if counts[name] == 1}


def _of_row(  # noqa: PLR0917 - all that one row depends on
    row: Row,
    number: int,
    finder: _Finder,
    used: set[int],
    sources: Sequence[Source],
    common: Mapping[str, str],
    rules: Rules,
) -> Paper:
    name = row.files[0] if row.files else f"paper {number + 1}"
    found = [finder.files(file) for file in row.files]
    files = [index for indices in found for index in indices]
    missing = [file for file, indices in zip(row.files, found, strict=True) if not indices]
    twice = len(set(files)) < len(files) or not used.isdisjoint(files)
    used.update(files)
    if missing:
        detail = f"{missing[0][:200]} was not uploaded, or more than one file is called so. Case and spaces count."
        return Paper(name, tuple(files), refusal=Problem(Code.MANIFEST_MISMATCH, detail))
    if twice:
        detail = "The manifest names one of its files twice: a file is a page of one paper."
        return Paper(name, tuple(files), refusal=Problem(Code.MANIFEST_MISMATCH, detail))
    return _paper(name, tuple(files), sources, {**common, **row.fields}, rules)


def _paper(
    name: str, files: tuple[int, ...], sources: Sequence[Source], fields: Mapping[str, str], rules: Rules
) -> Paper:
    refused = [sources[index] for index in files if sources[index].refusal is not None]
    if refused:
        problem = refused[0].refusal
        assert problem is not None
        if len(files) > 1:
            problem = Problem(problem.code, f"{refused[0].name[:200]}: {problem.detail}", **problem.extra)
        return Paper(name, files, refusal=problem)
    if len(files) > rules.most_files:
        detail = f"A paper may have {rules.most_files} files; this one has {len(files)}. Join its pages in a PDF."
        return Paper(name, files, refusal=Problem(Code.TOO_MANY_PARTS, detail, limit=rules.most_files))
    try:
        return Paper(name, files, form=parse_form(fields))
    except Problem as problem:
        return Paper(name, files, refusal=problem)
