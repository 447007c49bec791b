import Binlog

/// A condition on one row. nil is SQL's unknown.
struct ConditionRun {
    let columns: [String: BoundCondition.Column]
    let row: RowImage
    let collator: Collator

    /// An operand's value.
    private enum Scalar {
        case null
        case exact(String)
        case real(Double)
        case text([UInt8], TargetColumn?)
        case bytes([UInt8])
        case moment([UInt8])
        case duration(Int64)
    }

    func truth(_ node: Condition.Node) throws -> Bool? {
        switch node {
        case .operand(let operand): try truth(of: operand)
        case .not(let inner): try truth(inner).map { !$0 }
        case .and(let left, let right): try Self.and(truth(left), truth(right))
        case .or(let left, let right): try Self.and(truth(left).map { !$0 }, truth(right).map { !$0 }).map { !$0 }
        case .compare(let left, let comparison, let right): try compare(left, comparison, right)
        case .among(let left, let list): try isAmong(left, list)
        case .like(let left, let right): try isLike(left, right)
        case .isNull(let operand): if case .null = try scalar(operand) { true } else { false }
        case .isTruth(let inner, let truth): try self.truth(inner) == truth
        }
    }

    private static func and(_ left: Bool?, _ right: Bool?) -> Bool? {
        if left == false || right == false { return false }
        return left == nil || right == nil ? nil : true
    }

    private func truth(of operand: Condition.Operand) throws -> Bool? {
        switch try scalar(operand) {
        case .null: nil
        case .exact(let text): ConditionText.compare(text, "0").map { $0 != 0 } ?? (Double(text) != 0)
        case .real(let number): number != 0
        case .text(let text, _), .bytes(let text): ConditionText.real(text) != 0
        case .moment, .duration: true
        }
    }

    private func isAmong(_ left: Condition.Operand, _ list: [Condition.Operand]) throws -> Bool? {
        var result: Bool? = false
        for item in list {
            let isEqual = try compare(left, .equal, item)
            if isEqual == true { return true }
            if isEqual == nil { result = nil }
        }
        return result
    }

    private func isLike(_ left: Condition.Operand, _ right: Condition.Operand) throws -> Bool? {
        guard case .text(let text, let column?) = try scalar(left), case .text(let pattern) = right else { return nil }
        return try collator.isLike(text, pattern, column)
    }

    private func compare(
        _ left: Condition.Operand, _ comparison: Condition.Comparison, _ right: Condition.Operand
    ) throws -> Bool? {
        let (one, other) = (try scalar(left), try scalar(right))
        switch (one, other) {
        case (.null, .null): return comparison == .same ? true : nil
        case (.null, _), (_, .null): return comparison == .same ? false : nil
        default: break
        }
        guard let order = try order(one, other) else { return nil }
        return switch comparison {
        case .equal, .same: order == 0
        case .different: order != 0
        case .less: order < 0
        case .atMost: order <= 0
        case .more: order > 0
        case .atLeast: order >= 0
        }
    }

    private func order(_ left: Scalar, _ right: Scalar) throws -> Int? {
        switch (left, right) {
        case (.text(let text, let column?), .text(let literal, nil)): return try collator.compare(text, literal, column)
        case (.text(let literal, nil), .text(let text, let column?)):
            return try -collator.compare(text, literal, column)
        case (.text(let one, nil), .text(let other, nil)): return Self.order(one, other)
        case (.bytes(let one), .bytes(let other)), (.bytes(let one), .text(let other, _)),
            (.text(let one, _), .bytes(let other)):
            return Self.order(one, other)
        case (.moment(let one), .moment(let other)): return Self.order(one, other)
        case (.moment(let one), .text(let text, _)): return ConditionText.moment(text).map { Self.order(one, $0) }
        case (.text(let text, _), .moment(let other)): return ConditionText.moment(text).map { Self.order($0, other) }
        case (.duration(let one), .text(let text, _)):
            return ConditionText.duration(text).map { Self.order([one], [$0]) }
        case (.text(let text, _), .duration(let other)):
            return ConditionText.duration(text).map { Self.order([$0], [other]) }
        case (.exact(let one), .exact(let other)):
            if let order = ConditionText.compare(one, other) { return order }
            return Self.order(Double(one), Double(other))
        default: return Self.order(Self.number(left), Self.number(right))
        }
    }

    private static func order<Element: Comparable>(_ left: [Element], _ right: [Element]) -> Int {
        left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
    }

    private static func order(_ left: Double?, _ right: Double?) -> Int? {
        guard let left, let right else { return nil }
        return left == right ? 0 : left < right ? -1 : 1
    }

    private static func number(_ scalar: Scalar) -> Double? {
        switch scalar {
        case .exact(let text): Double(text)
        case .real(let number): number
        case .text(let text, _), .bytes(let text): ConditionText.real(text)
        case .null, .moment, .duration: nil
        }
    }

    private func scalar(_ operand: Condition.Operand) throws -> Scalar {
        switch operand {
        case .null: return .null
        case .number(let text): return text.lowercased().contains("e") ? .real(Double(text) ?? 0) : .exact(text)
        case .text(let text): return .text(text, nil)
        case .column(let name):
            guard let column = columns[name], let value = try row.value(column.source) else {
                throw ApplyError("column \(name) is not in the row: set binlog_row_image=FULL at the source")
            }
            return scalar(value, column)
        }
    }

    private func scalar(_ value: Value, _ column: BoundCondition.Column) -> Scalar {
        switch value {
        case .null: .null
        case .integer(let number): .exact(String(number))
        case .unsigned(let number), .bits(let number), .set(let number): .exact(String(number))
        case .enumeration(let index): .exact(String(index))
        case .float(let number): .real(Double(number))
        case .double(let number): .real(number)
        case .decimal(let text): .exact(String(decoding: text, as: UTF8.self))
        case .time(let text):
            switch column.kind {
            case .moment: .moment(ConditionText.moment(text) ?? text)
            case .duration: .duration(ConditionText.duration(text) ?? 0)
            default: .exact(String(decoding: text, as: UTF8.self))
            }
        case .characters(let bytes): .text(Array(bytes), column.column)
        case .bytes(let bytes), .geometry(let bytes), .vector(let bytes): .bytes(Array(bytes))
        case .json(let bytes): .bytes(bytes)
        case .address(let text): .bytes(Array(text.utf8))
        }
    }
}
