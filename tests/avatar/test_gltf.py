import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from signzoo.avatar.appearance import Signer
from signzoo.avatar.figure import Figure
from signzoo.avatar.gltf import write_gltf
from signzoo.errors import UsageError

TYPES = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": (), "VEC2": (2,), "VEC3": (3,), "VEC4": (4,), "MAT4": (4, 4)}


class Reader:
    """What a viewer does with a file: arrays by accessor, and the skinned mesh at a time."""

    def __init__(self, path):
        data = path.read_bytes()
        if path.suffix == ".glb":
            magic, version, length = np.frombuffer(data[:12], "<u4")
            assert (magic, version, length) == (0x46546C67, 2, len(data))
            size = int(np.frombuffer(data[12:16], "<u4")[0])
            assert data[16:20] == b"JSON"
            self.document = json.loads(data[20 : 20 + size])
            assert data[24 + size : 28 + size] == b"BIN\0"
            self.binary = data[28 + size :]
        else:
            self.document = json.loads(data)
            self.binary = base64.b64decode(self.document["buffers"][0]["uri"].split(",")[1])
        assert self.document["buffers"][0]["byteLength"] == len(self.binary)

    def array(self, accessor):
        entry = self.document["accessors"][accessor]
        view = self.document["bufferViews"][entry["bufferView"]]
        start, shape = view["byteOffset"], (entry["count"], *WIDTHS[entry["type"]])
        kind = np.dtype(TYPES[entry["componentType"]])
        assert start % 4 == 0
        assert view["byteLength"] == kind.itemsize * np.prod(shape)
        array = np.frombuffer(self.binary, kind, int(np.prod(shape)), start).reshape(shape)
        for name, way in (("min", np.min), ("max", np.max)):
            if name in entry:
                np.testing.assert_allclose(entry[name], np.atleast_1d(way(array, axis=0)))
        return array

    def sparse(self, accessor):
        entry = self.document["accessors"][accessor]["sparse"]
        for part, kind in (("indices", "<u4"), ("values", "<f4")):
            view = self.document["bufferViews"][entry[part]["bufferView"]]
            yield np.frombuffer(
                self.binary, kind, view["byteLength"] // 4, view["byteOffset"]
            ).reshape((-1, 3) if part == "values" else -1)

    def amounts(self, frame):
        """How far each morph target is done."""
        animation = self.document["animations"][0]
        for channel in animation["channels"]:
            if channel["target"]["path"] == "weights":
                done = self.array(animation["samplers"][channel["sampler"]]["output"])
                names = self.document["meshes"][0]["extras"]["targetNames"]
                return done.reshape(-1, len(names))[frame]
        return ()

    def skinned(self, frame):
        """Positions of the mesh at a frame, in the file's axes, ``(M, 3)``."""
        nodes = self.document["nodes"]
        local = np.tile(np.eye(4), (len(nodes), 1, 1))
        for matrix, node in zip(local, nodes, strict=True):
            matrix[:3, 3] = node.get("translation", 0)
        animation = self.document["animations"][0]
        for channel in animation["channels"]:
            if channel["target"]["path"] == "weights":
                continue
            value = self.array(animation["samplers"][channel["sampler"]]["output"])[frame]
            matrix = local[channel["target"]["node"]]
            if channel["target"]["path"] == "rotation":
                matrix[:3, :3] = Rotation.from_quat(value).as_matrix()
            else:
                matrix[:3, 3] = value
        world = local.copy()
        for parent, node in enumerate(nodes):  # parents come first
            for child in node.get("children", ()):
                world[child] = world[parent] @ local[child]
        skin = self.document["skins"][0]
        bind = self.array(skin["inverseBindMatrices"]).swapaxes(1, 2)  # stored by columns
        moves = world[skin["joints"]] @ bind
        primitive = self.document["meshes"][0]["primitives"][0]
        names = primitive["attributes"]
        points = self.array(names["POSITION"]).copy()
        for amount, target in zip(self.amounts(frame), primitive.get("targets", ()), strict=True):
            rows, offsets = self.sparse(target["POSITION"])
            points[rows] += amount * offsets
        blended = sum(
            np.einsum(
                "mk,mkij->mij",
                self.array(names[f"WEIGHTS_{i}"]),
                moves[self.array(names[f"JOINTS_{i}"])],
            )
            for i in (0, 1)
        )
        return np.einsum("mij,mj->mi", blended[:, :3, :3], points) + blended[:, :3, 3]


@pytest.fixture(scope="module")
def figure(body_home):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIGNZOO_HOME", str(body_home))
        return Figure.of(Signer(hair="full"))


@pytest.fixture
def motion(figure):
    """Ten frames in which arm, fingers and head turn."""
    transforms = figure.body.rest(10)
    names = ("upperarm01.R", "lowerarm01.R", "wrist.R", "finger2-1.R", "finger3-2.R", "head")
    for seed, name in enumerate(names):
        axis = np.random.default_rng(seed).normal(size=3)
        angles = np.linspace(0, 0.9, 10)[:, None] * axis / np.linalg.norm(axis)
        matrices = Rotation.from_rotvec(angles).as_matrix()
        transforms[:, figure.body.bone(name), :3, :3] = matrices
    transforms[:, 0, 2, 3] = np.linspace(0, 0.1, 10)  # the root goes up
    return transforms


