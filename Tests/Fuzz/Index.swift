import Foundation
import MoECheckpoint

/// The index of a sharded model, whose text is the input.
///
/// Beside it lie two shards, around it files that it must not reach. The process's own `open`
/// watches: nothing is opened that is not beside the index.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    _ = surroundings
    index.fill(with: input(start, count))
    watch(folder)
    defer { watch(nil) }
    guard let directory = try? SafetensorsDirectory(opening: folder) else { return 0 }
    for name in directory.names.prefix(64) {
        guard let entry = directory.entry(name) else { continue }
        precondition((try? directory.tensor(name)) != nil, "\(name): cannot be read")
        precondition(entry.file.hasPrefix(folder + "/"), entry.file)
    }
    return 0
}

private let folder = ScratchFile("model").path
private let index = ScratchFile("model/model.safetensors.index.json")

/// The files of the folder and around it, each with the one tensor `a`.
private let surroundings: Void = {
    mkdir(folder, 0o700)
    mkdir(folder + "/sub", 0o700)
    let header = Array(#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#.utf8)
    let bytes = [UInt8(header.count)] + [UInt8](repeating: 0, count: 7) + header + [1, 2]
    for name in ["model/x.safetensors", "model/y.safetensors", "model/sub/x.safetensors"]
        + ["x.safetensors", "model/~x.safetensors", "model/c:x.safetensors", "model/x.bin"]
    {
        ScratchFile(name).fill(with: bytes)
    }
}()

/// Lets only files directly in a folder be opened from now on, or any again; in watched_open.c.
@_silgen_name("fuzz_watch")
private func watch(_ folder: UnsafePointer<CChar>?)
