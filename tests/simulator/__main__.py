"""The simulator as a process of its own, until it is told to end."""

import argparse
import signal

from tests.simulator import Simulator


def main() -> None:
    """Serve on the port that is given and say so on the first line."""
    arguments = argparse.ArgumentParser(description="A provider that misbehaves on demand")
    arguments.add_argument("--port", type=int, default=0)
    ends = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # before there are threads that could take one
    with Simulator(port=arguments.parse_args().port) as simulator:
        print(simulator.url, flush=True)
        signal.sigwait(ends)


if __name__ == "__main__":
    main()
