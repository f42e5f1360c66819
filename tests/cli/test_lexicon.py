import json

from signzoo.cli.main import main


def test_info_lists_what_can_be_fingerspelled(capsys):
    assert main(["lexicon", "info", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"lexicon": "embedded fingerspelling", "language": "de", "signed_language": "gsg",
            "signs": 0, "letters": 30} in rows  # fmt: skip


def test_info_counts_the_signs_of_a_folder(shared_data, capsys):
    assert main(["lexicon", "info", str(shared_data / "pose/sgg_lexicon")]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:4] == ["de", "sgg", "4", "0"]


def test_a_folder_that_is_no_lexicon_says_what_to_do(tmp_path, capsys):
    assert main(["lexicon", "info", str(tmp_path)]) == 1
    assert "signzoo lexicon build" in capsys.readouterr().err


def test_a_folder_without_clips_builds_nothing(tmp_path, capsys):
    (tmp_path / "clips").mkdir()
    words = [str(tmp_path / "clips"), str(tmp_path / "out"), "--language", "en"]
    assert main(["lexicon", "build", *words, "--signed-language", "ase"]) == 1
    assert "has no clips" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_real_clips_become_a_lexicon_that_signs(shared_data, tmp_path, capsys):
    import shutil

    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("yes.mp4", "thank-you.mp4"):
        shutil.copy(shared_data / "video/asl_clips" / name, clips / name)
    (clips / "broken.mp4").write_bytes(b"not a video")
    out = str(tmp_path / "out")
    words = ["--language", "en", "--signed-language", "ase"]
    assert main(["lexicon", "build", str(clips), out, *words, "--also", "h5"]) == 1  # one broken
    assert "2 of 3 clips are signs" in capsys.readouterr().out
    assert (tmp_path / "out/ase/yes.h5").is_file()
    target = tmp_path / "a.pose"
    assert main(["sign", "Yes", *words, "--lexicon", out, "-o", str(target), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["coverage"] == 1
