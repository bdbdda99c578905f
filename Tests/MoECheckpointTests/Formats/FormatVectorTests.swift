import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Testing

/// Dequantised weights against those that the formats' own libraries make of the same bytes.
@Suite("Formats against their libraries")
struct FormatVectorTests {
    static let cases: [VectorFile.Case] = {
        let names = [
            "fp8", "compressed_tensors_int8", "compressed_tensors_fp8", "mxfp4", "q8_0",
            "gguf_mxfp4",
        ]
        return names.flatMap { (try? VectorFile("Formats/\($0)").cases) ?? [] }
    }()
    /// Rows and columns of every matrix; of its rows, each eighth is in the file.
    static let size = 64

    @Test("there are cases of every file")
    func present() {
        #expect(Self.cases.count == 14)
    }

    @Test("every weight is what the library says, to the last bit", arguments: cases)
    func dequantized(_ vector: VectorFile.Case) throws {
        let options = try JSONValue(parsing: String(decoding: vector.options, as: UTF8.self))
        let expert = OneExpert(
            hidden: Self.size, width: Self.size,
            quantization: try (options["quantization_config"] ?? .null).text())
        let tensors = try expert.tensors { module, _, _ in
            vector.tensors.filter { $0.key != "dequantized" }
                .reduce(into: [:]) { $0["\(module).\($1.key)"] = $1.value }
        }
        let wanted = try #require(vector.tensors["dequantized"]?.floats())
        let floats = try expert.floats(tensors)
        for matrix in [floats.down, floats.gateUp] {
            let rows = stride(from: 0, to: Self.size, by: 8).flatMap { matrix.row($0) }
            // Whether -0 keeps its sign is no matter to any product.
            #expect(rows == wanted, "\(vector)")
        }
        let (int8, report) = try expert.int8(tensors)
        if let stored = vector.tensors["weight"]?.elements(as: Int8.self), report.losses.isEmpty,
            stored.count == Self.size * Self.size
        {
            #expect(int8.down.values.elements == stored)
        } else {
            let wanted = requantized(floats.down)
            for row in 0..<Self.size {
                let places = row * Self.size..<(row + 1) * Self.size
                let (integers, scale) = (int8.down.values.row(row), int8.down.scale[row])
                let isExact = floats.down.row(row).elementsEqual(
                    integers.lazy.map { Float($0) * scale })
                let isRequantized =
                    scale == wanted.scale[row] && integers.elementsEqual(wanted.values[places])
                #expect(isExact || isRequantized, "row \(row)")
            }
            for loss in report.losses {
                #expect(loss.relativeError > 1e-4 && loss.relativeError < 0.02, "\(loss)")
            }
        }
    }
}
