import subprocess
import sys

import numpy as np
import pytest

from signzoo.avatar.appearance import Signer
from signzoo.avatar.camera import Camera
from signzoo.avatar.figure import Figure
from signzoo.avatar.render import check_egl, compress, render
from signzoo.errors import MissingPackageError
from signzoo.structures import Pose, Skeleton, VideoClip
from signzoo.transforms.pose import to_pixels

SIZE = (160, 160)


@pytest.fixture(autouse=True)
def _with_egl():
    try:
        check_egl()
    except MissingPackageError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def figure(body_home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNZOO_HOME", str(body_home))
        return Figure.of(Signer(), Camera.of(Signer(), SIZE))


def drawn(figure, vertices, signer=Signer(), motion_blur=0.0, size=SIZE, **camera):  # noqa: B008
    place = Camera(size, **camera)
    return np.stack(list(render([vertices], figure, signer, place, motion_blur)))


def still(figure, length=1):
    return figure.body.skin(figure.body.rest(length))


def ground(frames):
    """Where a frame shows the wall, ``(T, H, W)``: its columns at the edge have only that."""
    return (np.abs(frames.astype(int) - frames[:, :, :1]) < 3).all(axis=-1)


def test_a_signer_stands_before_a_wall_and_nothing_is_black(figure):
    frames = drawn(figure, still(figure))
    assert frames.shape == (1, 160, 160, 3)
    assert frames.dtype == np.uint8
    body = ~ground(frames)[0]
    assert 0.2 < body.mean() < 0.6
    assert not body[:10].any()  # there is room above the head
    assert body[-1].any()  # and none below the hips
    assert (frames[0].max(axis=-1) > 12).all()


def test_shoulders_lie_where_to_pixels_puts_them(figure):
    holistic = Skeleton.named("mediapipe-holistic")
    points = np.random.default_rng(0).uniform(-1, 1, (1, len(holistic.landmarks), 3))
    points[..., 2] = 0
    pose = Pose(points, np.ones(points.shape[:2]), 25, holistic, "shoulder")
    found = Camera((300, 200)).project(pose.points)
    np.testing.assert_allclose(found, to_pixels(pose, (300, 200)).points, atol=1e-3)


def test_what_is_projected_lies_on_what_is_drawn(figure):
    """The tip of the head by arithmetic is where the picture has it, from any side."""
    vertices = still(figure)
    points, _, _ = figure.surface(vertices)
    for camera in ({}, {"yaw": 30.0, "pitch": 20.0, "zoom": 0.9, "distance": 5.0}, {"yaw": -25.0}):
        seen = Camera(SIZE, **camera).project(figure.to_shoulder_units(points[0]))
        body = ~ground(drawn(figure, vertices, **camera))[0]
        assert abs(np.flatnonzero(body.any(axis=1))[0] - seen[:, 1].min()) < 2
        head = seen[seen[:, 1] < seen[:, 1].min() + 20]
        columns = np.flatnonzero(body[int(seen[:, 1].min()) + 18])
        assert abs(columns[0] - head[:, 0].min()) < 2.5
        assert abs(columns[-1] - head[:, 0].max()) < 2.5


def test_the_left_hand_is_on_the_right_of_the_picture(figure):
    transforms = figure.body.rest(2)
    transforms[1, figure.body.bone("wrist.L"), 2, 3] = 0.2  # up
    change = np.abs(np.diff(drawn(figure, figure.body.skin(transforms)).astype(int), axis=0))
    columns = np.flatnonzero(change[0].max(axis=(0, 2)) > 30)
    assert columns.min() > 100


def test_the_same_frames_come_again_byte_for_byte(figure):
    vertices = still(figure, 2)
    assert (drawn(figure, vertices) == drawn(figure, vertices)).all()


def test_blocks_of_frames_are_like_one(figure):
    transforms = figure.body.rest(5)
    transforms[:, figure.body.bone("wrist.L"), 2, 3] = np.linspace(0, 0.2, 5)
    vertices = figure.body.skin(transforms)
    place = Camera(SIZE)
    for blur in (0.0, 0.5):
        blocks = [vertices[:2], vertices[2:2], vertices[2:]]
        parts = np.stack(list(render(blocks, figure, Signer(), place, blur)))
        assert (parts == drawn(figure, vertices, motion_blur=blur)).all()


def test_only_what_moves_is_blurred(figure):
    transforms = figure.body.rest(3)
    transforms[:, figure.body.bone("wrist.L"), 2, 3] = (0, 0.15, 0.15)
    vertices = figure.body.skin(transforms)
    sharp, blurred = (drawn(figure, vertices, motion_blur=blur) for blur in (0, 1.0))
    assert (sharp[1:] == blurred[1:]).all()
    change = np.abs(sharp[0].astype(int) - blurred[0]).max(axis=-1)
    assert change[:, 110:].max() > 30
    assert change[:, :100].max() <= 2


def test_a_square_of_112_pixels_and_another_shape_are_filled(figure):
    for size in ((112, 112), (320, 180), (96, 200)):
        frames = drawn(figure, still(figure), size=size)
        assert frames.shape[1:] == (size[1], size[0], 3)
        assert 0.1 < (~ground(frames)).mean() < 0.95


def test_light_and_clothes_show(figure, body):
    vertices = still(figure)
    standard = drawn(figure, vertices)
    dim = drawn(figure, vertices, Signer(light_strength=0.4))
    assert dim[0, 80, 80].sum() < standard[0, 80, 80].sum()
    red = Figure.of(Signer(shirt_color="#c01010"), Camera(SIZE))
    assert drawn(red, vertices)[0, 90, 80].argmax() == 0


def test_triangles_that_the_camera_cannot_see_are_cut_away(figure, body):
    whole = Figure.of(Signer())
    assert len(whole.triangles) == len(body.faces)
    assert len(figure.triangles) < 0.85 * len(body.faces)
    complete = drawn(whole, still(whole))
    assert (complete == drawn(figure, still(figure))).mean() > 0.999


def test_normals_point_outwards_and_have_length_one(figure):
    points, normals, _ = figure.surface(still(figure))
    np.testing.assert_allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-4)
    chest = np.abs(points[0] - figure.shoulders[0] - [0, -0.1, -0.1]).sum(axis=1).argmin()
    assert normals[0, chest, 1] < -0.5  # to the front


