import MoEAscend
import Testing

@Suite("CANN is searched")
struct LibrarySearchTests {
    /// A search on a machine with these variables and files.
    static func search(
        _ environment: [String: String] = [:], files: Set<String> = [], paths: [String]? = nil
    ) -> LibrarySearch {
        var search = LibrarySearch(paths: paths)
        search.environment = { environment[$0] }
        search.isReadable = files.contains
        search.matches = { pattern in
            let start = pattern.dropLast()
            let names = files.filter { $0.hasPrefix(start) }.compactMap { path in
                path.dropFirst(start.count).split(separator: "/").first
            }
            return Set(names.map { start + String($0) }).sorted()
        }
        return search
    }

    static let classic = "/usr/local/Ascend/ascend-toolkit/latest"

    @Test("in the usual places, the environment's first")
    func usualPlaces() throws {
        let all: Set<String> = [
            "/home/a/lib64/libascendcl.so", "/toolkit/lib64/libascendcl.so",
            "\(Self.classic)/lib64/libascendcl.so", "/usr/local/Ascend/cann/lib64/libacl_rt.so",
            "/usr/local/Ascend/cann-9.0.0/lib64/libacl_rt.so",
            "/root/Ascend/cann/lib64/libascendcl.so",
        ]
        let environment = [
            "ASCEND_HOME_PATH": "/home/a", "ASCEND_TOOLKIT_HOME": "/toolkit", "HOME": "/root",
        ]
        var left = all
        for root in [
            "/home/a", "/toolkit", Self.classic, "/usr/local/Ascend/cann",
            "/usr/local/Ascend/cann-9.0.0", "/root/Ascend/cann",
        ] {
            let found = try Self.search(environment, files: left).installation()
            #expect(found.root == root)
            #expect(found.directory == "\(root)/lib64")
            left = left.filter { !$0.hasPrefix(root + "/") }
        }
        let none = try Self.search(environment, files: left).installation()
        #expect(none.directory == nil)
        #expect(none.searched.contains(Self.classic))
    }

    @Test("in named directories alone, those of the caller before those of the environment")
    func namedPlaces() throws {
        let files: Set<String> = [
            "\(Self.classic)/lib64/libascendcl.so", "/one/lib64/libascendcl.so",
            "/two/libascendcl.so",
        ]
        let environment = ["MOE_CANN_LIBRARY_PATH": "/none:/one"]
        #expect(try Self.search(environment, files: files).installation().root == "/one")
        let two = try Self.search(environment, files: files, paths: ["/two"]).installation()
        #expect(two.directory == "/two")
        #expect(two.root == nil)
        let error = #expect(throws: AscendError.self) {
            try Self.search(files: files, paths: ["/none", "/nowhere"]).installation()
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("/none, /nowhere") == true)
    }

    @Test("past stand-ins for linking", arguments: ["stub", "devlib"])
    func standIns(folder: String) throws {
        let files: Set<String> = [
            "/a/\(folder)/libascendcl.so", "/b/lib64/libascendcl.so",
        ]
        #expect(
            try Self.search(files: files, paths: ["/a/\(folder)", "/b"]).installation().root == "/b"
        )
    }

    @Test("as if an empty variable were not set")
    func emptyVariable() throws {
        let found = try Self.search(
            ["MOE_CANN_LIBRARY_PATH": "", "ASCEND_HOME_PATH": ""],
            files: ["\(Self.classic)/lib64/libacl_rt.so"]
        ).installation()
        #expect(found.root == Self.classic)
    }

    @Test("with the vendors of the configuration in their order")
    func vendors() {
        #expect(CustomOperators.priorities(in: "x=1\nload_priority=a,b, c\n") == ["a", "b", "c"])
        #expect(CustomOperators.priorities(in: "load_priority =a") == ["a"])
        #expect(CustomOperators.priorities(in: "nothing") == [])
    }
}
