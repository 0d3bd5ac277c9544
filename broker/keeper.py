"""
Runs one server until its last user has gone. Standard library only: it outlives its checkout.

Started by `broker/embedded.py`, never imported. Every user holds a shared lock on one file, which
the kernel frees however the user ends; once the lock can be had alone, nobody is left.
"""

import fcntl
import os
import signal
import subprocess
import sys
import time

LOOK_EVERY_S = 0.1
# A fast stop needs one checkpoint. A server that has lost its files never gets there.
STOP_WITHIN_S = 30


def keep(users: int, command: list[str], *, owner: str | None, group: int | None) -> int:
    """
    Run `command` until the lock on the descriptor `users` is free, and return its exit code.

    - `owner`, `group`: whom it runs as, where that is not ourselves.
    """
    other = {"user": owner, "group": group, "extra_groups": []} if owner else {}
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd="/", **other)
    while server.poll() is None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOOK_EVERY_S)
        else:
            return stop(server)
    return server.returncode


def stop(server: subprocess.Popen) -> int:
    """Stop `server` the fast way, then the hard way. Newcomers wait for the lock meanwhile."""
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        server.send_signal(how)
        try:
            return server.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            continue
    return server.wait()


if __name__ == "__main__":
    # users lock, owner ("" for ourselves), group, then the command.
    _, _users, _owner, _group, *_command = sys.argv
    # Nobody's child and out of reach of the terminal's Ctrl-C: the users decide.
    if os.fork():
        os._exit(0)
    os.setsid()
    sys.exit(keep(int(_users), _command, owner=_owner or None, group=int(_group or 0)))
