import json

import pytest

from signzoo.data.leaks import find_leaks
from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.errors import ManifestError, UsageError

REGEN = ("morgen regnet es im süden", ("MORGEN", "SUED", "REGEN"))
SONNE = ("heute scheint die sonne", ("HEUTE", "SONNE"))


@pytest.fixture
def file(tmp_path):
    """Writes a file of the given lines, and returns its path."""

    def write(name, *lines):
        (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path / name

    return write


def contents(pairs):
    return [(pair.text, pair.gloss) for pair in pairs]


def row(**changes):
    return json.dumps({"id": "a", "text": "hallo", "gloss": ["HALLO"], **changes})


def pair(identity, text=REGEN[0], gloss=REGEN[1]):
    return TextGlossPair(identity, text, gloss)


def test_a_manifest_is_read_in_its_order(file):
    path = file("pairs.jsonl", row(signer="x"), row(id="b", gloss=["HALLO", "DU"]))
    assert read_pairs(path) == [
        TextGlossPair("a", "hallo", ("HALLO",)),
        TextGlossPair("b", "hallo", ("HALLO", "DU")),
    ]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("a.csv", ["id,text,gloss", "x,{0},{1}", "y,{2},{3}"]),
        ("a.csv", ["Glosses,ID,Sentence", "{1},x,{0}", "{3},y,{2}"]),
        ("a.csv", ["id;translation;gloss", "x;{0};{1}", "", "y;{2};{3}"]),
        ("a.tsv", ["id\ttext\tnote\tgloss", "x\t{0}\tja, ja\t{1}", "y\t{2}\t\t{3}"]),
    ],
)
def test_a_table_with_a_header_is_read_whatever_its_columns_order(file, name, lines):
    values = (REGEN[0], " ".join(REGEN[1]), SONNE[0], " ".join(SONNE[1]))
    pairs = read_pairs(file(name, *(line.format(*values) for line in lines)))
    assert contents(pairs) == [REGEN, SONNE]
    assert [pair.id for pair in pairs] == ["x", "y"]


def test_the_official_phoenix_table_is_read(file):
    pairs = read_pairs(
        file(
            "PHOENIX-2014-T.dev.corpus.csv",
            "name|video|start|end|speaker|orth|translation",
            "11August-1|11August-1/1/*.png|-1|-1|Signer08|MORGEN SUED REGEN|" + REGEN[0],
            '11August-2|11August-2/1/*.png|-1|-1|Signer08|HEUTE SONNE|"heiter", sagt man',
        )
    )
    assert [pair.id for pair in pairs] == ["11August-1", "11August-2"]
    assert contents(pairs) == [REGEN, ('"heiter", sagt man', ("HEUTE", "SONNE"))]


@pytest.mark.parametrize(
    ("lines", "separator"),
    [
        (["明天南方下雨，\t明天/南/下雨", "你好\t你好"], None),
        (["明天南方下雨，\t明天、南、下雨、", "你好\t你好"], None),
        (['明天南方下雨，,"明天, 南,下雨"', "你好,你好"], None),
        (["明天南方下雨，,明天 南  下雨", "你好,你好"], None),
        (["text\tgloss", "明天南方下雨，\t明天/南/下雨", "你好\t你好"], None),
        (["明天南方下雨，\t明天--南--下雨", "你好\t你好"], "--"),
    ],
)
def test_a_list_of_sentences_and_gloss_strings_is_read(file, lines, separator):
    pairs = read_pairs(file("a.txt", *lines), separator=separator)
    assert contents(pairs) == [("明天南方下雨，", ("明天", "南", "下雨")), ("你好", ("你好",))]
    first = len(lines) - 1
    assert [pair.id for pair in pairs] == [str(first), str(first + 1)]


def test_quoted_cells_hold_separators_quotes_and_line_breaks(file):
    path = file("a.csv", "text,gloss", '"Ja, ""gut""\nso",JA GUT', "Nein,NEIN")
    pairs = read_pairs(path)
    assert contents(pairs) == [('Ja, "gut"\nso', ("JA", "GUT")), ("Nein", ("NEIN",))]
    assert [pair.id for pair in pairs] == ["3", "4"]


@pytest.mark.parametrize("lines", [["a\tA/B C", "b\tD"], ["a\tA/B", "b\tC,D"]])
def test_a_separator_in_doubt_is_asked_for(file, lines):
    with pytest.raises(ManifestError, match=r"a\.tsv separates its glosses by one of: .*give the"):
        read_pairs(file("a.tsv", *lines))


