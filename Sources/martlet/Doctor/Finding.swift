/// One thing that was looked at.
struct Finding: Sendable, Equatable {
    enum State: String, Sendable {
        case fine = "ok"
        case note
        case wrong
    }

    let name: String
    let state: State
    let text: String
    var fix: String?

    static func fine(_ name: String, _ text: String) -> Finding { Finding(name: name, state: .fine, text: text) }

    static func note(_ name: String, _ text: String, fix: String? = nil) -> Finding {
        Finding(name: name, state: .note, text: text, fix: fix)
    }

    static func wrong(_ name: String, _ text: String, fix: String) -> Finding {
        Finding(name: name, state: .wrong, text: text, fix: fix)
    }
}
