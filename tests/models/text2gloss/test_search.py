import sys

import numpy as np
import pytest

from signzoo.errors import DiskError, MissingPackageError, UsageError, WeightsError
from signzoo.models.text2gloss import search
from signzoo.models.text2gloss.search import VectorIndex

pytest.importorskip("faiss")


def make_clusters(count, seed=0):
    """Vectors as decoder states are: around centres, with few components that vary; of length 1."""
    random, fixed = np.random.default_rng(seed), np.random.default_rng(7)
    centres, components = fixed.normal(size=(40, 6)), fixed.normal(size=(6, 32))
    points = centres[random.integers(0, 40, count)] + random.normal(size=(count, 6)) * 0.4
    vectors = points @ components  # (count, 32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module", params=["flat", "hnsw", "ivf"])
def index(request):
    return VectorIndex.build(make_clusters(3000), "squared_l2", request.param)


def test_every_kind_finds_the_nearest(index):
    vectors, queries = make_clusters(3000), make_clusters(200, seed=1)
    exact = ((queries[:, None] - vectors) ** 2).sum(axis=2)
    distances, found = index.search(queries, 4)
    assert found.shape == distances.shape == (200, 4)
    assert (found[:, 0] == exact.argmin(axis=1)).mean() >= 0.9
    np.testing.assert_allclose(distances, np.take_along_axis(exact, found, axis=1), atol=1e-2)
    assert (np.diff(distances, axis=1) >= 0).all()


def test_a_vector_finds_itself_at_distance_zero(index):
    distances, found = index.search(make_clusters(3000)[:20], 1)
    np.testing.assert_array_equal(found[:, 0], range(20))
    np.testing.assert_allclose(distances, 0, atol=1e-3)


def test_many_neighbours_are_all_different(index):
    _, found = index.search(make_clusters(5, seed=1), 60)
    assert all(len(set(row)) == 60 for row in found)
    assert found.min() >= 0


def test_a_written_index_reads_back_the_same(index, tmp_path):
    index.write(tmp_path / "ä.faiss")
    read = VectorIndex.read(tmp_path / "ä.faiss", "squared_l2")
    assert (read.kind, len(read), read.dimensions) == (index.kind, 3000, 32)
    queries = make_clusters(10, seed=1)
    for own, others in zip(index.search(queries, 3), read.search(queries, 3), strict=True):
        np.testing.assert_array_equal(own, others)


def test_an_index_chooses_its_kind_by_size(monkeypatch):
    monkeypatch.setattr(search, "FLAT_BELOW", 1000)
    monkeypatch.setattr(search, "CELLS_BELOW", 2000)
    monkeypatch.setattr(search, "_has_gpus", lambda: False)
    kinds = [VectorIndex.build(make_clusters(n), "cosine").kind for n in (999, 1000, 2000)]
    assert kinds == ["flat", "ivf", "hnsw"]


def test_cosine_similarities_come_highest_first():
    vectors, queries = make_clusters(50), make_clusters(3, seed=1)
    similarities, found = VectorIndex.build(vectors, "cosine").search(queries, 5)
    exact = queries @ vectors.T
    np.testing.assert_array_equal(found, np.argsort(-exact)[:, :5])
    np.testing.assert_allclose(similarities, -np.sort(-exact)[:, :5], atol=1e-5)


def test_fewer_are_found_where_there_are_fewer():
    _, found = VectorIndex.build(make_clusters(3), "cosine").search(make_clusters(2, seed=1), 8)
    assert found.shape == (2, 3)


def test_no_query_finds_nothing(index):
    distances, found = index.search(np.zeros((0, 32), np.float32), 4)
    assert distances.shape == found.shape == (0, 4)


def test_queries_of_another_length_are_refused(index):
    with pytest.raises(ValueError, match="32 dimensions"):
        index.search(np.zeros((1, 31), np.float32), 4)


def test_nothing_cannot_be_indexed():
    with pytest.raises(UsageError, match="nothing to index"):
        VectorIndex.build(np.zeros((0, 4), np.float32), "cosine")


@pytest.mark.parametrize("kept", [0, 3, 40, 5000])
def test_a_cut_file_is_refused_in_one_line(index, tmp_path, kept):
    path = tmp_path / "index.faiss"
    index.write(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(WeightsError, match="rebuild") as raised:
        VectorIndex.read(path, "cosine")
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="is missing"):
        VectorIndex.read(tmp_path / "index.faiss", "cosine")


def test_an_index_that_cannot_be_written_leaves_nothing_behind(index, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError):
        index.write(tmp_path / "file" / "index.faiss")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingPackageError, match="pip install faiss-cpu"):
        VectorIndex.build(make_clusters(3), "cosine")