def test_compression_keeps_the_picture_but_not_every_pixel(figure):
    clip = VideoClip.from_frames(drawn(figure, still(figure, 5)), 25)
    rough = compress(clip, crf=40)
    assert (rough.size, rough.num_frames, rough.fps) == (clip.size, clip.num_frames, clip.fps)
    difference = np.abs(rough.frames.astype(int) - clip.frames)
    assert 0.2 < difference.mean() < 12


def test_triton_can_be_imported_after_a_picture_was_rendered(body_home):
    """It has an LLVM, as Mesa does; loaded after Mesa's it used to crash the process."""
    pytest.importorskip("triton")
    code = (
        "from signzoo.avatar.render import _open_window as open_window\n"
        "window = open_window(); window.SetOffScreenRendering(1); window.Render()\n"
        "import triton"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_a_missing_egl_is_an_error_that_names_the_package(monkeypatch):
    import ctypes

    def refuse(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    with pytest.raises(MissingPackageError, match="apt install libegl1"):
        check_egl()


def test_a_hand_before_the_chest_shades_it_and_only_it(figure):
    body = figure.body
    transforms = body.rest(2)
    chest = figure.shoulders[0] + [0, -0.16, -0.12]
    transforms[1, body.bone("wrist.R"), :3, 3] = chest - body.heads[body.bone("wrist.R")]
    points, _, light = figure.surface(body.skin(transforms))
    apart = np.linalg.norm(points[0] - chest, axis=1)
    trunk = (apart < 0.12) & (figure.thickness[figure.vertices] > 0)
    assert light[1, trunk].mean() < light[0, trunk].mean() - 0.05
    waist = (apart > 0.25) & (np.abs(points[0, :, 0]) < 0.1) & (points[0, :, 2] < chest[2])
    np.testing.assert_allclose(light[1, waist], light[0, waist], atol=0.05)


def test_fingers_of_a_fist_shade_each_other(figure):
    from scipy.spatial.transform import Rotation

    body = figure.body
    transforms = body.rest(2)
    for finger in "2345":
        for joint in "123":
            bone = body.bone(f"finger{finger}-{joint}.R")
            across = body.heads[body.bone("finger2-1.R")] - body.heads[body.bone("finger5-1.R")]
            turn = Rotation.from_rotvec(-1.2 * across / np.linalg.norm(across))
            transforms[1, bone, :3, :3] = turn.as_matrix()
    _, _, light = figure.surface(body.skin(transforms))
    hand = np.char.endswith(np.array(body.bones)[body.influences[:, 0]], ".R")
    hand &= np.char.startswith(np.array(body.bones)[body.influences[:, 0]], "finger")
    hand = hand[figure.vertices]
    assert light[1, hand].mean() < light[0, hand].mean() - 0.03
