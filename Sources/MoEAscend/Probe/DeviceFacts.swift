extension AscendBackend {
    /// What there is: libraries, functions, device, memory.
    ///
    /// - Returns: a line for each.
    package func facts() -> [ProbeLine] {
        let library = device.library
        var lines = [ProbeLine("libraries", .ok, library.location)]
        lines += library.notes.map { ProbeLine("environment", .note, $0) }
        lines.append(ProbeLine("version", .note, library.versionText))
        lines += library.operators.states.map { name, isPresent in
            ProbeLine(name, isPresent ? .ok : .missing, isPresent ? "both phases" : "not there")
        }
        lines.append(
            ProbeLine(
                "device", .ok,
                "\(device.socName), number \(device.options.device) of \(device.deviceCount)"))
        lines.append(
            line("memory") { session throws(AscendError) in
                try session.library.memoryInfo().text
            })
        lines.append(
            line("copy") { session throws(AscendError) in
                let count = 1 << 20
                let pattern = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
                let buffer = try DeviceBuffer(byteCount: count, for: "a probe", session.library)
                try session.write(pattern, to: buffer.address)
                let back: [UInt8] = try session.read(count, from: buffer.address)
                guard back == pattern else {
                    throw AscendError(.call, "what came back is not what was sent")
                }
                return "1 MiB there and back"
            })
        return lines
    }

    /// A line of what `body` sees on the device, or of what it throws.
    func line(
        _ name: String, _ body: (DeviceSession) throws(AscendError) -> String
    ) -> ProbeLine {
        do throws(AscendError) {
            return ProbeLine(name, .ok, try device.perform(body))
        } catch {
            return ProbeLine(name, .failed, error.message)
        }
    }
}
