/// The three containers of ``StoredEncoder``.
extension StoredEncoder {
    struct KeyedContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
        let document: Document
        let depth: Int
        var codingPath: [any CodingKey] { [] }

        private func value(for key: Key) -> StoredEncoder {
            document.key(key.stringValue, at: depth)
            return StoredEncoder(document: document, depth: depth)
        }

        func encodeNil(forKey key: Key) { value(for: key).document.literal("null", at: depth) }
        func encode(_ flag: Bool, forKey key: Key) {
            value(for: key).document.literal(flag ? "true" : "false", at: depth)
        }
        func encode(_ text: String, forKey key: Key) { value(for: key).document.text(text, at: depth) }
        func encode(_ number: Double, forKey key: Key) throws { try value(for: key).write(number) }
        func encode(_ number: Float, forKey key: Key) throws { try value(for: key).write(Double(number)) }
        func encode(_ number: Int, forKey key: Key) { whole(number, key) }
        func encode(_ number: Int32, forKey key: Key) { whole(number, key) }
        func encode(_ number: Int64, forKey key: Key) { whole(number, key) }
        func encode(_ number: UInt64, forKey key: Key) { whole(number, key) }
        func encode<Value: Encodable>(_ content: Value, forKey key: Key) throws {
            try value(for: key).write(content)
        }

        private func whole(_ number: some BinaryInteger, _ key: Key) {
            value(for: key).document.literal(String(number), at: depth)
        }

        func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
            -> KeyedEncodingContainer<Nested>
        { value(for: key).container(keyedBy: type) }
        func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
            value(for: key).unkeyedContainer()
        }
        func superEncoder() -> any Encoder { StoredEncoder(document: document, depth: depth) }
        func superEncoder(forKey key: Key) -> any Encoder { value(for: key) }
    }

    struct ListContainer: UnkeyedEncodingContainer {
        let document: Document
        let depth: Int
        private(set) var count = 0
        var codingPath: [any CodingKey] { [] }

        init(document: Document, depth: Int) {
            self.document = document
            self.depth = depth
        }

        private mutating func next() -> StoredEncoder {
            count += 1
            return StoredEncoder(document: document, depth: depth)
        }

        mutating func encodeNil() { next().document.literal("null", at: depth) }
        mutating func encode<Value: Encodable>(_ value: Value) throws { try next().write(value) }
        mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type)
            -> KeyedEncodingContainer<Nested>
        { next().container(keyedBy: type) }
        mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { next().unkeyedContainer() }
        mutating func superEncoder() -> any Encoder { next() }
    }

    struct ValueContainer: SingleValueEncodingContainer {
        let document: Document
        let depth: Int
        var codingPath: [any CodingKey] { [] }

        func encodeNil() { document.literal("null", at: depth) }
        func encode(_ flag: Bool) { document.literal(flag ? "true" : "false", at: depth) }
        func encode(_ text: String) { document.text(text, at: depth) }
        func encode(_ number: Double) throws {
            try StoredEncoder(document: document, depth: depth).write(number)
        }
        func encode(_ number: Float) throws { try encode(Double(number)) }
        func encode(_ number: Int) { document.literal(String(number), at: depth) }
        func encode(_ number: Int8) { document.literal(String(number), at: depth) }
        func encode(_ number: Int16) { document.literal(String(number), at: depth) }
        func encode(_ number: Int32) { document.literal(String(number), at: depth) }
        func encode(_ number: Int64) { document.literal(String(number), at: depth) }
        func encode(_ number: UInt) { document.literal(String(number), at: depth) }
        func encode(_ number: UInt8) { document.literal(String(number), at: depth) }
        func encode(_ number: UInt16) { document.literal(String(number), at: depth) }
        func encode(_ number: UInt32) { document.literal(String(number), at: depth) }
        func encode(_ number: UInt64) { document.literal(String(number), at: depth) }
        func encode<Value: Encodable>(_ value: Value) throws {
            try StoredEncoder(document: document, depth: depth).write(value)
        }
    }
}
