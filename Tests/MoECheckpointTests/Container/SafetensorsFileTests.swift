import Foundation
import MoE
import MoECheckpoint
import Testing

@Suite("A valid safetensors file is read")
struct SafetensorsFileTests {
    private func open(_ bytes: [UInt8]) throws -> (SafetensorsFile, TemporaryFolder) {
        let folder = try TemporaryFolder()
        return (try SafetensorsFile(opening: folder.write(bytes, to: "x.safetensors")), folder)
    }

    @Test(
        "9, 10: white space around the header, and no tensor at all, are allowed",
        arguments: ["{}", "{} ", " {}", "\t\r\n{} \t\r\n", "{\n}"])
    func emptyFile(header: String) throws {
        let (file, _) = try open(safetensors(header))
        #expect(file.names.isEmpty)
        #expect(file.metadata.isEmpty)
        #expect(file.entry("a") == nil)
    }

    @Test(
        "a header padded on either side gives its tensor", arguments: [("    ", ""), ("", "    ")])
    func padded(before: String, after: String) throws {
        let header = before + "{\(entry("a", "I8", "[4]", 0, 4))}" + after
        let (file, _) = try open(safetensors(header, data: [1, 2, 3, 4]))
        #expect(try file.tensor("a").bytes == [1, 2, 3, 4])
    }

    @Test("metadata is given, and null counts as none")
    func metadata() throws {
        let (some, _) = try open(safetensors(#"{"__metadata__":{"format":"pt","":"\u0000é"}}"#))
        #expect(some.metadata == ["format": "pt", "": "\0é"])
        let (none, _) = try open(safetensors(#"{"__metadata__":null}"#))
        #expect(none.metadata.isEmpty)
    }

    @Test("18: unknown fields of an entry are passed over")
    func unknownFields() throws {
        let header =
            #"{"a":{"x":[{"y":null}],"dtype":"I8","shape":[1],"z":-1.5e3,"data_offsets":[0,1]}}"#
        let (file, _) = try open(safetensors(header, data: [5]))
        #expect(try file.tensor("a").bytes == [5])
    }

    @Test("23: entries may stand in any order")
    func anyOrder() throws {
        let header =
            "{\(entry("b", "I8", "[2]", 2, 4)),\(entry("z", "F32", "[0]", 2, 2)),\(entry("a", "I8", "[2]", 0, 2))}"
        let (file, _) = try open(safetensors(header, data: [1, 2, 3, 4]))
        #expect(file.names == ["b", "z", "a"])
        #expect(try file.tensor("a").bytes == [1, 2])
        #expect(try file.tensor("b").bytes == [3, 4])
        #expect(try file.tensor("z").bytes == [])
    }

    @Test("30: a scalar, and empty tensors at every boundary")
    func emptyTensors() throws {
        let header =
            "{\(entry("s", "I8", "[]", 0, 1)),\(entry("t", "I8", "[1,1]", 1, 2)),"
            + [0, 1, 2].map { entry("z\($0)", "F64", "[2,0]", $0, $0) }.joined(separator: ",") + ","
            + [0, 1, 2].map { entry("y\($0)", "F4", "[0]", $0, $0) }.joined(separator: ",") + "}"
        let (file, _) = try open(safetensors(header, data: [8, 9]))
        #expect(try file.tensor("s") == Tensor(type: .i8, shape: [], bytes: [8]))
        #expect(try file.tensor("z1") == Tensor(type: .f64, shape: [2, 0], bytes: []))
    }

    @Test("33: an F32 tensor that is not aligned")
    func unaligned() throws {
        let header = "{\(entry("a", "I8", "[1]", 0, 1)),\(entry("f", "F32", "[1]", 1, 5))}"
        let (file, _) = try open(safetensors(header, data: [7, 0, 0, 0x80, 0x3F]))
        #expect(try file.tensor("f").floats() == [1])
    }

    @Test("every dtype is known with its width", arguments: ElementType.allCases)
    func types(type: ElementType) throws {
        let size = type.bitWidth * 8 / 8
        let header = "{\(entry("a", type.rawValue, "[8]", 0, size))}"
        let (file, _) = try open(safetensors(header, data: Array(repeating: 1, count: size)))
        #expect(file.entry("a")?.type == type)
        #expect(file.entry("a")?.byteCount == size)
    }

    @Test("39: data are not looked at")
    func notANumber() throws {
        let (file, _) = try open(
            safetensors("{\(entry("a", "F32", "[1]", 0, 4))}", data: [0, 0, 0xC0, 0x7F]))
        #expect(try file.tensor("a").floats()?[0].isNaN == true)
    }

    @Test("parts of a tensor are read; what it does not have is refused")
    func parts() throws {
        let (file, _) = try open(
            safetensors(
                "{\(entry("a", "I8", "[2]", 0, 2)),\(entry("b", "I8", "[3]", 2, 5))}",
                data: [1, 2, 3, 4, 5]))
        func read(_ range: Range<Int>, count: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0xEE, count: count)
            try bytes.withUnsafeMutableBytes { try file.read("b", bytes: range, into: $0) }
            return bytes
        }
        #expect(try read(1..<3, count: 2) == [4, 5])
        #expect(try read(3..<3, count: 0) == [])
        for (range, count) in [(0..<4, 4), (-1..<1, 2), (0..<2, 3), (4..<4, 0), (0..<Int.max, 1)] {
            #expect(throws: CheckpointError.self) { try read(range, count: count) }
        }
        let error = #expect(throws: CheckpointError.self) { try file.tensor("c") }
        #expect(error?.code == .tensor)
    }

    @Test("a file of the reference implementation is read")
    func reference() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let file = try SafetensorsFile(
            opening: tests.appendingPathComponent("Vectors/safetensors/reference.safetensors").path)
        #expect(file.metadata == ["format": "np"])
        #expect(file.names.count == 7)
        #expect(try file.tensor("bytes").elements(as: Int8.self) == [-128, 0, 127])
        #expect(try file.tensor("floats").shape == [2, 3])
        #expect(try file.tensor("floats").floats() == [1, -2.5, 3.25, 0, 1e-38, -1e38])
        #expect(try file.tensor("halves").floats() == [1.5, -0.0])
        #expect(try file.tensor("indices").elements(as: Int64.self) == [1 << 62, -1])
        #expect(try file.tensor("scalar") == Tensor([7] as [Int32], shape: []))
        #expect(try file.tensor("nothing") == Tensor([] as [Float], shape: [0, 4]))
        #expect(
            try file.tensor(#"naïve "name"/\"#) == Tensor(type: .bool, shape: [2], bytes: [1, 0]))
    }
}
