import os
import subprocess
import sys

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from signzoo.avatar import Body, BodyShape, from_signzoo_axes, to_signzoo_axes
from signzoo.avatar.body_files import body_path
from signzoo.errors import UsageError


def random_transforms(body, length=3, degrees=40):
    transforms = body.rest(length)
    count = length * len(body.bones)
    turns = np.random.default_rng(0).normal(0, np.radians(degrees), (count, 3))
    transforms[..., :3, :3] = Rotation.from_rotvec(turns).as_matrix().reshape(length, -1, 3, 3)
    transforms[:, 0, :3, 3] = [0.1, -0.2, 0.3]
    return transforms


def test_at_rest_the_skin_is_the_rest_mesh(body):
    np.testing.assert_allclose(body.skin(body.rest())[0], body.vertices, atol=1e-6)
    np.testing.assert_allclose(body.joints(body.rest())[0], body.heads, atol=1e-6)


def test_skin_and_expressions_agree_with_anny(body):
    torch = pytest.importorskip("torch")
    anny = pytest.importorskip("anny")
    model = anny.Anny(facial_actions="all")
    model.set_skinning_method("lbs")
    transforms = random_transforms(body)
    actions = np.random.default_rng(1).uniform(0, 1, (3, len(body.expressions)))
    world = body.globals(transforms).astype(np.float64)
    shape = {"age": BodyShape().age}
    rest = model(phenotype_kwargs=shape)["rest_bone_poses"][0].numpy()
    theirs = model(
        torch.from_numpy(world @ rest),
        phenotype_kwargs=shape,
        facial_actions=torch.from_numpy(actions),
        pose_parameterization="world",
    )["vertices"].numpy()
    assert np.abs(body.skin(transforms, actions) - theirs).max() < 1e-4  # metres


def test_bones_keep_their_lengths_and_carry_their_children(body):
    transforms = body.rest(2)
    transforms[1, body.bone("upperarm01.L"), :3, :3] = Rotation.from_euler(
        "z", 90, True
    ).as_matrix()
    joints = body.joints(transforms)
    shoulder, wrist = body.bone("upperarm01.L"), body.bone("wrist.L")
    moved = np.linalg.norm(joints[1] - joints[0], axis=1)
    assert moved[wrist] > 0.2
    assert moved[body.bone("wrist.R")] == 0
    length = np.linalg.norm(joints[:, wrist] - joints[:, shoulder], axis=1)
    assert length[1] == pytest.approx(length[0], abs=1e-5)


def test_the_left_hand_is_on_the_right_of_the_picture_and_the_face_looks_at_the_camera(body):
    heads, tails = to_signzoo_axes(body.heads), to_signzoo_axes(body.tails)
    assert heads[body.bone("wrist.L"), 0] > 0.2 > heads[body.bone("wrist.R"), 0]
    assert heads[body.bone("head"), 1] < heads[body.bone("foot.L"), 1]
    assert heads[body.bone("eye.L"), 2] < heads[body.bone("head"), 2]
    np.testing.assert_allclose(from_signzoo_axes(heads), body.heads, atol=1e-6)
    index, reach = body.bone("finger2-3.L"), body.vertices[:, 1].min()
    assert tails[index, 2] == pytest.approx(reach, abs=0.03)  # arms at rest reach forward


def test_a_cut_mesh_moves_like_the_whole(body):
    keep = body.vertices[:, 2] > 0
    upper = body.cut(keep)
    transforms = random_transforms(body, 9)
    actions = np.random.default_rng(2).uniform(0, 1, (9, len(body.expressions)))
    whole = body.skin(transforms, actions)[:, keep]
    np.testing.assert_allclose(upper.skin(transforms, actions), whole, atol=1e-6)
    corners = upper.vertices[upper.faces]
    assert 0 < len(corners) < len(body.faces)
    assert np.ptp(corners, axis=1).max() < 0.2  # no triangle joins strangers
    with pytest.raises(UsageError, match="one bool for each"):
        body.cut(keep[:-1])


def test_a_kept_body_loads_in_a_new_process_without_torch(body_home):
    code = (
        "import sys\nfrom signzoo.avatar import Body\nbody = Body.load()\n"
        "body.skin(body.rest())\nprint(len(body.vertices), *sys.modules)"
    )
    environment = os.environ | {"SIGNZOO_HOME": str(body_home)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
    count, *loaded = done.stdout.split()
    assert int(count) > 10_000
    assert not {"torch", "anny", "warp"} & set(loaded)


def test_a_corrupt_file_is_made_anew(body, body_home, tmp_path, monkeypatch):
    kept = body_path(BodyShape())
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path))
    broken = tmp_path / "avatar" / kept.name
    broken.parent.mkdir()
    broken.write_bytes(kept.read_bytes()[:10_000])
    again = Body.load()
    np.testing.assert_array_equal(again.vertices, body.vertices)
    assert broken.stat().st_size == kept.stat().st_size


def test_shapes_differ_and_have_files_of_their_own(body, body_home):
    before = set((body_home / "avatar").glob("body-*.npz"))
    tall = Body.load(BodyShape(height=0.9))
    assert np.ptp(tall.vertices[:, 2]) > np.ptp(body.vertices[:, 2]) + 0.05
    assert len(set((body_home / "avatar").glob("body-*.npz")) - before) == 1
    with pytest.raises(UsageError, match="age is between 0 and 1"):
        BodyShape(age=7)


def test_an_unknown_bone_is_an_error_that_lists_the_bones(body):
    with pytest.raises(UsageError, match="no bone 'tail'"):
        body.bone("tail")
