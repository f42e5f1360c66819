"""Renders a figure offscreen with VTK, without any display."""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from signzoo.avatar.appearance import Signer, rgb
from signzoo.avatar.body import from_signzoo_axes
from signzoo.avatar.camera import Camera
from signzoo.avatar.figure import Figure
from signzoo.errors import MissingPackageError
from signzoo.structures import VideoClip
from signzoo.transforms.pose import CAMERA_HEIGHT

# Pixels that one of the picture is averaged from, along each side; with one, fingers have stairs.
# Not OpenGL's multisampling: with it, Mesa's rasteriser takes 17 s for some frames of some signers.
_OVERSAMPLING = 2
# Pictures within one shutter are at most this many pixels of motion apart, and this many.
_BLUR_STEP = 1.5
_MOST_BLUR = 12


class Stage:
    """One window, one mesh and its lights, kept from frame to frame.

    Args:
        figure: Who stands on it.
        signer: The light and the background.
        camera: From where it is seen.

    Raises:
        MissingPackageError: VTK, or a library of the system that it needs, is not installed.
    """

    def __init__(self, figure: Figure, signer: Signer, camera: Camera) -> None:
        window = _open_window()
        from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
        from vtkmodules.vtkRenderingCore import vtkActor, vtkPolyDataMapper, vtkRenderer

        self._size = camera.size
        self._mesh, self._points, self._normals, self._tints = _make_mesh(figure)
        mapper = vtkPolyDataMapper()
        mapper.SetInputData(self._mesh)
        mapper.SetColorModeToDirectScalars()  # they tint the texture
        actor = vtkActor()
        actor.SetMapper(mapper)
        actor.SetTexture(_make_texture(figure.picture))
        look = actor.GetProperty()
        look.SetInterpolationToPhong()
        look.BackfaceCullingOn()
        look.SetAmbient(0.3)
        look.SetDiffuse(1.0)
        look.SetSpecular(0.09)
        look.SetSpecularPower(18)
        stage = vtkRenderer()
        stage.AddActor(actor)
        stage.AutomaticLightCreationOff()
        top = rgb(signer.background)
        stage.SetBackground2(*top.tolist())
        stage.SetBackground(*(0.82 * top).tolist())  # a wall is darker towards the floor
        stage.GradientBackgroundOn()
        _place_camera(stage.GetActiveCamera(), figure, camera)
        for light in _make_lights(figure, signer, camera):
            stage.AddLight(light)
        window.SetOffScreenRendering(1)
        window.SetMultiSamples(0)
        window.SetSize(*(_OVERSAMPLING * side for side in camera.size))
        window.AddRenderer(stage)
        self._window = window
        self._pixels = vtkUnsignedCharArray()

    def draw(self, points: np.ndarray, normals: np.ndarray, light: np.ndarray) -> np.ndarray:
        """Draw one frame.

        Args:
            points: Positions of the figure's drawn vertices, ``(M, 3)``.
            normals: Their unit normals, ``(M, 3)``.
            light: How much light reaches them, ``(M,)`` in [0, 1].

        Returns:
            ``(H, W, 3)`` uint8.
        """
        from vtkmodules.util.numpy_support import vtk_to_numpy

        self._points[:] = points
        self._normals[:] = normals
        self._tints[:] = light[:, None] * 255
        self._mesh.GetPoints().GetData().Modified()
        self._mesh.GetPoints().Modified()
        self._mesh.GetPointData().GetNormals().Modified()
        self._mesh.GetPointData().GetScalars().Modified()
        self._mesh.Modified()
        width, height = (_OVERSAMPLING * side for side in self._size)
        self._window.Render()
        self._window.GetPixelData(0, 0, width - 1, height - 1, 0, self._pixels, 0)
        return _shrunk(vtk_to_numpy(self._pixels).reshape(height, width, 3)[::-1])