@pytest.mark.parametrize("suffix", [".glb", ".gltf"])
def test_a_viewer_sees_the_motion_of_the_body(figure, motion, tmp_path, suffix):
    write_gltf(figure, motion, 25, tmp_path / f"a{suffix}")
    file = Reader(tmp_path / f"a{suffix}")
    dressed = figure.body.vertices.copy()
    points, _, _ = figure.surface(dressed[None])
    dressed[figure.vertices] = points[0]
    expected = replace(figure.body, vertices=dressed).skin(motion)[:, figure.vertices]
    for frame in (0, 4, 9):
        left, back, up = expected[frame].T
        wanted = np.stack([left, up, -back], axis=1)
        away = np.linalg.norm(file.skinned(frame) - wanted, axis=1)
        assert away.max() < 0.001, frame


def test_a_viewer_sees_the_face_move(figure, motion, tmp_path):
    actions = np.zeros((10, len(figure.body.expressions)), np.float32)
    for name, amount in (("jawOpen", 0.8), ("browInnerUp", 1.0), ("mouthPucker", 0.01)):
        actions[:, figure.body.expressions.index(name)] = np.linspace(0, amount, 10)
    write_gltf(figure, motion, 25, tmp_path / "a.glb", actions)
    file = Reader(tmp_path / "a.glb")
    names = file.document["meshes"][0]["extras"]["targetNames"]
    assert sorted(names) == ["browInnerUp", "jawOpen"]  # what is never really done is left out
    actions[:, figure.body.expressions.index("mouthPucker")] = 0
    dressed = figure.body.vertices.copy()
    points, _, _ = figure.surface(dressed[None])
    dressed[figure.vertices] = points[0]
    body = replace(figure.body, vertices=dressed)
    left, back, up = body.skin(motion, actions)[9, figure.vertices].T
    away = np.linalg.norm(file.skinned(9) - np.stack([left, up, -back], axis=1), axis=1)
    assert away.max() < 0.001
    still = body.skin(motion)[9, figure.vertices].T
    assert np.abs(still[2] - up).max() > 0.01  # there is something to see


def test_only_bones_that_move_have_channels(figure, motion, tmp_path):
    write_gltf(figure, motion, 25, tmp_path / "a.glb")
    file = Reader(tmp_path / "a.glb")
    animation = file.document["animations"][0]
    moved = {
        (file.document["nodes"][channel["target"]["node"]]["name"], channel["target"]["path"])
        for channel in animation["channels"]
    }
    assert ("head", "rotation") in moved
    assert ("root", "translation") in moved
    assert len(moved) == 7
    times = file.array(animation["samplers"][0]["input"])
    np.testing.assert_allclose(times, np.arange(10) / 25, rtol=1e-6)


def test_quaternions_never_take_the_long_way_round(figure, tmp_path):
    transforms = figure.body.rest(40)
    turns = np.linspace(0, 4 * np.pi, 40)[:, None] * [0, 0, 1]
    transforms[:, figure.body.bone("head"), :3, :3] = Rotation.from_rotvec(turns).as_matrix()
    write_gltf(figure, transforms, 25, tmp_path / "a.glb")
    file = Reader(tmp_path / "a.glb")
    sampler = file.document["animations"][0]["samplers"][0]
    turned = file.array(sampler["output"])
    assert ((turned[1:] * turned[:-1]).sum(axis=1) > 0.9).all()


def test_the_mesh_wears_its_texture(figure, tmp_path):
    from io import BytesIO

    from PIL import Image

    write_gltf(figure, figure.body.rest(1), 25, tmp_path / "a.glb")
    file = Reader(tmp_path / "a.glb")
    primitive = file.document["meshes"][0]["primitives"][0]
    assert file.array(primitive["indices"]).max() < len(figure.uv)
    uv = file.array(primitive["attributes"]["TEXCOORD_0"])
    view = file.document["bufferViews"][file.document["images"][0]["bufferView"]]
    data = file.binary[view["byteOffset"] :][: view["byteLength"]]
    picture = np.asarray(Image.open(BytesIO(data)))
    assert (picture == figure.picture).all()
    chest = np.abs(file.array(primitive["attributes"]["POSITION"]) - [0, 0.45, 0.1]).sum(axis=1)
    u, v = uv[chest.argmin()]
    assert picture[int(v * 1023), int(u * 1023)].argmax() == 2  # the blue shirt


def test_weights_sum_to_one(figure, tmp_path):
    write_gltf(figure, figure.body.rest(1), 25, tmp_path / "a.glb")
    file = Reader(tmp_path / "a.glb")
    names = file.document["meshes"][0]["primitives"][0]["attributes"]
    weights = np.concatenate([file.array(names[f"WEIGHTS_{i}"]) for i in (0, 1)], axis=1)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)


def test_another_suffix_and_no_frames_are_refused(figure, tmp_path):
    with pytest.raises(UsageError, match=r"\.glb, \.gltf"):
        write_gltf(figure, figure.body.rest(1), 25, tmp_path / "a.obj")
    with pytest.raises(UsageError, match="no frame"):
        write_gltf(figure, figure.body.rest(0), 25, tmp_path / "a.glb")
