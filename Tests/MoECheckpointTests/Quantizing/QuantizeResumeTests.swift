import Foundation
import MoE
import MoECheckpoint
import MoETestSupport
import Synchronization
import Testing

@Suite("An interrupted quantisation")
struct QuantizeResumeTests {
    /// What a run told its observer, and where it was stopped.
    final class Events: Sendable {
        private let events = Mutex<[QuantizationEvent]>([])
        /// After how many events of progress the run is stopped.
        let limit: Int

        init(stopAfter limit: Int = .max) {
            self.limit = limit
        }

        var all: [QuantizationEvent] { events.withLock { $0 } }

        /// Those but for progress.
        var others: [QuantizationEvent] {
            all.filter { if case .progress = $0 { false } else { true } }
        }

        func take(_ event: QuantizationEvent) throws(CheckpointError) {
            let count = events.withLock { events in
                events.append(event)
                return events.count
            }
            if count > limit { throw CheckpointError(.file, "stopped") }
        }
    }

    /// A folder in which a run was stopped that had finished some files, one a tensor; and the
    /// files of a whole run.
    func stopped(
        after count: Int = 20
    ) throws -> (folder: QuantizedFolder, whole: [String: Data], finished: [String]) {
        let folder = try QuantizedFolder(copying: "qwen3_moe")
        try folder.quantize(shardSize: 1)
        let whole = try folder.files()
        try FileManager.default.removeItem(atPath: folder.destination)
        var quantizer = try folder.quantizer(shardSize: 1)
        quantizer.reportInterval = .zero
        let events = Events(stopAfter: count)
        let text = message {
            try quantizer.write(to: folder.destination, threads: 1, observer: events.take)
        }
        #expect(
            text == (count == 0 ? "stopped" : "stopped; what is done is kept in \(folder.partial)"))
        let finished = (folder.contents(of: folder.partial) ?? []).filter {
            $0.hasSuffix(".safetensors")
        }
        return (folder, whole, finished)
    }

    @Test(
        "leaves nothing of the destination's name, and is continued to the same files",
        arguments: [1, 20, 49])
    func resumes(count: Int) throws {
        let (folder, whole, finished) = try stopped(after: count)
        #expect(folder.contents(of: folder.destination) == nil)
        #expect(finished.count == count && whole.count == 52)
        let left = finished + [".quantization.json"]
        #expect(folder.contents(of: folder.partial) == left.sorted())

        let before = try stamps(finished, in: folder.partial)
        let events = Events()
        try folder.quantize(shardSize: 1, observer: events.take)
        #expect(events.others == [.resumes(files: finished.count)])
        #expect(try folder.files() == whole)
        #expect(folder.contents(of: folder.partial) == nil)
        // Kept, and not written again.
        #expect(try stamps(finished, in: folder.destination) == before)
    }

    @Test("that has finished nothing leaves nothing")
    func nothing() throws {
        let (folder, _, _) = try stopped(after: 0)
        #expect(folder.contents(of: folder.partial) == nil)
        #expect(folder.contents(of: folder.destination) == nil)
    }

    @Test("that a kill left half a file of is continued, whatever that file holds")
    func leftovers() throws {
        let (folder, whole, finished) = try stopped()
        let next = try #require(
            whole.keys.filter { $0.hasSuffix(".safetensors") && !finished.contains($0) }.min())
        try Data("half".utf8).write(to: URL(fileURLWithPath: "\(folder.partial)/\(next).tmp"))
        // A file of the right name that is not whole cannot come from a run, and is not taken.
        let broken = try #require(finished.last)
        let half = try #require(whole[broken]).dropLast(1)
        try half.write(to: URL(fileURLWithPath: "\(folder.partial)/\(broken)"))
        try folder.quantize(shardSize: 1)
        #expect(try folder.files() == whole)
    }

    @Test(
        "is begun anew for a source that has changed, and for other options",
        arguments: ["source", "format", "size", "record"])
    func restarts(change: String) throws {
        let (folder, whole, _) = try stopped()
        var (format, size) = (QuantizedFormat.compressedTensors, 1)
        let reason: String
        switch change {
        case "source":
            let past = [FileAttributeKey.modificationDate: Date(timeIntervalSince1970: 1e9)]
            try FileManager.default.setAttributes(
                past, ofItemAtPath: folder.source + "/config.json")
            reason = "config.json has changed since it was begun"
        case "format":
            format = .modelSlim
            reason = "it was begun with another format"
        case "size":
            size = 2
            reason = "it was begun with another shard size"
        default:
            let record = URL(fileURLWithPath: folder.partial + "/.quantization.json")
            try Data("{".utf8).write(to: record)
            reason = "its record cannot be read"
        }
        let events = Events()
        try folder.quantize(format, shardSize: size, observer: events.take)
        #expect(events.others == [.restarts(reason: reason)])
        if format == .compressedTensors { #expect(try folder.files() == whole) }
    }

    @Test("does not share its folder with another run, and takes none that is not its own")
    func ownership() throws {
        let (folder, whole, _) = try stopped()
        let descriptor = open(folder.partial, O_RDONLY | O_DIRECTORY)
        #expect(flock(descriptor, LOCK_EX) == 0)
        #expect(
            message { try folder.quantize(shardSize: 1) }
                == "\(folder.partial): another run is writing to it, wanted one at a time")
        close(descriptor)
        try FileManager.default.removeItem(atPath: folder.partial + "/.quantization.json")
        #expect(
            message { try folder.quantize(shardSize: 1) }
                .hasPrefix("\(folder.partial): is there and holds model-"))
        try FileManager.default.removeItem(atPath: folder.partial)
        try folder.quantize(shardSize: 1)
        #expect(try folder.files() == whole)
    }

    @Test("counts every byte of the source once")
    func progress() throws {
        let folder = try QuantizedFolder(copying: "gpt_oss")
        let events = Events()
        let quantizer = try folder.quantizer()
        try quantizer.write(to: folder.destination, threads: 1, observer: events.take)
        let last = QuantizationProgress(
            completed: quantizer.sourceByteCount, total: quantizer.sourceByteCount)
        #expect(events.all.last == .progress(last))
        let source = try QuantizedFolder.tensors(in: folder.source)
        #expect(source.values.reduce(0) { $0 + $1.bytes.count } == last.total)
    }

    /// The times at which files were last changed.
    private func stamps(_ names: [String], in folder: String) throws -> [Date?] {
        try names.map {
            try FileManager.default.attributesOfItem(atPath: "\(folder)/\($0)")[.modificationDate]
                as? Date
        }
    }
}
