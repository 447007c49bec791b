import GoWire

/// The policies of a group: whether they can be kept.
enum PolicyCheck {
    private static let shortest: Int64 = 5_000_000_000
    /// Bounds the loops below; nobody restarts a task more often.
    private static let mostAttempts = 10_000

    static func restart(_ policy: RestartPolicy) -> [String] {
        var problems: [String] = []
        if !["delay", "fail"].contains(policy.mode) {
            problems.append("Unsupported restart mode: \(GoErrors.quoted(policy.mode))")
        }
        if policy.attempts == 0, policy.mode != "fail" {
            problems.append("Restart policy \(GoErrors.quoted(policy.mode)) with 0 attempts is ambiguous")
        }
        if policy.interval < shortest {
            problems.append("Interval can not be less than 5s (got \(GoDuration.text(policy.interval)))")
        }
        let (all, isOver) = Int64(policy.attempts).multipliedReportingOverflow(by: policy.delay)
        if isOver || all > policy.interval {
            problems.append(
                "Nomad can't restart the TaskGroup \(policy.attempts) times in an interval of \(GoDuration.text(policy.interval)) with a delay of \(GoDuration.text(policy.delay))"
            )
        }
        if policy.attempts < 0 { problems.append("Restart attempts can not be less than zero: \(policy.attempts) < 0") }
        if policy.delay < 0 { problems.append("Restart delay can not be less than zero: \(policy.delay) < 0") }
        return problems
    }

    static func reschedule(_ policy: ReschedulePolicy) -> [String] {
        guard policy.attempts > 0 || policy.unlimited else { return [] }
        var problems: [String] = []
        if policy.attempts > 0 {
            if policy.interval <= 0 { problems.append("Interval must be a non zero value if Attempts > 0") }
            if policy.unlimited {
                problems.append(
                    "Reschedule Policy with Attempts = \(policy.attempts), Interval = \(GoDuration.text(policy.interval)), and Unlimited = true is ambiguous"
                )
            }
        }
        let ofDelay = delay(policy)
        problems += ofDelay
        guard !policy.unlimited else { return problems }
        guard policy.attempts <= mostAttempts else {
            return problems + ["Attempts must be at most \(mostAttempts): got \(policy.attempts)"]
        }
        if ofDelay.isEmpty { problems += fitting(policy) }
        return problems
    }

    private static func delay(_ policy: ReschedulePolicy) -> [String] {
        var problems: [String] = []
        if policy.delay < shortest {
            problems.append("Delay cannot be less than 5s (got \(GoDuration.text(policy.delay)))")
        }
        if !["constant", "exponential", "fibonacci"].contains(policy.delayFunction) {
            problems.append(
                "Invalid delay function \(GoErrors.quoted(policy.delayFunction)), must be one of [\"constant\" \"exponential\" \"fibonacci\"]"
            )
        }
        guard policy.delayFunction != "constant" else { return problems }
        if policy.maxDelay < shortest {
            problems.append("Max Delay cannot be less than 5s (got \(GoDuration.text(policy.delay)))")
        }
        if policy.maxDelay < policy.delay {
            problems.append(
                "Max Delay cannot be less than Delay \(GoDuration.text(policy.delay)) (got \(GoDuration.text(policy.maxDelay)))"
            )
        }
        return problems
    }

    /// Whether all attempts have their time within the interval.
    private static func fitting(_ policy: ReschedulePolicy) -> [String] {
        let (possible, needed) = attempts(policy)
        guard possible < policy.attempts else { return [] }
        var text =
            "Nomad can only make \(possible) attempts in \(GoDuration.text(policy.interval)) with initial delay \(GoDuration.text(policy.delay))"
        text +=
            policy.delayFunction == "constant"
            ? " and delay function \"constant\""
            : ", delay function \(GoErrors.quoted(policy.delayFunction)), and delay ceiling \(GoDuration.text(policy.maxDelay))"
        let second: Int64 = 1_000_000_000
        let rounded = needed > .max - second ? needed : (needed + second / 2) / second * second
        return [
            text, "Set the interval to at least \(GoDuration.text(rounded)) to accommodate \(policy.attempts) attempts",
        ]
    }

