import json
from pathlib import Path

import pytest

from signzoo.errors import SignzooError
from signzoo.evaluation import motion_pretraining, processes
from signzoo.evaluation.motion_pretraining import PROBES, main, read_shares, summarise

FLOORS = {"random weights (x)": 20.0, "landmarks": 90.0, "most frequent sign": 2.0}


def write_scores(folder: Path, network: str, value: float) -> None:
    shares = {network: value, **FLOORS}
    folder.mkdir(parents=True)
    scores = {title: {"named": {"value": share}} for title, share in shares.items()}
    (folder / "scores.json").write_text(json.dumps({"scores": scores}))


def test_the_table_has_the_mean_and_every_seed(tmp_path):
    for seed, value in enumerate((60.0, 66.0)):
        for probe in PROBES:
            write_scores(tmp_path / "scores" / f"motion-{seed}-{probe}", "networks/x", value)
    rows = summarise(read_shares(tmp_path, ["motion"], [0, 1])).splitlines()
    assert rows[2].startswith("| motion | 63.0 (60.0 / 66.0) |")
    assert rows[3] == "| random weights | 20.0 | 20.0 | 20.0 |"


@pytest.fixture
def commands(monkeypatch) -> list[tuple[str, ...]]:
    """What would be run; every command leaves what it is asked for."""
    run: list[tuple[str, ...]] = []

    def signzoo(*command: str) -> None:
        run.append(command)
        if command[0] == "data":
            corpus = Path(command[command.index("--out") + 1])
            corpus.mkdir(parents=True)
            (corpus / "manifest.jsonl").touch()
        elif command[0] == "fit":
            runs = Path(command[command.index("--trainer.default_root_dir") + 1])
            runs.mkdir(parents=True)
            (runs / "last.ckpt").touch()
        elif command[0] == "export":
            Path(command[2]).mkdir(parents=True)
        else:
            network = command[command.index("--model") + 1]
            write_scores(Path(command[command.index("--out") + 1]), network, 50.0)

    for module in (motion_pretraining, processes):
        monkeypatch.setattr(module, "run_signzoo", signzoo)
    return run


def write_pairs(data: Path) -> None:
    folder = data / "text" / "phoenix14t"
    folder.mkdir(parents=True)
    for split in ("train", "dev"):
        rows = [{"id": f"{split}-{i}", "text": "x", "gloss": ["A", "BC"[i % 2]]} for i in range(40)]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_everything_is_made_once(tmp_path, commands, capsys):
    write_pairs(tmp_path / "data")
    arguments = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out"), "--signs", "2"]
    arguments += ["--seeds", "0", "1", "--conditions", "motion", "none"]
    main(arguments)
    kinds = [command[0] for command in commands]
    assert [kinds.count(kind) for kind in ("data", "fit", "export", "evaluate")] == [8, 4, 4, 12]
    assert sum("--model.perturbation.kinds=[]" in command for command in commands) == 2
    signs = (tmp_path / "out" / "signs-test.jsonl").read_text().splitlines()
    assert [json.loads(row)["gloss"] for row in signs] == [["A"]] * 3 + [["B"]] * 3
    assert "| motion | 50.0 (50.0 / 50.0) |" in capsys.readouterr().out
    assert (tmp_path / "out" / "probes.png").stat().st_size > 1000
    commands.clear()
    main(arguments)
    assert not commands


def test_a_command_that_fails_stops_it():
    with pytest.raises(SignzooError, match="signzoo no-such-command failed"):
        processes.run_signzoo("no-such-command")
