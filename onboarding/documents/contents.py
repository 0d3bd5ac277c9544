"""
What a file is, by its content alone: a PDF, a picture, a Word or Excel file, or unfit.

Its reader is somebody else's code on a stranger's bytes. So it runs in a process of its own, with
bounds on its time and memory (`examined`), and whatever ends that process makes the file unfit.
"""

import json
import subprocess
import sys
from pathlib import Path

from onboarding.documents.unfit import DOCX, JPEG, PDF, PNG, TAKEN, UNREADABLE, XLSX, Unfit

# For reading the largest file that is taken, many times over.
CPU_S, WALL_S = 20, 40
MEMORY = 1 << 30

_ROOT = Path(__file__).resolve().parents[2]


def examined(path: Path) -> str:
    """
    The content type of the file at `path`, found by a process that may fail.

    :raises Unfit: it is of another kind, may do harm, or cannot be read
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "onboarding.documents.contents", str(path)],
            cwd=_ROOT,
            env={},
            capture_output=True,
            timeout=WALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unfit(UNREADABLE) from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise Unfit(UNREADABLE) from None
    if "unfit" in answer:
        raise Unfit(answer["unfit"])
    return answer["type"]


def content_type(path: Path) -> str:
    """
    As `examined`, within this process: errors of the readers come through as they are.
    """
    import filetype

    found = filetype.guess(str(path))
    mime = found.mime if found else None
    if mime == PDF:
        from onboarding.documents.pdf import check_pdf

        check_pdf(path)
        return PDF
    if mime in (PNG, JPEG):
        from onboarding.documents.picture import check_picture

        check_picture(path)
        return mime
    if mime in ("application/zip", DOCX, XLSX):
        from onboarding.documents.office import check_office

        return check_office(path)
    called = f"This is a file of the kind {found.extension.upper()}." if found else ""
    raise Unfit(f"{called or 'This file is of a kind that we do not know.'} {TAKEN}")


def _bounded() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> None:
    _bounded()
    try:
        answer = {"type": content_type(Path(sys.argv[1]))}
    except Unfit as why:
        answer = {"unfit": str(why)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
