"""Whatever is sent gets a clear answer, and only what is whole and harmless is kept."""

import io
import os
import stat
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from onboarding.documents import contents, office, picture, store
from onboarding.documents.document import Document, Kind, Verdict
from onboarding.documents.names import LONGEST, cleaned
from onboarding.documents.take_in import DocumentRefused, GivenBefore, take_in
from tests.factories import NOON, client_user, files
from tests.factories.files import EXCEL, WORD, acting, archive, upload
from tests.proofs import refused, sql

pytestmark = pytest.mark.django_db

LATER = NOON.replace(hour=9)


@pytest.fixture
def by():
    return client_user()


@pytest.fixture
def folder(settings, tmp_path):
    settings.DOCUMENTS_DIR = tmp_path / "documents"
    return settings.DOCUMENTS_DIR


def stored(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]


def refusal(content: bytes, by, *, name="passport.pdf") -> str:
    """The words in which it is refused; nothing of it is kept."""
    with pytest.raises(DocumentRefused) as caught:
        take_in(upload(content, name), kind=Kind.IDENTITY, by=by, now=NOON)
    assert not Document.objects.exists()
    return str(caught.value)


# --- What is taken -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (files.pdf(), "application/pdf"),
        (files.picture(), "image/png"),
        (files.picture(kind="JPEG"), "image/jpeg"),
        (files.office(WORD), contents.DOCX),
        (files.office(EXCEL), contents.XLSX),
    ],
    ids=["pdf", "png", "jpeg", "docx", "xlsx"],
)
def test_a_file_is_what_its_content_says_whatever_its_name(by, folder, content, content_type):
    made = take_in(upload(content, "holiday.exe"), kind=Kind.IDENTITY, by=by, now=NOON)

    assert (made.content_type, made.size, made.uploaded_by) == (content_type, len(content), by)
    assert made.name == "holiday.exe"
    assert made.download_name.endswith((".pdf", ".png", ".jpg", ".docx", ".xlsx"))
    assert store.content(made.sha256) == content


def test_a_file_lies_under_its_hash_for_nobody_else_to_read(by, folder):
    made = files.document(by, now=NOON)

    [place] = stored(folder)
    assert place == folder / made.sha256[:2] / made.sha256
    assert stat.S_IMODE(os.stat(place).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(place.parent).st_mode) == 0o700


def test_in_development_nothing_is_scanned_and_that_is_said(by):
    assert files.document(by, now=NOON).verdict == Verdict.UNSCANNED


def test_a_file_that_came_through_the_disk_is_taken_like_one_of_memory(by):
    with TemporaryUploadedFile("big.pdf", "text/html", 0, None) as file:
        file.write(files.pdf())
        file.size = file.tell()
        file.seek(0)
        assert take_in(file, kind=Kind.OTHER, by=by, now=NOON).content_type == "application/pdf"


# --- What is not ---------------------------------------------------------------------------------


def test_an_empty_file(by, folder):
    assert refusal(b"", by) == "This file is empty."
    assert stored(folder) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"MZ" + bytes(200), "EXE"),
        (b"GIF89a" + bytes(100), "GIF"),
        (b"<html><script>alert(1)</script></html>", "do not know"),
        (b"just words", "do not know"),
        (archive({"a.txt": b"a"}), "archive of files"),
        (b"\x1f\x8b\x08" + bytes(60), "GZ"),
    ],
    ids=["program", "gif", "html", "text", "zip", "gzip"],
)
def test_a_file_of_another_kind_under_a_name_that_we_take(by, folder, content, words):
    said = refusal(content, by, name="passport.pdf")
    assert words in said
    assert "We take PDF, PNG, JPEG" in said
    assert stored(folder) == []


