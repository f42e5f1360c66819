import numpy as np
import pytest
from PIL import Image

from signzoo.errors import MediaError
from signzoo.media.pictures import open_frames


def write(path, value, size=(8, 6), mode="RGB"):
    color = (value,) * 3 if mode == "RGB" else value
    Image.new(mode, size, color).save(path)


def values(clip):
    return [int(frame.mean()) for frame in clip]


def test_pictures_are_frames_in_the_order_of_their_numbers(tmp_path):
    for number in (10, 2, 1):
        write(tmp_path / f"images{number}.png", number)
    (tmp_path / "Thumbs.db").write_bytes(b"no picture")
    clip = open_frames(tmp_path, 25)
    assert (clip.fps, clip.size, clip.num_frames) == (25, (8, 6), 3)
    assert values(clip) == values(clip) == [1, 2, 10]
    assert clip.frames.shape == (3, 6, 8, 3)
    assert clip.frames.dtype == np.uint8


def test_jpeg_and_grey_pictures_are_read_as_rgb(tmp_path):
    write(tmp_path / "a.JPG", 100)
    write(tmp_path / "b.png", 50, mode="L")
    clip = open_frames(tmp_path, 30)
    assert values(clip) == [100, 50]
    assert all(frame.shape == (6, 8, 3) for frame in clip)


def test_a_folder_without_pictures_is_an_error(tmp_path):
    with pytest.raises(MediaError, match="has no pictures"):
        open_frames(tmp_path, 25)
    with pytest.raises(MediaError, match="There is no folder of pictures"):
        open_frames(tmp_path / "nowhere", 25)


@pytest.mark.parametrize("spoil", [lambda data: data[:300], lambda data: b"", lambda data: b"a"])
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_broken_picture_is_named_when_it_is_reached(tmp_path, spoil, suffix):
    noise = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    for number in (1, 2):
        Image.fromarray(noise).save(tmp_path / f"{number}.{suffix}")
    second = tmp_path / f"2.{suffix}"
    second.write_bytes(spoil(second.read_bytes()))
    frames = iter(open_frames(tmp_path, 25))
    next(frames)
    with pytest.raises(MediaError, match=rf"2\.{suffix} is not a readable picture"):
        next(frames)


def test_a_picture_of_another_size_is_named(tmp_path):
    write(tmp_path / "1.png", 1)
    write(tmp_path / "2.png", 2, size=(9, 6))
    with pytest.raises(MediaError, match=r"2\.png has 9×6 pixels, and the first .* 8×6"):
        list(open_frames(tmp_path, 25))
