import Foundation
import MartletCore
import Synchronization

/// How values become the text columns of the database. Instants are integer milliseconds.
enum StoredJSON {
    /// Shared: configured once and only read afterwards.
    static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            Date(milliseconds: try decoder.singleValueContainer().decode(Int64.self))
        }
        return decoder
    }()

    static func data(_ value: some Encodable) throws -> Data { Data(try StoredEncoder.encode(value)) }
    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try StoredEncoder.encode(value), as: UTF8.self)
    }

    /// An empty object needs no encoder, and most runs have no labels and no parameters.
    static func text<Value: Encodable>(of object: [String: Value]) throws -> String {
        object.isEmpty ? "{}" : try text(object)
    }

    static func value<Value: Decodable>(_ text: String, as type: Value.Type = Value.self) throws -> Value {
        try decoder.decode(type, from: Data(text.utf8))
    }

    static func object<Value: Decodable>(_ text: String) throws -> [String: Value] {
        text == "{}" ? [:] : try value(text)
    }
}

/// Remembers what short texts decode to: the same job's snapshot is read thousands of times.
final class DecodeCache<Value: Decodable & Sendable>: Sendable {
    private let known = Mutex<[String: Value]>([:])
    private let capacity: Int
    /// Longer texts are decoded each time, which bounds the memory.
    private let longest: Int

    init(capacity: Int, longest: Int = 8192) {
        self.capacity = capacity
        self.longest = longest
    }

    func value(_ text: String) throws -> Value {
        if let value = known.withLock({ $0[text] }) { return value }
        let value = try StoredJSON.value(text, as: Value.self)
        guard text.utf8.count <= longest else { return value }
        known.withLock { known in
            if known.count >= capacity { known.removeAll(keepingCapacity: true) }
            known[text] = value
        }
        return value
    }
}

/// Remembers the texts of values that come again and again: a job's snapshot, its trigger, a new run's detail.
final class EncodeCache<Value: Encodable & Hashable & Sendable>: Sendable {
    private let known = Mutex<[Value: String]>([:])
    private let capacity: Int
    /// Longer texts are encoded each time, which bounds the memory.
    private let longest: Int

    init(capacity: Int, longest: Int = 8192) {
        self.capacity = capacity
        self.longest = longest
    }

    func text(_ value: Value) throws -> String {
        if let text = known.withLock({ $0[value] }) { return text }
        let text = try StoredJSON.text(value)
        guard text.utf8.count <= longest else { return text }
        known.withLock { known in
            if known.count >= capacity { known.removeAll(keepingCapacity: true) }
            known[value] = text
        }
        return text
    }
}
