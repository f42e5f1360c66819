"""How long signzoo takes to start, beside a bare Python, interleaved in one run.

    python benchmarks/startup.py

Targets: `import signzoo` at most 0.05 s beyond Python's own start; `signzoo models` and
`signzoo --help` at most 0.5 s in all.
"""

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import signzoo": ["-c", "import signzoo"],
    "signzoo --help": ["-m", "signzoo", "--help"],
    "signzoo models": ["-m", "signzoo", "models"],
}


def main(runs: int = 15) -> None:
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(runs):
        for name, words in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - start)
    baseline = statistics.median(seconds["python -c pass"])
    print(f"{'command':<20}{'median s':>10}{'beyond Python s':>17}{'ratio':>8}")
    for name, taken in seconds.items():
        median = statistics.median(taken)
        print(f"{name:<20}{median:>10.3f}{median - baseline:>17.3f}{median / baseline:>8.2f}")


if __name__ == "__main__":
    main()
