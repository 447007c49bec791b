import Foundation
import MartletCore
import MartletEngine

/// Where a listing goes on. Opaque to clients; the prefix lets us change its meaning later.
enum Cursor {
    static func text(_ id: RunID) -> String { encode("r1", id.bytes) }
    static func text(jobAfter name: String) -> String { encode("j1", Array(name.utf8)) }
    static func text(secretAfter name: String) -> String { encode("s1", Array(name.utf8)) }
    static func text(scheduleAfter name: String) -> String { encode("t1", Array(name.utf8)) }

    static func text(auditBefore number: Int64) -> String { encode("a1", Array(String(number).utf8)) }

    static func text(noticeBefore number: Int64) -> String { encode("n1", Array(String(number).utf8)) }
    static func text(fireBefore number: Int64) -> String { encode("f1", Array(String(number).utf8)) }

    static func audit(_ text: String) throws(MartletError) -> Int64 { try number(text, "a1") }
    static func notice(_ text: String) throws(MartletError) -> Int64 { try number(text, "n1") }
    static func fire(_ text: String) throws(MartletError) -> Int64 { try number(text, "f1") }

    /// Milliseconds, the number of an entry or nothing, and a schedule.
    static func text(calendarAfter position: CalendarPosition) -> String {
        let number = position.number.map(String.init) ?? ""
        return encode("c1", Array("\(position.at.milliseconds) \(number) \(position.schedule)".utf8))
    }

    static func calendar(_ text: String) throws(MartletError) -> CalendarPosition {
        let parts = decode(text, "c1").map {
            String(decoding: $0, as: UTF8.self).split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        }
        guard let parts, parts.count == 3, let at = Int64(parts[0]), parts[1].isEmpty || Int64(parts[1]) != nil
        else { throw wrong }
        return CalendarPosition(at: Date(milliseconds: at), number: Int64(parts[1]), schedule: String(parts[2]))
    }

    private static func number(_ text: String, _ prefix: String) throws(MartletError) -> Int64 {
        guard let bytes = decode(text, prefix), let number = Int64(String(decoding: bytes, as: UTF8.self)) else {
            throw wrong
        }
        return number
    }

    static func run(_ text: String) throws(MartletError) -> RunID {
        guard let bytes = decode(text, "r1"), let id = RunID(bytes: bytes) else { throw wrong }
        return id
    }

    static func job(_ text: String) throws(MartletError) -> String { try name(text, "j1") }
    static func secret(_ text: String) throws(MartletError) -> String { try name(text, "s1") }
    static func schedule(_ text: String) throws(MartletError) -> String { try name(text, "t1") }

    private static func name(_ text: String, _ prefix: String) throws(MartletError) -> String {
        guard let bytes = decode(text, prefix), let name = String(validating: bytes, as: UTF8.self),
            Token.isValid(name)
        else { throw wrong }
        return name
    }

    private static var wrong: MartletError {
        Problem.invalid("cursor", "is not one of ours; take it from `next` of the page before")
    }

    private static func encode(_ prefix: String, _ bytes: [UInt8]) -> String {
        let base64 = Data(bytes).base64EncodedString()
        return prefix + base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decode(_ text: String, _ prefix: String) -> [UInt8]? {
        guard text.utf8.count <= 256, text.hasPrefix(prefix) else { return nil }
        let base64 = String(text.dropFirst(prefix.count)).replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: base64 + padding).map { Array($0) }
    }
}
