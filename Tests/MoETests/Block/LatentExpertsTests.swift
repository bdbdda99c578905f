import MoE
import MoETestSupport
import Testing

/// A random layer whose experts work in a width of 20 of their own.
struct LatentLayer {
    private let tokens: RandomLayer
    private let experts: RandomLayer

    init(tokens: Int) {
        self.tokens = RandomLayer(tokens: tokens, sharedWidth: 24)
        experts = RandomLayer(hidden: 20, seed: 2)
    }

    func layer() throws -> MoELayer {
        var layer = try tokens.layer(), random = SeededRandom(3)
        layer.experts = try experts.layer().experts
        layer.latent = LatentProjections(
            compression: try Matrix(
                rows: 20, columns: 48, elements: random.normals(20 * 48, scale: 0.1)),
            expansion: try Matrix(
                rows: 48, columns: 20, elements: random.normals(48 * 20, scale: 0.2)))
        return layer
    }

    func input(tokens count: Int? = nil) throws -> Matrix<Float> {
        try tokens.input(tokens: count)
    }
}

@Suite("Experts of a latent width")
struct LatentExpertsTests {
    static let backends = BackendCatalog.all.filter(\.available).map(\.name)
    private let random = LatentLayer(tokens: 61)

    private func block(_ backend: BackendName, threads: Int = 2) throws -> MoEBlock {
        try MoEBlock(
            random.layer(), backend: BackendCatalog.backend(backend).backend, threads: threads)
    }

    @Test("are to the block what experts of the tokens' width are")
    func shape() throws {
        let block = try block(.auto)
        #expect(block.shape == ExpertShape(expertCount: 8, hiddenSize: 48, expertWidth: 40))
        let results = try block.forward(random.input())
        #expect(results.output.columns == 48 && results.routedOutput.columns == 48)
        #expect(results.groupIndex.rowCount == 122)
    }

    @Test("compute what the projections and a block of their width compute")
    func parts() throws {
        let input = try random.input(), ids = (0..<61).map { Int32($0) }
        let chosen = try block(.auto).forward(input).experts
        // Experts by a table and weights all alike: routers of either width do the same.
        func router(width: Int) -> Router {
            Router(
                configuration: RouterConfiguration(topK: 2, score: .softmax),
                weight: Matrix(rows: 8, columns: width, repeating: 0), expertsOfToken: chosen)
        }
        var outer = try random.layer()
        outer.experts = try outer.experts.floats
        (outer.shared, outer.router) = (nil, router(width: 48))
        var inner = outer
        (inner.latent, inner.router) = (nil, router(width: 20))
        let latent = try #require(outer.latent)

        let found = try MoEBlock(outer).forward(input, tokenIDs: ids).routedOutput
        let sums = try MoEBlock(inner).forward(
            product(input, latent.compression), tokenIDs: ids
        ).output

        #expect(try distance(found, product(sums, latent.expansion)) < 1e-6)
    }

    @Test("have the same bits for every number of threads", arguments: backends, [2, 3, 300])
    func threads(_ backend: BackendName, threads: Int) throws {
        let input = try random.input()
        let one = try block(backend, threads: 1).forward(input)
        let many = try block(backend, threads: threads).forward(input)
        #expect(many.output == one.output)
    }

    @Test("have the same bits on every backend, alone and in a batch", arguments: backends)
    func bits(_ backend: BackendName) throws {
        let input = try random.input(), block = try block(backend)
        let together = try block.forward(input)
        let reference = try self.block(.reference).forward(input)
        #expect(together.output == reference.output)
        for token in 0..<input.rows {
            let alone = try block.forward(
                Matrix(rows: 1, columns: 48, elements: Array(input.row(token))))
            #expect(Array(together.output.row(token)) == alone.output.elements)
        }
    }

    @Test("keep a NaN to its token, and take no tokens at all", arguments: backends)
    func edges(_ backend: BackendName) throws {
        let block = try block(backend), clean = try random.input()
        var spoilt = clean
        spoilt[4, 3] = .nan
        let (before, after) = (try block.forward(clean), try block.forward(spoilt))
        for token in 0..<clean.rows where token != 4 {
            #expect(Array(after.output.row(token)) == Array(before.output.row(token)))
        }
        #expect(after.output.row(4).allSatisfy { $0.isNaN })
        let none = try block.forward(random.input(tokens: 0))
        #expect(none.output.rows == 0)
    }

    @Test("show the stages of their own width", arguments: backends)
    func trace(_ backend: BackendName) throws {
        let trace = try block(backend).trace(random.input())
        #expect(trace.routed.rows.values.columns == 20 && trace.routed.output.columns == 20)
        #expect(trace.shared?.rows.values.columns == 48)
    }

    @Test("are refused between projections that do not fit, and the message says which")
    func refused() throws {
        expect("latent projections: [19, 48] and [48, 20], wanted [20, D] and [D, 20]") {
            $0.latent?.compression = Matrix(rows: 19, columns: 48, repeating: 0)
        }
        expect("latent projections: [20, 48] and [47, 20], wanted [20, D] and [D, 20]") {
            $0.latent?.expansion = Matrix(rows: 47, columns: 20, repeating: 0)
        }
        expect("router: weight [8, 20], wanted [E, 48]") {
            $0.router.weight = Matrix(rows: 8, columns: 20, repeating: 0)
        }
        expect("experts without weights beside those of a latent width") {
            $0.router.weight = Matrix(rows: 9, columns: 48, repeating: 0)
        }
    }

    private func expect(_ message: String, _ change: (inout MoELayer) -> Void) {
        let error = #expect(throws: MoEError.self) {
            var layer = try random.layer()
            change(&layer)
            _ = try MoEBlock(layer)
        }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "no error")")
    }

    private func product(_ x: Matrix<Float>, _ weight: Matrix<Float>) throws -> Matrix<Float> {
        func sum(_ row: Int, _ column: Int) -> Float {
            Float(
                zip(x.row(row), weight.row(column)).reduce(0.0) {
                    $0 + Double($1.0) * Double($1.1)
                })
        }
        return try Matrix(
            rows: x.rows, columns: weight.rows,
            elements: (0..<x.rows).flatMap { row in
                (0..<weight.rows).map { sum(row, $0) }
            })
    }

    private func distance(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Double {
        var difference = 0.0, norm = 0.0
        for (a, b) in zip(a.elements, b.elements) {
            difference += (Double(a) - Double(b)) * (Double(a) - Double(b))
            norm += Double(b) * Double(b)
        }
        return (difference / norm).squareRoot()
    }
}

extension ExpertWeights {
    /// The same weights as float experts.
    fileprivate var floats: ExpertWeights {
        get throws {
            guard case .int8(let experts) = self else { return self }
            func floats(_ matrix: QuantizedMatrix) throws -> Matrix<Float> {
                try Matrix(
                    rows: matrix.values.rows, columns: matrix.values.columns,
                    elements: (0..<matrix.values.rows).flatMap { row in
                        matrix.values.row(row).map { Float($0) * matrix.scale[row] }
                    })
            }
            return .float(
                try experts.map {
                    Expert(gateUp: try floats($0.gateUp), down: try floats($0.down))
                })
        }
    }
}
