#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A dynamic library that is open for as long as the process lives.
///
/// CANN starts threads and registers destructors, so its libraries are never closed.
struct LibraryImage: @unchecked Sendable {
    /// The path or name that it was opened by.
    let path: String
    private let handle: UnsafeMutableRawPointer

    /// Opens a library.
    ///
    /// - Parameter path: its path, or a bare name for the system to find.
    /// - Throws: `unavailable` with what the loader says.
    init(opening path: String) throws(AscendError) {
        guard let handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL) else {
            // The loader's text begins with the library that it could not load, this or one that it
            // needs.
            let reason = dlerror().map { String(cString: $0) } ?? "\(path): cannot be loaded"
            throw AscendError(.unavailable, reason)
        }
        self.path = path
        self.handle = handle
    }

    /// The address of a function, or nil.
    func address(of name: String) -> UnsafeMutableRawPointer? {
        dlsym(handle, name)
    }
}

/// The libraries of an installation, those of each kind in the order in which they are asked.
struct LibraryImages: Sendable {
    /// The runtime, by one of its names or both.
    var runtime: [LibraryImage]
    /// Tensors, lists and executors.
    var meta: LibraryImage
    /// The operators, of releases before and after they were split.
    var operators: [LibraryImage]

    private static let metaName = "libnnopbase.so"
    private static let operatorNames =
        ["math", "nn", "cv", "transformer", "oam", "legacy"].map { "libopapi_\($0).so" }
        + ["libopapi.so", "libaclnn_ops_infer.so", "libaclnn_math.so"]

    /// Opens what an installation has.
    ///
    /// - Parameters:
    ///   - installation: where the libraries are.
    ///   - custom: libraries whose operators come before those of the installation.
    /// - Throws: `unavailable`, naming the library that is missing, or that cannot be loaded and
    ///   why.
    init(_ installation: LibrarySearch.Installation, custom: [String]) throws(AscendError) {
        runtime = try Self.open(LibrarySearch.runtimeNames, in: installation, kind: "runtime")
        meta = try Self.open([Self.metaName], in: installation, kind: "operator base")[0]
        operators = []
        for path in custom { operators.append(try LibraryImage(opening: path)) }
        operators += try Self.open(Self.operatorNames, in: installation, kind: "operator")
    }

    /// Opens those of the given libraries that are there.
    private static func open(
        _ names: [String], in installation: LibrarySearch.Installation, kind: String
    ) throws(AscendError) -> [LibraryImage] {
        var images: [LibraryImage] = []
        var reason: AscendError?
        for name in names {
            let path = installation.directory.map { "\($0)/\(name)" } ?? name
            if installation.directory != nil, access(path, F_OK) != 0 { continue }
            do {
                images.append(try LibraryImage(opening: path))
            } catch {
                reason = reason ?? error
            }
        }
        guard images.isEmpty else { return images }
        let wanted = names.joined(separator: " or ")
        guard let directory = installation.directory else {
            throw AscendError(
                .unavailable,
                "no CANN \(kind) library in "
                    + "\(installation.searched.joined(separator: ", ")) or the loader's own places "
                    + "(\(reason?.message ?? wanted)); is the toolkit's set_env.sh sourced?")
        }
        throw AscendError(
            .unavailable,
            reason.map { "\($0.message); is the toolkit's set_env.sh sourced?" }
                ?? "no CANN \(kind) library \(wanted) in \(directory)")
    }
}
