"""What a lexicon is made of; the landmarks come from generated signers instead of MediaPipe."""

import csv
import os

import numpy as np
import pytest

from signzoo.errors import LexiconError, UsageError
from signzoo.lexicon import Lexicon
from signzoo.lexicon.build import build_lexicon, find_clips
from signzoo.structures import Pose


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "clips"
    (folder / "food").mkdir(parents=True)
    for name in ("hello.mp4", "thank-you.mp4", "eat_2.mp4", "food/eat.mp4", "food/empty.gif"):
        (folder / name).write_bytes(b"a video, as far as its name goes")
    (folder / "notes.txt").write_text("not a clip")
    return folder


@pytest.fixture
def extract(signer):
    """Write a generated signer for each clip, and count the calls."""

    def run(pairs):
        failed = {}
        for clip, pose in pairs:
            if clip.stem == "empty":
                failed[clip] = "is empty"
            elif not pose.exists():
                run.extracted.append(clip.name)
                made = signer(np.full((10, 2), (280.0, 220.0)))
                if clip.stem == "hello":
                    made.confidence[:, made.skeleton.part("right_hand")] = 0
                pose.parent.mkdir(parents=True, exist_ok=True)
                made.write(pose)
        return failed

    run.extracted = []
    return run


def build(clips, tmp_path, extract, **options):
    named = find_clips(clips)
    return build_lexicon(clips, named, tmp_path / "out", "en", "ase", extract, **options)


def test_file_names_become_words(clips):
    assert [(clip.name, word) for clip, word, _ in find_clips(clips)] == [
        ("eat_2.mp4", "eat"),
        ("eat.mp4", "eat"),
        ("empty.gif", "empty"),
        ("hello.mp4", "hello"),
        ("thank-you.mp4", "thank you"),
    ]


def test_a_table_names_the_glosses(clips, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("file,gloss,word\nhello.mp4,HELLO1,hello\nfood/eat.mp4,EAT,to eat\n")
    assert [(word, gloss) for _, word, gloss in find_clips(clips, table)] == [
        ("hello", "HELLO1"),
        ("to eat", "EAT"),
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("gone.mp4,X", r"line 2: there is no clip gone\.mp4"),
        ("../secret.mp4,X", "leaves the folder"),
        ("hello.mp4,", "the gloss of hello.mp4 is empty"),
    ],
)
def test_a_bad_row_of_the_table_is_named(clips, tmp_path, row, message):
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (tmp_path / "table.csv").write_text(f"file,gloss\n{row}\n")
    with pytest.raises(LexiconError, match=message):
        find_clips(clips, tmp_path / "table.csv")


def test_a_folder_without_clips_is_an_error(tmp_path):
    with pytest.raises(LexiconError, match="has no clips"):
        find_clips(tmp_path)
    with pytest.raises(LexiconError, match="no folder"):
        find_clips(tmp_path / "nowhere")


def test_the_lexicon_that_is_built_can_be_opened(clips, tmp_path, extract):
    build(clips, tmp_path, extract)
    signs = Lexicon.open(tmp_path / "out").signs("en", "ase")
    assert set(signs) == {"eat", "thank you"}
    assert len(signs["thank you"].read()) == 10


def test_clips_without_hands_and_failures_are_reported_and_not_in_the_index(
    clips, tmp_path, extract
):
    reports = {report.clip.name: report for report in build(clips, tmp_path, extract)}
    assert reports["hello.mp4"].problem == "no hand is ever visible"
    assert reports["empty.gif"].problem == "is empty"
    with (tmp_path / "out" / "report.csv").open() as file:
        rows = {os.path.basename(row["clip"]): row for row in csv.DictReader(file)}
    assert rows["hello.mp4"]["problem"] == "no hand is ever visible"
    assert rows["eat.mp4"]["frames_with_hands"] == "1.000"


def test_a_second_run_extracts_nothing_again_and_gives_the_same_index(clips, tmp_path, extract):
    build(clips, tmp_path, extract)
    first, index = list(extract.extracted), (tmp_path / "out" / "index.csv").read_bytes()
    build(clips, tmp_path, extract)
    assert extract.extracted == first
    assert (tmp_path / "out" / "index.csv").read_bytes() == index


def test_a_new_clip_moves_no_old_pose(clips, tmp_path, extract):
    build(clips, tmp_path, extract)
    (clips / "a" / "b").mkdir(parents=True)
    (clips / "a" / "b" / "eat.mp4").write_bytes(b"another take")
    build(clips, tmp_path, extract)
    assert extract.extracted[4:] == ["eat.mp4"]


def test_the_papers_formats_are_written_when_asked_for(clips, tmp_path, extract):
    reports = build(clips, tmp_path, extract, also=[".json", ".h5"])
    pose = next(report.pose for report in reports if report.pose)
    for suffix in (".json", ".h5"):
        np.testing.assert_array_equal(
            Pose.read(pose.with_suffix(suffix)).points, Pose.read(pose).points
        )


def test_letters_are_marked_as_such(clips, tmp_path, extract):
    build(clips, tmp_path, extract, kind="letter")
    assert "eat" in Lexicon.open(tmp_path / "out").letters("en", "ase")


@pytest.mark.parametrize("codes", [("en", "ASL"), ("en", "asl2"), ("english", "ase")])
def test_malformed_language_codes_are_refused(clips, tmp_path, extract, codes):
    with pytest.raises(UsageError, match="is named by"):
        build_lexicon(clips, find_clips(clips), tmp_path / "out", *codes, extract)
