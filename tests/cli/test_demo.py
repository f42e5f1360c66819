from signzoo.cli.main import main
from signzoo.structures import Pose


def test_the_demo_leaves_a_video_a_sheet_and_a_pose(tmp_path, capsys):
    assert main(["demo", "-o", str(tmp_path / "demo")]) == 0
    made = {path.name for path in (tmp_path / "demo").iterdir()}
    assert {"morgen.mp4", "morgen.png", "morgen.pose"} <= made
    assert len(Pose.read(tmp_path / "demo" / "morgen.pose")) > 50
    shown = capsys.readouterr().out
    assert "M-O-R-G-E-N" in shown
    assert "signing" in shown


def test_the_demo_reads_your_own_video(shared_data, tmp_path, capsys):
    video = shared_data / "video/asl_clips/yes.mp4"
    assert main(["demo", "-o", str(tmp_path), "--video", str(video)]) == 0
    assert (tmp_path / "yes-landmarks.mp4").is_file()
    assert len(Pose.read(tmp_path / "yes.pose")) > 20
