import pytest

from signzoo.errors import LexiconError, MediaError
from signzoo.lexicon import Lexicon


def rewrite(folder, old, new):
    index = folder / "index.csv"
    index.write_text(index.read_text("utf-8").replace(old, new), "utf-8")


def test_a_folder_gives_its_signs_by_word_and_gloss(make_lexicon):
    lexicon = Lexicon.open(make_lexicon("own", {"Haus": (280, 220), "gehen": (300, 240)}))
    assert lexicon.languages == (("de", "gsg"),)
    assert set(lexicon.signs("de", "gsg")) == {"haus", "gehen"}
    assert len(lexicon.signs("de", "gsg")["haus"].read()) == 20
    assert not lexicon.letters("de", "gsg")


def test_the_first_lexicon_of_a_stack_wins(make_lexicon):
    own = Lexicon.open(make_lexicon("own", {"Haus": (280, 220)}))
    other = Lexicon.open(make_lexicon("other", {"Haus": (300, 240), "Baum": (300, 240)}))
    signs = (own + other).signs("de", "gsg")
    assert signs["haus"].file.parent.name == "own"
    assert signs["baum"].file.parent.name == "other"


def test_lower_priority_numbers_win_inside_a_folder(make_lexicon):
    folder = make_lexicon("own", {"Haus": (280, 220)})
    with (folder / "index.csv").open("a") as file:
        file.write("0.pose,de,gsg,0,400,haus,HAUS2,-1\n")
    assert Lexicon.open(folder).signs("de", "gsg")["haus"].gloss == "HAUS2"


def test_start_and_end_cut_the_clip(make_lexicon):
    folder = make_lexicon("own", {"Haus": (280, 220)})
    rewrite(folder, "gsg,0,0", "gsg,200,600")
    entry = Lexicon.open(folder).signs("de", "gsg")["haus"]
    assert len(entry.read()) == 10


def test_times_that_leave_nothing_are_an_error_that_names_the_file(make_lexicon):
    folder = make_lexicon("own", {"Haus": (280, 220)})
    rewrite(folder, "gsg,0,0", "gsg,5000,6000")
    with pytest.raises(LexiconError, match=r"0\.pose lasts 0\.80 s.*5000 to 6000"):
        Lexicon.open(folder).signs("de", "gsg")["haus"].read()


def test_a_row_that_points_nowhere_is_named_by_its_line(make_lexicon):
    folder = make_lexicon("own", {"Haus": (280, 220), "Baum": (280, 220)})
    (folder / "1.pose").unlink()
    with pytest.raises(LexiconError, match=r"index\.csv, line 3: 1\.pose is not a file"):
        Lexicon.open(folder)


def test_a_path_that_leaves_the_folder_is_refused(make_lexicon, tmp_path):
    folder = make_lexicon("own", {"Haus": (280, 220)})
    (tmp_path / "outside.pose").write_bytes((folder / "0.pose").read_bytes())
    rewrite(folder, "0.pose", "../outside.pose")
    with pytest.raises(LexiconError, match="leaves the lexicon's folder"):
        Lexicon.open(folder)


def test_a_folder_without_an_index_says_how_to_make_one(tmp_path):
    with pytest.raises(LexiconError, match="signzoo lexicon build"):
        Lexicon.open(tmp_path)


def test_missing_columns_and_rows_are_named(tmp_path):
    (tmp_path / "index.csv").write_text("path,words\n")
    with pytest.raises(LexiconError, match="lacks the columns spoken_language"):
        Lexicon.open(tmp_path)


def test_an_index_without_rows_is_no_lexicon(make_lexicon):
    with pytest.raises(LexiconError, match="has no rows"):
        Lexicon.open(make_lexicon("own", {}))


def test_a_number_that_is_none_is_named_by_its_line(make_lexicon):
    folder = make_lexicon("own", {"Haus": (280, 220)})
    rewrite(folder, "gsg,0,0", "gsg,soon,0")
    with pytest.raises(LexiconError, match=r"line 2: .*soon"):
        Lexicon.open(folder)


def test_a_corrupt_pose_is_named_when_it_is_needed(make_lexicon):
    folder = make_lexicon("own", {"Haus": (280, 220)})
    (folder / "0.pose").write_bytes(b"nonsense")
    with pytest.raises(MediaError, match=r"0\.pose"):
        Lexicon.open(folder).signs("de", "gsg")["haus"].read()


def test_the_embedded_lexicon_spells_twenty_sign_languages():
    lexicon = Lexicon.fingerspelling()
    assert len({signed for _, signed in lexicon.languages}) == 20
    assert "ß" in lexicon.letters("de", "gsg")
    assert "sch" in lexicon.letters("de", "sgg")
    assert not lexicon.signs("de", "gsg")
