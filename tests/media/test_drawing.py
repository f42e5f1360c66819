import os
from dataclasses import replace

import numpy as np
import pytest
from media_files import make_numbered, read_numbers

from signzoo.errors import MediaError, UsageError
from signzoo.media.drawing import contact_sheet, draw_pose, side_by_side, write_image
from signzoo.structures import Pose, Skeleton, VideoClip
from signzoo.transforms.pose import select_landmarks, to_shoulder_units

WHITE = np.array([255, 255, 255])


def near(picture, place, reach=4):
    """The pixels around a landmark, ``(n, 3)``."""
    x, y = np.round(place[:2]).astype(int)
    return picture[y - reach : y + reach + 1, x - reach : x + reach + 1].reshape(-1, 3).astype(int)


def inked(picture, ground=WHITE):
    """Which pixels are not ground, ``(..., H, W)``."""
    return np.abs(picture.astype(int) - ground).max(axis=-1) > 12


def test_a_pose_in_pixels_is_drawn_where_it_is(waving):
    clip = draw_pose(waving)
    assert (clip.size, clip.fps, clip.num_frames) == ((640, 480), 25.0, 50)
    picture = clip.frames[30]
    assert picture.shape == (480, 640, 3)
    for anchor in ("left_shoulder", "right_elbow", "right_wrist"):
        place = waving.anchor(anchor)[0][30]
        assert inked(picture[None, int(place[1]), [int(place[0])]]).all(), anchor
    assert not inked(picture[:, 420:]).any()  # nobody is there
    assert not inked(picture[310:]).any()  # no hips, so nothing below the elbows


def test_the_pose_follows_another_size_whole_and_centred(waving):
    picture = draw_pose(waving, (640, 240)).frames[0]  # half as high: margins left and right
    place = waving.anchor("left_shoulder")[0][0] * 0.5 + (160, 0, 0)
    assert inked(near(picture, place, 1).reshape(3, 3, 3)).all()


def test_shoulder_units_go_before_a_camera_that_does_not_move(waving):
    unit = to_shoulder_units(waving)
    whole, part = draw_pose(unit, (200, 200)).frames, draw_pose(unit[10:20], (200, 200)).frames
    assert whole.shape == (50, 200, 200, 3)
    assert np.array_equal(whole[10:20], part)
    rows, columns = np.nonzero(inked(whole[0]))
    assert rows.min() > 4  # the head is whole
    assert abs(columns.mean() - 100) < 20


def test_hands_and_fingers_have_colours_of_their_own(signer):
    path = np.full((1, 2), (220.0, 300.0))
    pose = signer(path, left_hand=path + (200, 0))
    picture = draw_pose(pose).frames[0]
    tips = {}
    for hand in ("left_hand", "right_hand"):
        for finger in ("thumb", "index_finger", "middle_finger", "ring_finger", "pinky"):
            index = pose.skeleton.landmarks.index(f"{hand}/{finger}_tip")
            x, y = pose.points[0, index, :2].astype(int)
            tips[hand, finger] = picture[y, x].astype(int)
    colors = np.array(list(tips.values()))
    apart = np.abs(colors[:, None] - colors[None]).sum(axis=2)
    assert apart[~np.eye(10, dtype=bool)].min() > 40
    for hand, warm in (("left_hand", True), ("right_hand", False)):
        for finger in ("index_finger", "middle_finger", "ring_finger"):
            red, _, blue = tips[hand, finger]
            assert (red > blue + 60) == warm
    left = [tips["left_hand", finger].sum() for finger in ("thumb", "index_finger", "pinky")]
    assert left == sorted(left, reverse=True)  # each darker than the last: no colours needed


def test_what_is_unsure_is_fainter_and_what_is_missing_is_not_there(waving):
    wrist = waving.skeleton.landmarks.index("body/left_elbow")
    darkness = []
    for confidence in (1.0, 0.3, 0.0):
        changed = waving.confidence.copy()
        changed[:, wrist] = confidence
        picture = draw_pose(replace(waving, confidence=changed)).frames[0]
        # Between shoulder and elbow, clear of the joints.
        darkness.append(int((255 - picture[240:250, 370:395].astype(int)).max()))
    assert darkness[0] > darkness[1] + 30 > darkness[1] > 10
    assert darkness[2] == 0