class Endless(io.RawIOBase):
    """200 MB that exist nowhere; counts what is taken of them."""

    name, size, taken = "accounts.pdf", None, 0

    def chunks(self, piece):
        for _ in range(200_000_000 // piece):
            self.taken += piece
            yield bytes(piece)


def test_200_mb_are_refused_and_not_read_to_their_end(by, folder):
    sent = Endless()
    with pytest.raises(DocumentRefused, match="larger than 20 MB"):
        take_in(sent, kind=Kind.IDENTITY, by=by, now=NOON)
    assert sent.taken <= settings.LARGEST_UPLOAD + store.A_PIECE

    said = Endless()
    said.size = 200_000_000
    with pytest.raises(DocumentRefused, match="larger than 20 MB"):
        take_in(said, kind=Kind.IDENTITY, by=by, now=NOON)
    assert said.taken == 0
    assert stored(folder) == []


def test_the_limit_is_the_last_size_that_is_taken(by, settings):
    content = files.pdf()
    settings.LARGEST_UPLOAD = len(content) - 1
    with pytest.raises(DocumentRefused, match="larger than"):
        take_in(upload(content), kind=Kind.IDENTITY, by=by, now=NOON)
    settings.LARGEST_UPLOAD = len(content)
    take_in(upload(content), kind=Kind.IDENTITY, by=by, now=NOON)


BOMBS = {
    "flat": files.office(parts={"word/media/a.xml": bytes(50_000_000)}),
    "many": files.office(parts={f"word/{n}.xml": b"<a/>" for n in range(office.MOST_PARTS)}),
    "nested": files.office(parts={"word/a.bin": archive({"b": bytes(9_000_000)})}),
    "entities": files.office(parts={"word/a.xml": b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'}),
}


@pytest.mark.parametrize("bomb", sorted(BOMBS))
def test_an_archive_that_would_burst(by, folder, bomb):
    said = refusal(BOMBS[bomb], by)
    assert "unpacks" in said or "inside" in said or "cannot be read safely" in said
    assert stored(folder) == []


def test_an_archive_that_lies_about_the_size_of_its_parts(by):
    content = files.office(parts={"word/a.xml": bytes(9_000_000)})
    lie = content.replace((9_000_000).to_bytes(4, "little"), (900).to_bytes(4, "little"))
    assert lie != content
    assert "cannot be read safely" in refusal(lie, by)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\a.xml"])
def test_an_archive_with_parts_that_lead_out_of_it(by, name):
    assert "cannot be read safely" in refusal(files.office(parts={name: b"x"}), by)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"word/vbaProject.bin": b"x"}, "program"),
        ({"word/activeX/activeX1.xml": b"<a/>"}, "program"),
        ({"word/embeddings/sheet.bin": b"x"}, "inside"),
        ({"word/_rels/a.rels": b'<a Type="http://x/relationships/attachedTemplate"/>'}, "inside"),
    ],
    ids=["macro", "control", "embedded", "far template"],
)
def test_an_office_file_that_acts_or_reaches_out(by, parts, words):
    assert words in refusal(files.office(parts=parts), by)


def test_a_picture_of_more_points_than_anybody_scans(by):
    side = int(picture.MOST_PIXELS**0.5) + 1
    content = files.picture((side, side))
    assert len(content) < 1_000_000
    assert "points" in refusal(content, by)


def test_half_a_picture(by):
    content = files.picture((600, 600), "JPEG")
    assert "damaged" in refusal(content[: len(content) // 2], by)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (files.pdf(root={"/OpenAction": acting("/JavaScript", JS="app.alert(1)")}), "script"),
        (files.pdf(root={"/OpenAction": acting("/Launch", F="cmd.exe")}), "script"),
        (files.pdf(root={"/AcroForm": acting("/X", XFA="<xdp/>")}), "script"),
        (files.pdf(password="secret"), "password"),
        (files.pdf(inside=b"MZ"), "inside"),
        (files.pdf()[:-300], "damaged"),
        (b"%PDF-1.7\n" + bytes(500), "damaged"),
    ],
    ids=["javascript", "launch", "xfa", "password", "attachment", "cut", "hollow"],
)
def test_a_pdf_that_acts_hides_or_cannot_be_read(by, folder, content, words):
    assert words in refusal(content, by)
    assert stored(folder) == []


def test_a_script_in_a_pdf_is_found_also_where_its_name_is_written_in_numbers(by):
    content = files.pdf(root={"/OpenAction": acting("/JavaScript", JS="app.alert(1)")})
    hidden = content.replace(b"/JavaScript", b"/J#61vaScript").replace(b"/JS", b"/J#53")
    assert b"/JavaScript" not in hidden
    assert "script" in refusal(hidden, by)