    /// How many attempts the interval has room for, and the room that all would need.
    private static func attempts(_ policy: ReschedulePolicy) -> (possible: Int, needed: Int64) {
        switch policy.delayFunction {
        case "constant":
            let needed = sum(0, times: Int64(policy.attempts), policy.delay)
            let possible = policy.interval < needed ? Int(policy.interval / policy.delay) : policy.attempts
            return (possible, needed)
        case "exponential":
            var (possible, next, needed) = (0, policy.delay, Int64(0))
            for _ in 0..<policy.attempts {
                needed = next > policy.maxDelay ? sum(needed, times: 1, policy.maxDelay) : next
                // Such a series must end before its interval does.
                if needed < policy.interval { possible += 1 }
                next = sum(next, times: 1, next)
            }
            return (possible, needed)
        default: return fibonacci(policy)
        }
    }

    private static func fibonacci(_ policy: ReschedulePolicy) -> (possible: Int, needed: Int64) {
        var (possible, before, needed, isCapped) = (0, Int64(0), policy.delay, false)
        for attempt in 0..<policy.attempts {
            if attempt > 1 {
                let next = sum(needed, times: 1, isCapped ? policy.maxDelay : before)
                before = needed
                needed = isCapped ? next : min(next, policy.maxDelay)
                isCapped = isCapped || next > policy.maxDelay
            } else {
                before = policy.delay
            }
            if needed <= policy.interval { possible += 1 }
        }
        return (possible, needed)
    }

    /// `start + count · step`, at most what fits.
    private static func sum(_ start: Int64, times count: Int64, _ step: Int64) -> Int64 {
        let (product, isOver) = count.multipliedReportingOverflow(by: step)
        let (sum, isFull) = start.addingReportingOverflow(product)
        return isOver || isFull ? .max : sum
    }

    static func update(_ update: UpdateStrategy) -> [String] {
        guard update.maxParallel != 0 else { return [] }
        var problems: [String] = []
        if !["checks", "task_states", "manual"].contains(update.healthCheck) {
            problems.append("Invalid health check given: \(GoErrors.quoted(update.healthCheck))")
        }
        if update.maxParallel < 0 {
            problems.append("Max parallel can not be less than zero: \(update.maxParallel) < 0")
        }
        if update.canary < 0 { problems.append("Canary count can not be less than zero: \(update.canary) < 0") }
        if update.canary == 0, update.autoPromote {
            problems.append("Auto Promote requires a Canary count greater than zero")
        }
        let healthy = GoDuration.text(update.healthyDeadline)
        if update.minHealthyTime < 0 {
            problems.append(
                "Minimum healthy time may not be less than zero: \(GoDuration.text(update.minHealthyTime))")
        }
        if update.healthyDeadline <= 0 {
            problems.append("Healthy deadline must be greater than zero: \(healthy)")
        }
        if update.progressDeadline < 0 {
            problems.append("Progress deadline must be zero or greater: \(GoDuration.text(update.progressDeadline))")
        }
        if update.minHealthyTime >= update.healthyDeadline {
            problems.append(
                "Minimum healthy time must be less than healthy deadline: \(GoDuration.text(update.minHealthyTime)) > \(healthy)"
            )
        }
        if update.progressDeadline != 0, update.healthyDeadline >= update.progressDeadline {
            problems.append(
                "Healthy deadline must be less than progress deadline: \(healthy) > \(GoDuration.text(update.progressDeadline))"
            )
        }
        if update.stagger <= 0 {
            problems.append("Stagger must be greater than zero: \(GoDuration.text(update.stagger))")
        }
        return problems
    }
}
