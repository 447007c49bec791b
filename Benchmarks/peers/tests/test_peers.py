"""What the driver reads and reckons, without any of the systems: `scripts/check-scripts` runs it."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import packages
import processes
import table
import wrk

WRK = """\
Running 2s test @ http://127.0.0.1:40001/api/runs
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency    13.05ms    6.21ms  71.13ms   87.42%
    Req/Sec     5.06k   602.11     6.01k    70.00%
  10081 requests in 2.01s, 2.93MB read
  Non-2xx or 3xx responses: 7
Requests/sec:   5027.41
Transfer/sec:      1.46MB
"""

ROLLUP = """\
55d0c0a4b000-7ffd5c1f2000 ---p 00000000 00:00 0                          [rollup]
Rss:               12000 kB
Pss:                7500 kB
Pss_Anon:           3000 kB
Anonymous:          4000 kB
LazyFree:              0 kB
"""


class Reading(unittest.TestCase):
    def test_wrk(self):
        load = wrk.parse(WRK)
        self.assertEqual((load.per_second, load.requests), (5027.41, 10081))
        self.assertEqual(load.complaints, "Non-2xx or 3xx responses: 7")
        with self.assertRaises(ValueError):
            wrk.parse("unable to connect to 127.0.0.1:40001 Connection refused")

    def test_body_survives_two_languages(self):
        text = wrk.lua(wrk.Target("http://x/", {"command": ["a\"b\n"]}, {"Prefer": "wait=60"}))
        self.assertIn(r'wrk.body = "{\"command\": [\"a\\\"b\\n\"]}"', text)
        self.assertIn('wrk.headers["Prefer"] = "wait=60"', text)

    def test_memory(self):
        self.assertEqual(processes.parse_rollup(ROLLUP), {"resident": 12, "proportional": 7.5, "anonymous": 4})

    def test_processor_time(self):
        stat = "77 (a (b) c) S 1 77 77 0 -1 4194560 900 80 0 0 11 22 33 44 20 0 1 0 500 1000 200"
        self.assertEqual(processes.parse_ticks(stat), 110)

    def test_versions_are_pinned(self):
        file = Path(packages.__file__).parent / "requirements.txt"
        lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
        self.assertTrue(lines and all("==" in line for line in lines))


class Reckoning(unittest.TestCase):
    def figures(self, key, ours, theirs):
        found = table.figures({(key, "Martlet"): ours, (key, "peer"): theirs}, "Martlet")
        return {figure.system: figure for figure in found if figure.verdict or figure.system == "Martlet"}

    def test_median_and_span(self):
        ours = self.figures("runs", [3, 1, 2], [1, 1, 1])["Martlet"]
        self.assertEqual((ours.value, ours.lowest, ours.highest, ours.ratio), (2, 1, 3, None))

    def test_more_runs_are_ahead(self):
        peer = self.figures("runs", [300], [150])["peer"]
        self.assertEqual((peer.ratio, peer.verdict), (2, "ahead"))

    def test_more_memory_is_behind(self):
        peer = self.figures("idle resident", [50], [10])["peer"]
        self.assertEqual((peer.ratio, peer.verdict), (5, "behind"))

    def test_nothing_to_divide_by(self):
        peer = self.figures("kill tree lost", [7], [0])["peer"]
        self.assertEqual((peer.ratio, peer.verdict), (None, "behind"))

    def test_p99(self):
        samples = [float(number) for number in range(200)]
        self.assertEqual([table.quantile(samples, share) for share in (0.5, 0.99)], [99.5, 198])


if __name__ == "__main__":
    unittest.main()
