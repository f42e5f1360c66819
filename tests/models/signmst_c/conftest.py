import pytest
import torch

from signzoo.models.signmst_c import Signing, SignMSTC, SignMSTCConfig


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path / "home"))


@pytest.fixture
def config(fake_corpora):
    return SignMSTCConfig(
        language_model=str(fake_corpora / "compact"),
        num_features=6,
        width=16,
        inner_width=16,
        heads=2,
        branch_layers=1,
        fusion_layers=1,
        dropout=0.0,
        num_glosses=3,
    )


@pytest.fixture
def network(config):
    torch.manual_seed(0)
    return SignMSTC(config).eval()


@pytest.fixture
def clip():
    """A function that makes a clip of so many frames, with what it is asked for."""

    def make(frames: int, seed: int = 0, landmarks: bool = True, video: bool = True) -> Signing:
        random = torch.Generator().manual_seed(seed)
        places = torch.rand(frames, 67, 3, generator=random)
        features = torch.randn(-(-frames // 4), 6, generator=random)
        return Signing(places if landmarks else None, features if video else None)

    return make