def _shrunk(picture: np.ndarray) -> np.ndarray:
    """Average blocks of pixels, ``(nH, nW, 3)`` to ``(H, W, 3)``, both uint8."""
    n = _OVERSAMPLING
    total = np.full((len(picture) // n, picture.shape[1] // n, 3), n * n // 2, np.uint16)
    for row in range(n):
        for column in range(n):
            total += picture[row::n, column::n]
    return np.asarray(total // (n * n), np.uint8)


def render(
    vertices: Iterable[np.ndarray],
    figure: Figure,
    signer: Signer,
    camera: Camera,
    motion_blur: float = 0.0,
) -> Iterator[np.ndarray]:
    """Render posed bodies.

    Args:
        vertices: Blocks of frames, each ``(T, N, 3)`` as :meth:`Body.skin` gives them for the
            figure's body; a long clip comes in several, so that only one is in memory.
        figure: Who is seen.
        signer: The light and the background.
        camera: From where.
        motion_blur: How long the shutter is open, from 0 (never blurred) to 1 (until the next
            frame). A camera in a room has 0.5. Fast motion then takes several times as long.

    Yields:
        Frames ``(H, W, 3)`` uint8.

    Raises:
        MissingPackageError: VTK, or a library of the system that it needs, is not installed.
    """
    stage = _stage(figure, signer, camera, os.getpid())
    for shown in _shutters(vertices, figure, camera, motion_blur):
        samples = list(zip(*figure.surface(shown), strict=True))
        if len(samples) == 1:
            yield stage.draw(*samples[0])
            continue
        total = np.zeros((*camera.size[::-1], 3), np.uint16)
        for sample in samples:
            total += stage.draw(*sample)
        yield ((total + len(samples) // 2) // len(samples)).astype(np.uint8)


def compress(clip: VideoClip, crf: int = 30) -> VideoClip:
    """Let a clip look like a real video: through H.264 and back.

    Args:
        clip: Any clip; it is read to its end at once.
        crf: How strongly, from 0 (not at all) to 51; 23 is usual, 35 a bad connection.
    """
    from signzoo.media.video import open_video, write_video

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write_video(clip, path, crf=crf)
        width, height = clip.size
        frames = open_video(path).frames[:, :height, :width]
    return VideoClip.from_frames(frames, clip.fps)


def _shutters(
    blocks: Iterable[np.ndarray], figure: Figure, camera: Camera, motion_blur: float
) -> Iterator[np.ndarray]:
    """For each frame the vertices while the shutter is open, ``(samples, N, 3)``."""
    if not motion_blur:
        for block in blocks:
            yield from block[:, None]
        return
    before = None
    for block in blocks:
        for now in block:
            if before is not None:
                yield _between(before, now, figure, camera, motion_blur)
            before = now
    if before is not None:
        yield before[None]


def _between(
    start: np.ndarray, end: np.ndarray, figure: Figure, camera: Camera, motion_blur: float
) -> np.ndarray:
    _, width = figure.shoulders
    pixels = camera.size[1] / CAMERA_HEIGHT * camera.zoom / width
    moved = float(np.abs(end - start).max()) * pixels * motion_blur
    count = int(np.clip(np.ceil(moved / _BLUR_STEP), 1, _MOST_BLUR))
    share = np.linspace(0, motion_blur, count, dtype=np.float32)[:, None, None]
    return start + share * (end - start)


@lru_cache(maxsize=2)
def _stage(figure: Figure, signer: Signer, camera: Camera, process: int) -> Stage:
    """The stage of the last clip, unless the figure changed: opening one takes half a second.

    A forked process needs one of its own.
    """
    return Stage(figure, signer, camera)


def _open_window() -> Any:
    """A window without a display.

    Raises:
        MissingPackageError: VTK or EGL is not installed.
    """
    try:
        import vtkmodules.vtkRenderingOpenGL2 as backend
        from vtkmodules.vtkRenderingCore import vtkRenderWindow
    except ImportError as error:
        raise MissingPackageError(
            f"The avatar is rendered by VTK, which cannot be loaded ({error}): "
            "pip install 'vtk>=9.4'; on Debian also apt install libegl1 libgl1-mesa-dri."
        ) from error
    if not sys.platform.startswith("linux"):
        return vtkRenderWindow()
    check_egl()
    _load_triton()
    return backend.vtkEGLRenderWindow()


def _load_triton() -> None:
    """Load the native library of torch's triton, if there is one, before Mesa.

    Both carry an LLVM. Triton's crashes the process when it comes second, which anny, torch.compile
    and everything else that imports triton after the first picture would do.
    """
    import ctypes
    from importlib.util import find_spec

    triton = find_spec("triton")
    if triton and triton.origin:
        with suppress(OSError):  # a triton that cannot be loaded will not be loaded later either
            ctypes.CDLL(str(Path(triton.origin).parent / "_C" / "libtriton.so"))


def check_egl() -> None:
    """Make sure that pictures can be rendered without a display.

    Raises:
        MissingPackageError: The system's EGL library is not installed.
    """
    import ctypes

    try:
        ctypes.CDLL("libEGL.so.1")
    except OSError as error:
        raise MissingPackageError(
            "The avatar is rendered through EGL, but libEGL.so.1 cannot be loaded: on Debian and "
            "Ubuntu, apt install libegl1 libgl1-mesa-dri."
        ) from error


def _make_mesh(figure: Figure) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
    """The mesh, and its points, normals and tints as arrays to write new frames into."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points = np.zeros((len(figure.uv), 3), np.float32)
    normals = np.zeros_like(points)
    tints = np.zeros(points.shape, np.uint8)
    mesh = vtkPolyData()
    places = vtkPoints()
    places.SetData(numpy_to_vtk(points))
    mesh.SetPoints(places)
    cells = vtkCellArray()
    corners = np.ascontiguousarray(figure.triangles, np.int64).ravel()
    cells.SetData(3, numpy_to_vtkIdTypeArray(corners, deep=True))
    mesh.SetPolys(cells)
    mesh.GetPointData().SetNormals(numpy_to_vtk(normals))
    mesh.GetPointData().SetScalars(numpy_to_vtk(tints))
    mesh.GetPointData().SetTCoords(numpy_to_vtk(figure.uv, deep=True))
    return mesh, points, normals, tints


def _make_texture(picture: np.ndarray) -> Any:
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkRenderingCore import vtkTexture

    height, width = picture.shape[:2]
    image = vtkImageData()
    image.SetDimensions(width, height, 1)
    pixels = np.ascontiguousarray(picture[::-1]).reshape(-1, 3)
    image.GetPointData().SetScalars(numpy_to_vtk(pixels, deep=True))
    texture = vtkTexture()
    texture.SetInputData(image)
    texture.InterpolateOn()
    texture.MipmapOn()
    return texture


def _place_camera(eye: Any, figure: Figure, camera: Camera) -> None:
    middle, width = figure.shoulders
    eye.SetPosition(*(middle + width * from_signzoo_axes(camera.position)))
    eye.SetFocalPoint(*(middle + width * from_signzoo_axes(camera.focus)))
    eye.SetViewUp(*from_signzoo_axes(-camera.axes[1]))
    eye.SetViewAngle(camera.view_angle)
    far = width * camera.distance
    eye.SetClippingRange(max(far - 1.2, 0.05), far + 1.5)


def _make_lights(figure: Figure, signer: Signer, camera: Camera) -> list[Any]:
    """A main light, a weak one from the other side, and one from above behind."""
    from vtkmodules.vtkRenderingCore import vtkLight

    middle, _ = figure.shoulders
    lights = []
    for yaw, pitch, strength in (
        (signer.light_yaw, signer.light_pitch, 0.58),
        (-signer.light_yaw - 20, 5.0, 0.18),
    ):
        toward = Camera(camera.size, yaw=yaw + camera.yaw, pitch=pitch).axes[2]
        light = vtkLight()
        light.SetLightTypeToSceneLight()
        light.PositionalOff()
        light.SetFocalPoint(*middle)
        light.SetPosition(*(middle - from_signzoo_axes(toward)))
        light.SetIntensity(strength * signer.light_strength)
        lights.append(light)
    return lights
