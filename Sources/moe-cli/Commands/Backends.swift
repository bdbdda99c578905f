import ArgumentParser
import MoE
import MoECheckpoint

/// `moe-cli backends`: what this machine offers, and why something is missing.
struct Backends: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lists backends and instruction sets: what is used, and why others are not.")

    @OptionGroup var device: DeviceOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let offers = device.offers
        let statuses = BackendCatalog.all(with: offers)
        let chosen = try BackendCatalog.backend(.auto, offers: offers)
        guard json else {
            for status in statuses {
                let mark = status.available ? "yes" : "no "
                print("\(mark)  \(status.name.rawValue.padded(to: 10))  \(status.reason)")
            }
            print("auto takes \(chosen.backend.name): \(chosen.reason)\n\ninstruction sets")
            for status in BackendCatalog.instructionSets {
                let mark = status.chosen ? "use" : status.available ? "yes" : "no "
                print("\(mark)  \(status.name.padded(to: 10))  \(status.reason)")
            }
            return
        }
        let backends = statuses.map { status in
            JSONValue.object([
                "name": .string(status.name.rawValue), "available": .bool(status.available),
                "reason": .string(status.reason),
            ])
        }
        let auto: JSONValue = .object([
            "name": .string(chosen.backend.name), "reason": .string(chosen.reason),
        ])
        let instructionSets = BackendCatalog.instructionSets.map { status in
            JSONValue.object([
                "name": .string(status.name), "available": .bool(status.available),
                "chosen": .bool(status.chosen), "reason": .string(status.reason),
            ])
        }
        print(
            try JSONValue.object([
                "backends": .array(backends), "auto": auto, "isas": .array(instructionSets),
            ]).text())
    }
}

extension String {
    /// The string with spaces up to a width.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
