internal import CANN
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// CANN as it was found: its functions, looked up once and shared by all backends of the process.
///
/// Immutable. CANN is initialised once a process and never finalised: whoever else uses it, such as
/// an engine's own binding, may still need it.
final class CANNLibrary: @unchecked Sendable {
    let runtime: RuntimeFunctions
    let meta: MetaFunctions
    let operators: OperatorFunctions
    /// Where the libraries are, in words.
    let location: String
    /// What was done to the process on their behalf, one sentence each.
    let notes: [String]

    /// What distinguishes one library of the process from another.
    struct Key: Hashable {
        /// The directories to look in, alone; nil for the usual places.
        var paths: [String]?
        /// Whether vendors' own operator libraries come first.
        var usesCustomOperators = false
        /// Functions to treat as missing.
        var without: Set<String> = []
    }

    /// Finds and initialises CANN, or returns what an earlier call found.
    ///
    /// - Parameter key: where to look and what to leave out.
    /// - Returns: the library.
    /// - Throws: `unavailable`, naming the library, the functions or the setting that is missing.
    static func open(_ key: Key) throws(AscendError) -> CANNLibrary {
        try registry.withLock { registry throws(AscendError) in
            if let library = registry.libraries[key] { return library }
            let library = try CANNLibrary(key)
            let identity = UInt(bitPattern: unsafeBitCast(library.runtime.initialize, to: Int.self))
            if !registry.initialized.contains(identity) {
                try library.initialize()
                registry.initialized.insert(identity)
            }
            registry.libraries[key] = library
            return library
        }
    }

    private struct Registry {
        var libraries: [Key: CANNLibrary] = [:]
        var initialized: Set<UInt> = []
    }

    private static let registry = Mutex(Registry())

    private init(_ key: Key) throws(AscendError) {
        let installation = try LibrarySearch(paths: key.paths).installation()
        notes = Self.setOperatorPath(installation)
        let images = try LibraryImages(
            installation, custom: key.usesCustomOperators ? CustomOperators.libraries() : [])
        location = installation.directory ?? "the loader's own places"

        var runtimeSymbols = SymbolResolver(images.runtime, without: key.without)
        var metaSymbols = SymbolResolver([images.meta], without: key.without)
        runtime = RuntimeFunctions(&runtimeSymbols)
        meta = MetaFunctions(&metaSymbols)
        operators = OperatorFunctions(images.operators, without: key.without)
        let missing = runtimeSymbols.missing + metaSymbols.missing + operators.missing
        guard missing.isEmpty else {
            throw AscendError(
                .unavailable,
                "CANN in \(location) lacks " + missing.joined(separator: ", "))
        }
    }

    private func initialize() throws(AscendError) {
        let status = runtime.initialize(nil)
        // Somebody else in this process was first; it is theirs to finalise, too.
        if status == CANN_ACL_ERROR_REPEAT_INITIALIZE { return }
        do {
            try check(status, "aclInit")
        } catch {
            throw AscendError(
                .unavailable, error.message, function: error.function, status: error.status)
        }
    }

    /// Names the operator packages to CANN where the environment does not: it looks them up there.
    private static func setOperatorPath(_ installation: LibrarySearch.Installation) -> [String] {
        let variable = "ASCEND_OPP_PATH"
        guard processEnvironment(variable) == nil, let root = installation.root,
            access("\(root)/opp", F_OK) == 0, setenv(variable, "\(root)/opp", 0) == 0
        else { return [] }
        return ["\(variable) was not set; this process uses \(root)/opp"]
    }

    /// The versions that the installation states, for the report.
    var versionText: String {
        var parts: [String] = []
        if let packageVersion = runtime.packageVersion {
            for package in ["runtime", "ops_nn", "ops_transformer"] {
                var name = Array(package.utf8CString)
                var text = [CChar](repeating: 0, count: 129)
                guard packageVersion(&name, &text) == CANN_ACL_SUCCESS, text[0] != 0 else {
                    continue
                }
                let bytes = text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
                parts.append("\(package) \(String(decoding: bytes, as: UTF8.self))")
            }
        }
        var major: Int32 = 0, minor: Int32 = 0, patch: Int32 = 0
        if parts.isEmpty, let version = runtime.version,
            version(&major, &minor, &patch) == CANN_ACL_SUCCESS
        {
            parts.append("runtime interface \(major).\(minor).\(patch)")
        }
        return parts.isEmpty ? "no version stated" : parts.joined(separator: ", ")
    }
}
