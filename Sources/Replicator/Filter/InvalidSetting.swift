/// A setting whose text cannot be worked with; it shows only where it is used.
package struct InvalidSetting: Error, Sendable, Hashable, CustomStringConvertible {
    /// As in the task's configuration: `ReplicateDoDb[0].Tables[1].Where`.
    package let field: String
    package let reason: String

    package init(field: String, reason: String) {
        self.field = field
        self.reason = reason
    }

    package var description: String { "\(field): \(reason)" }
}
