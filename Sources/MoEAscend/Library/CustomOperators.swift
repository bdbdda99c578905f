#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// The operator libraries that vendors and users install beside CANN's own.
///
/// They may bring operators of the same names, so the backend asks them only if it is told to.
package enum CustomOperators {
    private static let fileName = "op_api/lib/libcust_opapi.so"

    /// The libraries that are there, first asked first: `$ASCEND_CUSTOM_OPP_PATH`'s, then those of
    /// `$ASCEND_OPP_PATH/vendors` in the order of its `config.ini`.
    static func libraries() -> [String] {
        let custom = processEnvironment("ASCEND_CUSTOM_OPP_PATH") ?? ""
        var roots = custom.split(separator: ":").map(String.init)
        if let operators = processEnvironment("ASCEND_OPP_PATH") {
            let vendors = "\(operators)/vendors"
            roots += priorities(in: text(of: "\(vendors)/config.ini")).map { "\(vendors)/\($0)" }
        }
        return roots.map { "\($0)/\(fileName)" }.filter { access($0, R_OK) == 0 }
    }

    /// The names of a line `load_priority=a,b`.
    package static func priorities(in configuration: String) -> [String] {
        for line in configuration.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ $0 != " " }) == "load_priority" else {
                continue
            }
            return parts[1].split { $0 == "," || $0 == " " }.map(String.init)
        }
        return []
    }

    /// The text of a small file; empty if it cannot be read.
    private static func text(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
