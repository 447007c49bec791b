/// A value that cannot be printed, logged or encoded by accident: it has no `Codable`, and every
/// description of it is `•••`. Only what hands it to a process or seals it asks for `exposed`.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package let exposed: String
    package init(_ value: String) { exposed = value }

    /// Shorter values cannot be masked without masking ordinary text too, so they are refused.
    package static let shortest = 5
    package static let longest = 65_536
    /// Answered in the place of a value; written back, it keeps the stored one.
    package static let placeholder = "••••••••"

    /// Why `text` cannot be a secret; nil: it can. Never repeats it.
    package static func problem(with text: String) -> String? {
        if text.utf8.count < shortest { return "is shorter than \(shortest) bytes and could not be masked" }
        if text.utf8.count > longest { return "is longer than \(longest) bytes" }
        return text.utf8.contains(0) ? "must not contain a NUL byte" : nil
    }

    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
