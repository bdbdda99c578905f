import CANN
import CANNDoubleSupport
import Foundation
import Testing

@Suite("A folder laid out as CANN's")
struct InstallationTests {
    private func open(_ file: String, of cann: CANNInstallation) throws -> UnsafeMutableRawPointer {
        try #require(dlopen("\(cann.root)/lib64/\(file)", RTLD_LAZY | RTLD_LOCAL))
    }

    @Test("has every symbol in one library", arguments: CANNInstallation.Layout.allCases)
    func symbols(layout: CANNInstallation.Layout) throws {
        let cann = try CANNInstallation(layout: layout)
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(cann.root)/lib64")
        #expect(files.count == (layout == .one ? 3 : 5))
        let handles = try files.map { try open($0, of: cann) }
        for symbol in cann.double.symbols {
            #expect(handles.count { dlsym($0, symbol.name) != nil } == 1, "\(symbol.name)")
        }
    }

    @Test("has operators where newer releases have them")
    func split() throws {
        let cann = try CANNInstallation(layout: .split, runtime: "libacl_rt.so")
        #expect(dlsym(try open("libacl_rt.so", of: cann), "aclInit") != nil)
        #expect(dlsym(try open("libopapi_nn.so", of: cann), "aclnnDequantSwigluQuantV2") != nil)
        let transformer = try open("libopapi_transformer.so", of: cann)
        #expect(dlsym(transformer, "aclnnGroupedMatmulV5GetWorkspaceSize") != nil)
    }

    @Test("lacks what it is to lack")
    func missing() throws {
        let name = "aclnnDequantSwigluQuant"
        let cann = try CANNInstallation(without: ["\(name)V2", "\(name)V2GetWorkspaceSize"])
        let operators = try open("libopapi.so", of: cann)
        #expect(dlsym(operators, "\(name)V2") == nil)
        #expect(dlsym(operators, "\(name)V2GetWorkspaceSize") == nil)
        #expect(dlsym(operators, name) != nil)
    }

    @Test("has one state behind all its libraries, and none of another's")
    func state() throws {
        let cann = try CANNInstallation(), other = try CANNInstallation()
        let runtime = try open("libascendcl.so", of: cann),
            meta = try open("libnnopbase.so", of: cann)
        let initialize = unsafeBitCast(
            try #require(dlsym(runtime, "aclInit")), to: cann_aclInit.self)
        let create = unsafeBitCast(
            try #require(dlsym(meta, "aclCreateIntArray")), to: cann_aclCreateIntArray.self)
        #expect(create([1], 1) == nil)
        #expect(cann.double.violations().map { $0.prefix(3) } == ["R01"])
        #expect(initialize(nil) == 0 && create([1], 1) != nil)
        #expect(cann.double.live(.intArrays) == 1 && other.double.live(.intArrays) == 0)
        #expect(other.double.violations() == [])
    }
}
