"""Writes a table of signed sentences beside a video and the pose files that its rows name."""

import runpy
from pathlib import Path

LINES = [
    "name,video,pose,sentence,glosses,signer,split,language,start,end",
    "a,clips/day.mp4,,明天南方下雨，,明天/南/下雨,s1,train,zh,0.2,0.6",
    "b,clips/day.mp4,,你好,你好,s2,val,zh,,",
    "c,,poses/c.pose,我去,我/去,s2,train,zh,0.4,0.8",
]


def write(folder: Path) -> None:
    fakes = Path(__file__).parent
    runpy.run_path(str(fakes / "how2sign.py"))["write_clip"](folder / "clips" / "day.mp4", 25)
    (folder / "poses").mkdir()
    runpy.run_path(str(fakes / "dgs_sentences.py"))["signer"](25).write(folder / "poses/c.pose")
    (folder / "sentences.csv").write_text("\n".join(LINES) + "\n", encoding="utf-8")
