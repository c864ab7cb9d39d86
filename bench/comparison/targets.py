"""What we aim at, as ratios within one run."""


def find(rows, *beginnings):
    for beginning in beginnings:
        for row in rows or []:
            if row["name"].startswith(beginning):
                return row
    return None


def times(results, ours, theirs):
    """How many times as fast as they we are, and how much of their CPU time we need."""
    return times_in(results.get("calls"), ours, theirs)


def times_in(rows, ours, theirs, seconds="seconds"):
    mine, other = find(rows, *ours), find(rows, *theirs)
    if not mine or not other:
        return None, None
    cpu = mine["cpu_seconds"] / other["cpu_seconds"] if other["cpu_seconds"] > 0 else None
    return other[seconds] / mine[seconds], cpu


def longest(results):
    """What ran over the longest file, with all workers."""
    rows = results.get("growth") or []
    most = max((row["records_of_file"] for row in rows), default=0)
    return most, [row for row in rows if row["records_of_file"] == most and row["workers"] == results["workers"]]


def speeds_in_memory(results):
    """In bytes/s, by bench."""
    return {row["name"]: row["bytes_per_second"] for row in results.get("in_memory") or []}


def scan_against(results, theirs):
    """The kernel that the program would choose is the fastest one."""
    speeds = speeds_in_memory(results)
    kernels = [speed for name, speed in speeds.items() if name.startswith("scan_") and name.endswith("/crm")]
    return max(kernels) / speeds[theirs] if kernels and theirs in speeds else None, None


def gigabytes_a_second(results, bench):
    speed = speeds_in_memory(results).get(bench)
    return speed / 1e9 if speed is not None else None


def flat_memory(results):
    """The largest peak over the smallest, of the same call over files of different sizes."""
    peaks = [row["rss_mb"] for row in results.get("memory") or [] if not row["wide"]]
    return max(peaks) / min(peaks) if len(peaks) > 1 else None


def peak_memory(results):
    peaks = [row["rss_mb"] for row in results.get("memory") or [] if not row["wide"]]
    return max(peaks) if peaks else None


def of_the_bound(results):
    wide = [row for row in results.get("memory") or [] if row["wide"] and row["bound"]]
    return wide[0]["rss_mb"] / wide[0]["bound"] if wide else None


def target(what, text, measured, met, cpu=None):
    return {"what": what, "target": text, "measured": measured, "met": met, "cpu": cpu}


def at_least(what, measured, wanted, reach=None):
    ratio, cpu = measured
    text = f">= {wanted:g}" + (f", reach for {reach:g}" if reach else "")
    return target(what, text, ratio, None if ratio is None else ratio >= wanted, cpu)


def at_most(what, measured, wanted, unit=""):
    return target(what, f"<= {wanted:g}{unit}", measured, None if measured is None else measured <= wanted)


def judge(results):
    fast = ("bulkwrite pack --level fast",)
    null_load = ("load into the null transport, fast",)
    limit = ("the limit: ISA-L", "the limit: libdeflate", "the limit: zlib")
    records, over_longest = longest(results)
    return [
        at_least("`pack --level fast` against the limit", times(results, fast, limit), 0.85, reach=0.95),
        at_least(f"the same, of {records:,} records, the fastest run of each",
                 times_in(over_longest, fast, limit, "seconds_min"), 0.85, reach=0.95),
        at_least("`pack --level fast` against `split` and `zip -1` under `xargs`",
                 times(results, fast, ("split, zip -1",)), 5),
        at_least("`pack --level fast` against Python's csv and zipfile", times(results, fast, ("Python csv",)), 20),
        at_least("record ends and field counts in memory, against reading that memory",
                 scan_against(results, "memory_read/crm"), 0.45),
        at_least("the same, against fast-cpp-csv-parser's `LineReader`", scan_against(results, "line_reader/crm"), 3),
        at_least("checking with the Leads schema, GB/s of a core", (gigabytes_a_second(results, "check_leads"), None), 1),
        at_least("`check` with the Leads schema, against `wc -l`",
                 times(results, ("bulkwrite check",), ("wc -l",)), 0.4),
        at_least("`pack --level none` against `split -l 25000`",
                 times(results, ("bulkwrite pack --level none",), ("split -l",)), 1),
        at_least("`load` into the null transport against `pack`, both `--level fast`",
                 times(results, null_load, fast), 0.9),
        at_most("peak memory of `pack`, 2 workers, any size of file", peak_memory(results), 100, " MB"),
        at_most("the largest such peak against the smallest", flat_memory(results), 1.1),
        at_most("peak memory where every chunk is full to 25 MB, against the bound that is printed",
                of_the_bound(results), 1),
    ]
