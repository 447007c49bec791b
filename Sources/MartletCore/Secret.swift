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

    package var description: String { "•••" }
    package var debugDescription: String { "•••" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
