"""Tables and plots of what was measured."""

import re

from .plot import line_chart

MEGABYTE = 1e6


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def seconds(row):
    return f"{row['seconds']:.3f} ({row['seconds_min']:.3f} - {row['seconds_max']:.3f})"


def speed(bytes_per_second):
    if bytes_per_second is None:
        return ""
    if bytes_per_second >= 1e9:
        return f"{bytes_per_second / 1e9:.2f} GB/s"
    return f"{bytes_per_second / MEGABYTE:.0f} MB/s"


def record_count(records, truth, lines):
    if records is None:
        return "does not say"
    if records == truth:
        return f"{records:,}, right"
    if records == lines:
        return f"{records:,}, **wrong**: takes line ends in quotes for ends of records"
    return f"{records:,}, **wrong**"


def machine_text(results):
    machine, corpus = results["machine"], results["corpus"]
    busy = max(machine["load_before"], machine["load_after"])
    text = (
        f"{results['date']}, {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']:.0f} GB, "
        f"{machine['system']}. Files in {machine['scratch']}, {corpus['records']:,} records, "
        f"{corpus['bytes'] / MEGABYTE:.0f} MB, {corpus['lines'] - corpus['records']:,} line ends in quotes. "
        f"{results['workers']} workers. Load of the machine before and after: {machine['load_before']:.1f} and "
        f"{machine['load_after']:.1f}."
    )
    if machine["load_before"] > 0.5:
        text += f" **The machine was busy with something else ({busy:.1f}): trust ratios, and those with care.**"
    return f"{text}\n\n    {results['command']}\n"


def targets_table(results):
    verdict = {True: "yes", False: "**no**", None: "not measured"}

    def number(value):
        return "" if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"

    rows = [(t["what"], t["target"], number(t["measured"]), verdict[t["met"]], number(t["cpu"])) for t in results["targets"]]
    return table(["", "target", "measured", "met", "CPU time against theirs"], rows)


def medians_table(results):
    """In short, for who has just measured."""
    size = results["corpus"]["bytes"]
    rows = [(row["name"], f"{row['seconds']:.3f}", speed(size / row["seconds"]), f"{row['cpu_seconds']:.2f}")
            for row in results.get("calls") or []]
    return table(["", "seconds, median", "", "CPU s"], rows) if rows else ""


def calls_table(results):
    corpus = results["corpus"]
    rows = []
    for row in results["calls"]:
        rows.append(
            (
                row["name"],
                seconds(row),
                speed(corpus["bytes"] / row["seconds"]),
                f"{row['cpu_seconds']:.2f}",
                f"{row['rss_mb']:.0f}",
                record_count(row["records"], corpus["records"], corpus["lines"]),
                row["version"],
            )
        )
    text = table(["", "seconds: median (min - max)", "", "CPU s", "peak MB", "records", "version"], rows)
    return text + sandbox_text(results.get("sandbox"))


def sandbox_text(row):
    if row is None:
        return ""
    return (
        f"\n`bulkwrite load` of {row['records_of_file']:,} records into the sandbox took {row['seconds']:.1f} s, and the "
        f"two together {row['cpu_seconds']:.1f} s of CPU: the sandbox writes each record into its database.\n"
    )


def in_memory_table(results):
    """One table of those that run over each corpus, `NAME/CORPUS`, and one of the others."""
    rows = results["in_memory"]
    corpora = [row["name"].split("/")[1] for row in rows if row["name"].startswith("memory_read/")]
    counts = {row["name"]: row["records"] for row in rows}
    # Of damaged records, those who find them need not agree how many there are.
    truth = {of: counts[f"cut/{of}"] for of in corpora if counts.get(f"cut/{of}") == counts.get(f"scan_scalar/{of}")}
    by_name, others = {}, []
    for row in rows:
        name, _, of = row["name"].partition("/")
        if of in corpora:
            wrong = row["records"] is not None and row["records"] != truth.get(of, row["records"])
            by_name.setdefault(name, {})[of] = speed(row["bytes_per_second"]) + (" (miscounts)" if wrong else "")
        else:
            others.append(row)
    text = ""
    if corpora:
        cells = [(f"`{name}`", *(found.get(of, "") for of in corpora)) for name, found in by_name.items()]
        text = table(["", *(f"`{of}`" for of in corpora)], cells) + "\n"
    return text + table(["", "", ""], [(f"`{row['name']}`", rate(row), remark(row)) for row in others])


