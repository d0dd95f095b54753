"""A disk that fills up, a folder that is closed, a process that is killed: the old files stay, no half file appears."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import signals

from unbraid.core import atomic
from unbraid.core import audio_files as af
from unbraid.core.errors import AudioFileError

WRITE_WITHIN = """
import json, resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import signals
from unbraid.core import audio_files as af
from unbraid.core.errors import AudioFileError

folder, answers = Path(sys.argv[1]), {}
sound = signals.noise(seconds=2.0, rate=48000)
for kind, what in af.TYPES.items():
    options = af.WriteOptions(format=kind)
    path = folder / kind / ("old" + what.suffixes[0])
    size = Path(af.write(path, sound, options).path).stat().st_size
    path.write_text("precious")
    for part, limit in (("nothing", 0), ("one byte", 1), ("half", size // 2), ("all but a byte", size - 1)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            af.write_set({path: sound, path.with_stem("second"): sound}, options, overwrite=True)
            told = "written"
        except AudioFileError as problem:
            told = str(problem)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        answers[f"{kind}, {part}"] = [told, sorted(p.name for p in path.parent.iterdir()), path.read_text()]
print(json.dumps(answers))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs limits on file sizes")
def test_a_full_disk_leaves_the_old_files_and_nothing_else(tmp_path: Path) -> None:
    """Every kind of file, with room for nothing, one byte, half of the file, and all but its last byte."""
    command = [sys.executable, "-c", WRITE_WITHIN, str(tmp_path), str(Path(__file__).parent.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    answers = json.loads(done.stdout)
    assert len(answers) == 4 * len(af.TYPES)
    for case, (told, names, content) in answers.items():
        suffix = af.TYPES[case.split(",")[0]].suffixes[0]
        assert "needed" in told, case
        assert "free" in told, case
        assert names == ["old" + suffix], case
        assert content == "precious", case


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    folder = tmp_path / "closed"
    folder.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder)
    with pytest.raises(AudioFileError, match=r"closed may not be written to; choose another"):
        af.write(folder / "new" / "a.wav", signals.sine())
    assert not list(folder.iterdir())


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import signals
from unbraid.core import audio_files as af
stems = {Path(sys.argv[1]) / f"{k}.flac": signals.noise(seconds=3.0, seed=k) for k in range(3)}
print("ready", flush=True)
while True:
    af.write_set(stems, overwrite=True)
"""


@pytest.mark.parametrize("run", range(3))
def test_a_kill_leaves_whole_files_and_temporaries_that_are_swept(tmp_path: Path, run: int) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(Path(__file__).parent.parent)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(0.15 + 0.17 * run)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    for path in tmp_path.glob("[!.]*.flac"):
        assert af.read(path).frames == 132_300
    atomic.sweep(tmp_path, age_s=0)
    assert {p.name for p in tmp_path.iterdir()} <= {"0.flac", "1.flac", "2.flac"}


def test_what_an_encoder_loses_silently_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some libraries keep a failed write to themselves: the file is opened again and its end decoded."""
    from unbraid.core.formats import sndfile

    encode = sndfile.encode

    def loses_its_end(path: Path, *rest: object) -> None:
        encode(path, *rest)  # type: ignore[arg-type]
        import os

        os.truncate(path, path.stat().st_size - 20_000)

    monkeypatch.setattr(sndfile, "encode", loses_its_end)
    for name in ("a.wav", "a.flac", "a.mp3", "a.ogg", "a.opus", "a.aiff"):
        with pytest.raises(AudioFileError, match="could not be written completely"):
            af.write(tmp_path / name, signals.noise(seconds=2.0, rate=48000))
    assert not list(tmp_path.iterdir())
