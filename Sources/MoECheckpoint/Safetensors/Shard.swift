import Synchronization

/// One file of a sharded model, opened when it is first asked for.
///
/// A model can so be read in part while some of its shards are not there, and a shard that cannot
/// be opened is tried once.
final class Shard: Sendable {
    private let path: String
    private let opened: Mutex<Result<SafetensorsFile, CheckpointError>?>

    init(path: String) {
        self.path = path
        opened = Mutex(nil)
    }

    init(_ file: SafetensorsFile) {
        path = file.path
        opened = Mutex(.success(file))
    }

    /// The file, opened if it is not yet.
    func file() throws(CheckpointError) -> SafetensorsFile {
        let result = opened.withLock { opened in
            if let opened { return opened }
            let result = Result { () throws(CheckpointError) in
                try SafetensorsFile(opening: path)
            }
            opened = result
            return result
        }
        return try result.get()
    }
}
