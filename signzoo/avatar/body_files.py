"""Makes bodies with `anny` and keeps them as ``.npz``, so that the next start takes no 15 s."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from signzoo.avatar.body import Body, BodyShape
from signzoo.avatar.cache import cache_path, cached_arrays
from signzoo.errors import MissingPackageError

# Goes up when what is kept of a body changes, so that old files are made anew.
_FORMAT = 1


def load_body(shape: BodyShape) -> Body:
    """Read a body from the cache, or make and keep it; see :meth:`Body.load`."""
    names = Body.__dataclass_fields__
    arrays = dict(cached_arrays(body_path(shape), names, lambda: vars(_make(shape))))
    for name in ("bones", "expressions"):
        arrays[name] = tuple(np.asarray(arrays[name]).tolist())
    return Body(**arrays)


def body_path(shape: BodyShape) -> Path:
    """Where a body is kept: its name holds the shape, anny's version and the file's format."""
    try:
        made_by = version("anny")
    except PackageNotFoundError as error:
        raise MissingPackageError(
            "The avatar needs the package anny: pip install 'anny>=0.6.2'."
        ) from error
    return cache_path("body", [_FORMAT, made_by, asdict(shape)])


def _make(shape: BodyShape) -> Body:
    import warp

    # Before anny starts it, or it lists its devices on the terminal. Older ones have no such level.
    if hasattr(warp.config, "log_level"):
        warp.config.log_level = logging.ERROR
    import anny
    import torch

    # The rig without bones for the face, which facial actions move by blend shapes.
    model = anny.Anny(facial_actions="all")
    model.set_skinning_method("lbs")  # none of its own compiled kernels is needed
    with torch.inference_mode():
        at_rest = model(phenotype_kwargs=asdict(shape))
    vertices = at_rest["rest_vertices"][0].numpy()
    heads = at_rest["rest_bone_heads"][0].numpy()
    influences, weights = _sort_weights(
        model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
    )
    parents = np.array(model.bone_parents)
    names = [f"facial_action:{label}" for label in model.facial_action_labels]
    rows = [model.blendshape_labels.index(name) for name in names]
    offsets = model.blendshapes[rows].numpy()  # (E, N, 3)
    movable = np.flatnonzero(np.abs(offsets).max(axis=(0, 2)) > 1e-5)
    return Body(
        vertices=vertices.astype(np.float32),
        faces=model.faces.numpy().astype(np.int32),
        uv=_vertex_uv(model, len(vertices)),
        bones=tuple(model.bone_labels),
        parents=parents.astype(np.int32),
        heads=heads.astype(np.float32),
        tails=_find_tails(model.bone_labels, vertices, heads, parents, influences, weights),
        influences=influences,
        weights=weights,
        expressions=tuple(model.facial_action_labels),
        movable=movable.astype(np.int32),
        offsets=offsets[:, movable].astype(np.float32),
    )


def _sort_weights(influences: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest weights first, summing to 1, without the columns that nobody uses."""
    order = np.argsort(-weights, axis=1, kind="stable")
    weights = np.take_along_axis(weights, order, axis=1)
    weights = weights / weights.sum(axis=1, keepdims=True)
    used = weights.max(axis=0) > 0
    influences = np.take_along_axis(influences, order, axis=1)
    return influences[:, used].astype(np.int32), weights[:, used].astype(np.float32)


def _vertex_uv(model: Any, num_vertices: int) -> np.ndarray:
    uv = np.zeros((num_vertices, 2), np.float32)
    corners = model.face_texture_coordinate_indices.numpy().ravel()
    uv[model.faces.numpy().ravel()] = model.texture_coordinates.numpy()[corners]
    return uv


def _find_tails(
    bones: Sequence[str],
    vertices: np.ndarray,
    heads: np.ndarray,
    parents: np.ndarray,
    influences: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """The head of a bone's only child, or the tip of the flesh that a bone without one moves.

    The tip is where the flesh ends in the direction from the head to the flesh's middle; that of
    the head is its crown. Of bones that fork (wrist, foot, spine) the tail is the middle of the
    children's heads.
    """
    tails = heads.copy()
    for bone, head in enumerate(heads):
        children = np.flatnonzero(parents == bone)
        flesh = vertices[(influences[:, 0] == bone) & (weights[:, 0] > 0.5)]
        if bones[bone] == "head":
            tails[bone] = flesh[flesh[:, 2].argmax()]
        elif len(children):
            tails[bone] = heads[children].mean(axis=0)
        elif len(flesh):
            along = flesh.mean(axis=0) - head
            along /= np.linalg.norm(along)
            tails[bone] = head + along * ((flesh - head) @ along).max()
    return tails.astype(np.float32)
