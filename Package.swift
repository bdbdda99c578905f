// swift-tools-version: 6.2

import PackageDescription

// MARK: - Settings every target shares

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

let cSettings: [CSetting] = [
    .enableWarning("all"),
    .enableWarning("extra"),
    .treatAllWarnings(as: .error),
]

let argumentParser: Target.Dependency =
    .product(name: "ArgumentParser", package: "swift-argument-parser")

let cxxSettings: [CXXSetting] = [
    .headerSearchPath("../CANNDoubleControls"),
    .enableWarning("all"),
    .enableWarning("extra"),
    .treatAllWarnings(as: .error),
]

// MARK: - What only this package's own tests need

/// The CANN double stands in for libraries that exist on Linux alone, as a file of its own. Whoever
/// depends on this package has it below `checkouts` and sees nothing of it.
#if os(Linux)
let isDependency = Context.packageDirectory.split(separator: "/").dropLast().last == "checkouts"
let testsAscend = !isDependency
#else
let testsAscend = false
#endif

let ascendTestProducts: [Product] = [
    .library(name: "CANNDouble", type: .dynamic, targets: ["CANNDouble"])
]

let ascendTestTargets: [Target] = [
    .systemLibrary(name: "CANNDoubleControls", path: "Tests/CANNDoubleControls"),
    .target(
        name: "CANNDouble", dependencies: ["CANN"], path: "Tests/CANNDouble",
        publicHeadersPath: ".", cxxSettings: cxxSettings,
        linkerSettings: [.linkedLibrary("dl"), .linkedLibrary("pthread")]),
    .target(
        name: "CANNDoubleSupport", dependencies: ["CANNDoubleControls"],
        path: "Tests/CANNDoubleSupport", swiftSettings: swiftSettings),
    .testTarget(
        name: "CANNDoubleTests", dependencies: ["CANN", "CANNDoubleSupport"],
        swiftSettings: swiftSettings),
    .testTarget(
        name: "MoEAscendDeviceTests",
        dependencies: ["MoE", "MoEAscend", "MoECheckpoint", "MoETestSupport", "CANNDoubleSupport"],
        swiftSettings: swiftSettings),
]

let package = Package(
    name: "swift-moe",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "MoE", targets: ["MoE"]),
        .library(name: "MoECheckpoint", targets: ["MoECheckpoint"]),
        .library(name: "MoEAscend", targets: ["MoEAscend"]),
        .executable(name: "moe-cli", targets: ["moe-cli"]),
        .executable(name: "moe-block", targets: ["MoEBlockExample"]),
        .executable(name: "moe-generate", targets: ["MoEGenerateExample"]),
    ] + (testsAscend ? ascendTestProducts : []),
    traits: [
        .trait(
            name: "OpenBLAS",
            description: "The OpenBLAS backend; needs libopenblas-dev or Homebrew's openblas."),
        .default(enabledTraits: ["OpenBLAS"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0")
    ],
    targets: [
        // MARK: - Public: what an embedder imports

        .target(
            name: "MoE",
            dependencies: [
                "MoEKernels",
                .target(name: "COpenBLAS", condition: .when(traits: ["OpenBLAS"])),
            ],
            swiftSettings: swiftSettings),
        .target(
            name: "MoECheckpoint",
            dependencies: ["MoE"],
            swiftSettings: swiftSettings),

        .target(
            name: "MoEAscend",
            dependencies: ["MoE", "CANN"],
            swiftSettings: swiftSettings),

        // MARK: - Implementation: C kernels, the system's BLAS, what is known of CANN

        .target(name: "MoEKernels", cSettings: cSettings),
        .target(name: "CANN", cSettings: cSettings),
        .systemLibrary(
            name: "COpenBLAS",
            pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),

        // MARK: - Programs

        .executableTarget(
            name: "moe-cli",
            dependencies: ["MoE", "MoECheckpoint", "MoEAscend", argumentParser],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "MoEBlockExample",
            dependencies: ["MoE", "MoECheckpoint", "MoEAscend", argumentParser],
            path: "Examples/MoEBlock",
            swiftSettings: swiftSettings),

        // Without package access: an engine in another package sees no more of the libraries.
        .target(
            name: "GenerateEngine",
            dependencies: ["MoE", "MoEAscend", "MoECheckpoint"],
            path: "Examples/Generate/Engine",
            packageAccess: false,
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "MoEGenerateExample",
            dependencies: ["GenerateEngine", "MoE", "MoECheckpoint", argumentParser],
            path: "Examples/Generate/Program",
            packageAccess: false,
            swiftSettings: swiftSettings),

        // MARK: - Tests

        .target(
            name: "MoETestSupport",
            dependencies: ["MoE", "MoECheckpoint"],
            path: "Tests/MoETestSupport",
            swiftSettings: swiftSettings),
        .target(name: "PassCounters", path: "Tests/PassCounters", cSettings: cSettings),
        .testTarget(
            name: "MoETests",
            dependencies: [
                "MoE", "MoECheckpoint", "MoEKernels", "MoETestSupport", "PassCounters",
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "MoECheckpointTests",
            dependencies: ["MoE", "MoECheckpoint", "MoETestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "MoEAscendTests",
            dependencies: ["MoE", "MoEAscend"],
            exclude: ["ABI/prototypes.h"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "CLITests",
            dependencies: ["MoE", "MoECheckpoint", "MoETestSupport", "moe-cli"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "GenerateTests",
            dependencies: ["GenerateEngine", "MoE", "MoECheckpoint"],
            swiftSettings: swiftSettings),
    ] + (testsAscend ? ascendTestTargets : []),
    cLanguageStandard: .c11,
    cxxLanguageStandard: .cxx17
)
