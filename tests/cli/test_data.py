import json

import pytest

from signzoo.cli.main import main
from signzoo.data.manifest import read_manifest

ROWS = [{"id": str(i), "text": "Regen", "gloss": ["REGEN", "NORD"]} for i in range(3)]


def synthesize(tmp_path, *words, rows=ROWS):
    manifest = tmp_path / "pairs.jsonl"
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = ["--out", str(tmp_path / "corpus")]
    return main(["data", "synthesize", "--manifest", str(manifest), *out, *words])


def test_synthesize_makes_a_corpus_and_says_where_to_look(tmp_path, capsys):
    assert synthesize(tmp_path, "--no-video", "--signers", "unseen:2", "--split", "test") == 0
    printed = capsys.readouterr().out
    assert "3 sentences" in printed
    assert "sheet.png" in printed
    rows = read_manifest(tmp_path / "corpus" / "manifest.jsonl")
    assert {row.get("split", str) for row in rows} == {"test"}


def test_a_wrong_number_of_signers_is_one_line(tmp_path, capsys):
    assert synthesize(tmp_path, "--no-video", "--signers", "some") == 2
    assert "--signers takes a number" in capsys.readouterr().err


def test_a_manifest_without_glosses_is_one_line(tmp_path, capsys):
    assert synthesize(tmp_path, "--no-video", rows=[{"id": "a", "text": "b"}]) == 1
    assert "has no field 'gloss'" in capsys.readouterr().err


def test_help_says_that_the_signs_are_invented(capsys):
    with pytest.raises(SystemExit, match="0"):
        main(["data", "synthesize", "--help"])
    assert "invented" in capsys.readouterr().out


def test_perform_makes_a_corpus_of_recorded_signs(avatar_home, fake_corpora, tmp_path, capsys):
    out = tmp_path / "signs"
    words = ["--corpus", "wlasl124", "--folder", str(fake_corpora / "wlasl124"), "--size", "64"]
    words += ["--groups", "wlasl124/val", "--glosses", "1", "--signers", "1", "--split", "test"]
    assert main(["data", "perform", *words, "--out", str(out)]) == 0
    assert "1 clips" in capsys.readouterr().out
    (row,) = read_manifest(out / "manifest.jsonl")
    assert row.get("group", str) == "wlasl124/val"
    assert row.file("video").stat().st_size > 0


def test_perform_without_its_corpus_is_one_line(tmp_path, capsys):
    words = ["--folder", str(tmp_path / "gone"), "--out", str(tmp_path / "out")]
    assert main(["data", "perform", "--corpus", "wlasl124", *words]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert main(["data", "perform", "--corpus", "none", *words]) == 2
    assert "There is no corpus 'none'" in capsys.readouterr().err
