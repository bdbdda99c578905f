"""Builds the ggml that a source distribution carries, for the processor at hand, without the network."""
import os
import pathlib
import shutil
import subprocess

# Where a distribution keeps the project, and what leaves out everything but the matrix products.
RECIPES = {
    "ggml": ("vendor/llama.cpp", ["-DLLAMA_BUILD_COMMON=OFF", "-DLLAMA_BUILD_TOOLS=OFF"]),
    "ik_llama": ("vendor/ik_llama.cpp", ["-DGGML_IQK_FA_ALL_QUANTS=OFF"]),
}
OPTIONS = ["-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=ON", "-DGGML_NATIVE=ON", "-DGGML_CCACHE=OFF",
           "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_SERVER=OFF", "-DLLAMA_CURL=OFF"]


class BuildFailed(Exception):
    """A step that did not work, in a sentence."""


def build(recipe, requirements, folder, tools, log):
    """Leaves `libggml*.so` under `folder/build`; `tools` is the bin folder that has pip, cmake and ninja."""
    if shutil.which("c++") is None:
        raise BuildFailed("no C++ compiler on the PATH")
    source, options = RECIPES[recipe]
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}

    def run(what, *command):
        code = subprocess.run([str(part) for part in command], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                              env=environment).returncode
        if code != 0:
            raise BuildFailed(f"{what} failed")

    run("download", tools / "python", "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation",
        "--no-binary", ":all:", "--dest", folder, "--requirement", requirements)
    project = _unpack(next(folder.glob("*.tar.gz")), folder / "source") / source
    run("configure", "cmake", "-G", "Ninja", "-S", project, "-B", folder / "build", *OPTIONS, *options)
    run("build", "cmake", "--build", folder / "build", "--target", "ggml")


def _unpack(archive, folder):
    """The distribution's own folder."""
    shutil.unpack_archive(archive, folder)
    return next(path for path in pathlib.Path(folder).iterdir() if path.is_dir())