def test_legs_that_were_guessed_are_left_out(waving):
    names = waving.skeleton.landmarks
    points, confidence = waving.points.copy(), waving.confidence.copy()
    for name, place in (("left_hip", (350, 350)), ("left_knee", (350, 450))):
        points[:, names.index(f"body/{name}"), :2] = place
    confidence[:, names.index("body/left_hip")] = 0.9
    for sure, drawn in ((0.9, True), (0.4, False)):
        confidence[:, names.index("body/left_knee")] = sure
        picture = draw_pose(replace(waving, points=points, confidence=confidence)).frames[0]
        assert inked(picture[380:440, 340:360]).any() == drawn


def test_a_palm_without_its_wrist_is_left_out(waving):
    names = waving.skeleton.landmarks
    for landmark in ("left_pinky", "left_index", "left_thumb"):
        waving.points[:, names.index(f"body/{landmark}"), :2] = (560, 440)
        waving.confidence[:, names.index(f"body/{landmark}")] = 0.4
    assert not inked(draw_pose(waving).frames[0])[400:, 500:].any()
    waving.points[:, names.index("body/left_wrist"), :2] = (560, 430)
    waving.confidence[:, names.index("body/left_wrist")] = 0.4
    assert inked(draw_pose(waving).frames[0])[400:, 500:].any()


def test_the_body_stands_in_for_a_face_that_was_not_found(waving):
    names = waving.skeleton.landmarks
    points, confidence = waving.points.copy(), waving.confidence.copy()
    points[:, waving.skeleton.part("face"), :2] = (320, 60)  # all of it in one place
    for name, x in (("nose", 320), ("left_eye_inner", 330), ("right_eye_inner", 310)):
        points[:, names.index(f"body/{name}"), :2] = (x, 125)
        confidence[:, names.index(f"body/{name}")] = 1
    for found in (True, False):
        confidence[:, waving.skeleton.part("face")] = found
        picture = draw_pose(replace(waving, points=points, confidence=confidence)).frames[0]
        assert inked(picture[118:132, 300:340]).any() != found


def test_a_few_landmarks_draw_too(waving):
    for wanted in (["right_hand", "body/nose"], ["body"], ["face"]):
        assert inked(draw_pose(select_landmarks(waving, wanted)[:1]).frames[0]).any(), wanted
    skeleton = Skeleton.named("hands-and-nose")
    points = np.zeros((2, 3, 3), np.float32)
    points[:, :, :2] = [(40, 80), (80, 80), (60, 30)]
    confidence = np.array([[1, 1, 1], [1, 0, 1]], np.float32)
    first, second = draw_pose(Pose(points, confidence, 25, skeleton), (120, 120)).frames
    assert inked(first).any(axis=1).sum() > 10
    assert inked(first).sum() > inked(second).sum() > 0


def test_without_landmarks_the_picture_is_empty(waving):
    nobody = replace(waving, confidence=np.zeros_like(waving.confidence))
    assert not inked(draw_pose(nobody[:3]).frames).any()


def test_a_video_shines_through_unchanged_where_nothing_is_drawn(waving):
    noise = np.random.default_rng(0).integers(0, 255, (50, 480, 640, 3), np.uint8)
    drawn = draw_pose(waving, background=VideoClip.from_frames(noise, 25)).frames
    assert np.array_equal(drawn[:, 300:, 420:], noise[:, 300:, 420:])
    assert (drawn[0] != noise[0]).any()


def test_a_background_of_another_rate_and_length_is_followed_in_time(waving):
    video = make_numbered(10, (64, 48), fps=12.5)  # 0.8 s of the pose's 2 s
    drawn = draw_pose(waving, background=video)
    assert drawn.size == (64, 48)
    levels = [round((int(frame[45, 60, 0]) - 20) / 8) for frame in drawn]
    assert len(levels) == 50
    assert levels[:4] == [0, 1, 1, 2]
    assert levels[20:] == [9] * 30


