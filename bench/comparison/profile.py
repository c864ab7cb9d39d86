"""Where a program spends its time: sampled with perf, where that is installed and allowed."""

import collections
import re
import shutil
import subprocess

SHARE_MIN = 1.0  # percent


def sample(command, data):
    """{"functions": [(percent, function)], "threads": [(percent, thread)]}, the largest first, or None."""
    if shutil.which("perf") is None:
        return None
    recorded = subprocess.run(
        ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-o", data, "--", *map(str, command)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if recorded.returncode != 0:
        return None
    functions = collections.Counter()
    for share, library, kind, name in report(data, "dso,symbol", r"(\S+)\s+\[(.)\]\s+(.+?)"):
        functions[function_name(name, library, kind)] += float(share)
    threads = collections.Counter()
    for share, name in report(data, "comm", r"(.+?)"):
        threads[name] += float(share)
    return {"functions": largest(functions), "threads": largest(threads)} if functions else None


def report(data, columns, pattern):
    """What perf says, as tuples of the share and what the pattern finds behind it."""
    said = subprocess.run(
        ["perf", "report", "-i", data, "--stdio", "--no-children", "-F", f"overhead,{columns}", "-w", "0,0,0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
    )
    return re.findall(rf"^\s*([\d.]+)%\s+{pattern}\s*$", said.stdout, re.MULTILINE)


def largest(shares):
    return [(share, name) for name, share in shares.most_common() if share >= SHARE_MIN]


def function_name(name, library, kind):
    if name.startswith("0x"):
        return f"within {library}"
    if kind == "k":
        return f"{name} (kernel)"
    name = re.sub(r"\(.*", "", name.replace("(anonymous namespace)::", "")).replace("bulkwrite::", "")
    return f"{name} ({library})" if ".so" in library else name
