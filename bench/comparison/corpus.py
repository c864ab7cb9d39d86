"""The files that are measured: made once, in memory where there is room."""

import base64
import csv
import random
import shutil
import subprocess
from pathlib import Path

from .measure import Failed

SHARED_MEMORY = Path("/dev/shm")
BYTES_A_RECORD = 265  # of what bulkwrite-gen writes, about
BYTES_MAX = 6_000_000_000


def scratch_root(bytes_needed):
    """Where files can lie without a disk that would be measured too."""
    for root in (SHARED_MEMORY, Path("/tmp")):
        if root.is_dir() and shutil.disk_usage(root).free > bytes_needed:
            return root
    raise Failed(f"neither {SHARED_MEMORY} nor /tmp has {bytes_needed // 1_000_000} MB free: name a place with --scratch")


def bytes_needed(records):
    """The file, what is made of it, and what the limit program holds of it in memory."""
    return 2.2 * records * BYTES_A_RECORD


def generate(generator, records, path):
    subprocess.run([generator, "--records", str(records), "-o", path], check=True, stderr=subprocess.DEVNULL)


def wide_records(path, total):
    """Records of 1,100 bytes that deflate hardly shrinks: every chunk is full to its 25 MB."""
    noise = random.Random(1)
    with open(path, "w", encoding="ascii") as file:
        file.write("Id,Text\n")
        for record in range(total // 1_100):
            file.write(f"{record:08},{base64.b64encode(noise.randbytes(816)).decode()}\n")


def count_records(path):
    """By Python's csv module, which shares nothing with the engine."""
    csv.field_size_limit(1 << 30)
    with open(path, newline="", encoding="utf-8") as file:
        return sum(1 for record in csv.reader(file) if record) - 1


def count_lines(path):
    lines = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            lines += block.count(b"\n")
    return lines
