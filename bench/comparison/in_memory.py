"""The benches of single parts, over bytes in memory; bench_engine runs them in random turns."""

import json
import statistics
import subprocess

WHOLE_CALLS = "^(pack|check|load_null|load_sandbox)(/|$)"  # measured as processes instead


def run(bench_engine, repetitions, min_time, out):
    subprocess.run(
        [
            bench_engine,
            f"--benchmark_filter=-{WHOLE_CALLS}",
            f"--benchmark_repetitions={repetitions}",
            f"--benchmark_min_time={min_time}",
            "--benchmark_enable_random_interleaving=true",
            f"--benchmark_out={out}",
            "--benchmark_out_format=json",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    rows = {}
    found = json.loads(out.read_text())["benchmarks"]
    for row in sorted(found, key=lambda row: (row["family_index"], row["per_family_instance_index"])):
        if row["run_type"] == "iteration" and "error_occurred" not in row:
            rows.setdefault(row["run_name"], []).append(row)
    return [summary(name, runs) for name, runs in rows.items()]


def summary(name, runs):
    def median(key):
        return statistics.median(run[key] for run in runs) if key in runs[0] else None

    return {
        "name": name,
        "bytes_per_second": median("bytes_per_second"),
        "items_per_second": median("items_per_second"),
        "records": median("records"),
        "ratio": median("ratio"),
    }
