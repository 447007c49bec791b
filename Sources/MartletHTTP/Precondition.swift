import HTTPTypes
import Hummingbird
import MartletCore

/// `If-Match` and `If-None-Match` of a write: it is done only when the stored version is the named one.
struct Precondition {
    /// 0: there must be none yet. Nil: whatever is there.
    let version: Int?

    /// `If-Match: "3"` → 3, `If-None-Match: *` → 0, neither → nil. `what`: the kind of thing, for errors.
    init(_ request: Request, of what: String) throws(MartletError) {
        if let none = request.headers[.ifNoneMatch] {
            guard none == "*" else { throw Problem.invalid("If-None-Match", "only * is possible here") }
            version = 0
            return
        }
        guard let match = request.headers[.ifMatch] else {
            version = nil
            return
        }
        guard let number = Int(match.trimming("\"")), number > 0 else {
            throw Problem.invalid("If-Match", "must be the ETag of the \(what), such as \"3\"")
        }
        version = number
    }

    /// 201 with what was stored anew, 200 with what was changed. A version does not tell them apart: those of new things begin
    /// above all that are gone.
    func storing<T>(_ body: (Int?) async throws -> T) async throws -> (stored: T, status: HTTPResponse.Status) {
        if version == nil {
            do {
                return (try await body(0), .created)
            } catch let error as MartletError where error.code == .conflict {
                // It is there, or there is another reason, which the second attempt tells.
                return (try await body(nil), .ok)
            }
        }
        return (try await guarding(body), version == 0 ? .created : .ok)
    }

    /// A conflict is a failed precondition when the caller named a version.
    func guarding<T>(_ body: (Int?) async throws -> T) async throws -> T {
        do {
            return try await body(version)
        } catch let error as MartletError where error.code == .conflict && version != nil {
            throw Problem.stale(error.message)
        }
    }
}
