// swift-tools-version: 6.1
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A library target and what it may know. `Tests/HouseTests` holds the same table against the import lines,
/// because SwiftPM lets a target import a transitive dependency that it never declared.
func library(
  _ name: String, in path: String? = nil, knows dependencies: [Target.Dependency] = []
) -> Target {
  .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(_ name: String, of dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "pointsman",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "pointsman", targets: ["pointsman"]),
    .executable(name: "bench", targets: ["bench"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // The system's BLAS.
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"])]),
    // The system's libcurl, and typed functions for its variadic ones.
    .systemLibrary(
      name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    // Two functions of the system's spawn.h that Swift does not see.
    .systemLibrary(name: "CSpawn", path: "Sources/CSpawn"),

    // Pure mathematics: distributions, best-arm probabilities, alias tables, generators. No domain word.
    library("Statistics", knows: [.product(name: "RealModule", package: "swift-numerics")]),
    // Unit vectors, similarity by BLAS, spherical k-means.
    library("Vectors", knows: ["COpenBLAS"]),
    // JSON in and out: strict, with every error and its pointer.
    library("Wire"),
    // The mind: place, decide, judge, fold. Pure: no clock, no chance, no I/O.
    library("Routing", knows: ["Statistics", "Vectors"]),
    // What another policy would have earned: off-policy estimators with their intervals. Pure.
    library("Evaluation", knows: ["Statistics"]),
    // Jobs as values: the state machine, failures, circuits, headroom, health, deliveries. Pure.
    library("Jobs", knows: ["Routing", "Statistics", "Wire"]),
    // The unified contract: its versions, the migrations between them, its requests and answers. Pure.
    library("Unified", knows: ["Jobs", "Routing", "Wire"]),
    // Recipes as values: steps whose inputs come from earlier ones, and the state machine of their jobs. Pure.
    library("Recipes", knows: ["Jobs", "Routing", "Wire"]),
    // The books and the keys as values: accounts, balanced entries, what a job means to them, budgets. Pure.
    library("Credits", knows: ["Jobs", "Routing"]),
    // HTTP to elsewhere, by libcurl: async, streaming, guarded. Knows no vendor.
    library("Transport", knows: ["CCurl", .product(name: "Crypto", package: "swift-crypto")]),
    // Charts and report pages: values in, SVG, HTML, Markdown, CSV and JSON out. Knows no domain.
    library("Reporting", knows: ["Statistics", "Wire"]),
    // What is true in a simulation: tables and synthetic worlds, events, feedback. Pure.
    library("World", in: "Simulations/World", knows: ["Routing", "Statistics", "Vectors"]),
    // Text to unit vector.
    library("Embedding", knows: ["Vectors", .product(name: "Crypto", package: "swift-crypto")]),
    // Films put together: from an order to ffmpeg's arguments. Pure.
    library("Composition", knows: ["Wire"]),
    // ffmpeg behind a small HTTP front: fetches inputs, runs the program, serves what comes out.
    library(
      "Compositor",
      knows: [
        "CSpawn", "Composition", "Transport", "Wire", .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    // YAML that a person writes, checked with file and line.
    library(
      "Declarations", knows: ["Routing", "Wire", .product(name: "Yams", package: "Yams")]),
    // Scenarios, comparison policies, tables, seeded parallel runs and what they come to.
    library(
      "Experiments", in: "Simulations/Experiments",
      knows: [
        "Declarations", "Embedding", "Reporting", "Routing", "Statistics", "Vectors", "Wire", "World",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    // The ports, and the orchestration: decide, record, judge, tick.
    library(
      "Serving",
      knows: [
        "Routing", "Statistics", "Vectors", "Embedding", "Jobs", "Credits", "Recipes", "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    // The vendors: declared in YAML and interpreted; the sandbox, which needs no account.
    library(
      "Adapters",
      knows: [
        "Declarations", "Jobs", "Routing", "Serving", "Transport", "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    // SQLite: the ledger and what is derived from it.
    library(
      "Persistence",
      knows: [
        "Credits", "Jobs", "Recipes", "Routing", "Vectors", "Serving",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    // HTTP.
    .target(
      name: "API",
      dependencies: [
        "Credits", "Embedding", "Jobs", "Recipes", "Routing", "Serving", "Statistics", "Unified", "Vectors",
        "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      resources: [.embedInCode("openapi.yaml")],
      swiftSettings: strict),
    // The world outside, for tests and users: vendors' contracts with faults. Shares no code with the adapters.
    library(
      "VendorStreet",
      knows: [
        "Declarations", "Wire", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    // Wiring and commands only.
    .executableTarget(
      name: "pointsman",
      dependencies: [
        "API", "Adapters", "Compositor", "Credits", "Declarations", "Embedding", "Evaluation", "Experiments",
        "Jobs", "Persistence", "Recipes", "Reporting", "Routing", "Serving", "Statistics", "Transport",
        "Vectors",
        "VendorStreet", "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      path: "Sources/Command",
      swiftSettings: strict),
    // Speed, as ratios to references measured in the same run.
    .executableTarget(
      name: "bench",
      dependencies: [
        "Embedding", "Jobs", "Persistence", "Reporting", "Routing", "Serving", "Statistics", "Transport",
        "Vectors", "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Logging", package: "swift-log"),
      ],
      path: "Sources/Bench",
      swiftSettings: strict),
    // What the transport is measured against: libcurl's multi interface, in C.
    .executableTarget(name: "curl-reference", dependencies: ["CCurl"], path: "Sources/CurlReference"),

    .target(
      name: "TestSupport",
      dependencies: [
        "Credits", "Embedding", "Jobs", "Recipes", "Routing", "Serving", "Vectors", "Statistics", "Wire",
        .product(name: "Crypto", package: "swift-crypto"), .product(name: "Logging", package: "swift-log"),
      ],
      path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("HouseTests", of: []),
    tests("StatisticsTests", of: ["Statistics"]),
    tests("VectorsTests", of: ["Vectors"]),
    tests("WireTests", of: ["Wire"]),
    tests("RoutingTests", of: ["Routing", "Statistics", "Vectors", "TestSupport"]),
    tests("EvaluationTests", of: ["Evaluation", "Statistics"]),
    .testTarget(
      name: "UnifiedTests", dependencies: ["Jobs", "Routing", "Unified", "Wire"], exclude: ["Golden"],
      swiftSettings: strict),
    tests("CompositionTests", of: ["Composition", "Wire"]),
    tests(
      "CompositorTests",
      of: [
        "Composition", "Compositor", "Transport", "Wire", .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    tests(
      "AdaptersTests",
      of: [
        "Adapters", "Declarations", "Jobs", "Routing", "Serving", "TestSupport", "Transport", "Wire",
        .product(name: "Crypto", package: "swift-crypto"),
      ]),
    tests("TransportTests", of: ["TestSupport", "Transport"]),
    .testTarget(
      name: "VendorStreetTests",
      dependencies: [
        "VendorStreet", "Declarations", "Wire", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "Logging", package: "swift-log"),
      ], exclude: ["Scripts"], swiftSettings: strict),
    .testTarget(
      name: "JobsTests", dependencies: ["Jobs", "Routing", "Statistics", "Wire"], exclude: ["Transitions.md"],
      swiftSettings: strict),
    tests(
      "RecipesTests", of: ["Recipes", "Jobs", "Routing", "Serving", "TestSupport", "Wire", "Declarations"]),
    tests("CreditsTests", of: ["Credits", "Jobs", "Routing", "Statistics"]),
    tests("WorldTests", of: ["World", "Routing", "Statistics", "Vectors"]),
    tests(
      "ExperimentsTests",
      of: [
        "Experiments", "World", "Reporting", "Routing", "Statistics", "Vectors", "Wire", "Embedding",
        "Declarations",
      ]),
    tests("ReportingTests", of: ["Reporting", "Statistics", "Wire"]),
    tests("EmbeddingTests", of: ["Embedding", "Vectors"]),
    tests("DeclarationsTests", of: ["Declarations", "Routing"]),
    tests(
      "ServingTests",
      of: [
        "Serving", "Credits", "Jobs", "Recipes", "Routing", "Statistics", "Embedding", "Vectors", "Wire",
        "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ]),
    tests(
      "PersistenceTests",
      of: [
        "Persistence", "Serving", "Credits", "Jobs", "Recipes", "Routing", "Statistics", "Embedding",
        "Vectors", "TestSupport", "Wire",
        .product(name: "GRDB", package: "GRDB.swift"), .product(name: "Logging", package: "swift-log"),
      ]),
    tests("BenchTests", of: ["bench", "Jobs", "Routing", "TestSupport", "Wire"]),
    tests(
      "APITests",
      of: [
        "API", "Credits", "Declarations", "Serving", "Jobs", "Recipes", "Routing", "Statistics", "Embedding",
        "Vectors", "Wire", "Persistence", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    tests(
      "CommandTests",
      of: [
        "API", "pointsman", "Adapters", "Compositor", "Credits", "Declarations", "Embedding", "Evaluation",
        "Experiments", "Jobs", "Persistence", "Recipes", "Reporting", "Routing", "Serving", "Statistics",
        "TestSupport",
        "Transport", "VendorStreet", "Wire",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
