"""This package's own Swift sources without what stands in heldout.txt: text of the same kind, to calibrate on.

    python own_sources.py COMMIT --write FILE

Sources, Examples and Tests at COMMIT, in path order. Left out are the files whose beginning or whole heldout.txt is,
at whatever version, and files of which more than a fifth of the lines stand in it. Git has to know both commits.
"""
import argparse
import pathlib
import subprocess

FOLDER = pathlib.Path(__file__).resolve().parent
HELD_OUT_COMMIT = "b5399c8"     # where heldout.txt was taken from
LEAST_LINE = 17                 # characters; shorter lines stand in any source
MOST_SHARED = 0.2               # of a file's lines


def git(*arguments):
    return subprocess.run(["git", "-C", FOLDER, *arguments], capture_output=True, check=True).stdout


def sources(commit, *folders):
    names = git("ls-tree", "-r", "--full-tree", "--name-only", commit, *folders).decode().splitlines()
    return sorted((name for name in names if name.endswith(".swift")), key=str.encode)


def text_of(commit, name):
    return git("show", f"{commit}:{name}")


def held_out_files(text):
    """The names of the files that heldout.txt was made of."""
    names, size = set(), 0
    for name in sources(HELD_OUT_COMMIT, "Sources"):
        if size >= len(text):
            break
        names.add(name)
        size += len(text_of(HELD_OUT_COMMIT, name))
    return names


def lines(text):
    found = (line.strip() for line in text.decode().splitlines())
    return [line for line in found if len(line) >= LEAST_LINE]


def build(commit):
    """The text, and the names of files left out for their lines."""
    held_out = (FOLDER / "heldout.txt").read_bytes()
    known_files, known_lines = held_out_files(held_out), set(lines(held_out))
    parts, copies = [], []
    for name in sources(commit, "Sources", "Examples", "Tests"):
        if name in known_files:
            continue
        text = text_of(commit, name)
        own = lines(text)
        if sum(line in known_lines for line in own) > MOST_SHARED * len(own):
            copies.append(name)
        else:
            parts.append(text)
    return b"".join(parts), len(parts), copies


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("commit")
    options.add_argument("--write", metavar="FILE", required=True)
    options = options.parse_args()
    text, count, copies = build(options.commit)
    pathlib.Path(options.write).write_bytes(text)
    print(f"{count} files, {len(text)} bytes; left out: {' '.join(copies)}")


if __name__ == "__main__":
    main()
