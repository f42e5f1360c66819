import numpy as np
import pytest

from signzoo.media.cropping import crop_points, crop_video, signing_space
from signzoo.structures import VideoClip
from signzoo.transforms.pose import to_pixels, to_shoulder_units


def dot(x, y, size=(40, 30), num_frames=2):
    """A black clip with one white pixel."""
    frames = np.zeros((num_frames, size[1], size[0], 3), np.uint8)
    frames[:, y, x] = 255
    return VideoClip.from_frames(frames, 25.0)


def test_the_signing_space_is_the_square_of_the_fixed_camera(waving):
    left, top, right, bottom = signing_space(waving, (640, 480))
    assert right - left == pytest.approx(340)  # 3.4 of the signer's 100 pixels
    assert bottom - top == pytest.approx(340)
    assert (left + right) / 2 == pytest.approx(320)
    assert top == pytest.approx(200 - 0.4 * 340)


def test_a_cropped_signer_stands_where_to_pixels_puts_one(waving):
    box = signing_space(waving, (640, 480))
    placed = to_pixels(to_shoulder_units(waving), (112, 112))
    seen = waving.confidence > 0
    cropped = crop_points(waving.points[..., :2], box, (112, 112))
    np.testing.assert_allclose(cropped[seen], placed.points[seen][:, :2], atol=1e-3)


def test_a_bad_frame_does_not_move_the_signing_space(waving):
    before = signing_space(waving, (640, 480))
    waving.points[7, waving.skeleton.anchor("left_shoulder"), :2] += 300
    assert signing_space(waving, (640, 480)) == before


@pytest.mark.parametrize(
    ("size", "box"), [((640, 480), (80, 0, 560, 480)), ((30, 50), (0, 10, 30, 40))]
)
def test_without_shoulders_the_middle_of_the_picture_is_kept(waving, size, box):
    waving.confidence[:, waving.skeleton.anchor("left_shoulder")] = 0
    assert signing_space(waving, size) == box


def test_cropping_cuts_pixels_out():
    frames = crop_video(dot(12, 7), (10, 5, 18, 13), (8, 8)).frames
    assert frames.shape == (2, 8, 8, 3)
    assert (frames[:, 2, 2] == 255).all()
    assert (frames > 0).any(axis=-1).sum() == 2


def test_points_go_where_their_pixels_go():
    box, size = (4.5, 2.5, 36.5, 26.5), (64, 48)
    frame = crop_video(dot(20, 10), box, size).frames[0, ..., 0].astype(float)
    y, x = np.indices(frame.shape)
    centre = [(frame * (axis + 0.5)).sum() / frame.sum() for axis in (x, y)]
    np.testing.assert_allclose(crop_points(np.array([20.5, 10.5]), box, size), centre, atol=0.02)


def test_outside_the_picture_is_black():
    bright = VideoClip.from_frames(np.full((1, 20, 20, 3), 200, np.uint8), 25.0)
    frame = crop_video(bright, (-10, -10, 30, 30), (40, 40)).frames[0]
    assert (frame[10:30, 10:30] == 200).all()
    assert frame.sum() == 200 * 3 * 20 * 20


def test_a_box_beside_the_picture_is_all_black():
    assert crop_video(dot(1, 1), (100, 100, 120, 120), (8, 8)).frames.max() == 0


def test_shrinking_weighs_every_pixel():
    stripes = np.zeros((1, 32, 32, 3), np.uint8)
    stripes[:, :, ::2] = 200
    frame = crop_video(VideoClip.from_frames(stripes, 25.0), (0, 0, 32, 32), (4, 4)).frames[0]
    assert abs(frame.astype(int) - 100).max() < 8


def test_a_cropped_clip_is_made_as_it_is_watched():
    clip = crop_video(dot(3, 3, num_frames=5), (0, 0, 8, 8), (16, 12))
    assert (clip.size, clip.num_frames, clip.fps) == ((16, 12), 5, 25.0)
    assert len(list(clip)) == len(list(clip)) == 5
