import csv

import numpy as np
import pytest

from signzoo.lexicon.folder import COLUMNS


@pytest.fixture
def make_lexicon(tmp_path, signer):
    """Write a lexicon of generated signs: ``make_lexicon("own", {"haus": (x, y)})``."""

    def make(name, signs, written="de", signed="gsg", kind="sign"):
        folder = tmp_path / name
        folder.mkdir()
        with (folder / "index.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*COLUMNS, "kind"])
            for number, (word, (x, y)) in enumerate(signs.items()):
                path = np.linspace((x, y), (x + 30, y - 40), 20)
                signer(path).write(folder / f"{number}.pose")
                writer.writerow(
                    [f"{number}.pose", written, signed, 0, 0, word, word.upper(), 0, kind]
                )
        return folder

    return make