def test_a_label_is_a_strip_below_the_picture(waving):
    plain = draw_pose(waving)
    labelled = draw_pose(waving, label=lambda frame: "HALLO" if frame < 25 else "")
    height = plain.size[1]
    assert labelled.size[0] == plain.size[0]
    assert labelled.size[1] > height + 20
    frames = labelled.frames
    assert np.array_equal(frames[:, :height], plain.frames)
    assert inked(frames[0, height:]).any()
    assert not inked(frames[30, height:]).any()


def test_frames_are_drawn_only_when_they_are_asked_for(waving):
    asked = []

    def label(frame):
        asked.append(frame)
        return str(frame)

    clip = draw_pose(waving, label=label)
    assert asked == []
    next(iter(clip))
    assert asked == [0]


def test_clips_side_by_side_share_height_rate_and_length():
    slow, fast = make_numbered(5, (40, 40), fps=5), make_numbered(4, (40, 20), fps=10)
    clip = side_by_side([slow, fast])
    assert (clip.size, clip.fps, clip.num_frames) == ((120, 40), 10, 10)
    frames = clip.frames
    assert frames.shape == (10, 40, 120, 3)
    left = VideoClip.from_frames(np.ascontiguousarray(frames[:, :, :40]), 10)
    right = VideoClip.from_frames(np.ascontiguousarray(frames[:, :, 40:]), 10)
    assert read_numbers(left)[-1] == 4
    assert read_numbers(right) == [0, 1, 2, 3, 3, 3, 3, 3, 3, 3]  # its last frame stays


def test_titles_stand_above_their_clips():
    clip = side_by_side([make_numbered(2), make_numbered(2)], ["video", "drawing"])
    bar = clip.size[1] - 48
    assert bar >= 20
    frame = clip.frames[0]
    assert inked(frame[:bar, :64]).any()
    assert inked(frame[:bar, 64:]).any()
    with pytest.raises(UsageError, match="a title for each; got 2 and 1"):
        side_by_side([make_numbered(2), make_numbered(2)], ["one"])
    with pytest.raises(UsageError, match="got 0"):
        side_by_side([])


@pytest.mark.parametrize("known", [True, False])
def test_a_sheet_shows_frames_from_first_to_last(known):
    clip = make_numbered(25, (60, 40))
    clip = clip if known else replace(clip, num_frames=None)
    sheet = contact_sheet(clip, columns=3, count=5)
    assert sheet.shape == (2 * 46 + 6, 3 * 66 + 6, 3)
    shown = [
        int(sheet[26 + 46 * row, 36 + 66 * column, 0]) for row in (0, 1) for column in (0, 1, 2)
    ]
    assert [round((level - 20) / 8) for level in shown[:5]] == [0, 6, 12, 18, 24]
    assert shown[5] == 255


def test_a_sheet_of_a_short_clip_shows_each_frame_once():
    assert contact_sheet(make_numbered(2, (60, 40)), columns=6, count=18).shape == (52, 138, 3)


def test_a_sheet_has_captions():
    clip = make_numbered(5, (120, 90))
    plain = contact_sheet(clip, 5, 5)
    for captions in (["a", "b", "c", "d", "e"], str):
        sheet = contact_sheet(clip, 5, 5, captions)
        assert sheet.shape[0] > plain.shape[0] + 15
    with pytest.raises(UsageError, match="5 frames are shown, but 2 captions"):
        contact_sheet(clip, 5, 5, ["a", "b"])


def test_a_sheet_needs_frames_and_columns():
    with pytest.raises(MediaError, match="no frames"):
        contact_sheet(VideoClip.from_frames(np.zeros((0, 8, 8, 3), np.uint8), 25))
    with pytest.raises(UsageError, match="needs columns"):
        contact_sheet(make_numbered(3), columns=0)


def test_a_picture_is_written_or_refused(tmp_path):
    from PIL import Image

    picture = make_numbered(2).frames[1]
    write_image(picture, tmp_path / "a.png")
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), picture)
    with pytest.raises(UsageError, match="does not end like a picture"):
        write_image(picture, tmp_path / "a.bmpp")
    assert os.listdir(tmp_path) == ["a.png"]
