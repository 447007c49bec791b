import Testing

@testable import Binlog

@Suite struct GTIDSetTests {
    private let a = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
    private let b = "fffffa47-71ca-11e1-9e33-c80aa9429562"

    @Test func `text is read with line ends, joined and written in order`() throws {
        let set = try GTIDSet(" \(b):5,\n\(a.uppercased()):1-3:11:4-5 ,\(a):7-9:8-10\n")
        #expect(set.description == "\(a):1-5:7-11,\(b):5")
        #expect(try GTIDSet(set.description) == set)
        #expect(try GTIDSet("").isEmpty)
        #expect(try GTIDSet(" ,\n").isEmpty)
    }

    @Test func `tags belong to the intervals after them`() throws {
        let set = try GTIDSet("\(a):1-2:Blue:3-4:5:red:1,\(b):x:9")
        #expect(set.description == "\(a):1-2:blue:3-5:red:1,\(b):x:9")
        let blue = GTIDSource(server: try #require(SourceID(a)), tag: "blue")
        #expect(set.contains(GTID(source: blue, number: 4)))
        #expect(!set.contains(GTID(source: blue, number: 1)))
    }

    @Test(arguments: [
        "x", "3e11fa47:1", "3e11fa47-71ca-11e1-9e33-c80aa9429562", "3e11fa47-71ca-11e1-9e33-c80aa9429562:",
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:0", "3e11fa47-71ca-11e1-9e33-c80aa9429562:5-1",
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-2-3", "3e11fa47-71ca-11e1-9e33-c80aa9429562:9223372036854775807",
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:99999999999999999999", "3e11fa47-71ca-11e1-9e33-c80aa9429562:tag",
        "3e11fa47-71ca-11e1-9e33-c80aa9429562:1:ta-g:2",
    ])
    func `other text is refused by its part`(text: String) {
        #expect {
            _ = try GTIDSet(text)
        } throws: { error in
            (error as? BinlogError)?.code == .malformed && "\(error)".contains("\"\(text)\"")
        }
    }

    @Test func `intervals behave as sets of numbers do`() throws {
        // Against the plain model, with a small generator of its own.
        var state: UInt64 = 7
        func next(_ bound: UInt64) -> Int64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64((state >> 33) % bound)
        }
        let source = GTIDSource(server: try #require(SourceID(a)))
        for _ in 0..<300 {
            var sets = (GTIDSet(), GTIDSet())
            var models = (Set<Int64>(), Set<Int64>())
            for _ in 0..<8 {
                let (first, second) = (1 + next(60), 1 + next(60))
                sets.0.insert(first...(first + next(8)), of: source)
                sets.1.insert(second...(second + 2), of: source)
                models.1.formUnion(second...(second + 2))
            }
            models.0 = Set((1...80).filter { sets.0.contains(GTID(source: source, number: $0)) })
            let left = Set((1...80).filter { sets.0.subtracting(sets.1).contains(GTID(source: source, number: $0)) })
            let all = Set((1...80).filter { sets.0.union(sets.1).contains(GTID(source: source, number: $0)) })
            #expect(left == models.0.subtracting(models.1))
            #expect(all == models.0.union(models.1))
            #expect(sets.0.isSuperset(of: sets.1) == models.0.isSuperset(of: models.1))
            #expect(try GTIDSet(sets.0.description) == sets.0)
        }
    }

    @Test func `the encoded form is read back, with and without tags`() throws {
        for text in ["", "\(a):1-5:7", "\(a):1-2:blue:3-5,\(b):9", "\(b):some_long_tag_of_32_characters_x:1"] {
            let set = try GTIDSet(text)
            var reader = ByteReader(set.encoded)
            #expect(try GTIDSet(&reader) == set)
            #expect(reader.isAtEnd)
        }
        #expect(try GTIDSet("\(a):1").encoded.count == 8 + 16 + 8 + 16)
    }

    @Test func `numbers of variable length`() throws {
        let cases: [([UInt8], UInt64)] = [
            ([0x00], 0), ([0x02], 1), ([0xfe], 127), ([0x01, 0x02], 128), ([0xfd, 0xff], 16383),
            ([0xff, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201),
        ]
        for (bytes, number) in cases {
            var reader = ByteReader(bytes)
            #expect(try reader.variableLength() == number)
            #expect(reader.isAtEnd)
        }
        var reader = ByteReader([0x06])
        #expect(try reader.variableLengthSigned() == -2)
    }

    @Test func `a position of MariaDB has one transaction for each domain`() throws {
        var position = try MariaGTIDPosition("1-2-7, 0-1-5\n")
        #expect(position.description == "0-1-5,1-2-7")
        #expect(position.contains(MariaGTID(domain: 0, server: 9, sequence: 5)))
        #expect(!position.contains(MariaGTID(domain: 2, server: 1, sequence: 1)))
        position.advance(to: MariaGTID(domain: 0, server: 3, sequence: 6))
        #expect(position.description == "0-3-6,1-2-7")
        for text in ["0-1", "0-1-x", "0-1-2-3", "-1-1-1", "0-1-5,0-1-6", "4294967296-1-1"] {
            #expect(throws: BinlogError.self) { try MariaGTIDPosition(text) }
        }
    }
}
