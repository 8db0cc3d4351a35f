"""What people call documents and collections."""

import pytest

from qabot.datatypes import Problem
from qabot.errors import UsageError
from qabot.names import find_collection, find_source

IDS = ("guide.md", "law/civil/code.txt", "law/tax/code.txt", "law/tax/report.2021.txt", "report.txt", "seeds/odd.txt")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("guide.md", "guide.md"),
        ("guide", "guide.md"),
        ("seeds/guide.md", "guide.md"),
        ("./seeds/law/tax/code.txt", "law/tax/code.txt"),
        ("report.2021", "law/tax/report.2021.txt"),
        ("report.txt", "report.txt"),
        ("seeds/odd.txt", "seeds/odd.txt"),
        ("odd", "seeds/odd.txt"),
    ],
)
def test_a_document_is_found_by_id_file_name_or_stem(name: str, expected: str) -> None:
    """The id wins, with or without seeds/; then the file name; then the name without its suffix."""
    assert find_source(name, IDS) == expected


@pytest.mark.parametrize("name", ["code.txt", "code"])
def test_an_ambiguous_name_is_refused_with_the_choices(name: str) -> None:
    """A name that several documents have says which ones."""
    with pytest.raises(UsageError) as refused:
        find_source(name, IDS)
    assert (
        str(refused.value) == f"{name} fits several documents. Name one of them: law/civil/code.txt, law/tax/code.txt."
    )


def test_many_choices_are_not_all_named() -> None:
    """Of very many choices five are named and the rest counted."""
    with pytest.raises(UsageError, match=r"0/a.txt, 1/a.txt, 2/a.txt, 3/a.txt, 4/a.txt and 995 more\.$"):
        find_source("a", [f"{n}/a.txt" for n in range(1000)])


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    """A misspelt name is told the nearest ones; a strange one where the list is."""
    with pytest.raises(UsageError, match=r"^there is no document Giude\. The nearest: guide\.md; `qabot sources`"):
        find_source("Giude", IDS)
    with pytest.raises(UsageError, match=r"^there is no document zzzz\. `qabot sources` lists all\.$"):
        find_source("zzzz", IDS)


def test_a_file_that_could_not_be_read_says_why() -> None:
    """Naming a file that is not in the index gives its reason and remedy, not its neighbours."""
    problem = Problem("scan.pdf", "it holds no text", "Run text recognition on it.")
    with pytest.raises(
        UsageError, match=r"^scan.pdf is not in the index: it holds no text\. Run text recognition on it\.$"
    ):
        find_source("seeds/scan.pdf", IDS, [problem])


@pytest.mark.parametrize(("name", "folder"), [("law", "law"), ("law/tax/", "law/tax"), ("seeds/law/tax", "law/tax")])
def test_a_collection_is_a_folder_that_holds_documents(name: str, folder: str) -> None:
    """Folders are found by their path, also those that only hold folders."""
    assert find_collection(name, IDS) == folder


@pytest.mark.parametrize("name", [".", "./", "seeds", "seeds/", "./seeds/"])
def test_the_folder_of_all_documents_is_a_collection(name: str) -> None:
    """seeds/ itself means everything, unless a folder of that name lies in it."""
    assert find_collection(name, IDS[:-1]) == ""
    with pytest.raises(UsageError):
        find_collection("", IDS)
    assert find_collection("seeds", IDS) == "seeds"


def test_an_unknown_collection_is_refused_with_the_nearest() -> None:
    """A folder that does not exist, or the file in it, is no collection."""
    with pytest.raises(UsageError, match=r"^there is no collection lwa\. The nearest: law"):
        find_collection("lwa", IDS)
    with pytest.raises(UsageError, match=r"A collection is a folder under seeds/\.$"):
        find_collection("guide.md", ["guide.md"])
