from dataclasses import replace

import numpy as np
import pytest

from signzoo.avatar import AvatarRenderer, Signer
from signzoo.avatar.render import check_egl
from signzoo.errors import MissingPackageError, UsageError
from signzoo.lexicon import Lexicon
from signzoo.lexicon.joining import prepare_clip
from signzoo.pipelines import TextToSign
from signzoo.transforms.pose import to_pixels


@pytest.fixture(autouse=True)
def _ready(body_home, monkeypatch):
    monkeypatch.setenv("SIGNZOO_HOME", str(body_home))
    try:
        check_egl()
    except MissingPackageError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def letter():
    """Half a second of a spelled L."""
    clip = prepare_clip(Lexicon.fingerspelling().letters("en", "ase")["l"].read(), 25.0)
    middle = len(clip) // 2
    return clip[middle - 4 : middle + 4]


def test_every_frame_of_a_pose_becomes_a_picture(letter):
    clip = AvatarRenderer(size=(128, 96))(letter)
    assert (clip.size, clip.num_frames, clip.fps) == ((128, 96), len(letter), 25)
    frames = clip.frames
    assert frames.shape == (len(letter), 96, 128, 3)
    assert (frames == clip.frames).all()  # it can be iterated again


def test_captions_stand_in_a_strip_below(letter):
    clip = AvatarRenderer(size=(128, 128))(letter, lambda index: f"frame {index}")
    plain = AvatarRenderer(size=(128, 128))(letter).frames
    frames = clip.frames
    assert clip.size == (128, frames.shape[1])
    assert frames.shape[1] > 128
    assert (frames[:, :128] == plain).all()
    assert (frames[0, 128:] != frames[1, 128:]).any()


def test_a_mark_shows_in_one_corner_of_every_frame(letter):
    plain = AvatarRenderer(size=(128, 128))(letter).frames.astype(int)
    marked = AvatarRenderer(size=(128, 128), mark="invented signs")(letter).frames
    changed = np.abs(marked - plain).max(axis=-1) > 40
    assert changed.any(axis=(1, 2)).all()
    rows, columns = np.nonzero(changed.any(axis=0))
    assert rows.min() > 110
    assert columns.max() < 100


def test_the_pose_lies_in_the_picture_where_to_pixels_puts_what_is_not_near(letter):
    """The camera adds perspective: only what is nearer than the shoulders is off their scale."""
    renderer = AvatarRenderer(size=(300, 200))
    flat = replace(letter, points=letter.points * np.float32([1, 1, 0]))
    placed = renderer.place(flat)
    assert (placed.unit, placed.size) == ("pixel", (300, 200))
    np.testing.assert_allclose(placed.points, to_pixels(flat, (300, 200)).points, atol=1e-2)
    nearer = renderer.place(letter).points[letter.confidence > 0]
    assert np.abs(nearer - to_pixels(letter, (300, 200)).points[letter.confidence > 0]).max() < 25


def test_the_avatars_own_hand_is_where_its_landmarks_say(letter):
    renderer = AvatarRenderer(Signer(camera_yaw=15, skin_tone=0.1, shirt_color="#101010"))
    seen = renderer.landmarks(letter[:1])
    picture = renderer(letter[:1]).frames[0].astype(int)
    hand = seen.points[0, seen.skeleton.part("right_hand"), :2].round().astype(int)
    assert (seen.confidence[0, seen.skeleton.part("right_hand")] == 1).all()
    colors = picture[hand[:, 1], hand[:, 0]]
    skin = (colors[:, 0] > 80) & (colors[:, 0] > colors[:, 2] + 10)  # warm, unlike wall and shirt
    assert skin.mean() > 0.9


def test_the_mouth_opens_with_the_poses(letter):
    """The chin of an open mouth lies lower: below the lips the picture changes."""
    pose = letter[[0, 0]]
    points = pose.points.copy()
    chin = pose.skeleton.landmarks.index("face/152")
    below = points[1, :, 1] > points[1, pose.skeleton.landmarks.index("face/14"), 1] - 0.005
    face = np.zeros(len(below), bool)
    face[pose.skeleton.part("face")] = True
    assert below[chin]
    points[1, below & face, 1] += 0.1  # the lower lip and the chin go down
    frames = AvatarRenderer(size=(256, 256))(replace(pose, points=points)).frames.astype(int)
    mouth = AvatarRenderer(size=(256, 256)).place(pose).points[1, pose.skeleton.part("face"), :2]
    left, top = mouth.min(axis=0).astype(int)
    right, bottom = mouth.max(axis=0).astype(int)
    change = np.abs(frames[1] - frames[0]).max(axis=-1)[top:bottom, left:right]
    half = len(change) // 2
    assert change[half:].mean() > 2 * change[: half // 2].mean()
    assert change[half:].max() > 40


def test_an_avatar_signs_a_text(letter):
    renderer = AvatarRenderer(size=(64, 64))
    production = TextToSign.for_languages("en", "ase", renderer=renderer)("hi")
    assert production.video.num_frames == len(production.pose)
    assert next(iter(production.video)).shape == (88, 64, 3)
    assert production.pose.size == (64, 64)


def test_what_cannot_be_rendered_is_refused():
    with pytest.raises(UsageError, match="between 0 and 1"):
        AvatarRenderer(motion_blur=2)
    with pytest.raises(UsageError, match="16"):
        AvatarRenderer(size=(4, 4))
