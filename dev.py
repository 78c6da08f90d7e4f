"""One command for all the rest: makes .venv beside this file, installs nox into it, and hands its arguments on.

    python3 dev.py demo       HeliosDB at work, on data that comes along
    python3 dev.py setup      fill .venv for development: every distribution, editable, and the tools
    python3 dev.py test       what CI runs: every check on every Python found
    python3 dev.py NAME ...   any other session of noxfile.py; its pytest gets the further arguments
    python3 dev.py nox ...    nox itself: `nox --list` names the sessions

It needs Python 3.10 or newer with its module venv, and nothing else. See CONTRIBUTING.md.
"""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))
NOX = "nox%s>=2025.11.12"


def main(arguments):
    version = "%d.%d" % sys.version_info[:2]
    if sys.version_info < (3, 10):
        sys.exit("dev.py needs Python 3.10 or newer, and this is %s: try python3.12 dev.py" % version)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__.strip())
        return
    give_a_home()
    if not ready():
        make_venv(version)
    name, rest = arguments[0], arguments[1:]
    if name != "nox":
        rest = (["-t", "ci"] if name == "test" else ["-s", name]) + (["--"] + rest if rest else [])
    command = [PYTHON, "-m", "nox", "-f", os.path.join(ROOT, "noxfile.py")] + rest
    if os.name == "nt":
        sys.exit(subprocess.call(command))
    os.execv(PYTHON, command)


def give_a_home():
    """Let pip, uv and nox keep their caches in .nox where there is no home that can be written to."""
    if os.name == "nt":
        return
    if not os.environ.get("HOME"):
        os.environ.pop("HOME", None)  # then expanduser asks the system's list of users
    home = os.path.expanduser("~")
    if not os.access(home, os.W_OK):
        home = os.path.join(ROOT, ".nox", "home")
        os.makedirs(home, exist_ok=True)
    os.environ["HOME"] = home


def ready():
    """Does .venv have a Python that still runs, and nox? Not after an interruption, or when its Python was moved."""
    try:
        return subprocess.call([PYTHON, "-c", "import nox"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv(version):
    """Make .venv anew and install nox; whatever hinders it is said in one line, below what pip said."""
    try:
        import ensurepip  # noqa: F401 - both only have to be there
        import venv  # noqa: F401
    except ImportError as error:
        sys.exit(
            "this Python (%s) lacks the module %s, which some systems package by itself. On Debian and Ubuntu:\n"
            "    apt install python%s-venv" % (sys.executable, error.name, version)
        )
    sys.stderr.write("making %s with Python %s ...\n" % (VENV, version))
    # Not the Python of another environment, which may go.
    base = getattr(sys, "_base_executable", sys.executable)
    if subprocess.call([base, "-m", "venv", "--clear", VENV]):
        sys.exit("dev.py could not make %s: the lines above say why" % VENV)
    install = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # uv makes the sessions' environments many times faster; where it has no wheel, nox does without.
    with_uv = install + ["--only-binary=uv", NOX % "[uv]"]
    if subprocess.call(with_uv) and subprocess.call(install + [NOX % ""]):
        sys.exit("dev.py could not install nox: the lines above say why")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
