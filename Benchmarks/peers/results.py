"""What was measured, before anything is reckoned from it."""


class Results:
    """Values of each measure of each system: one for each round, or all samples."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], list[float]] = {}
        self.notes: list[str] = []

    def add(self, system: str, measure: str, *values: float) -> None:
        self.values.setdefault((measure, system), []).extend(values)

    def join(self, other: "Results") -> None:
        for (measure, system), values in other.values.items():
            self.add(system, measure, *values)
        self.notes += other.notes
