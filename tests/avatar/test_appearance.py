import json

import numpy as np
import pytest

from signzoo.avatar.appearance import Signer, rgb, skin_color
from signzoo.avatar.atlas import Atlas
from signzoo.avatar.paint import paint, thickness
from signzoo.errors import UsageError


def test_a_signer_comes_back_from_json(tmp_path):
    signer = Signer.drawn(5)
    signer.write(tmp_path / "me.json")
    assert Signer.read(tmp_path / "me.json") == signer


def test_what_a_file_leaves_out_keeps_its_default(tmp_path):
    (tmp_path / "me.json").write_text('{"hair": "full", "shape": {"age": 1}}')
    signer = Signer.read(tmp_path / "me.json")
    assert (signer.hair, signer.shape.age) == ("full", 1)
    assert signer.shirt_color == Signer().shirt_color


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"hat": 1}', "no 'hat'"),
        ('{"hair_colour": "#000000"}', "Did you mean hair_color"),
        ('{"shape": {"size": 1}}', "no 'size'"),
        ('{"shape": {"age": "old"}}', "age is a number"),
        ('{"shape": {"age": 2}}', "age is between 0 and 1"),
        ('{"shape": null}', "is a JSON object"),
        ('{"hair": "blue"}', "one of none, cropped"),
        ('{"hair": ["none"]}', "one of none, cropped"),
        ('{"skin_tone": true}', "between 0 and 1"),
        ('{"skin_tone": NaN}', "between 0 and 1"),
        ('{"camera_distance": 0}', "between 3 and 50"),
        ('{"background": "white"}', "a colour like '#1f2f4a'"),
        ('{"shirt_color": 7}', "a colour like '#1f2f4a'"),
        ("[1]", "is a JSON object"),
        ("{", "is not JSON"),
    ],
)
def test_a_file_that_is_no_signer_is_refused_with_what_is_wrong(tmp_path, content, message):
    (tmp_path / "me.json").write_text(content)
    with pytest.raises(UsageError, match=message):
        Signer.read(tmp_path / "me.json")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UsageError, match="nobody.json"):
        Signer.read(tmp_path / "nobody.json")


def test_the_same_seed_draws_the_same_signer_and_others_differ():
    drawn = [Signer.drawn(seed) for seed in range(30)]
    assert drawn == [Signer.drawn(seed) for seed in range(30)]
    assert len({json.dumps(signer.as_values()) for signer in drawn}) == 30
    tones = [signer.skin_tone for signer in drawn]
    assert min(tones) < 0.3
    assert max(tones) > 0.7
    assert {signer.hair for signer in drawn} == {"none", "cropped", "short", "full", "scarf"}


def test_hands_of_drawn_signers_contrast_with_the_shirt():
    weights = np.array([0.3, 0.59, 0.11])
    for seed in range(50):
        signer = Signer.drawn(seed)
        contrast = (rgb(signer.shirt_color) - skin_color(signer.skin_tone)) @ weights
        assert abs(contrast) > 0.12, seed


@pytest.fixture(scope="module")
def atlas(body_home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNZOO_HOME", str(body_home))
        Atlas.load()
        return Atlas.load()  # the second time from its file


def test_the_atlas_wraps_the_mesh_of_the_body(atlas, body):
    assert (atlas.vertices[atlas.triangles] == body.faces).all()
    assert atlas.uv.min() >= 0
    assert atlas.uv.max() <= 1
    # a pixel at a vertex's texture coordinates lies where the vertex does
    columns, rows = (np.stack([atlas.uv[:, 0], 1 - atlas.uv[:, 1]]) * 1023).astype(int)
    away = np.linalg.norm(atlas.places[rows, columns] - atlas.template[atlas.vertices], axis=1)
    assert np.median(away) < 0.004


def color_at(picture, atlas, place):
    """The colour of the vertex that is nearest to a place on the template."""
    vertex = np.linalg.norm(atlas.template[atlas.vertices] - place, axis=1).argmin()
    u, v = atlas.uv[vertex]
    return picture[int((1 - v) * 1023), int(u * 1023)] / 255


def test_skin_hair_and_clothes_are_where_they_belong(atlas):
    signer = Signer(hair_color="#00ff00", shirt_color="#ff0000", trousers_color="#0000ff")
    picture = paint(signer, atlas)
    skin = color_at(picture, atlas, (0, -0.14, 0.78))  # forehead
    assert abs(skin - skin_color(signer.skin_tone)).max() < 0.15
    assert color_at(picture, atlas, (0, -0.05, 0.845)).argmax() == 1  # crown
    assert (color_at(picture, atlas, (0.05, -0.11, 0.35)) == rgb("#ff0000")).all()  # chest
    assert (color_at(picture, atlas, (0.1, -0.05, -0.3)) == rgb("#0000ff")).all()  # thigh
    forearm, hand = (0.37, -0.1, 0.3), (0.45, -0.25, 0.2)
    assert (color_at(picture, atlas, forearm) == rgb("#ff0000")).all()
    assert abs(color_at(picture, atlas, hand) - skin).max() < 0.15
    bare = paint(Signer(shirt_color="#ff0000", sleeves="short"), atlas)
    assert abs(color_at(bare, atlas, forearm) - skin).max() < 0.15


def test_the_face_has_lips_brows_and_eyes(atlas):
    picture = paint(Signer(), atlas)
    skin = color_at(picture, atlas, (0, -0.14, 0.78))
    assert (color_at(picture, atlas, (0.034, -0.14, 0.7515)) < 0.7 * skin).all()  # brow
    lips = color_at(picture, atlas, (0, -0.157, 0.652))
    assert lips[1] < 0.8 * skin[1]
    assert color_at(picture, atlas, (0.0308, -0.139, 0.7284)).max() < 0.4  # pupil


def test_hair_and_clothes_stand_off_the_skin_but_hands_and_face_do_not(atlas):
    away = thickness(Signer(hair="full"), atlas)
    assert away.max() < 0.02
    assert away[atlas.template[:, 2] > 0.84].min() > 0.01
    assert (away[np.isin(atlas.vertex_parts(), (2, 3))] == 0).all()
    assert (thickness(Signer(hair="none"), atlas)[atlas.template[:, 2] > 0.84] == 0).all()
