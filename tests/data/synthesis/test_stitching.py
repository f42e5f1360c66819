import csv
import json

import numpy as np
import pytest

from signzoo.data.manifest import read_manifest
from signzoo.data.synthesis.corpus import Recipe, synthesize
from signzoo.data.synthesis.performers import Performer
from signzoo.data.synthesis.sources import RecordedSigns, open_signs
from signzoo.errors import LexiconError
from signzoo.lexicon.articulation import Physique
from signzoo.transforms.kinematics import Proportions
from tests.conftest import make_signer


def clip(path_of_hand, hands=True):
    """A second and a half: up from the lap, along a path, down again; with or without hands."""
    rest = np.tile([270, 400], (8, 1))
    wrist = np.concatenate([rest, np.array(path_of_hand), rest])
    times = np.linspace(0, len(wrist) - 1, 38)
    track = np.stack([np.interp(times, np.arange(len(wrist)), axis) for axis in wrist.T], axis=1)
    left = np.tile([370, 400], (38, 1))
    pose = make_signer(track, left_hand=left)
    if not hands:
        confidence = pose.confidence.copy()
        for side in ("left", "right"):
            confidence[:, pose.skeleton.part(f"{side}_hand")] = 0
        return type(pose)(pose.points, confidence, pose.fps, pose.skeleton, pose.unit, pose.size)
    return pose


@pytest.fixture
def lexicon(tmp_path):
    folder = tmp_path / "lexicon"
    (folder / "gsg").mkdir(parents=True)
    rows = []
    for word, path in (("REGEN", [[270, 150], [270, 250]]), ("NORD", [[300, 120], [240, 120]])):
        clip(path).write(folder / f"gsg/{word}.pose")
        rows.append([f"gsg/{word}.pose", "de", "gsg", 0, 0, word.lower(), word, 0])
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        header = "path spoken_language signed_language start end words glosses priority"
        writer.writerows([header.split(), *rows])
    return folder


def signs(lexicon):
    return open_signs(str(lexicon), ["REGEN", "NORD"], None, None)


def perform(lexicon, performer=None, glosses=("REGEN", "NORD")):
    random = np.random.default_rng(0)
    return signs(lexicon).perform(list(glosses), performer or Performer("x"), random, 25.0)


def test_recorded_signs_are_joined_from_rest_to_rest_and_hurried(lexicon):
    performance = perform(lexicon)
    (start, end), (start_2, end_2) = performance.spans
    assert 0 < start < end < start_2 < end_2 < len(performance.pose)
    assert end - start < 20  # of 38 frames, a part of which was rest
    height = performance.pose.anchor("right_wrist")[0][:, 1]
    assert height[0] > 0.8
    assert height[-1] > 0.8
    assert height[start:end].min() < 0.3


def test_the_performers_arms_and_hand_are_put_on_the_recording(lexicon):
    long = Performer("x", Physique(Proportions(upper_arm=1.0, forearm=0.85)))
    lefty = Performer("x", Physique(left_handed=True))
    usual = perform(lexicon)
    reach = [
        np.abs(perform(lexicon, who).pose.anchor("right_wrist")[0][:, 1]).max()
        for who in (Performer("x"), long)
    ]
    assert reach[1] > 1.1 * reach[0]
    mirrored = perform(lexicon, lefty).pose.anchor("left_wrist")[0]
    np.testing.assert_allclose(
        mirrored * [-1, 1, 1], usual.pose.anchor("right_wrist")[0], atol=1e-4
    )


def test_a_gloss_without_sign_or_letters_is_lacking(lexicon):
    assert signs(lexicon).lacks(["REGEN", "SONNE"]) == ("SONNE",)


def test_the_hash_knows_the_files(lexicon):
    before = signs(lexicon).hash
    assert RecordedSigns(lexicon, "de", "gsg").hash == before
    clip([[270, 150], [280, 250]]).write(lexicon / "gsg/REGEN.pose")
    assert RecordedSigns(lexicon, "de", "gsg").hash != before


def test_a_clip_without_hands_is_named(lexicon):
    clip([[270, 150], [270, 250]], hands=False).write(lexicon / "gsg/NORD.pose")
    with pytest.raises(LexiconError, match="never shows a hand"):
        perform(lexicon)


def test_a_corpus_of_recorded_signs_leaves_out_what_has_no_sign(lexicon, tmp_path):
    rows = [("a", "REGEN NORD"), ("b", "SONNE"), ("c", "NORD")]
    manifest = tmp_path / "m.jsonl"
    manifest.write_text(
        "".join(json.dumps({"id": i, "text": i, "gloss": g.split()}) + "\n" for i, g in rows)
    )
    recipe = Recipe(str(manifest), lexicon=str(lexicon), signers="2", video=False)
    summary = synthesize(recipe, tmp_path / "out")
    assert summary.skipped == {"b": ("SONNE",)}
    made = read_manifest(tmp_path / "out" / "manifest.jsonl")
    assert [row.get("id", str) for row in made] == ["a", "c"]
    facts = json.loads((tmp_path / "out" / "corpus.json").read_text())
    assert facts["lexicon"]["invented"] is False
    assert facts["mark"] is None
    assert not (tmp_path / "out" / "lexicon.json").exists()
