"""The command line, as a person at a terminal meets it."""

import os
import signal
import subprocess
import sys

from django.conf import settings

# What runs in the background of a shell has Ctrl-C ignored, and its children inherit that.
HEARING = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_ctrl_c_ends_a_command_without_a_traceback(tmp_path):
    """A first `migrate` stands for any command that takes its time."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "OMS_DATA_DIR": str(tmp_path),
        "PYTHONUNBUFFERED": "1",  # its first line is read when it is written
    }
    command = subprocess.Popen(
        [sys.executable, "-c", HEARING, "manage.py", "migrate", "--verbosity", "2"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    command.stdout.readline()  # at work
    command.send_signal(signal.SIGINT)
    _, said = command.communicate(timeout=60)

    assert (command.returncode, "Traceback" in said) == (130, False)
