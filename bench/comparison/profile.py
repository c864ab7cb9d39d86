"""Where a program spends its time: sampled with perf, where that is installed and allowed."""

import collections
import re
import shutil
import subprocess

SHARE_MIN = 1.0  # percent


def sample(command, data):
    """[(percent, function)], the largest first, or None."""
    if shutil.which("perf") is None:
        return None
    recorded = subprocess.run(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-o", data, "--", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if recorded.returncode != 0:
        return None
    report = subprocess.run(
        ["perf", "report", "-i", data, "--stdio", "--no-children", "-F", "overhead,dso,symbol", "-w", "0,0,0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
    )
    found = re.findall(r"^\s*([\d.]+)%\s+(\S+)\s+\[(.)\]\s+(.+?)\s*$", report.stdout, re.MULTILINE)
    shares = collections.Counter()
    for share, library, kind, name in found:
        shares[function_name(name, library, kind)] += float(share)
    return [(share, name) for name, share in shares.most_common() if share >= SHARE_MIN] or None


def function_name(name, library, kind):
    if name.startswith("0x"):
        return f"within {library}"
    if kind == "k":
        return f"{name} (kernel)"
    name = re.sub(r"\(.*", "", name.replace("(anonymous namespace)::", "")).replace("bulkwrite::", "")
    return f"{name} ({library})" if ".so" in library else name
