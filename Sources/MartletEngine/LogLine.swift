package import Foundation
package import MartletCore

/// A line of one stream of one task.
package struct LogLine: Sendable, Hashable {
    package let task: TaskAddress
    /// `all`: nobody knows which, or the line tells what is missing.
    package let stream: LogStream
    /// When its first byte was written, to 100 ms.
    package let at: Date
    /// As it was written, without the LF.
    package let text: [UInt8]
    /// False for a piece of a line that is too long, and for a last line without LF.
    package let isWhole: Bool
    /// The log has bytes no more here; the text says so.
    package var isHole = false
    /// Whoever goes on from here gets every later line of both streams, once.
    package let position: LogPosition
}
