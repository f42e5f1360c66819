import json
import sys

import pytest

from signzoo.data.chinese_text import chinese_sentences, main, without_tags


def test_paragraphs_are_cut_into_sentences_with_an_end():
    text = "今天天气很好， 我们去公园吧！你去吗?我不去；家里有事"
    assert list(chinese_sentences([text])) == [
        "今天天气很好，我们去公园吧！",
        "家里有事。",
    ]  # the others have three Chinese characters


def test_widths_are_those_of_the_corpora():
    text = "他说“１９９８年这里的ＣＤ”,真的全都卖完了!"
    assert list(chinese_sentences([text])) == ["他说1998年这里的CD，真的全都卖完了！"]


def test_long_sentences_are_cut_at_commas():
    clause = "我们每天都去学校学习新的知识"
    text = "，".join([clause, clause[1:], clause[2:], "然后再回家。"])
    assert list(chinese_sentences([text])) == [
        f"{clause}，{clause[1:]}。",
        f"{clause[2:]}，然后再回家。",
    ]


def test_what_is_no_chinese_and_what_was_there_is_left_out():
    lines = ["the whole sentence is English 你好吗好。", "我们今天见面。", "我们今天见面。"]
    assert list(chinese_sentences(lines)) == ["我们今天见面。"]


def test_tags_are_taken_off():
    assert without_tags("１２月/t  ３１日/t  ，/w  中共中央/nt") == "１２月３１日，中共中央"


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["chinese_text", *map(str, words)])
    main()


def test_files_become_rows(tmp_path, monkeypatch, capsys):
    (tmp_path / "plain.txt").write_text("我们今天见面。\n你们明天再来吧！\n", "utf-8")
    (tmp_path / "tagged.txt").write_text("新年/t  讲话/n  很/d  长/a\n", "utf-8")
    out = tmp_path / "out.jsonl"
    run(monkeypatch, tmp_path / "plain.txt", "--tagged", tmp_path / "tagged.txt", "--out", out)
    assert "3 sentences, 22 characters" in capsys.readouterr().out
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {row["text"] for row in rows} == {"我们今天见面。", "你们明天再来吧！", "新年讲话很长。"}
    assert len({row["id"] for row in rows}) == 3


def test_what_cannot_be_read_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "gbk.txt").write_bytes("我们今天见面".encode("gbk"))
    with pytest.raises(SystemExit, match=r"gbk\.txt"):
        run(monkeypatch, tmp_path / "gbk.txt", "--out", tmp_path / "out.jsonl")
    with pytest.raises(SystemExit):
        run(monkeypatch, "--out", tmp_path / "out.jsonl")
    assert "no Chinese sentence" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()
