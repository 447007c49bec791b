import MartletCore

/// Hands the lines of a task's output to its driver: each once and in order. How far it came stands in the report, so
/// that the next server goes on from there.
struct OutputReader: Sendable {
    private let driver: any Driver
    private let task: TaskSpec
    private let address: TaskAddress
    private let files: any LogReader

    /// Nil when the driver of the run's present task does not read output.
    init?(_ control: Control, _ run: Run) {
        guard let driver = try? control.drivers.driver(run.currentTask.driver), driver.readsOutput else { return nil }
        self.driver = driver
        task = run.currentTask
        address = run.address
        files = control.files
    }

    /// Takes what is there, `isOver`: with the last line that has no line end. False when the time was not enough. A part
    /// of the output that is gone is told as a warning. Others get their turn after each chunk.
    func take(into report: inout TaskReport, isOver: Bool, upTo deadline: ContinuousClock.Instant) async throws -> Bool
    {
        var lines = LogLines(of: address.run, in: files, after: report.outputPosition ?? LogPosition(address))
        while true {
            let found = try lines.next { isOver && $0 == address }.filter { $0.task == address }
            guard let last = found.last else { return true }
            for line in found {
                if line.isHole {
                    report.warn("a part of the output is gone, and what it proved: \(String(repairing: line.text))")
                } else {
                    driver.read(line.text, of: task, into: &report)
                }
            }
            report.outputPosition = last.position
            if ContinuousClock.now > deadline { return false }
            await Task.yield()
        }
    }
}
