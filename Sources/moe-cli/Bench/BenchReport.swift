import Foundation
import MoE
import MoECheckpoint

/// All results of a run, and the machine they belong to.
struct BenchReport {
    let results: [BenchResult]

    private var threads: Int { results.first?.threads ?? 0 }
    private var bandwidth: Double { results.map(\.bandwidth).median / 1e9 }
    private var multiplierPeak: Double { results.map(\.multiplierPeak).median / 1e9 }
    private var sgemmPeak: Double { results.map(\.sgemmPeak).median / 1e9 }

    private var machine: String {
        "\(Machine.processor), \(MachineLimits.instructionSet), \(threads) threads"
    }

    /// The limits, a line each.
    var text: String {
        """
        \(machine)
        reads weights \(decimals(bandwidth, 1)) GB/s, multiplies \(decimals(multiplierPeak, 0)) \
        GMAC/s in int8, sgemm \(decimals(sgemmPeak, 0)) GMAC/s

        """
    }

    var json: JSONValue {
        .object([
            "machine": .object([
                "cpu": .string(Machine.processor), "isa": .string(MachineLimits.instructionSet),
                "threads": .integer(threads), "stream_read_GBps": .number(bandwidth),
                "multiplier_peak_GMACs": .number(multiplierPeak),
                "sgemm_peak_GMACs": .number(sgemmPeak),
            ]),
            "results": .array(results.map(\.json)),
        ])
    }

    /// Writes the roofline.
    func plot(to path: String) throws {
        do {
            try Roofline(results: results, title: machine).svg
                .write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw CheckpointError(.file, "\(path): the picture cannot be written there")
        }
    }
}
