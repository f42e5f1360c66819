import os
import socket
import subprocess
import sys
import threading
from fractions import Fraction

import numpy as np
import pytest
from media_files import encode, make_numbered, read_numbers, set_display_matrix, write_sound

from signzoo.errors import MediaError, UsageError
from signzoo.media.video import open_video, resample_video, write_video
from signzoo.structures import VideoClip


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif"])
def test_a_written_video_reads_back_as_the_same_frames(tmp_path, name):
    write_video(make_numbered(20), tmp_path / name)
    clip = open_video(tmp_path / name)
    assert read_numbers(clip) == list(range(20))
    assert (clip.fps, clip.size, clip.num_frames) == (25.0, (64, 48), 20)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a.mkv", "a.mov", "a.avi", "a.ts"])
def test_other_containers_are_read(tmp_path, name):
    clip = open_video(encode(tmp_path / name, make_numbered(12, fps=30)))
    assert read_numbers(clip) == list(range(12))
    assert (clip.fps, clip.num_frames) == (30.0, 12)


def test_a_clip_can_be_iterated_again_and_left_early(tmp_path):
    write_video(make_numbered(9), tmp_path / "a.mp4")
    clip = open_video(tmp_path / "a.mp4")
    next(iter(clip))
    assert read_numbers(clip) == read_numbers(clip) == list(range(9))


def test_a_variable_frame_rate_becomes_constant_and_keeps_the_seconds(tmp_path):
    # Ten frames in 0.4 s, a pause of 0.6 s, ten more in 0.4 s.
    times = [40 * i for i in range(10)] + [1000 + 40 * i for i in range(10)]
    clip = open_video(encode(tmp_path / "a.mkv", make_numbered(20), times=times))
    numbers = read_numbers(clip)
    assert len(numbers) == clip.num_frames
    assert len(numbers) / clip.fps == pytest.approx(1.4, abs=0.05)
    shown = {round(tick / clip.fps, 3): number for tick, number in enumerate(numbers)}
    for second, number in shown.items():
        nearest = int(np.abs(np.array(times) / 1000 - second).argmin())
        assert abs(number - nearest) <= 1, second


def test_a_container_without_a_stated_length_is_measured(tmp_path):
    path = encode(tmp_path / "a.mkv", make_numbered(15), live="1")
    clip = open_video(path)
    assert clip.num_frames == len(read_numbers(clip)) == 15


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [
        ((0, 1, -1, 0), (0, -1)),  # a quarter to the right: left above goes right above
        ((0, -1, 1, 0), (-1, 0)),
        ((-1, 0, 0, -1), (-1, -1)),
        ((-1, 0, 0, 1), (0, -1)),  # mirrored
    ],
)
def test_the_display_matrix_turns_the_picture(tmp_path, matrix, corner):
    frames = np.zeros((4, 48, 64, 3), np.uint8)
    frames[:, :16, :16] = 255  # white left above
    path = encode(tmp_path / "a.mp4", VideoClip.from_frames(frames, 25))
    set_display_matrix(path, *matrix)
    clip = open_video(path)
    assert clip.size == ((48, 64) if matrix[0] == 0 else (64, 48))
    picture = clip.frames[0]
    corners = {(y, x): int(picture[y, x, 0]) for y in (0, -1) for x in (0, -1)}
    assert corners[corner] > 200
    assert sum(value > 100 for value in corners.values()) == 1


def test_pixels_that_are_not_square_are_stretched(tmp_path):
    path = encode(tmp_path / "a.mp4", make_numbered(3), aspect=Fraction(3, 2))
    assert open_video(path).size == (96, 48)
    assert open_video(path).frames.shape == (3, 48, 96, 3)


def test_transparency_lies_over_white(tmp_path):
    from PIL import Image

    clear = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    clear.paste((200, 0, 0, 255), (0, 0, 16, 32))
    clear.save(tmp_path / "a.gif", save_all=True, append_images=[clear.rotate(180)], duration=100)
    first = open_video(tmp_path / "a.gif").frames[0]
    assert first[16, 8].tolist() == [200, 0, 0]
    assert first[16, 24].tolist() == [255, 255, 255]


def test_odd_sizes_are_padded_with_their_edge_for_h264(tmp_path):
    frames = np.full((3, 35, 51, 3), 40, np.uint8)
    frames[:, :, -1] = frames[:, -1] = 210
    write_video(VideoClip.from_frames(frames, 10), tmp_path / "a.mp4")
    read = open_video(tmp_path / "a.mp4").frames
    assert read.shape == (3, 36, 52, 3)
    assert read[0, 20, -1].min() > 190
    assert read[0, -1, 20].min() > 190


def test_an_mp4_is_what_a_browser_plays(tmp_path):
    import av

    write_video(make_numbered(5, (51, 35)), tmp_path / "a.mp4")
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(tmp_path / "a.mp4")) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.name, codec.pix_fmt) == ("h264", "yuv420p")


@pytest.mark.parametrize(("fps", "frames", "rate"), [(30.0, 30, 30.0), (60.0, 25, 50.0)])
def test_a_gif_keeps_seconds_whatever_the_rate(tmp_path, fps, frames, rate):
    write_video(make_numbered(30, fps=fps), tmp_path / "a.gif")
    clip = open_video(tmp_path / "a.gif")
    assert (clip.fps, clip.num_frames) == (rate, frames)


