/// A column's value. Text and bytes are slices of the packet: copy what is kept.
package enum Value: Sendable, Equatable {
    case null
    case integer(Int64)
    case unsigned(UInt64)
    case float(Float)
    case double(Double)
    /// A DECIMAL, as the server prints it.
    case decimal([UInt8])
    /// A date or time, as the server prints it; a TIMESTAMP in UTC.
    case time([UInt8])
    case bits(UInt64)
    /// Position of an ENUM's label from 1; 0: the invalid value.
    case enumeration(Int)
    /// The labels of a SET, the first in the lowest bit.
    case set(UInt64)
    /// In the column's character set.
    case characters(ArraySlice<UInt8>)
    case bytes(ArraySlice<UInt8>)
    /// Text of a MySQL JSON value, UTF-8.
    case json([UInt8])
    /// SRID and WKB, as both servers store it.
    case geometry(ArraySlice<UInt8>)
    /// 32-bit floating point numbers, little-endian.
    case vector(ArraySlice<UInt8>)
    /// A UUID or an internet address, as the server prints it.
    case address(String)
}
