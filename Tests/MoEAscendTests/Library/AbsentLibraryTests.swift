import Foundation
import MoE
import MoEAscend
import Testing

@Suite("Without CANN")
struct AbsentLibraryTests {
    private func options(_ paths: [String]) -> AscendOptions {
        var options = AscendOptions()
        options.libraryPaths = paths
        return options
    }

    @Test("the backend says where it looked")
    func nothing() {
        let error = #expect(throws: AscendError.self) {
            try AscendBackend(options(["/no/such/folder"]))
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("/no/such/folder") == true)
    }

    @Test("a file that is no library is named, with what the loader says of it")
    func broken() throws {
        let folder = NSTemporaryDirectory() + "no-cann-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("text".utf8).write(to: URL(fileURLWithPath: folder + "/libascendcl.so"))
        let error = #expect(throws: AscendError.self) { try AscendBackend(options([folder])) }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("\(folder)/libascendcl.so") == true)
        #expect(error?.message.contains("set_env.sh") == true)
    }

    @Test("the catalogue lists it as unavailable, and auto stays on the CPU")
    func catalogue() throws {
        let offers = [AscendBackend.offer(options(["/no/such/folder"]))]
        let status = try #require(
            BackendCatalog.all(with: offers).first { $0.name == .ascend })
        #expect(!status.available)
        #expect(status.reason.contains("/no/such/folder"))
        let auto = try BackendCatalog.backend(.auto, offers: offers)
        #expect(auto.backend.name == (try BackendCatalog.backend(.auto).backend.name))
        let error = #expect(throws: MoEError.self) {
            try BackendCatalog.backend(.ascend, offers: offers)
        }
        #expect(error?.code == .backendUnavailable)
    }

    @Test("a program that does not bring the backend says so")
    func notBrought() {
        let error = #expect(throws: MoEError.self) { try BackendCatalog.backend(.ascend) }
        #expect(error?.code == .backendUnavailable)
    }
}