def test_a_script_in_a_pdf_is_found_also_where_no_page_leads_to_it(by):
    content = files.pdf() + b"\n9 0 obj << /S /JavaScript /JS (x) >> endobj\n"
    assert "script" in refusal(content, by)


def test_a_link_in_a_pdf_is_no_harm(by):
    take_in(
        upload(files.pdf(root={"/OpenAction": acting("/URI", URI="https://hkex.example")})),
        kind=Kind.IDENTITY,
        by=by,
        now=NOON,
    )


def test_a_reader_that_dies_or_hangs_makes_the_file_unfit(by, monkeypatch):
    monkeypatch.setattr(contents, "WALL_S", 0.01)
    assert "cannot be read safely" in refusal(files.pdf(), by)


@given(
    st.binary(max_size=400), st.sampled_from([b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"])
)
def test_no_bytes_whatever_are_taken_by_their_first_letters(tmp_path_factory, rest, start):
    """Within the process of the reader, where its errors are its own and nothing is kept."""
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(start + rest)
    with pytest.raises((contents.Unfit, AssertionError, NotImplementedError)):
        contents.content_type(path)


def test_a_kind_that_there_is_not(by):
    with pytest.raises(DocumentRefused, match="what kind"):
        take_in(upload(files.pdf()), kind="passport", by=by, now=NOON)


# --- Names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\chan\\護照.pdf", "護照.pdf"),
        ("a\0b.pdf", "ab.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\r\nContent-Type: text/html", "html"),
        ("...", "document"),
        ("", "document"),
        (None, "document"),
        (".htaccess", "htaccess"),
        ("a" * 300 + ".pdf", "a" * 115 + "….pdf"),
    ],
)
def test_a_name_leads_nowhere(given_name, shown):
    assert cleaned(given_name) == shown


@given(st.text(max_size=400))
def test_a_cleaned_name_is_short_visible_and_its_own_cleaning(name):
    shown = cleaned(name)
    assert 0 < len(shown) <= LONGEST
    assert not set(shown) & set("/\\\0\r\n\u202e\u2066")
    assert cleaned(shown) == shown


def test_a_path_in_the_name_is_never_a_place(by, folder):
    file = upload(files.pdf())
    file._name = "../../../etc/passwd\0.pdf"
    made = take_in(file, kind=Kind.IDENTITY, by=by, now=NOON)
    assert made.name == "passwd.pdf"
    assert stored(folder) == [folder / made.sha256[:2] / made.sha256]


# --- Twice ---------------------------------------------------------------------------------------


def test_the_same_file_twice_is_said_with_when_and_stored_once(by, folder):
    first = files.document(by, now=NOON)
    with pytest.raises(GivenBefore, match="on 4 Mar 2026, 12:00 HKT, as “Identity document”") as c:
        files.document(by, now=LATER)
    assert c.value.document == first
    assert (len(stored(folder)), Document.objects.count()) == (1, 1)


def test_the_same_file_as_another_kind_or_of_another_person_is_stored_once(by, folder):
    files.document(by, now=NOON)
    files.document(by, now=NOON, kind=Kind.ADDRESS_PROOF)
    # And the other hears nothing of the first.
    files.document(client_user(), now=NOON)
    assert (len(stored(folder)), Document.objects.count()) == (1, 3)


def test_the_database_holds_that_a_file_is_given_once(by):
    first = files.document(by, now=NOON)
    first.pk = None
    with refused("document_given_once"):
        first.save()


# --- What never changes --------------------------------------------------------------------------


def test_a_document_is_never_edited_nor_deleted(by):
    made = files.document(by, now=NOON)
    with refused("onboarding_document_append_only"):
        sql("UPDATE onboarding_document SET name = 'x' WHERE id = %s", made.pk)
    with refused("onboarding_document_append_only"):
        sql("DELETE FROM onboarding_document WHERE id = %s", made.pk)
    with refused("document_settled_once"):
        Document.objects.filter(pk=made.pk).update(verdict=Verdict.CLEAN)
