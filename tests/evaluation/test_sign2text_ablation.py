import json

import pytest

from signzoo.evaluation.sign2text_ablation import Cell, corrected, report

REFERENCES = ["morgen regnet es im norden", "im süden scheint die sonne", "es wird kalt"]
ALONE, BOTH = Cell(False, False, False), Cell(False, True, False)


def write(drafts, correct, tmp_path):
    report(tmp_path, corrected(drafts, correct), REFERENCES)
    return json.loads((tmp_path / "ablation.json").read_text("utf-8"))


def test_each_factor_is_what_cells_that_differ_in_it_alone_say(tmp_path, capsys):
    drafts = {ALONE: [["es regnet"] * 3, ["es"] * 3], BOTH: [REFERENCES, REFERENCES]}
    found = write(
        drafts, lambda texts: [text.replace("regnet", "wird") for text in texts], tmp_path
    )
    assert len(found["cells"]) == 4
    assert set(found["effects"]) == {"landmarks", "correction"}  # nothing differs in pretraining
    brings = found["effects"]["landmarks"]["rouge_l_f1_lower"]
    scores = {
        (cell["landmarks"], cell["correction"]): cell["rouge_l_f1_lower"] for cell in found["cells"]
    }
    assert scores[True, False] == [100, 100]
    pairs = [
        scores[True, fixed][seed] - scores[False, fixed][seed]
        for fixed in (False, True)
        for seed in (0, 1)
    ]
    assert brings["value"] == pytest.approx(sum(pairs) / 4)
    assert brings["low"] > 0
    table = (tmp_path / "table.md").read_text("utf-8")
    assert "| no | yes | no | 100.0 (100.0 / 100.0) |" in table
    assert table in capsys.readouterr().out
    assert (tmp_path / "ablation.png").stat().st_size > 1000


def test_without_a_corrector_there_are_no_corrected_cells(tmp_path):
    found = write({ALONE: [REFERENCES], BOTH: [REFERENCES]}, None, tmp_path)
    assert [cell["correction"] for cell in found["cells"]] == [False, False]
    assert found["effects"]["landmarks"]["bleu4_lower"]["value"] == 0
