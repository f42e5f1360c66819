import pytest

from signzoo.avatar import Body


@pytest.fixture(scope="session")
def body_home(tmp_path_factory):
    """A folder of the user's own in which the standard body is kept; anny makes it once."""
    pytest.importorskip("anny", reason="the avatar's body comes from anny")
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNZOO_HOME", str(folder))
        Body.load()
    return folder


@pytest.fixture
def body(body_home, monkeypatch):
    """The standard body, read from its file."""
    monkeypatch.setenv("SIGNZOO_HOME", str(body_home))
    return Body.load()
