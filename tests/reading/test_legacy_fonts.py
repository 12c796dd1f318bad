"""Text typed for TCVN3 and VNI fonts becomes the Vietnamese it shows; a failure here means names that match nothing."""

from __future__ import annotations

import csv
import shutil
import subprocess
import unicodedata

import pytest

from onestop.reading.fonts import in_unicode
from onestop.reading.legacy_fonts import TABLES, Ambiguous, converted, is_syllable, recognised
from onestop.reading.rows import Declared, Unacceptable
from onestop.settings import REPOSITORY_ROOT
from tests.reading.tables import layout, read_csv

PROCEDURES = REPOSITORY_ROOT / "include" / "jurisdictions" / "bac_giang" / "procedures.csv"
NAMES = [row["name_vi"] for row in csv.DictReader(PROCEDURES.open(encoding="utf-8"))]


def typed(text, font):
    """Text as it is typed for a font; capitals with tones do not exist in TCVN3, where small ones are drawn large."""
    marks = {letter: written for written, letter in TABLES[font].items()}
    return "".join(marks.get(c, marks.get(c.lower(), c)) for c in unicodedata.normalize("NFC", text))


def folded(text):
    return unicodedata.normalize("NFC", text).casefold()


@pytest.mark.parametrize("font", TABLES)
def test_every_procedure_of_the_catalogue_comes_back(font):
    wrong = [name for name in NAMES if folded(converted(typed(name, font), font)) != folded(name)]
    assert wrong == []


@pytest.mark.parametrize(
    ("font", "written", "meant"),
    [
        ("tcvn3", "Céng hoµ x· héi chñ nghÜa ViÖt Nam", "Cộng hoà xã hội chủ nghĩa Việt Nam"),
        ("tcvn3", "§éc lËp - Tù do - H¹nh phóc", "Độc lập - Tự do - Hạnh phúc"),
        ("vni", "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam", "Cộng hòa xã hội chủ nghĩa Việt Nam"),
        ("vni", "Ñoäc laäp - Töï do - Haïnh phuùc", "Độc lập - Tự do - Hạnh phúc"),
        ("vni", "TRAÀN THÒ KYÙ, hieän vaãn thaúng", "TRẦN THỊ KÝ, hiện vẫn thẳng"),
        ("tcvn3", "Sở Y tế", "Sở Y tế"),
        ("vni", "Đường – “A”", "Đường – “A”"),
    ],
)
def test_known_sentences_are_read(font, written, meant):
    assert converted(written, font) == meant


@pytest.mark.skipif(shutil.which("iconv") is None, reason="glibc's iconv is the other table")
def test_the_letters_of_tcvn3_are_those_of_tcvn_5712():
    for written, letter in TABLES["tcvn3"].items():
        run = subprocess.run(
            ["iconv", "-f", "TCVN5712-1", "-t", "utf-8"],
            input=written.encode("latin-1"),
            capture_output=True,
            check=True,
        )
        assert unicodedata.normalize("NFC", run.stdout.decode()) == letter


@pytest.mark.parametrize("count", [3, 10, 100])
@pytest.mark.parametrize("start", [0, 500, 1500, 2500])
def test_the_font_of_a_column_is_recognised(start, count):
    names = NAMES[start : start + count]
    assert recognised(names) == "unicode"
    assert recognised([unicodedata.normalize("NFD", name) for name in names]) == "unicode"
    for font in TABLES:
        assert recognised([typed(name, font) for name in names]) == font


@pytest.mark.parametrize("values", [["Muñoz", "Café", "Peña"], ["Straße", "Größe", "Ärger"], ["A", "1"], []])
def test_what_is_not_vietnamese_stays_as_it_is(values):
    assert recognised(values) == "unicode"


@pytest.mark.parametrize(
    "values",
    [
        ["Hoà"],
        ["bà", "cà", "là"],
        [NAMES[0], typed(NAMES[1], "tcvn3")],
        [typed(NAMES[0], "vni"), typed(NAMES[1], "tcvn3")],
    ],
)
def test_what_may_be_either_is_not_guessed(values):
    with pytest.raises(Ambiguous):
        recognised(values)


def test_a_file_of_a_legacy_font_is_read_with_its_header_and_its_totals():
    rows = (
        ["Mã hồ sơ;Tên;Khác"]
        + [f"{n};{name.replace(';', ',')};Hà" for n, name in enumerate(NAMES[:20])]
        + ["Tổng cộng;;"]
    )
    for font in TABLES:
        data = "\n".join(typed(row, font) for row in rows).encode("cp1252") + b"\n"
        for declared_font in (font, "auto"):
            declared = Declared()
            form = layout(columns=("Mã hồ sơ", "Tên", "Khác"), encoding="cp1252", font_encoding=declared_font)
            records = read_csv(data, declared, columns=form.columns, encoding="cp1252", font_encoding=declared_font)
            seen = list(in_unicode(iter(records), form, declared))
            assert [folded(row[1]) for row in seen] == [folded(name.replace(";", ",")) for name in NAMES[:20]]
            assert {row[2] for row in seen} == {"Hà"}
            assert ("font_encoding_detected" in {note.rule for note in declared.notes}) == (declared_font == "auto")


def test_columns_are_judged_one_by_one_and_an_unclear_one_is_refused_by_name():
    form = layout(columns=("a", "b", "c"), font_encoding="auto")
    rows = [(name, typed(name, "tcvn3"), "x") for name in NAMES[:10]]
    declared = Declared()
    assert [(folded(a), folded(b)) for a, b, _ in in_unicode(iter(rows), form, declared)] == [
        (folded(n), folded(n)) for n in NAMES[:10]
    ]
    assert declared.notes[0].seen == "tcvn3: b"
    with pytest.raises(Unacceptable, match=r"^c: ") as refusal:
        list(in_unicode(iter([*rows, ("x", "y", "Hoà")]), form, Declared()))
    assert refusal.value.rule == "font_encoding_ambiguous"


def test_syllables_are_vietnamese_spelling():
    words = {word for name in NAMES for word in name.replace("/", " ").split() if word.isalpha() and word.islower()}
    assert [word for word in words if not word.isascii() and not is_syllable(word)] == []
    assert not any(map(is_syllable, ["teá", "ViÖt", "Vieät", "str", "hòà", "Größe"]))
