/// What a server is.
package struct Flavor: Sendable, Hashable, CustomStringConvertible {
    package enum Product: String, Sendable, Hashable {
        case maria = "MariaDB"
        case mysql = "MySQL"
    }

    package let product: Product
    /// Major, minor, patch: as many as it says.
    package let version: [Int]

    package var isMaria: Bool { product == .maria }

    /// From what the server says at login: `9.7.4`, `5.5.5-10.11.19-MariaDB-log`.
    package init(_ text: String) {
        let isMaria = text.contains("MariaDB")
        product = isMaria ? .maria : .mysql
        let own = isMaria && text.hasPrefix("5.5.5-") ? text.dropFirst(6) : text[...]
        version = own.prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap { Int($0) }
    }

    package func isAtLeast(_ parts: Int...) -> Bool { !version.lexicographicallyPrecedes(parts) }

    package var description: String { "\(product.rawValue) " + version.map(String.init).joined(separator: ".") }
}
