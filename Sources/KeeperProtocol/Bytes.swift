/// Appends little-endian integers and length-prefixed texts.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write<Value: FixedWidthInteger>(_ value: Value) {
        var rest = value
        for _ in 0..<(Value.bitWidth / 8) {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest = Value.bitWidth > 8 ? rest >> 8 : 0
        }
    }

    mutating func write(_ value: [UInt8]) {
        write(UInt32(value.count))
        bytes += value
    }

    mutating func write(_ text: String) { write(Array(text.utf8)) }

    mutating func write<Item>(_ items: [Item], _ each: (inout ByteWriter, Item) -> Void) {
        write(UInt32(items.count))
        for item in items { each(&self, item) }
    }

    mutating func write<Item>(_ item: Item?, _ each: (inout ByteWriter, Item) -> Void) {
        write(UInt8(item == nil ? 0 : 1))
        if let item { each(&self, item) }
    }
}

/// The bytes end before the value does, or a count in them cannot be true.
struct TruncatedBytes: Error {}

/// Reads what ``ByteWriter`` wrote; never past the end.
struct ByteReader {
    private var rest: ArraySlice<UInt8>
    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    private mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw TruncatedBytes() }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    mutating func read<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) throws -> Value {
        var value: Value = 0
        for (index, byte) in try take(Value.bitWidth / 8).enumerated() {
            value |= Value(truncatingIfNeeded: byte) << Value(index * 8)
        }
        return value
    }

    mutating func readBytes() throws -> [UInt8] { Array(try take(Int(read(UInt32.self)))) }

    mutating func readText() throws -> String { String(decoding: try readBytes(), as: UTF8.self) }

    mutating func readList<Item>(_ each: (inout ByteReader) throws -> Item) throws -> [Item] {
        let count = Int(try read(UInt32.self))
        // Every item takes a byte at least, so a larger count is not a frame of ours.
        guard count <= rest.count else { throw TruncatedBytes() }
        var items: [Item] = []
        items.reserveCapacity(count)
        for _ in 0..<count { items.append(try each(&self)) }
        return items
    }

    mutating func readOptional<Item>(_ each: (inout ByteReader) throws -> Item) throws -> Item? {
        try read(UInt8.self) == 0 ? nil : try each(&self)
    }
}
