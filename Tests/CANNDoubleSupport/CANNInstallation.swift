import CANNDoubleControls
import Foundation

/// A folder laid out as CANN's, in which every library is the double.
///
/// Each installation has a double, and so a state, of its own: tests that make one each run side by
/// side. The folder goes with the last reference; what was loaded from it stays loaded.
public final class CANNInstallation: @unchecked Sendable {
    /// Which files hold the operators.
    public enum Layout: Sendable, CaseIterable {
        /// `libopapi.so`, as in older releases.
        case one
        /// `libopapi_math.so`, `libopapi_nn.so`, `libopapi_transformer.so`, as in newer ones.
        case split
    }

    /// The folder that holds `lib64`.
    public let root: String
    /// The double behind the libraries.
    public let double: CANNDouble

    /// Lays CANN out.
    ///
    /// - Parameters:
    ///   - layout: which files hold the operators.
    ///   - runtime: the name of the runtime's library: `libascendcl.so`, or `libacl_rt.so` where that
    ///     is all there is.
    ///   - missing: symbols that no library has.
    /// - Throws: when the double's library is not where the test's is, or a file cannot be written.
    public init(
        layout: Layout = .one, runtime: String = "libascendcl.so", without missing: Set<String> = []
    ) throws {
        root =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("cann-\(UUID().uuidString)").path
        for folder in ["lib64", "double", "opp"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(folder)", withIntermediateDirectories: true)
        }
        let library = try Data(contentsOf: URL(fileURLWithPath: Self.libraryFile))
        try library.write(to: URL(fileURLWithPath: "\(root)/double/libCANNDouble.so"))
        double = try CANNDouble(loading: "\(root)/double/libCANNDouble.so")
        for (file, parts) in Self.files(layout, runtime: runtime) {
            let hidden = double.symbols.filter {
                !parts.contains($0.library) || missing.contains($0.name)
            }
            var image = Array(library)
            Self.hide(Set(hidden.map(\.name)), in: &image)
            try Data(image).write(to: URL(fileURLWithPath: "\(root)/lib64/\(file)"))
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// The double beside the test's own binary.
    static var libraryFile: String {
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
            .appendingPathComponent("libCANNDouble.so").path
    }

    private static func files(_ layout: Layout, runtime: String) -> [String: Set<Int>] {
        let math = CANN_DOUBLE_MATH_OPERATORS, nn = CANN_DOUBLE_NN_OPERATORS
        let transformer = CANN_DOUBLE_TRANSFORMER_OPERATORS
        var files: [String: Set<Int>] = [
            runtime: [CANN_DOUBLE_RUNTIME_LIBRARY], "libnnopbase.so": [CANN_DOUBLE_META_LIBRARY],
        ]
        switch layout {
        case .one: files["libopapi.so"] = [math, nn, transformer]
        case .split:
            files["libopapi_math.so"] = [math]
            files["libopapi_nn.so"] = [nn]
            files["libopapi_transformer.so"] = [transformer]
        }
        return files
    }

    /// Gives symbols other names of the same length, so that nobody finds them.
    private static func hide(_ symbols: Set<String>, in image: inout [UInt8]) {
        var start = 0
        for end in image.indices where image[end] == 0 {
            defer { start = end + 1 }
            guard image[start] == UInt8(ascii: "a"),
                symbols.contains(String(decoding: image[start..<end], as: UTF8.self))
            else { continue }
            image[start] = UInt8(ascii: "-")
        }
    }
}
