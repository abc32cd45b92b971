"""CSV as spreadsheets write it: encodings, separators, quotes and dates; a bad line does not affect the others."""

import csv
import io
import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.beneficiaries import csv_reader
from backend.beneficiaries.csv_encoding import NotASheet, encoding_of
from backend.beneficiaries.csv_reader import ColumnsWrong, Row

HEADER = ["prénom", "nom", "date de naissance", "éligible jusqu'au", "courriel"]
FIELDS = ("first_name", "last_name", "birth_date", "eligible_until", "email")
# Names with the most common non-ASCII letters, the rarest ones, capitals only, and typographic apostrophes.
NAMES = (
    *("Zoé", "Amélie", "Chloë", "François", "Loïc", "Noël", "Agnès", "Hélène", "Jérôme", "Gaëlle", "Benoît", "Anaïs"),
    *(
        "Lefèvre",
        "Béranger",
        "Crêpin",
        "Gérôme",
        "Saÿ",
        "d\u2019Ancône",
        "L\u2019Hôte",
        "Muñoz",
        "García",
        "Müller",
        "Août",
        "Lœtitia",
    ),
    *("ANDRÉ", "LEFÈVRE", "GARÇON", "NOËL", "BENOÎT", "RENÉE", "Élodie", "Émile", "Çelik", "Île", "Übach"),
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-15", "mac-roman", "cp850")

# Cells that are read back unchanged: no control characters, and nothing that cleaning removes at the edges.
_letters = st.characters(
    codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="'=\u2028\u2029\u00ad\ufffd"
)
_word = st.text(_letters, min_size=1, max_size=12).filter(lambda w: csv_reader._cleaned(w) == w)
_cell = st.lists(_word, min_size=1, max_size=3).map(" ".join).filter(lambda c: csv_reader._cleaned(c) == c)


def read(content: bytes) -> list[Row]:
    file = io.BytesIO(content)
    return list(csv_reader.rows(file, csv_reader.sheet_of(file)))


def written(rows: list[list[str]], separator: str = ";", end: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return text.getvalue()


@given(
    people=st.lists(st.lists(_cell, min_size=5, max_size=5), min_size=1, max_size=6),
    separator=st.sampled_from(";,\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    said=st.booleans(),
)
def test_cells_round_trip_in_every_dialect_and_unicode_encoding(
    people: list[list[str]], separator: str, end: str, quoting: int, encoding: str, said: bool
) -> None:
    first = f"sep={separator}{end}" if said else ""
    rows = read((first + written([HEADER, *people], separator, end, quoting)).encode(encoding))
    assert [tuple(row.cells[field] for field in FIELDS) for row in rows] == [tuple(person) for person in people]
    assert [row.line for row in rows] == list(range(2 + said, 2 + said + len(people)))
    assert not any(row.mistakes for row in rows)


@given(st.binary(max_size=400), st.sampled_from([b"", ";".join(HEADER).encode() + b"\n"]))
def test_arbitrary_bytes_are_read_or_refused_without_crashing(content: bytes, header: bytes) -> None:
    try:
        rows = read(header + content)
    except (NotASheet, ColumnsWrong):
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    file = io.BytesIO(header + content)
    assert len(lines) <= csv_reader.most_rows(file, csv_reader.sheet_of(file), 10**6)


@given(st.integers(0, 9), st.sampled_from(['"Paul;Jamais;x;y;z', 'Pa"ul;"Ja"mais";x;y;z', '"a"b;c;d;e;f']))
def test_a_line_with_broken_quotes_is_the_only_one_refused(place: int, broken: str) -> None:
    people = [[f"Nom {n}", "D\nE" if n == 4 else "Q", "1990-01-01", "2030-01-01", 'say "hi"'] for n in range(10)]
    lines = [written([person], end="\n") for person in people]
    lines.insert(place, broken + "\n")
    rows = read((written([HEADER], end="\n") + "".join(lines)).encode())
    spoilt = [row for row in rows if row.mistakes]
    assert [row.mistakes for row in spoilt] == [(("line", "quotes_wrong"),)]
    assert [row.cells["first_name"] for row in rows if not row.mistakes] == [person[0] for person in people]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("people", [1, 40])
def test_the_encoding_is_detected_from_the_decoded_letters(encoding: str, people: int) -> None:
    """Mac and DOS encodings need an accented header or several names; the others a single accented name."""
    chance = random.Random(f"{encoding} {people}")  # noqa: S311
    plain = ["prenom", "nom", "naissance", "fin de droit"]
    header = HEADER[:4] if people == 1 and encoding in ("mac-roman", "cp850") else plain
    writable = [name for name in NAMES if name.encode(encoding, "replace").decode(encoding, "replace") == name]
    for name in writable if people == 1 else [""] * 20:
        rows = [[name or chance.choice(writable), "Martin", "01/02/1990", "01/02/2030"] for _ in range(people)]
        content = written([header, *rows]).encode(encoding)
        assert [row.cells["first_name"] for row in read(content)] == [row[0] for row in rows], (name, encoding)


# What is read wrongly as another code page, if nothing else in the file is beyond ASCII.
WINDOWS_1252 = (
    *("N’DIAYE", "D’ALMEIDA", "O’BRIEN", "M’Baye", "n’Golo", "L´HÔTE", "L´HOTE", "L‘HOTE"),  # noqa: RUF001  as typed
    *("Saint–Denis", "Marie – Claire", "Jean…", "«Zoé»", "“Zoe”", "„Zoe“", "Jean\u00a0Paul", "N° 12", "100 €"),
    *("Žižek", "Šimon", "ŠKODA", "Œuvre", "LŒTITIA", "d’Œuf", "Ÿ", "Søren", "Håkan", "Strauß", "Þór", "Ðorðe"),
    *("RENéE", "BéNéDICTE", "LEFèVRE", "FRANçOIS", "Æthel", "Ibáñez", "Peña", "MÜLLER"),
)


MANY_OF_A_KIND = (
    *(f"{before}’{name}" for before in "NDMOK" for name in ("DIAYE", "ALMEIDA", "Brien", "Golo", "ESTRÉES")),
    *(f"{one}–{other}" for one in ("Saint", "Jean", "MARIE") for other in ("Denis", "Paul", "ANGE", "Luc")),
)


@pytest.mark.parametrize(
    "names", [*((name,) for name in (*NAMES, *WINDOWS_1252)), WINDOWS_1252, MANY_OF_A_KIND], ids=" ".join
)
def test_windows_1252_is_read_as_such_whatever_stands_in_it(names: tuple[str, ...]) -> None:
    lines = [["prenom", "nom", "naissance", "fin de droit"]]
    lines += [[name, "Martin", "01/02/1990", "01/02/2030"] for name in names]
    content = written(lines).encode("cp1252")
    assert encoding_of(io.BytesIO(content)) == "cp1252"
    assert [row.cells["first_name"] for row in read(content)] == [csv_reader._cleaned(name) for name in names]


@pytest.mark.parametrize(
    ("name", "written", "declared", "read_as"),
    [
        ("N’DIAYE", "cp1252", "windows-1252", "N’DIAYE"),
        ("N’DIAYE", "cp1252", "ISO-8859-1", "N’DIAYE"),
        ("Łukasz", "cp1250", "windows-1250", "Łukasz"),
        ("Łukasz", "iso8859-2", "iso-8859-2", "Łukasz"),
        ("Işık", "cp1254", '"windows-1254"', "Işık"),  # noqa: RUF001
        ("GARÇON", "cp850", "ibm850", "GARÇON"),
        ("É", "mac-roman", "macintosh", "É"),
        ("Ÿ", "iso8859-15", "iso-8859-15", "Ÿ"),
        # A declaration that does not fit, or names nothing that a sheet is written in, decides nothing.
        ("Lefèvre", "cp1252", "utf-8", "Lefèvre"),
        ("N’DIAYE", "cp1252", "iso-8859-15", "N’DIAYE"),
        ("Lefèvre", "cp1252", "us-ascii", "Lefèvre"),
        ("Lefèvre", "cp1252", "utf-16", "Lefèvre"),
        ("Lefèvre", "utf-8", "utf-7", "Lefèvre"),
        ("Lefèvre", "utf-8", "rot13", "Lefèvre"),
        ("Lefèvre", "utf-8", "undefined", "Lefèvre"),
        ("Lefèvre", "utf-8", "x\x00", "Lefèvre"),
        # A byte order mark is stronger.
        ("Lefèvre", "utf-8-sig", "windows-1252", "Lefèvre"),
        ("Lefèvre", "utf-16", "windows-1252", "Lefèvre"),
    ],
)
def test_a_declared_charset_counts_if_the_file_can_be_read_in_it(
    name: str, written: str, declared: str, read_as: str
) -> None:
    content = f"prenom;nom;naissance;fin de droit\n{name};Martin;01/02/1990;01/02/2030\n".encode(written)
    file = io.BytesIO(content)
    [row] = csv_reader.rows(file, csv_reader.sheet_of(file, declared.strip('"')))
    assert (row.cells["first_name"], row.mistakes) == (read_as, ())


PERSON = "Zoé;Martin;01/02/1990;01/02/2030\n"


@pytest.mark.parametrize(
    ("above", "line"),
    [
        ("", 2),
        ("Bénéficiaires 2026\n\n", 4),
        ("Export du 29/11/2026;;;\n;;;\nFiltre :;actifs;;\n", 5),
        ("sep=;\nListe des personnes\n", 4),
        ('"Le Relais\n67000 Strasbourg";;;\n', 4),
        ("Liste \"provisoire\nNom de l'association;Le Relais\n", 4),
        ("Nom;Le Relais;;\n", 3),  # names one column, the header four
    ],
)
def test_title_rows_above_the_header_are_skipped(above: str, line: int) -> None:
    rows = read((above + "prénom;nom;naissance;fin de droit\n" + PERSON).encode())
    assert [(row.line, row.cells["first_name"], row.mistakes) for row in rows] == [(line, "Zoé", ())]


def test_a_header_is_looked_for_in_the_first_records_only() -> None:
    header = "prénom;nom;naissance;fin de droit\n" + PERSON
    assert len(read(("titre\n" * (csv_reader.HEADER_WITHIN - 1) + header).encode())) == 1
    with pytest.raises(ColumnsWrong) as wrong:
        read(("titre\n" * csv_reader.HEADER_WITHIN + header).encode())
    assert {mistake for _, mistake in wrong.value.mistakes} == {"column_missing"}


def test_columns_are_counted_in_the_header_that_was_found() -> None:
    with pytest.raises(ColumnsWrong) as wrong:
        read(b"Liste;x;y;z\nprenom;nom;naissance;taille\n")
    assert wrong.value.mistakes == [("eligible_until", "column_missing"), ("column.D", "column_unknown")]


@pytest.mark.parametrize(
    "header",
    [
        '"Prénom";"Nom de\nnaissance";"Date de\r\nnaissance";"Fin\nde\ndroit"',
        "Prénom(s);NOM DE NAISSANCE;Né(e) le;Droit jusqu'au",
        "prenom;nom naissance;naissance;fin de droit",
        "prenom;Nom de jeune fille;naissance;fin de droit",
    ],
)
def test_headers_over_several_lines_and_birth_names_are_known(header: str) -> None:
    [row] = read((header + "\n" + PERSON).encode())
    assert row.cells == {
        "first_name": "Zoé", "last_name": "Martin", "birth_date": "01/02/1990", "eligible_until": "01/02/2030",
    }  # fmt: skip
    assert row.line == header.count("\n") + 2


def test_a_damaged_utf_8_line_does_not_change_the_others() -> None:
    lines = [f"Zoé;Lefèvre {n};01/02/1990;01/02/2030\n".encode() for n in range(40)]
    lines[7] = "Zoé;Lefèvre;01/02/1990;01/02/2030\n".encode("cp1252")
    rows = read(b"prenom;nom;naissance;fin de droit\n" + b"".join(lines))
    assert {row.cells["first_name"] for row in rows if not row.mistakes} == {"Zoé"}
    assert [(row.line, row.mistakes[0][1]) for row in rows if row.mistakes] == [(9, "characters_lost")]


def test_an_overlong_line_is_refused_and_an_unterminated_one_is_read() -> None:
    header = "prenom;nom;naissance;fin de droit\n"
    endless = "x" * (csv_reader.LONGEST_LINE * 3) + "\n"
    rows = read((header + endless + "Zoe;Martin;01/02/1990;01/02/2030").encode())
    assert [(row.line, row.mistakes) for row in rows] == [(2, (("line", "line_too_long"),)), (3, ())]


def test_a_cell_full_of_accents_is_left_as_it_is() -> None:
    """Normalising sorts combining accents in quadratic time, so a cell with too many of them is not normalised."""
    accents = "a" + "\u0300\u0316" * (csv_reader.LONGEST_LINE // 2 - 30)
    rows = read(f"prenom;nom;naissance;fin de droit\n{accents};Martin;01/02/1990;01/02/2030\n".encode())
    assert [row.cells["first_name"] == accents for row in rows] == [True]
    with pytest.raises(ColumnsWrong):
        read(f"{accents};nom\n".encode())


@pytest.mark.parametrize(
    ("cell", "read_as"),
    [
        ("01/02/1990", date(1990, 2, 1)), ("1/2/1990", date(1990, 2, 1)), ("01.02.1990", date(1990, 2, 1)),
        ("01-02-1990", date(1990, 2, 1)), ("1990-02-01", date(1990, 2, 1)), ("01/02/1990 00:00", date(1990, 2, 1)),
        ("1990-02-01 00:00:00", date(1990, 2, 1)), ("1990-02-01T00:00:00", date(1990, 2, 1)),
        ("1979-11-03 00:00:00.000", date(1979, 11, 3)), ("1979-11-03T00:00:00Z", date(1979, 11, 3)),
        ("1979-11-03T00:00:00.000+01:00", date(1979, 11, 3)), ("1979-11-03 00:00:00 UTC", date(1979, 11, 3)),
        ("3/11/1979 0:00", date(1979, 11, 3)), ("03/11/1979  00:00:00", date(1979, 11, 3)),
        ("3/11/79 0:00", "year_of_two_digits"), ("1979-11-02T23:00:00Z", "sheet_day"), ("3/11/1979 0:01", "sheet_day"),
        ("29/02/2000", date(2000, 2, 29)), ("01/02/90", "year_of_two_digits"), ("29/02/1990", "sheet_day"),
        ("01/02-1990", "sheet_day"), ("02/13/1990", "sheet_day"), ("32874", "sheet_day"), ("1 mars 1990", "sheet_day"),
        ("0000-01-01", "sheet_day"), ("01/02/1990 12:30", "sheet_day"), ("١٢/٠١/١٩٩٠", date(1990, 1, 12)),  # noqa: RUF001
    ],
)  # fmt: skip
def test_dates_are_read_in_the_usual_notations(cell: str, read_as: date | str) -> None:
    assert csv_reader.day_in(cell) == read_as


@pytest.mark.parametrize(
    ("cell", "cleaned"),
    [
        ("  Zoé\u00a0\u202fMartin ", "Zoé Martin"), ("'0612345678", "0612345678"), ("'t Hooft", "'t Hooft"),
        ('="0612345678"', "0612345678"), ("Zoe\u0301", "Zoé"), ("\ufeffZoé", "Zoé"), ("D'Arc", "D'Arc"),
        ("a\x07b", "a\x07b"), ("", ""),
    ],
)  # fmt: skip
def test_spreadsheet_artefacts_around_a_text_are_removed(cell: str, cleaned: str) -> None:
    assert csv_reader._cleaned(cell) == cleaned