def test_resampling_takes_the_nearest_frame_and_keeps_the_seconds():
    clip = make_numbered(10, fps=10)
    assert read_numbers(resample_video(clip, 20)) == [0, *sorted([*range(1, 10)] * 2), 9]
    assert read_numbers(resample_video(clip, 5)) == [0, 2, 4, 6, 8]
    assert resample_video(clip, 5).num_frames == 5
    assert resample_video(clip, 10) is clip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.mp4", None, "There is no video .*gone.mp4"),
        ("empty.mp4", b"", "is empty"),
        ("text.mp4", b"Dear diary, today I signed.\n" * 50, "is not a video that can be read"),
        ("notes.txt", b"Dear diary, today I signed.\n" * 50, "is not a video that can be read"),
    ],
)
def test_what_is_no_video_is_said_in_one_line(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=message) as caught:
        open_video(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(MediaError, match="is a folder"):
        open_video(tmp_path)


def test_a_file_with_sound_only_is_refused(tmp_path):
    with pytest.raises(MediaError, match="sound but no pictures"):
        open_video(write_sound(tmp_path / "a.m4a"))


def test_a_recording_without_its_index_is_called_truncated(tmp_path):
    path = encode(tmp_path / "a.mp4", make_numbered(20))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match=r"truncated: its index \(moov\) is missing"):
        open_video(path)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_clip_that_breaks_off_names_the_second(tmp_path, name):
    noise = np.random.default_rng(0).integers(0, 255, (50, 48, 64, 3), np.uint8)
    options = {"movflags": "+faststart"} if name == "a.mp4" else {}
    path = encode(tmp_path / name, VideoClip.from_frames(noise, 25), **options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    clip = open_video(path)
    with pytest.raises(MediaError, match=r"breaks off at second [01]\.\d"):
        clip.frames.sum()


def test_a_playlist_opens_no_connection(tmp_path):
    called = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(1.0)

        def answer():
            try:
                server.accept()
                called.set()
            except OSError:
                pass

        thread = threading.Thread(target=answer)
        thread.start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}/a.ts"
        path = tmp_path / "list.m3u8"
        path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{address}\n")
        with pytest.raises(MediaError):
            open_video(path)
        thread.join()
    assert not called.is_set()


def test_an_unknown_suffix_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match=r"a\.avi does not end like .*\.mp4, \.webm, \.gif"):
        write_video(make_numbered(3), tmp_path / "a.avi")


@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_a_clip_without_frames_leaves_no_file(tmp_path, name):
    empty = VideoClip.from_frames(np.zeros((0, 8, 8, 3), np.uint8), 25)
    with pytest.raises(MediaError, match="no frame"):
        write_video(empty, tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_an_error_midway_leaves_the_old_file(tmp_path):
    def frames():
        yield np.zeros((16, 16, 3), np.uint8)
        raise MediaError("the camera fell over")

    (tmp_path / "a.mp4").write_bytes(b"the old file")
    with pytest.raises(MediaError, match="fell over"):
        write_video(VideoClip(frames, 25, (16, 16)), tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == b"the old file"
    assert os.listdir(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize("name", ["a.mp4", "a.webm", "a.gif"])
def test_a_full_disk_is_one_clear_line_and_leaves_nothing(tmp_path, name):
    pytest.importorskip("resource")
    # A limit on file size is the full disk that needs no administrator.
    code = (
        "import resource, numpy as np\n"
        "from signzoo.media.video import write_video\n"
        "from signzoo.structures import VideoClip\n"
        "from signzoo.errors import DiskError\n"
        "noise = np.random.default_rng(0).integers(0, 255, (40, 128, 128, 3), np.uint8)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "try:\n"
        f"    write_video(VideoClip.from_frames(noise, 25), {str(tmp_path / name)!r})\n"
        "except DiskError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.startswith(f"Cannot write {tmp_path / name}: "), done.stderr
    assert done.stdout.count("\n") == 1
    assert os.listdir(tmp_path) == []


def test_a_stronger_compression_is_a_smaller_file(tmp_path):
    random = np.random.default_rng(0)
    frames = random.integers(0, 255, (5, 48, 64, 3), np.uint8)
    clip = VideoClip.from_frames(frames, 25.0)
    sizes = []
    for crf in (10, 45):
        write_video(clip, tmp_path / f"{crf}.mp4", crf=crf)
        sizes.append((tmp_path / f"{crf}.mp4").stat().st_size)
    assert sizes[1] < sizes[0] / 2


@pytest.mark.parametrize(("name", "crf"), [("x.mp4", 52), ("x.mp4", -1), ("x.gif", 20)])
def test_a_compression_that_cannot_be_is_wrong_use(tmp_path, name, crf):
    clip = VideoClip.from_frames(np.zeros((2, 16, 16, 3), np.uint8), 25.0)
    with pytest.raises(UsageError, match="A crf is for"):
        write_video(clip, tmp_path / name, crf=crf)


def test_the_same_frames_give_the_same_bytes(tmp_path):
    frames = np.random.default_rng(0).integers(0, 255, (30, 48, 64, 3), np.uint8)
    for name in ("a.mp4", "b.mp4"):
        write_video(VideoClip.from_frames(frames, 25.0), tmp_path / name)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
