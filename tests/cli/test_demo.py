from signzoo.cli.main import main
from signzoo.structures import Pose


def test_the_demo_leaves_a_video_a_sheet_and_a_pose(tmp_path, capsys, monkeypatch):
    without_egl(monkeypatch)
    assert main(["demo", "-o", str(tmp_path / "demo")]) == 0
    made = {path.name for path in (tmp_path / "demo").iterdir()}
    assert {"morgen.mp4", "morgen.png", "morgen.pose"} <= made
    assert len(Pose.read(tmp_path / "demo" / "morgen.pose")) > 50
    shown = capsys.readouterr().out
    assert "M-O-R-G-E-N" in shown
    assert "signed: MORGEN NORD REGEN SUED SONNE" in shown
    assert "familiarity" in shown
    read = shown.partition("signed: ")[2]
    assert "regn" in read  # of what was signed, the rain at least is read
    assert "sonn" in read
    assert len(Pose.read(tmp_path / "demo" / "forecast.npz")) > 50
    assert "No 3D signer: " in shown
    assert "libegl1" in shown
    assert "morgen-avatar.mp4" not in made


def without_egl(monkeypatch):
    """As on a machine that cannot render."""
    import ctypes

    load = ctypes.CDLL

    def refuse(name, *words, **options):
        if name and "EGL" in str(name):
            raise OSError(name)
        return load(name, *words, **options)

    monkeypatch.setattr(ctypes, "CDLL", refuse)


def test_the_demo_shows_the_avatar(avatar_home, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("SIGNZOO_HOME", str(avatar_home))
    monkeypatch.setattr("signzoo.cli.demo._AVATAR_SIZE", (64, 64))
    monkeypatch.setattr("signzoo.cli.demo._TEXT", "Regen")
    assert main(["demo", "-o", str(tmp_path)]) == 0
    from signzoo.media.video import open_video

    avatar, skeleton = (open_video(tmp_path / f"morgen{end}.mp4") for end in ("-avatar", ""))
    assert avatar.size == (64, 64)
    assert avatar.num_frames == skeleton.num_frames
    assert (tmp_path / "morgen-avatar.png").is_file()
    assert "No 3D signer" not in capsys.readouterr().out


def test_the_demo_reads_your_own_video(shared_data, tmp_path, monkeypatch):
    without_egl(monkeypatch)
    video = shared_data / "video/asl_clips/yes.mp4"
    assert main(["demo", "-o", str(tmp_path), "--video", str(video)]) == 0
    assert (tmp_path / "yes-landmarks.mp4").is_file()
    assert len(Pose.read(tmp_path / "yes.pose")) > 20
