import MartletEngine

/// Several errors in one text, as programs that use hashicorp/go-multierror print them.
package enum GoErrors {
    /// `2 errors occurred:` and the items; empty for none.
    package static func text(_ errors: [String]) -> String {
        if errors.isEmpty { return "" }
        let head = errors.count == 1 ? "1 error occurred:" : "\(errors.count) errors occurred:"
        return head + "\n\t" + errors.map { "* " + $0 }.joined(separator: "\n\t") + "\n\n"
    }

    /// As Go's `%q` for plain texts.
    package static func quoted(_ text: String) -> String { GoText.quoted(text) }
}
