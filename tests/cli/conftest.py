"""Lets tests of the command line use the generated videos of tests/media."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "media"))


@pytest.fixture(scope="session")
def avatar_home(tmp_path_factory):
    """A folder of the user's own in which the standard avatar is kept; anny makes it once."""
    pytest.importorskip("anny", reason="the avatar's body comes from anny")
    from signzoo.avatar.render import check_egl
    from signzoo.errors import MissingPackageError

    try:
        check_egl()
    except MissingPackageError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNZOO_HOME", str(folder))
        from signzoo.avatar import Figure, Signer

        Figure.of(Signer())
    return folder
