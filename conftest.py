"""What all the tests of the workspace share: no test is judged by the time it takes, and Ctrl-C is heard."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

settings.register_profile("heliosdb", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("heliosdb")

# A shell gives what it starts in the background an ignored SIGINT, and every process inherits that: the tests that
# interrupt one would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