def test_a_given_separator_settles_the_doubt(file):
    path = file("a.tsv", "a\tA/B C", "b\tD")
    assert contents(read_pairs(path, separator=" ")) == [("a", ("A/B", "C")), ("b", ("D",))]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": " "}, "row 2 has an empty text"),
        ({"gloss": []}, "row 2 has an empty gloss"),
        ({"gloss": "HALLO"}, "row 2 needs a list as 'gloss'"),
        ({"gloss": ["GUTEN TAG"]}, "row 2 has the gloss 'GUTEN TAG'"),
        ({"gloss": [""]}, "row 2 has the gloss ''"),
        ({"gloss": [3]}, "row 2 has the gloss 3"),
        ({"id": "a"}, "row 2 repeats the id 'a' of row 1"),
    ],
)
def test_a_bad_row_of_a_manifest_is_named(file, changes, message):
    path = file("a.jsonl", row(), row(**{"id": "b", **changes}))
    with pytest.raises(ManifestError, match=rf"a\.jsonl, {message}"):
        read_pairs(path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["id,text,gloss", "x,a,A", "x,b,B"], "row 3 repeats the id 'x' of row 2"),
        (["id,text,gloss", "x,,A"], "row 2 has an empty text"),
        (["id,text,gloss", ",a,A"], "row 2 has an empty id"),
        (["id,text,gloss", "x,a, "], "row 2 has an empty gloss"),
        (["id,text,gloss", "x,a,A", "y,b, c,B"], "row 3 has 4 cells, but the first row has 3"),
        (["id,text,gloss", 'x,"a" b,A'], "row 2 is not a row of a table"),
        (["id,text,gloss", 'x,"a,A'], "row 2 is not a row of a table"),
        (["id,text,gloss"], "has no rows below its header"),
        (["id,text,Glosse", "x,a,A"], "has no column for the gloss.*are: id, text, Glosse"),
        (["gloss", "A"], "has no column for the text"),
        (["eins,zwei,drei", "x,a,A"], "begins with neither a header"),
        (["", "  "], "has no rows"),
    ],
)
def test_a_bad_table_is_named_with_what_is_wrong(file, lines, message):
    with pytest.raises(ManifestError, match=rf"a\.csv,? {message}") as caught:
        read_pairs(file("a.csv", *lines))
    assert "\n" not in str(caught.value)


def test_a_gloss_with_a_space_in_a_table_is_named(file):
    with pytest.raises(ManifestError, match="row 1 has the gloss 'B C'"):
        read_pairs(file("a.tsv", "a\tA/B C"), separator="/")


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_missing_and_undecodable_files_are_named(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    with pytest.raises(ManifestError, match=rf"There is no .*a\.{suffix}"):
        read_pairs(path)
    path.write_bytes("text,gloss\nsüden,SUED".encode("latin-1"))
    with pytest.raises(ManifestError, match="cannot be read as UTF-8"):
        read_pairs(path)


def test_an_unknown_format_is_refused_unless_it_is_given(file):
    path = file("a.data", row())
    with pytest.raises(UsageError, match=r"one of the suffixes \.jsonl, \.csv"):
        read_pairs(path)
    assert len(read_pairs(path, format="jsonl")) == 1
    with pytest.raises(UsageError, match="at least one character"):
        read_pairs(path, format="table", separator="")


def test_leaks_are_found_apart_from_case_white_space_and_punctuation():
    train = [pair("1"), pair("2", *SONNE)]
    held_out = [
        pair("1", "gut", ("GUT",)),
        pair("3", "Morgen  regnet es,\nim Süden!", ("morgen", "sued", "regen")),
        pair("4", SONNE[0], ("SONNE",)),
        pair("5", "morgen regnet es", ("MORGEN", "REGEN")),
    ]
    leaks = find_leaks(train, held_out)
    assert (leaks.ids, leaks.texts, leaks.pairs) == (("1",), ("3", "4"), ("3",))
    assert leaks
    assert leaks.summary() == (
        "Of 4 held-out pairs, 2 have a text that stands verbatim in the training set, 1 with the "
        "same glosses, and 1 have an id that stands there."
    )


def test_sets_without_a_leak_say_so():
    leaks = find_leaks([pair("1"), pair("3", "?!")], [pair("2", "!!")])
    assert not leaks
    assert leaks.summary() == "None of the 1 held-out pairs stands in the training set."


def test_generated_phoenix_can_be_learnt_and_leaks_nothing(fake_corpora):
    train, dev, test = (
        read_pairs(fake_corpora / "phoenix14t" / f"{subset}.jsonl")
        for subset in ("train", "dev", "test")
    )
    assert (len(train), len(dev), len(test)) == (40, 12, 12)
    assert not find_leaks(train, dev + test)
    known = {word for pair in train for word in (*pair.text.split(), *pair.gloss)}
    assert all({*pair.text.split(), *pair.gloss} <= known for pair in dev + test)


@pytest.mark.parametrize(
    ("corpus", "num_texts"),
    [("phoenix14t", 25), ("csl_daily_text", 0), ("ce_csl", 2), ("dgs_corpus", 429)],
)
def test_the_known_leaks_of_the_real_corpora_are_found(shared_data, corpus, num_texts):
    folder = shared_data / "text" / corpus
    leaks = find_leaks(read_pairs(folder / "train.jsonl"), read_pairs(folder / "dev.jsonl"))
    assert len(leaks.texts) == num_texts
    assert not leaks.ids
