# SPDX-License-Identifier: Apache-2.0
import signal
import subprocess
import sys
import time

SCRIPT = """
import sys
import isoflop
runs = isoflop.read_runs(sys.argv[1])
print("ready", flush=True)
try:
    isoflop.fit(runs, bootstrap=1000000)
except KeyboardInterrupt:
    print("stopped", isoflop.fit(runs, bootstrap=0).runs_used)
"""


def test_ctrl_c_stops_a_fit_and_python_goes_on(pile):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(pile)],
        stdout=subprocess.PIPE,
        text=True,
        # Jobs in the background inherit that SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    assert out == "stopped 15\n"
    assert process.returncode == 0
