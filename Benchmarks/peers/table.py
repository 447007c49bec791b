"""The results as one table, and as JSON."""

from dataclasses import asdict, dataclass
from statistics import median


@dataclass(frozen=True)
class Measure:
    key: str  # in Results
    title: str
    unit: str
    more_is_better: bool = False
    quantile: float = 0.5  # of the values; all calls of all rounds are one set


MEASURES = [
    Measure("accept", "submissions, 64 connections (wrk), nothing started", "/s", True),
    Measure("submit8", "submissions, 8 client processes, nothing started", "/s", True),
    Measure("submit1", "submissions, 1 client process, nothing started", "/s", True),
    Measure("flood", "submissions, 64 connections (wrk), runs going on", "/s", True),
    Measure("runs", "process runs handed over together, to the last end", "/s", True),
    Measure("processor", "  processor time of such a run, clients left out", "ms"),
    Measure("waiting", "process runs, 8 waiting callers (wrk)", "/s", True),
    Measure("calls", "one run at a time, submission to known end, p50", "ms"),
    Measure("calls", "one run at a time, submission to known end, p99", "ms", quantile=0.99),
    Measure("idle resident", "memory idle, resident", "MB"),
    Measure("idle proportional", "memory idle, shared pages divided", "MB"),
    Measure("idle anonymous", "memory idle, anonymous", "MB"),
    Measure("loaded resident", "memory after the runs, resident", "MB"),
    Measure("loaded proportional", "memory after the runs, shared pages divided", "MB"),
    Measure("loaded anonymous", "memory after the runs, anonymous", "MB"),
    Measure("kill main lost", "kill -9 of the main process: accepted runs that never ended, of 160", ""),
    Measure("kill main silent", "  of these not reported by the system", ""),
    Measure("kill tree lost", "kill -9 of it and all below: accepted runs that never ended, of 160", ""),
    Measure("kill tree silent", "  of these not reported by the system", ""),
    Measure("kills twice", "  runs that happened twice, in either case", "", quantile=1),
]


@dataclass(frozen=True)
class Figure:
    key: str
    measure: str
    system: str
    value: float
    unit: str
    lowest: float
    highest: float
    ratio: float | None  # ours : peer
    verdict: str  # ahead, behind or nothing


def quantile(values: list[float], share: float) -> float:
    if share == 0.5:
        return median(values)
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def figures(values: dict[tuple[str, str], list[float]], ours: str) -> list[Figure]:
    found: list[Figure] = []
    for measure in MEASURES:
        mine = values.get((measure.key, ours))
        for (key, system), of_system in values.items():
            if key == measure.key:
                found.append(_figure(measure, system, of_system, None if system == ours else mine))
    return found


def _figure(measure: Measure, system: str, values: list[float], mine: list[float] | None) -> Figure:
    value = quantile(values, measure.quantile)
    ratio, verdict = None, ""
    if mine:
        own = quantile(mine, measure.quantile)
        ratio = own / value if value else None
        if own != value:
            verdict = "ahead" if (own > value) == measure.more_is_better else "behind"
    return Figure(measure.key, measure.title, system, value, measure.unit, min(values), max(values), ratio, verdict)


def text(found: list[Figure]) -> str:
    lines = [f"{'':54}{'median':>10}      {'lowest to highest':>20}  {'ours : peer':>12}"]
    title = ("", "")
    for figure in found:
        if (figure.key, figure.measure) != title:
            title = (figure.key, figure.measure)
            lines.append(figure.measure)
        lines.append(_line(figure))
    return "\n".join(lines)


def _line(figure: Figure) -> str:
    span = f"{_number(figure.lowest)} to {_number(figure.highest)}"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    line = f"    {figure.system:50}{_number(figure.value):>10} {figure.unit:4} {span:>20}  {ratio:>12} {figure.verdict}"
    return line.rstrip()


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def as_json(found: list[Figure]) -> list[dict]:
    return [asdict(figure) for figure in found]
