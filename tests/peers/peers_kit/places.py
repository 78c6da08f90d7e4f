"""A virtual environment for each project, with HeliosDB's core in it, and the folder that its tests run in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from .projects import Project

ROOT = Path(__file__).parents[3]


def environment_of(project: Project, folder: Path, *, checkout: Path | None = None) -> Path:
    """Return the Python of the project's environment: made if it is not there, and for a checkout each time."""
    title = project.run if checkout is None else f"{project.run}-checkout"
    place = folder / f"{title}-{sys.version_info[0]}.{sys.version_info[1]}"
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = place / "ready"
    if checkout is not None or not ready.exists():
        shutil.rmtree(place, ignore_errors=True)
        wanted = [str(checkout)] if checkout is not None else [project.requirement]
        ours = ["core", *([project.backend.folder] if project.backend else [])]
        editable = [word for each in ours for word in ("-e", str(ROOT / each))]
        needs = [*editable, "pytest", *wanted, *project.needs]
        uv = shutil.which("uv")
        if uv is not None:
            _run(uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(place))
            _run(uv, "pip", "install", "--quiet", "--python", str(python), *needs)
        else:
            _run(sys.executable, "-m", "venv", str(place))
            _run(str(python), "-m", "pip", "install", "--quiet", *needs)
        ready.touch()
    return python


def version_of(project: Project, python: Path) -> str:
    """Return the version that the environment has of the project: of a checkout, what it calls itself."""
    return _run(
        str(python), "-c", f"from importlib.metadata import version; print(version({project.name!r}))"
    ).strip()


def source_of(project: Project, python: Path, folder: Path) -> Path:
    """Return the folder that the project's tests run in: its unpacked source distribution, or an empty one."""
    place = folder / f"{project.name}-{project.version}-source"
    if project.installed:
        place.mkdir(exist_ok=True)
        return place
    if not place.exists():
        archives, unpacked = folder / f"{place.name}-archive", folder / f"{place.name}-unpacked"
        options = ("--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(archives))
        _run(str(python), "-m", "pip", "download", *options, project.requirement)
        (archive,) = archives.glob("*.tar.gz")
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        (inside,) = unpacked.iterdir()
        for name in project.creates:
            (inside / name).touch()
        inside.rename(place)
    return place


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
    return done.stdout
