#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Where CANN's libraries are looked for, first place first.
///
/// 1. the directories that the caller named, and then nowhere else;
/// 2. `$MOE_CANN_LIBRARY_PATH`, directories with colons between, and then nowhere else;
/// 3. `$ASCEND_HOME_PATH`, `$ASCEND_TOOLKIT_HOME`;
/// 4. `/usr/local/Ascend/ascend-toolkit/latest`, `/usr/local/Ascend/cann`, `cann-<version>` beside it;
/// 5. the same two below `$HOME/Ascend`;
/// 6. by bare name, as `LD_LIBRARY_PATH` and the system's cache have it.
///
/// An installation has its libraries in `lib64`; a directory that holds them itself will do too.
/// Folders named `stub` and `devlib` hold stand-ins for linking and are passed over.
package struct LibrarySearch {
    /// The directories that the caller named; nil for the usual places.
    package var paths: [String]?
    /// The environment; a value that is empty counts as none.
    package var environment: (String) -> String? = { processEnvironment($0) }
    /// Whether a file can be read.
    package var isReadable: (String) -> Bool = { access($0, R_OK) == 0 }
    /// The paths that a pattern matches.
    package var matches: (String) -> [String] = { MoEAscend.paths(matching: $0) }

    /// A search in the usual places, or in given ones alone.
    package init(paths: [String]? = nil) {
        self.paths = paths
    }

    /// The runtime's library, by its older and its newer name.
    static let runtimeNames = ["libascendcl.so", "libacl_rt.so"]

    /// What was found.
    package struct Installation {
        /// The directory with the libraries; nil to open them by bare name.
        package var directory: String?
        /// The installation's root; nil if the directory is not its `lib64`.
        package var root: String?
        /// The places that were looked at, for the report.
        package var searched: [String]
    }

    /// The first place that holds a runtime library.
    ///
    /// - Throws: `unavailable` if the caller or `MOE_CANN_LIBRARY_PATH` named places and none of
    ///   them does.
    package func installation() throws(AscendError) -> Installation {
        var searched: [String] = []
        let named = paths ?? value("MOE_CANN_LIBRARY_PATH")?.split(separator: ":").map(String.init)
        for root in named ?? usualRoots {
            searched.append(root)
            for directory in ["\(root)/lib64", root] where !isStandIn(directory) {
                guard
                    Self.runtimeNames.contains(where: { isReadable("\(directory)/\($0)") })
                else { continue }
                return Installation(
                    directory: directory, root: directory == root ? nil : root, searched: searched)
            }
        }
        guard named == nil else {
            throw AscendError(
                .unavailable,
                "no \(Self.runtimeNames.joined(separator: " or ")) in "
                    + (searched.isEmpty ? "no directory at all" : searched.joined(separator: ", ")))
        }
        return Installation(searched: searched)
    }

    /// The places where an installation usually is.
    private var usualRoots: [String] {
        let system = "/usr/local/Ascend"
        var roots = ["ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME"].compactMap(value)
        roots += ["\(system)/ascend-toolkit/latest", "\(system)/cann"]
        roots += matches("\(system)/cann-*").sorted().reversed()
        if let home = value("HOME") {
            roots += ["\(home)/Ascend/ascend-toolkit/latest", "\(home)/Ascend/cann"]
        }
        return roots
    }

    private func value(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    private func isStandIn(_ directory: String) -> Bool {
        directory.split(separator: "/").contains { $0 == "stub" || $0 == "devlib" }
    }
}

/// A variable of the process's environment.
func processEnvironment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}

private func paths(matching pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { index in
        found.gl_pathv[index].map { String(cString: $0) }
    }
}
