extension TaskReport {
    /// What reading some progress lines brought.
    package struct Reading: Sendable, Hashable {
        package var report: TaskReport
        /// Texts of `event` lines, in order, to be stored as facts.
        package var notes: [String]

        package init(report: TaskReport, notes: [String] = []) {
            self.report = report
            self.notes = notes
        }
    }

    /// Takes complete lines of `MARTLET_PROGRESS`: JSON objects `{v?, progress?, message?, result?: {name: value},
    /// warning?, event?}`. `mask` hides secrets in every text. A line that is not understood is counted.
    package func taking(_ lines: [[UInt8]], offset: Int64, mask: (String) -> String) -> Reading {
        var reading = Reading(report: self)
        for line in lines { reading.take(line, mask) }
        reading.report.offset = offset
        return reading
    }
}

extension TaskReport.Reading {
    fileprivate mutating func take(_ line: [UInt8], _ mask: (String) -> String) {
        guard let parsed = try? JSONParser.parse(line, maxDepth: 8), let members = parsed.object else {
            report.badLines += 1
            return
        }
        if let progress = members["progress"] { takeProgress(progress) }
        if let message = members["message"]?.scalarText { report.message = mask(message).prefixed(1024) }
        for (name, value) in members["result"]?.object ?? [:] { takeResult(mask(name), value.masked(mask)) }
        if let warning = members["warning"]?.scalarText, report.warnings.count < TaskReport.mostWarnings {
            report.warnings.append(mask(warning).prefixed(1024))
        }
        if let event = members["event"]?.scalarText, notes.count < 100 {
            notes.append(mask(event).prefixed(1024))
        }
    }

    private mutating func takeProgress(_ value: JSONValue) {
        switch value {
        case .int(let number): report.progress = min(1, max(0, Double(number)))
        case .double(let number): report.progress = min(1, max(0, number))
        default: report.badLines += 1
        }
    }

    private mutating func takeResult(_ name: String, _ value: JSONValue) {
        guard Token.isValid(name), report.results[name] != nil || report.results.count < TaskReport.mostResults else {
            report.badLines += 1
            return
        }
        report.results[name] = value
    }
}

extension JSONValue {
    /// The same value with every text passed through `mask`; a number that it changes becomes a text.
    package func masked(_ mask: (String) -> String) -> JSONValue {
        switch self {
        case .string(let text): .string(mask(text))
        case .array(let elements): .array(elements.map { $0.masked(mask) })
        case .object(let members):
            .object(Dictionary(members.map { (mask($0.key), $0.value.masked(mask)) }) { first, _ in first })
        case .int, .double: maskedNumber(mask)
        case .null, .bool: self
        }
    }

    private func maskedNumber(_ mask: (String) -> String) -> JSONValue {
        guard let text = scalarText, case let hidden = mask(text), hidden != text else { return self }
        return .string(hidden)
    }
}

extension String {
    fileprivate func prefixed(_ count: Int) -> String { String(prefix(count)) }
}
