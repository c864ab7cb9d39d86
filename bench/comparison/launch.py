"""launch.py REPORT COMMAND...: runs the command and writes "exit-status seconds cpu-seconds peak-kilobytes" to REPORT.

A process of its own, and a small one, since a child's peak memory begins with that of the process which started it.
"""

import os
import sys
import time

begun = time.monotonic()
child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
seconds = time.monotonic() - begun
with open(sys.argv[1], "w") as report:
    cpu = usage.ru_utime + usage.ru_stime
    report.write(f"{os.waitstatus_to_exitcode(status)} {seconds} {cpu} {usage.ru_maxrss}")
