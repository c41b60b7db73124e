"""Manifests and plans: whose paper is in which files."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.gateway.batches.manifest import Row, parse
from services.gateway.batches.plan import Paper, Rules, Source, natural, plan
from services.gateway.core.problems import Code, Problem

COMMON = {"subject": "math", "grade": "7"}


def planned(names: list[str], manifest: str | None = None, *, folders: bool = True) -> list[Paper]:
    rows = None if manifest is None else parse(manifest.encode(), 100)
    return plan([Source(name) for name in names], rows, COMMON, Rules(folders, most_files=3))


def shown(papers: list[Paper]) -> list[tuple[str, tuple[int, ...]]]:
    return [(paper.name, paper.files) for paper in papers]


def test_people_count_pages() -> None:
    assert sorted(["p10", "p2", "P1", "第10页", "第9页"], key=natural) == ["P1", "p2", "p10", "第9页", "第10页"]


def test_a_wrapper_folder_is_none_and_folders_below_it_are_papers() -> None:
    names = ["class/b/2.jpg", "class/b/1.jpg", "class/a.pdf", "class/x/y/1.jpg"]
    assert shown(planned(names)) == [("a.pdf", (2,)), ("b", (1, 0)), ("x/y", (3,))]


def test_without_folders_a_name_with_slashes_is_one_paper() -> None:
    assert shown(planned(["b/1.jpg", "b/2.jpg"], folders=False)) == [("b/1.jpg", (0,)), ("b/2.jpg", (1,))]


def test_a_manifest_finds_paths_bare_names_and_folders() -> None:
    names = ["z/b/2.jpg", "z/b/1.jpg", "z/a/scan.pdf"]
    manifest = '{"papers": [{"folder": "b"}, {"file": "scan.pdf"}]}'
    assert shown(planned(names, manifest)) == [("b", (1, 0)), ("scan.pdf", (2,))]


def test_of_two_files_with_one_name_neither_is_guessed() -> None:
    papers = planned(["IMG.jpg", "IMG.jpg"], "file,student_id\nIMG.jpg,s-1\n", folders=False)
    assert all(paper.refusal is not None and paper.refusal.code is Code.MANIFEST_MISMATCH for paper in papers)
    assert len(papers) == 3


def test_a_file_belongs_to_one_paper() -> None:
    papers = planned(["a.jpg", "b.jpg"], '{"papers": [{"files": ["a.jpg"]}, {"files": ["a.jpg", "b.jpg"]}]}')
    assert papers[0].refusal is None
    assert papers[1].refusal is not None
    assert "twice" in papers[1].refusal.detail


def test_what_is_wrong_with_one_row_refuses_that_paper_alone() -> None:
    papers = planned(["a.jpg", "b.jpg"], '{"papers": [{"file": "a.jpg", "grade": 99}, {"file": "b.jpg"}]}')
    assert papers[0].refusal is not None
    assert papers[0].refusal.code is Code.VALIDATION_FAILED
    assert papers[1].form is not None


def test_a_paper_has_only_so_many_files() -> None:
    papers = planned([f"a/{i}.jpg" for i in range(4)] + ["b.jpg"])
    assert papers[0].refusal is not None
    assert papers[0].refusal.code is Code.TOO_MANY_PARTS
    assert papers[1].refusal is None


def test_tables_are_comma_semicolon_or_tab_separated_and_pages_are_ordered() -> None:
    for mark in ",;\t":
        table = f"file{mark}paper{mark}page{mark}student_id\nb.jpg{mark}x{mark}2{mark}s-1\na.jpg{mark}x{mark}1{mark}\n"
        rows = parse(table.encode(), 10)
        assert [(row.files, row.fields) for row in rows] == [(("a.jpg", "b.jpg"), {"student_id": "s-1"})]


def test_fields_that_an_export_made_numbers_are_the_texts_they_were() -> None:
    (row,) = parse(b'{"papers": [{"file": "a", "student_id": 2025010117.0, "class_id": 702, "grade": 7.0}]}', 10)
    assert row.fields == {"student_id": "2025010117", "class_id": "702", "grade": "7"}


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("", "/manifest"),
        ("{", "/manifest"),
        ("[]", "/manifest"),
        ('{"papers": 1}', "/manifest"),
        ('{"papers": [1]}', "/manifest/papers/0"),
        ('{"papers": [{"file": "a", "files": ["b"]}]}', "/manifest/papers/0/files"),
        ('{"papers": [{"file": "a", "colour": 1}]}', "/manifest/papers/0/colour"),
        ("name,age\nx,1\n", "/manifest"),
        ("file,file\na,b\n", "/manifest"),
        ("file,page\na,one\n", "/manifest/rows/2/page"),
        ("file,student_id\n,s-1\n", "/manifest/rows/2/file"),
        ("file,paper,student_id\na,x,s-1\nb,x,s-2\n", "/manifest/rows/3/student_id"),
        ("[" * 100_000, "/manifest"),
        ('{"papers": [{"file": "a", "student_id": "\\ud800"}]}', "/manifest"),
        ('{"papers": [{"folder": "\\udc00"}]}', "/manifest"),
    ],
)
def test_a_wrong_manifest_names_the_place(text: str, pointer: str) -> None:
    with pytest.raises(Problem) as caught:
        parse(text.encode(), 10)
    assert caught.value.code is Code.VALIDATION_FAILED
    assert caught.value.extra["errors"][0]["pointer"] == pointer


def test_a_manifest_of_more_papers_than_a_batch_may_have_is_refused() -> None:
    with pytest.raises(Problem):
        parse(b"file\na\nb\nc\n", 2)


_NAMES = st.lists(
    st.lists(st.sampled_from(["a", "b", "1", "10", "2.jpg"]), min_size=1, max_size=3).map("/".join),
    min_size=1,
    max_size=8,
)


@given(names=_NAMES, rows=st.none() | _NAMES, folders=st.booleans())
@settings(max_examples=300, deadline=None)
def test_every_file_is_told_of_and_none_is_in_two_accepted_papers(
    names: list[str], rows: list[str] | None, folders: bool
) -> None:
    listed = None if rows is None else [Row((name,)) for name in rows]
    papers = plan([Source(name) for name in names], listed, COMMON, Rules(folders, most_files=100))
    assert {index for paper in papers for index in paper.files} == set(range(len(names)))
    accepted = [index for paper in papers if paper.refusal is None for index in paper.files]
    assert len(accepted) == len(set(accepted))
    assert all((paper.form is None) == (paper.refusal is not None) for paper in papers)
    assert all(paper.files or paper.refusal is not None for paper in papers)
