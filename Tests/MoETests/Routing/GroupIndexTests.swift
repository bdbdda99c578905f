import MoE
import Testing

@Suite("A group index")
struct GroupIndexTests {
    @Test("converts between counts, prefix sums and pairs")
    func conversions() throws {
        let groups = try GroupIndex(counts: [2, 0, 3])

        #expect(groups.rowCount == 5)
        #expect(groups.cumulative == [2, 2, 5])
        #expect(groups.pairs.map(\.group) == [0, 2] && groups.pairs.map(\.count) == [2, 3])
        #expect(try GroupIndex(cumulative: groups.cumulative) == groups)
        let back = try GroupIndex(pairs: groups.pairs)
        #expect(back.pairs.map(\.group) == [0, 2] && back.rowCount == 5)
    }

    @Test("keeps the order of pairs, and repeated groups")
    func pairs() throws {
        let groups = try GroupIndex(pairs: [(4, 2), (-7, 0), (1, 3), (4, 1)])

        #expect(groups.form == .pairs)
        #expect(groups.pairs.map(\.group) == [4, 1, 4])
        #expect(groups.counts == [2, 0, 3, 1])
    }

    @Test("cannot hold a negative count, no group, or a sum that overflows")
    func refusals() {
        #expect(code { try GroupIndex(counts: [1, -1]) } == "E10")
        #expect(code { try GroupIndex(counts: []) } == "E09")
        #expect(code { try GroupIndex(counts: [.max, .max]) } == "group-index")
        #expect(code { try GroupIndex(pairs: [(-1, 1)]) } == "E17")
    }

    @Test("is not made of prefix sums that descend or start below zero")
    func cumulative() {
        #expect(code { try GroupIndex(cumulative: [3, 2]) } == "group-index")
        #expect(code { try GroupIndex(cumulative: [-1, 2]) } == "group-index")
    }

    private func code(_ make: () throws -> GroupIndex) -> String? {
        do {
            _ = try make()
            return nil
        } catch {
            return (error as? MoEError)?.code.rawValue
        }
    }
}
