import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.text_corrector.data import DraftBatch
from signzoo.models.text_corrector.edits import Edit
from signzoo.models.text_corrector.network import TextCorrectorConfig
from signzoo.models.text_corrector.task import CorrectionLossConfig, TextCorrectorTask, _tags

DRAFTS = ["regnet es im morgen norden", "heute scheint die sonne"]
TEXTS = ["morgen regnet es im norden", "heute scheint die sonne im norden"]


@pytest.fixture
def make(fake_corpora):
    def build(**loss):
        torch.manual_seed(0)
        config = TextCorrectorConfig(language_model=str(fake_corpora / "compact"))
        return TextCorrectorTask(config, loss=CorrectionLossConfig(**loss)).train()

    return build


def loss_of(task):
    loss, _ = task.shared_step(DraftBatch(["a", "b"], DRAFTS, TEXTS, torch.tensor([10, 10])))
    return float(loss.detach())


def test_every_marker_is_tagged_with_what_is_done_there():
    markers = torch.tensor([[0, -1, 1, -1, 2, -1], [0, -1, -1, 1, -1, -1]])
    edits = [(Edit("insert", 2, ("a",)), Edit("delete", 0)), ()]
    expected = [[3, -100, 0, -100, 1, -100], [0, -100, -100, 0, -100, -100]]
    assert _tags(markers, edits).tolist() == expected


def test_the_auxiliary_losses_come_on_top(make):
    alone = loss_of(make(tagging=0, rewriting=0))
    tagged, rewritten = loss_of(make(tagging=2, rewriting=0)), loss_of(make(tagging=0, rewriting=2))
    assert min(tagged, rewritten) > alone
    assert loss_of(make(tagging=2, rewriting=2)) == pytest.approx(tagged + rewritten - alone)


def test_tagging_is_no_part_of_the_network(make):
    assert not any("tagger" in name for name in make(tagging=1).network.state_dict())
    assert make(tagging=0).tagger is None


@pytest.mark.parametrize("wrong", [{"label_smoothing": 1}, {"tagging": -1}, {"rewriting": -1}])
def test_impossible_losses_are_refused(wrong):
    with pytest.raises(UsageError):
        CorrectionLossConfig(**wrong)
