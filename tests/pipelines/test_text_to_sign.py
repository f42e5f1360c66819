import numpy as np
import pytest

from signzoo.errors import LexiconError, UsageError
from signzoo.lexicon import Lexicon
from signzoo.pipelines import SkeletonRenderer, TextToSign, WordGlosser
from signzoo.pipelines.catalog import TEXT_TO_SIGN
from signzoo.structures import Gloss, VideoClip


class CaptionRenderer:
    """Renders a black picture a frame and keeps what stands under each."""

    def __call__(self, pose, caption):
        self.captions = [caption(frame) for frame in range(len(pose))]
        return VideoClip.from_frames(np.zeros((len(pose), 4, 4, 3), np.uint8), pose.fps)

    def place(self, pose):
        return SkeletonRenderer().place(pose)


@pytest.fixture
def renderer():
    return CaptionRenderer()


@pytest.fixture
def pipeline(renderer):
    return TextToSign(WordGlosser("en"), Lexicon.fingerspelling(), renderer, "en", "ase")


def test_every_word_is_signed_spelled_or_missing(pipeline):
    production = pipeline("Hi 42 you")
    assert production.sources == ("fingerspelling", None, "fingerspelling")
    assert [gloss.word for gloss in production.missing] == ["42"]
    assert [span.label for span in production.spans] == ["H", "I", "Y", "O", "U"]
    assert production.coverage == 0


def test_spans_lie_in_order_inside_the_video(pipeline):
    production = pipeline("you and me")
    times = [time for span in production.spans for time in (span.start, span.end)]
    assert times == sorted(times)
    assert times[-1] == pytest.approx(production.pose.seconds)
    assert production.video.num_frames == len(production.pose)


def test_the_caption_is_the_word_that_is_signed(pipeline, renderer):
    production = pipeline("Hi yo")
    for span in production.spans:
        middle = round((span.start + span.end) / 2 * 25)
        assert renderer.captions[middle] == f"{span.gloss.word} · {span.label}"


def test_the_same_gloss_twice_is_told_apart(renderer):
    gloss = Gloss("Hi", "Hi")
    pipeline = TextToSign(
        lambda text: (gloss, gloss), Lexicon.fingerspelling(), renderer, "en", "ase"
    )
    production = pipeline("Hi Hi")
    assert [span.index for span in production.spans] == [0, 0, 1, 1]
    assert len(production.spans_of(1)) == 2


def test_the_pose_lies_in_the_picture(pipeline):
    production = pipeline("hello")
    hand = production.pose.points[:, production.pose.skeleton.part("right_hand"), :2]
    assert production.pose.unit == "pixel"
    assert (hand >= 0).all()
    assert (hand <= 512).all()


def test_the_trimmer_is_asked_for_signs_and_not_for_letters(tmp_path, renderer, signer):
    asked = []

    def trimmer(pose):
        asked.append(len(pose))
        return slice(0, 5)

    signer(np.full((20, 2), (280.0, 220.0))).write(tmp_path / "haus.pose")
    (tmp_path / "index.csv").write_text(
        "path,spoken_language,signed_language,start,end,words,glosses,priority\n"
        "haus.pose,de,gsg,0,0,haus,HAUS,0\n"
    )
    lexicon = Lexicon.open(tmp_path)
    pipeline = TextToSign.for_languages("de", "gsg", [lexicon], renderer, trimmer)
    production = pipeline("Haus ab")
    assert asked == [20]
    assert production.sources == ("sign", "fingerspelling")
    assert production.spans[0].end == pytest.approx(0.2)


@pytest.mark.parametrize("text", ["", "   \n", "...", "?!"])
def test_a_text_without_words_is_refused(pipeline, text):
    with pytest.raises(UsageError, match="no words"):
        pipeline(text)


def test_a_text_of_ten_thousand_words_is_refused_before_any_work(pipeline):
    with pytest.raises(UsageError, match="10000 words.*500"):
        pipeline("hello " * 10000)


def test_a_text_of_emoji_cannot_be_signed(pipeline):
    with pytest.raises(LexiconError, match="None of the 2 words can be signed.*😀"):
        pipeline("😀 😀")


def test_chinese_names_the_command_that_makes_a_lexicon(renderer):
    with pytest.raises(UsageError, match="signzoo lexicon build"):
        TextToSign.for_languages("zh", "csl", renderer=renderer)


def test_words_are_glossed_with_their_lemma():
    glosses = WordGlosser("de")("Kinder gehen!")
    assert [(gloss.word, gloss.variants) for gloss in glosses] == [
        ("Kinder", ("Kind",)),
        ("gehen", ("gehen",)),
    ]


def test_an_unknown_pipeline_names_those_there_are():
    with pytest.raises(UsageError, match="no pipeline 'text-to-sign-dsg'. Did you mean text-to-s"):
        TextToSign.from_pretrained("text-to-sign-dsg")


@pytest.mark.parametrize("name", TEXT_TO_SIGN)
def test_a_pipeline_loads_by_name_and_signs_what_its_network_writes(name, renderer):
    pipeline = TextToSign.from_pretrained(name, renderer=renderer)
    assert (pipeline.language, pipeline.signed_language) == ("de", "gsg")
    production = pipeline("morgen regnet es")
    assert [gloss.label for gloss in production.glosses] == ["MORGEN", "REGEN"]
    assert [gloss.word for gloss in production.glosses] == ["morgen", "regnet"]
    assert set(production.sources) == {"fingerspelling"}
