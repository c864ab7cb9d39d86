"""python_pack.py FILE DIR LEVEL PROCESSES: what a script of Python's own modules makes of the task. One process reads
the records with csv, cuts and writes them anew; a pool of processes puts them into archives. Prints the records."""

import csv
import io
import multiprocessing
import sys
import threading
import zipfile

RECORDS_MAX = 25_000


def pack(path, text, level):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        archive.writestr("leads.csv", text)


def chunks(reader):
    chunk = []
    for record in reader:
        chunk.append(record)
        if len(chunk) == RECORDS_MAX:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def main(source, directory, level, processes):
    records = 0
    room = threading.Semaphore(2 * processes)  # so that memory stays bounded
    failures = []

    def fail(error):
        failures.append(error)
        room.release()

    with multiprocessing.Pool(processes) as pool, open(source, newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader)
        for number, chunk in enumerate(chunks(reader)):
            text = io.StringIO()
            csv.writer(text).writerows([header, *chunk])
            records += len(chunk)
            room.acquire()
            arguments = (f"{directory}/leads-{number:05}.zip", text.getvalue(), level)
            pool.apply_async(pack, arguments, callback=lambda _: room.release(), error_callback=fail)
        pool.close()
        pool.join()
    if failures:
        raise failures[0]
    print(records)


if __name__ == "__main__":
    csv.field_size_limit(1 << 30)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
