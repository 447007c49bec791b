import Testing

@testable import GoWire

@Suite struct GoQueryTests {
    static let queries: [(String?, String?)] = [
        (nil, nil), ("", nil), ("name", nil), ("name=", nil), ("name=a", "a"), ("name=a&name=b", "a"),
        ("x=1&name=a%20b+c", "a b c"), ("name=%E5%A4%9C", "夜"), ("n%61me=a", "a"), ("Name=a", nil), ("name=a=b", "a=b"),
        ("name=%", nil), ("name=%4", nil), ("name=%zz", nil), ("name=%zz&name=b", "b"), ("name=a;b", nil),
        ("name=%00", "\0"), ("&&name=a&", "a"),
    ]

    @Test(arguments: queries) func `a query is read as Go reads it`(_ query: String?, _ value: String?) {
        #expect(GoQuery(query)["name"] == value)
    }
}
