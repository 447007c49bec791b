// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martlet", targets: ["martlet"]),
        .executable(name: "martlet-keeper", targets: ["martlet-keeper"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // What the server and the keeper share: system calls, frames, records, masks. No Foundation.
        .target(name: "CMartlet"),
        .target(name: "KeeperProtocol", swiftSettings: strict),
        .executableTarget(
            name: "martlet-keeper", dependencies: ["CMartlet", "KeeperProtocol"], swiftSettings: strict,
            // Fewer mappings to copy: every keeper is a fork of this program.
            linkerSettings: [.unsafeFlags(["-static-stdlib"], .when(configuration: .release))]),

        // The domain and its engine: Foundation only.
        .target(
            name: "MartletCore", resources: [.embedInCode("Schedules/china.json")], swiftSettings: strict),
        .target(
            name: "MartletEngine",
            dependencies: [
                "MartletCore", "KeeperProtocol", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),

        // Adapters: each imports its one library.
        .target(
            name: "MartletStore",
            dependencies: [
                "MartletCore", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: strict),
        .target(
            name: "MartletProcess", dependencies: ["MartletCore", "CMartlet", "KeeperProtocol"],
            swiftSettings: strict),
        .target(
            name: "MartletHTTP",
            dependencies: [
                "MartletCore", "MartletEngine",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .target(
            name: "MartletNotify",
            dependencies: [
                "MartletCore", "KeeperProtocol",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ], swiftSettings: strict),
        .target(
            name: "MartletYAML", dependencies: ["MartletCore", .product(name: "Yams", package: "Yams")],
            swiftSettings: strict),

        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "MartletGzip", dependencies: ["CZlib"], swiftSettings: strict),

        // Databases: their binlog, the replication protocol, SQL, and what copies one to another.
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        .systemLibrary(name: "CMariaDB", pkgConfig: "libmariadb", providers: [.apt(["libmariadb-dev"])]),
        .target(name: "Binlog", dependencies: ["CZlib", "CZstd"], swiftSettings: strict),
        .target(
            name: "MySQLWire",
            dependencies: [
                "Binlog",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ], swiftSettings: strict),
        .target(name: "SQLClient", dependencies: ["CMariaDB"], swiftSettings: strict),
        .target(
            name: "Replicator", dependencies: ["Binlog", "MartletCore", "MySQLWire", "Replication", "SQLClient"],
            swiftSettings: strict),

        // Bodies, answers and texts as services written in Go have them.
        .target(name: "GoWire", dependencies: ["MartletCore", "MartletEngine", "MartletHTTP"], swiftSettings: strict),

        // Integrations: one target for each replaced system.
        .target(
            name: "Scripts",
            dependencies: [
                "CMartlet", "GoWire", "MartletCore", "MartletEngine", "MartletHTTP", "MartletYAML",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Sources/Integrations/Scripts", exclude: ["README.md"], swiftSettings: strict),
        .target(
            name: "CacheLoad",
            dependencies: [
                "GoWire", "MartletCore", "MartletEngine", "MartletHTTP",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Sources/Integrations/CacheLoad", exclude: ["README.md"], swiftSettings: strict),

        .target(
            name: "Backups",
            dependencies: [
                "GoWire", "MartletCore", "MartletEngine", "MartletHTTP", "MartletYAML",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Sources/Integrations/Backups", exclude: ["README.md"], swiftSettings: strict),

        .target(
            name: "Clusters",
            dependencies: [
                "CMartlet", "GoWire", "KeeperProtocol", "MartletCore", "MartletEngine", "MartletHTTP", "MartletYAML",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Sources/Integrations/Clusters", exclude: ["README.md"], swiftSettings: strict),

        // Keys as Consul serves them: the facade, and the client of a real one.
        .target(
            name: "ConsulKV",
            dependencies: [
                "GoWire", "MartletCore", "MartletEngine", "MartletHTTP",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ], path: "Sources/Integrations/ConsulKV", exclude: ["README.md"], swiftSettings: strict),

        // What a task of the driver dtle is told to do. No I/O: the server checks with it, workers run with it.
        .target(
            name: "Replication", dependencies: ["MartletCore"], path: "Sources/Integrations/Replication",
            exclude: ["README.md"], swiftSettings: strict),

        .target(
            name: "Jobs",
            dependencies: [
                "GoWire", "MartletCore", "MartletEngine", "MartletGzip", "MartletHTTP", "Replication",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/Integrations/Jobs", exclude: ["README.md"], swiftSettings: strict),

        // The web page: its files inside of the program, and who serves them.
        .target(name: "ConsoleFiles", exclude: ["package.json", "web"]),
        .target(
            name: "Console",
            dependencies: [
                "ConsoleFiles", "MartletCore", "MartletHTTP",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
            ], swiftSettings: strict),

        .executableTarget(
            name: "martlet",
            dependencies: [
                "CMartlet", "MartletCore", "MartletEngine", "MartletStore", "MartletProcess", "MartletHTTP",
                "MartletNotify",
                "MartletYAML", "Backups", "CacheLoad", "Clusters", "Console", "ConsulKV", "Jobs", "Replication",
                "Replicator",
                "Scripts",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: strict),

        .executableTarget(
            name: "martlet-bench",
            dependencies: [
                "KeeperProtocol", "MartletCore", "MartletStore", "MartletProcess",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], path: "Benchmarks/martlet-bench", swiftSettings: strict),
        .executableTarget(
            name: "binlog-bench", dependencies: ["Binlog"], path: "Benchmarks/binlog-bench", swiftSettings: strict),
        .executableTarget(
            name: "apply-bench", dependencies: ["Binlog", "MartletCore", "Replication", "Replicator", "SQLClient"],
            path: "Benchmarks/apply-bench", swiftSettings: strict),
        .executableTarget(
            name: "copy-bench", dependencies: ["MartletCore", "Replication", "Replicator", "SQLClient"],
            path: "Benchmarks/copy-bench", swiftSettings: strict),

        .target(name: "MartletTesting", dependencies: ["MartletCore"], swiftSettings: strict),
        .testTarget(name: "MartletCoreTests", dependencies: ["MartletCore", "MartletTesting"], swiftSettings: strict),
        .testTarget(
            name: "MartletEngineTests",
            dependencies: [
                "MartletCore", "MartletEngine", "MartletStore", "MartletTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Logging", package: "swift-log"),
            ], exclude: ["Nomad/Recordings"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "martlet", "martlet-keeper", "MartletCore", "MartletTesting", "ReplicationFixtures", "SQLClient",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], exclude: ["Jobs/Replay/comparison.json"], swiftSettings: strict),
        .testTarget(
            name: "MartletStoreTests",
            dependencies: [
                "MartletStore", "MartletCore", .product(name: "GRDB", package: "GRDB.swift"),
            ], resources: [.copy("Fixtures")], swiftSettings: strict),
        .testTarget(name: "KeeperProtocolTests", dependencies: ["KeeperProtocol"], swiftSettings: strict),
        .testTarget(
            name: "MartletProcessTests",
            dependencies: ["MartletProcess", "MartletCore", "KeeperProtocol", "CMartlet", "martlet-keeper"],
            swiftSettings: strict),
        .testTarget(
            name: "ReadmeTests", dependencies: ["martlet", "martlet-keeper", "MartletCore", "MartletYAML"],
            swiftSettings: strict),
        .testTarget(
            name: "MartletHTTPTests",
            dependencies: [
                "MartletHTTP", "MartletCore", "MartletEngine", "MartletStore", "MartletTesting",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ], swiftSettings: strict),
        .testTarget(
            name: "MartletNotifyTests",
            dependencies: [
                "MartletNotify", "MartletCore", "MartletEngine", "MartletStore", "MartletTesting",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .testTarget(
            name: "MartletYAMLTests", dependencies: ["MartletYAML", "MartletCore"], swiftSettings: strict),
        .testTarget(name: "MartletGzipTests", dependencies: ["MartletGzip"], swiftSettings: strict),
        .testTarget(name: "GoWireTests", dependencies: ["GoWire", "MartletCore"], swiftSettings: strict),
        .testTarget(
            name: "CacheLoadTests",
            dependencies: [
                "CacheLoad", "GoWire", "MartletCore", "MartletEngine", "MartletHTTP", "MartletTesting",
            ], swiftSettings: strict),
        .testTarget(
            name: "BackupsTests",
            dependencies: [
                "Backups", "GoWire", "MartletCore", "MartletEngine", "MartletYAML",
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ], swiftSettings: strict),
        .testTarget(
            name: "ClustersTests",
            dependencies: [
                "Clusters", "GoWire", "KeeperProtocol", "MartletCore", "MartletEngine", "MartletProcess", "MartletYAML",
            ], swiftSettings: strict),
        .testTarget(
            name: "ConsulKVTests",
            dependencies: [
                "ConsulKV", "MartletCore", "MartletStore", .product(name: "GRDB", package: "GRDB.swift"),
            ], swiftSettings: strict),
        .testTarget(
            name: "BinlogTests", dependencies: ["Binlog"], resources: [.copy("Recordings")], swiftSettings: strict),
        .testTarget(name: "MySQLWireTests", dependencies: ["MySQLWire", "Binlog"], swiftSettings: strict),
        // Servers and values that several test targets use.
        .target(
            name: "ReplicationFixtures", dependencies: ["MySQLWire", "SQLClient"], path: "Tests/ReplicationFixtures",
            swiftSettings: strict),
        .testTarget(
            name: "MySQLServerTests", dependencies: ["MySQLWire", "Binlog", "ReplicationFixtures"],
            swiftSettings: strict),
        .testTarget(
            name: "ReplicatorTests",
            dependencies: [
                "martlet", "Binlog", "MartletCore", "MySQLWire", "Replication", "ReplicationFixtures", "Replicator",
                "SQLClient",
            ], swiftSettings: strict),
        .testTarget(name: "ReplicationTests", dependencies: ["Replication", "MartletCore"], swiftSettings: strict),
        .testTarget(
            name: "JobsTests",
            dependencies: ["GoWire", "Jobs", "MartletCore", .product(name: "Logging", package: "swift-log")],
            resources: [.copy("Recordings")], swiftSettings: strict),
        .testTarget(
            name: "ScriptsTests",
            dependencies: [
                "GoWire", "Scripts", "MartletCore", "MartletEngine", "MartletHTTP", "MartletStore", "MartletTesting",
                "MartletYAML", .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
        .testTarget(
            name: "MartletCLITests",
            dependencies: [
                "martlet", "martlet-keeper", "MartletCore", "MartletEngine", "MartletHTTP", "MartletStore",
                "CacheLoad", "MartletNotify", "Scripts",
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: strict),
    ]
)
