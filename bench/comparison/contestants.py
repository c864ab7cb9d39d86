"""Who runs: our programs, and what else is installed for the same task."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from .corpus import count_lines, count_records
from .measure import Contestant, version_of

BENCH = Path(__file__).resolve().parent.parent
SCHEMA = BENCH.parent / "data" / "leads.schema.json"


def levels_of(bulkwrite):
    """What `pack --level` knows, in the words of its help."""
    text = subprocess.run([bulkwrite, "pack", "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    choices = re.search(r"--level \S*\{([^}]*)\}", text)
    return choices.group(1).split(",") if choices else []


def records_packed(directory, _run):
    return json.loads((directory / "manifest.json").read_text())["records"]


def lines_packed(directory, _run):
    lines = 0
    for path in directory.glob("*.zip"):
        with zipfile.ZipFile(path) as archive:
            lines += sum(archive.read(name).count(b"\n") for name in archive.namelist())
    return lines - 1


def lines_split(directory, _run):
    return sum(count_lines(path) for path in directory.iterdir()) - 1


def records_split(directory, _run):
    """Of pieces by a program that knows quotes; each begins with the header."""
    return sum(count_records(path) for path in directory.iterdir())


class Programs:
    """Builds the contestants over one file."""

    def __init__(self, options, source, records):
        self.options, self.source, self.records = options, source, records
        self.bulkwrite = options.bin / "bulkwrite"
        self.ours = version_of([str(self.bulkwrite), "--version"])

    def built(self, name):
        return (self.options.bin / name).exists()

    def pack(self, level, workers):
        def command(directory):
            return [self.bulkwrite, "pack", self.source, "-o", directory, "--level", level, "--workers", workers]

        return Contestant(f"bulkwrite pack --level {level}", command, self.ours, records_packed)

    def check(self, workers):
        def command(_directory):
            rules_alone = ["--no-profile", "--on-repeat", "off"]
            return [self.bulkwrite, "check", self.source, *rules_alone, "--schema", SCHEMA, "--workers", workers]

        return Contestant("bulkwrite check", command, self.ours, lambda _, run: run.json()["records_read"])

    def load_null(self, level, workers, results):
        program = self.options.bin / "bench-null-load"

        def command(directory):
            return [program, self.source, SCHEMA, results, directory / "run", workers, level]

        return Contestant(f"load into the null transport, {level}", command, self.ours,
                          lambda _, run: run.json()["records"], times_itself=True)

    def load_sandbox(self, workers):
        def command(directory):
            return [self.bulkwrite, "load", self.source, "--module", "Leads", "--sandbox", directory / "crm.db",
                    "--run-dir", directory / "run", "--workers", workers]

        return Contestant("bulkwrite load into the sandbox", command, self.ours,
                          lambda _, run: run.json()["records_read"], slow=True)

    def fault_of_limit(self, level):
        """Why there is no limit of this level; None where there is one."""
        if not self.built("bench-limit"):
            return "bench-limit is not built"
        asked = subprocess.run([self.options.bin / "bench-limit", level], stderr=subprocess.PIPE, text=True)
        return asked.stderr.strip() if asked.returncode != 0 else None

    def limit(self, level, workers):
        def command(directory):
            return [self.options.bin / "bench-limit", level, self.source, workers, directory]

        engine, _, number = level.partition("/")
        work = "CRC-32" if level == "none" else f"{engine} {number} and CRC-32"
        return Contestant(f"the limit: {work} from memory", command, version_of_engine(engine), times_itself=True)

    def rivals(self, workers):
        found = [self.split_zip(1, workers), self.split_zip(6, workers), self.python(workers), self.split(), self.lines(),
                 self.miller()]
        return [rival for rival in found if rival.version is not None]

    def split_zip(self, level, workers):
        split, zips = version_of(["split", "--version"]), zip_version()

        def command(directory):
            return [BENCH / "rivals" / "split_zip", self.source, directory, level, workers]

        return Contestant(f"split, zip -{level} under xargs -P{workers}", command, split and zips and f"{split}; {zips}",
                          lines_packed, slow=True)

    def python(self, workers):
        def command(directory):
            return [sys.executable, BENCH / "rivals" / "python_pack.py", self.source, directory, 1, workers]

        return Contestant(f"Python csv and zipfile, {workers} processes", command, f"Python {sys.version.split()[0]}",
                          lambda _, run: int(run.output), slow=True)

    def split(self):
        def command(directory):
            return ["split", "-l", 25000, "-d", "-a", 5, self.source, directory / "piece-"]

        return Contestant("split -l 25000", command, version_of(["split", "--version"]), lines_split)

    def lines(self):
        return Contestant("wc -l", lambda _: ["wc", "-l", self.source], version_of(["wc", "--version"]),
                          lambda _, run: int(run.output.split()[0]) - 1)

    def miller(self):
        def command(directory):
            return ["mlr", "--csv", "--from", self.source, "split", "-n", 25000, "--prefix", directory / "piece"]

        return Contestant("miller split -n 25000", command, version_of(["mlr", "--version"]), records_split, slow=True)


def zip_version():
    text = version_of(["zip", "-h"])
    if text is None:
        return None
    done = subprocess.run(["zip", "-h"], stdout=subprocess.PIPE, text=True, errors="replace")
    found = re.search(r"Zip (\S+)", done.stdout)
    return f"Info-ZIP {found.group(0)}" if found else "zip"


def version_of_engine(engine):
    package = {"ISA-L": "libisal", "libdeflate": "libdeflate", "zlib": "zlib"}.get(engine)
    found = version_of(["pkg-config", "--modversion", package]) if package else None
    return f"{engine} {found}" if found and found[0].isdigit() else engine.replace("none", "")
