"""Runs programs in turns, and keeps what each took."""

import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, List, Optional


LAUNCH = Path(__file__).resolve().parent / "launch.py"


class Failed(Exception):
    pass


@dataclass
class Run:
    seconds: float
    cpu_seconds: float
    rss_mb: float  # of the largest process
    output: str
    messages: str

    def json(self):
        return json.loads(self.output.strip().splitlines()[-1])


@dataclass
class Contestant:
    name: str
    command: Callable[[Path], List[str]]  # gets a directory that is new and empty for each run
    version: str = "bulkwrite"
    # How many records it takes the file to have; None where it does not say.
    records: Callable[[Path, Run], Optional[int]] = lambda directory, run: None
    times_itself: bool = False  # it prints {"seconds": ..., "cpu_seconds": ...}, and only that counts
    slow: bool = False  # two runs are enough to see by how much
    runs: List[Run] = field(default_factory=list)
    counted: Optional[int] = None

    def row(self):
        seconds = [run.seconds for run in self.runs]
        return {
            "name": self.name,
            "version": self.version,
            "runs": len(seconds),
            "seconds": statistics.median(seconds),
            "seconds_min": min(seconds),
            "seconds_max": max(seconds),
            "cpu_seconds": statistics.median(run.cpu_seconds for run in self.runs),
            "rss_mb": max(run.rss_mb for run in self.runs),
            "records": self.counted,
        }


def run_once(command, times_itself=False):
    """Starts the program and waits for it. Its CPU time and peak memory are those of all its processes."""
    with tempfile.TemporaryDirectory() as directory:
        report, out, err = (Path(directory) / name for name in ("report", "out", "err"))
        start = [sys.executable, "-I", "-S", LAUNCH, report, *command]
        with open(out, "w") as output, open(err, "w") as messages:
            child = subprocess.Popen(list(map(str, start)), stdin=subprocess.DEVNULL, stdout=output, stderr=messages,
                                     start_new_session=True)
            try:
                child.wait()
            except BaseException:
                end_all(child)
                raise
        said = err.read_text(errors="replace")
        code, seconds, cpu_seconds, kilobytes = map(float, report.read_text().split()) if report.exists() else (1, 0, 0, 0)
        if code != 0:
            raise Failed(f"{command[0]} ended with {code:g}: {said.strip()[-500:]}")
        run = Run(seconds, cpu_seconds, kilobytes / 1000, out.read_text(errors="replace"), said)
    if times_itself:
        run.seconds, run.cpu_seconds = run.json()["seconds"], run.json()["cpu_seconds"]
    return run


def end_all(child):
    """Ends the program and all that it started, so that nobody writes any more."""
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    with contextlib.suppress(ProcessLookupError):
        for _ in range(200):
            os.killpg(child.pid, 0)
            time.sleep(0.01)


def in_turns(contestants, rounds, scratch, say):
    """A B C, A B C, ...: what slows the machine down for a while slows all of them down."""
    for turn in range(rounds):
        for contestant in contestants:
            if contestant.slow and turn >= 2:
                continue
            directory = scratch / "out"
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            run = run_once(contestant.command(directory), contestant.times_itself)
            if contestant.counted is None:
                contestant.counted = contestant.records(directory, run)
            contestant.runs.append(run)
            say(f"  {contestant.name}: {run.seconds:.3f} s")
            shutil.rmtree(directory)
    return [contestant.row() for contestant in contestants]


def version_of(command):
    """The first line that a program says of itself, or None where it is not installed."""
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    return lines[0] if lines else command[0]


def say_to_stderr(text):
    print(text, file=sys.stderr, flush=True)
