"""Where peers are installed: one Python for all, and a folder a peer beside it, under `.build-peers/`.

Peers go into folders of their own, without what they depend on, because several pin a PyTorch that would not fit
the others or would bring CUDA.
"""
import hashlib
import os
import pathlib
import subprocess
import sys

import native_build

HERE = pathlib.Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
ROOT = REPOSITORY / ".build-peers"


class NotInstalled(Exception):
    """A peer that cannot be installed here, and why."""


def python():
    """The Python that hosts all peers, with everything of base.txt."""
    return _virtual_environment("base")


def install(peer):
    """The folder with a peer's own packages; None where base.txt has all of them."""
    if peer.absent:
        raise NotInstalled(peer.absent)
    if not peer.requirements:
        return None
    folder, stamp = _folder(peer.requirements)
    if stamp.exists():
        return folder
    print(f"installing {peer.requirements}", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    requirements = HERE / "requirements" / f"{peer.requirements}.txt"
    log = folder / "install.log"
    if peer.build:
        tools = _virtual_environment("build").parent
        with open(log, "w") as out:
            try:
                native_build.build(peer.build, requirements, folder, tools, out)
            except (OSError, native_build.BuildFailed) as error:
                raise NotInstalled(f"{error}; see {log.relative_to(REPOSITORY)}") from error
    else:
        _pip(python(), log, "--no-deps", "--upgrade", "--only-binary", ":all:", "--target", str(folder),
             "--requirement", str(requirements))
    stamp.touch()
    return folder


def environment(folder, threads):
    """The environment of a peer's process: its packages, its threads, and large pages, which moe-cli asks for too."""
    count = str(threads)
    added = {"OMP_NUM_THREADS": count, "MKL_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count,
             "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "THP_MEM_ALLOC_ENABLE": "1",
             "HF_HUB_OFFLINE": "1", "PYTHONPATH": "" if folder is None else str(folder)}
    return {**os.environ, **added}


def _virtual_environment(name):
    folder, stamp = _folder(name)
    python = folder / "bin" / "python"
    if not stamp.exists():
        print(f"installing {name}", file=sys.stderr)
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        _pip(python, folder / "install.log", "--requirement", str(HERE / "requirements" / f"{name}.txt"))
        stamp.touch()
    return python


def _folder(name):
    """A folder and the file that says that what the requirements ask for is in it."""
    wanted = hashlib.sha256((HERE / "requirements" / f"{name}.txt").read_bytes()).hexdigest()[:12]
    return ROOT / name, ROOT / name / f"installed-{wanted}"


def _pip(python, log, *arguments):
    with open(log, "w") as out:
        code = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                               *arguments], stdout=out, stderr=out, stdin=subprocess.DEVNULL).returncode
    if code != 0:
        errors = [line for line in log.read_text().splitlines() if line.startswith("ERROR")]
        raise NotInstalled(errors[-1].removeprefix("ERROR: ") if errors else f"pip failed; see {log}")
