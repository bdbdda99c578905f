import MoEAscend
import Testing

@Suite("Settings in words")
struct OptionsTests {
    @Test("set what they name and leave the rest")
    func settings() throws {
        let options = try AscendOptions(
            text: "device=3,weights=nz,output=f16,quantize=device,select=device,memory=64,"
                + "custom=yes,without=aclInit+aclnnX,path=/a:/b")
        #expect(options.device == 3)
        #expect(options.weightFormat == .nz)
        #expect(options.output == .f16)
        #expect(options.quantization == .device)
        #expect(options.selection == .device)
        #expect(options.activationMemory == 64 << 20)
        #expect(options.usesCustomOperators)
        #expect(options.without == ["aclInit", "aclnnX"])
        #expect(options.libraryPaths == ["/a", "/b"])
        #expect(try AscendOptions(text: "") == AscendOptions())
        #expect(try AscendOptions(text: "weights=nd") == AscendOptions())
    }

    @Test(
        "that there are not, or have another value, are named",
        arguments: [
            "speed=high", "device=-1", "device=x", "weights=", "weights", "output=f32", "memory=0",
            "custom=1", "=",
        ])
    func unknown(setting: String) {
        let error = #expect(throws: AscendError.self) {
            try AscendOptions(text: "device=0,\(setting)")
        }
        #expect(error?.message.hasPrefix("\(setting): ") == true)
        #expect(error?.message.contains("weights=nd|nz") == true)
    }
}
