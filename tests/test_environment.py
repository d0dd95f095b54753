"""What the libraries must not do on this machine."""

from __future__ import annotations

import subprocess
import sys

import pytest

COUNT_NONE = """
import sys
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication(["test"])
label = QLabel()
before = sys.getrefcount(None)
for _ in range(1000):
    label.setText("x"); label.setEnabled(True); label.setToolTip("y")
print(sys.getrefcount(None) - before)
"""


@pytest.mark.gui
def test_qt_keeps_its_hands_off_none() -> None:
    """PySide 6.12.0 on Python 3.11 drops a reference to None in nearly every call, and the interpreter dies of it."""
    done = subprocess.run([sys.executable, "-c", COUNT_NONE], capture_output=True, text=True, check=True)
    assert abs(int(done.stdout)) < 100


@pytest.mark.gui
def test_qt_starts_without_a_screen() -> None:
    code = "from PySide6.QtWidgets import *; a = QApplication(['t']); print(QLabel('x').grab().width())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 0