def rate(row):
    if row["bytes_per_second"]:
        return speed(row["bytes_per_second"])
    return f"{1e9 / row['items_per_second']:,.0f} ns each" if row["items_per_second"] else ""


def remark(row):
    return f"{row['ratio']:.2f} times smaller" if row["ratio"] else ""


def growth_table(results):
    rows = []
    for row in results["growth"]:
        rows.append(
            (
                f"{row['records_of_file']:,}",
                row["workers"],
                row["name"],
                seconds(row),
                speed(row["bytes"] / row["seconds"]),
                f"{row['cpu_seconds'] / row['records_of_file'] * 1e9:.0f}",
                f"{row['rss_mb']:.0f}",
            )
        )
    return table(
        ["records", "workers", "", "seconds: median (min - max)", "", "CPU ns a record", "peak MB"],
        rows,
    )


def memory_table(results):
    rows = [(row["what"], f"{row['rss_mb']:.1f}", row["bound"] or "none is printed") for row in results["memory"]]
    return table(["`pack`, 2 workers", "peak MB", "bound that it prints, MB"], rows)


def profile_text(results):
    text = ""
    for name, sampled in results["profile"].items():
        text += f"`{name}`:\n\n" + shares_table("function", sampled["functions"]) + "\n"
        if name.startswith("load"):
            text += "By threads; the caller's, under the program's name, is the collector:\n\n"
            text += shares_table("thread", sampled["threads"]) + "\n"
    return text


def shares_table(what, rows):
    return table(["share", what], [(f"{share:.1f} %", f"`{name}`") for share, name in rows])


SECTIONS = {
    "machine": ("How", machine_text, "machine"),
    "targets": ("Targets", targets_table, "targets"),
    "calls": ("Whole programs", calls_table, "calls"),
    "in-memory": ("Parts, in memory, one thread", in_memory_table, "in_memory"),
    "growth": ("As the work grows", growth_table, "growth"),
    "memory": ("Memory", memory_table, "memory"),
    "profile": ("Where the cycles go", profile_text, "profile"),
}


def sections(results):
    """Markdown by section, of those that were measured."""
    return {name: write(results) for name, (_, write, key) in SECTIONS.items() if results.get(key)}


def markdown(results):
    return "\n".join(f"## {SECTIONS[name][0]}\n\n{text}" for name, text in sections(results).items())


def refill(document, results):
    """Puts each section between the marks that the document has for it; what cannot be measured here stays as it was."""
    for name, text in sections(results).items():
        marks = re.compile(rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        document = marks.sub(lambda found: f"{found.group(1)}\n{text}\n{found.group(2)}", document)
    return document


def plots(results):
    """SVG by file name."""
    growth = results.get("growth")
    if not growth:
        return {}
    most = max(row["workers"] for row in growth)
    sizes = {row["records_of_file"] for row in growth}
    size = results["corpus"]["records"] if results["corpus"]["records"] in sizes else max(sizes)

    def series(rows, x):
        lines = {}
        for row in rows:
            name = row["name"].split(":")[0].removeprefix("bulkwrite ")
            lines.setdefault(name, []).append((row[x], row["bytes"] / row["seconds"] / MEGABYTE))
        return lines

    at_size = [row for row in growth if row["records_of_file"] == size]
    at_most = [row for row in growth if row["workers"] == most]
    return {
        "by-workers.svg": line_chart(f"Throughput by workers, {size:,} records", "workers", "MB/s of CSV", series(at_size, "workers")),
        "by-size.svg": line_chart(
            f"Throughput by size of the file, {most} workers",
            "million records",
            "MB/s of CSV",
            {
                name: [(x / 1e6, y) for x, y in points]
                for name, points in series(at_most, "records_of_file").items()
            },
        ),
    }
