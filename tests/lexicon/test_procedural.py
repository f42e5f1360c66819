import json

import numpy as np
import pytest

from signzoo.errors import LexiconError
from signzoo.lexicon.articulation import Physique, articulate
from signzoo.lexicon.phonology import draw_sign, inventory, sign_motion
from signzoo.lexicon.procedural import (
    LEAST_DISTANCE,
    ProceduralLexicon,
    is_procedural,
    sign_distances,
)

GLOSSES = [f"GLOSS{i}" for i in range(40)]


@pytest.fixture(scope="module")
def lexicon():
    return ProceduralLexicon({}).extended(GLOSSES)


def test_every_gloss_gets_a_sign_of_its_own(lexicon):
    assert list(lexicon.signs) == GLOSSES
    assert len(set(lexicon.signs.values())) == len(GLOSSES)


def test_any_two_signs_are_some_way_apart(lexicon):
    signs = list(lexicon.signs.values())
    for index, sign in enumerate(signs[1:], 1):
        assert sign_distances(sign, signs[:index]).min() >= LEAST_DISTANCE


def test_a_sign_is_no_distance_from_itself_and_the_same_both_ways(lexicon):
    one, other = list(lexicon.signs.values())[:2]
    assert sign_distances(one, [one]) == pytest.approx([0], abs=1e-3)
    assert sign_distances(one, [other]) == pytest.approx(sign_distances(other, [one]), rel=1e-4)


def test_adding_glosses_moves_no_sign(lexicon):
    more = lexicon.extended(["NEU", *GLOSSES, "NOCH-EINS"])
    assert list(more.signs) == [*GLOSSES, "NEU", "NOCH-EINS"]
    assert all(more.signs[gloss] == lexicon.signs[gloss] for gloss in GLOSSES)
    assert more.hash != lexicon.hash


def test_the_same_glosses_give_the_same_signs_and_another_seed_others(lexicon):
    assert ProceduralLexicon({}).extended(GLOSSES).hash == lexicon.hash
    other = ProceduralLexicon({}, seed=1).extended(GLOSSES)
    assert other.hash != lexicon.hash
    assert sum(other.signs[gloss] == lexicon.signs[gloss] for gloss in GLOSSES) < 3


def test_what_is_saved_is_read_again(lexicon, tmp_path):
    lexicon.save(tmp_path / "lexicon.json")
    found = ProceduralLexicon.open(tmp_path / "lexicon.json")
    assert found.signs == lexicon.signs
    assert found.hash == lexicon.hash
    assert is_procedural(tmp_path / "lexicon.json")
    (tmp_path / "other.json").write_text("{}")
    assert not is_procedural(tmp_path / "other.json")


def test_the_embedded_lexicon_is_what_its_glosses_give():
    embedded = ProceduralLexicon.embedded()
    some = list(embedded.signs)[:30]
    assert len(embedded.signs) == 1085
    again = ProceduralLexicon({}).extended(some)
    assert all(again.signs[gloss] == embedded.signs[gloss] for gloss in some)


@pytest.mark.parametrize(
    ("gloss", "message"), [("  ", "A gloss is empty"), ("X" * 200, "has 200 characters")]
)
def test_a_gloss_that_is_none_is_refused(gloss, message):
    with pytest.raises(LexiconError, match=message):
        ProceduralLexicon({}).extended([gloss])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "x"}, "is not a procedural lexicon"),
        ({"version": 99}, "was made with version 99"),
        ({"signs": {"A": ["nothing"]}}, "is corrupt"),
        ({"signs": {"A": ["Q"] * 12}}, "is corrupt"),
    ],
)
def test_a_wrong_file_is_refused(lexicon, tmp_path, change, message):
    path = tmp_path / "lexicon.json"
    lexicon.save(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(LexiconError, match=message):
        ProceduralLexicon.open(path)


def test_a_missing_and_a_broken_file_are_refused(tmp_path):
    with pytest.raises(LexiconError, match="There is no procedural lexicon"):
        ProceduralLexicon.open(tmp_path / "none.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(LexiconError, match="not a readable"):
        ProceduralLexicon.open(tmp_path / "broken.json")


def test_a_full_lexicon_says_so(monkeypatch):
    monkeypatch.setattr("signzoo.lexicon.procedural.LEAST_DISTANCE", 5.0)
    monkeypatch.setattr("signzoo.lexicon.procedural._MOST_DRAWS", 20)
    with pytest.raises(LexiconError, match="There is no room for another sign"):
        ProceduralLexicon({}).extended(["A", "B"])


def test_drawn_signs_keep_battisons_conditions():
    random = np.random.default_rng(0)
    unmarked = inventory()["sets"]["unmarked"]
    for sign in (draw_sign(random) for _ in range(300)):
        motion = sign_motion(sign, 5)
        assert (sign.base_handshape in unmarked) == (sign.hands == "base")
        assert motion.active[:, 1].any() == (sign.hands != "one")
        if sign.hands in ("symmetric", "alternating"):
            np.testing.assert_array_equal(motion.angles[:, 0], motion.angles[:, 1])


def test_every_name_of_the_inventory_can_be_performed():
    tables = inventory()
    random = np.random.default_rng(1)
    seen = {key: set() for key in ("handshapes", "orientations", "paths", "local", "nonmanual")}
    for sign in (draw_sign(random) for _ in range(3000)):
        for key, name in zip(
            seen,
            (sign.handshape, sign.orientation, sign.path, sign.local, sign.nonmanual),
            strict=True,
        ):
            if name not in seen[key]:
                seen[key].add(name)
                pose = articulate(sign_motion(sign, 4), Physique(), 25.0).pose
                assert np.isfinite(pose.points).all()
    for key, names in seen.items():
        assert names == set(tables[key]) - {"relaxed", "rest"}, key
