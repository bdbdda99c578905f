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
    ],
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
        .target(name: "AllocationCounter", path: "Tests/AllocationCounter", cSettings: cSettings),
        .testTarget(
            name: "MoETests",
            dependencies: ["MoE", "MoECheckpoint", "MoETestSupport", "AllocationCounter"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "MoECheckpointTests",
            dependencies: ["MoE", "MoECheckpoint", "MoETestSupport"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "CLITests",
            dependencies: ["MoE", "MoECheckpoint", "MoETestSupport", "moe-cli"],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "GenerateTests",
            dependencies: ["GenerateEngine", "MoE", "MoECheckpoint"],
            swiftSettings: swiftSettings),
    ],
    cLanguageStandard: .c11
)
