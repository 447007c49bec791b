import Foundation

/// Base address of a controller, such as `http://10.0.0.9:8080`; without a `/` at its end.
package struct ControllerAddress: Sendable, Hashable {
    package static let rule = "must be an address such as http://10.0.0.9:8080, without a path"
    package let text: String

    package init?(_ text: String) {
        let text = text.hasSuffix("/") ? String(text.dropLast()) : text
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme), url.host?.isEmpty == false,
            url.path.isEmpty, url.query == nil, url.user == nil, url.fragment == nil
        else { return nil }
        self.text = text
    }
}
