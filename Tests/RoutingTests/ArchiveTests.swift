import Routing
import Statistics
import TestSupport
import Testing

@Suite("Archive")
struct ArchiveTests {
  private static func read(_ bytes: [UInt8], like snapshot: Snapshot) -> Snapshot? {
    Snapshot(
      learned: bytes, history: snapshot.history, opened: snapshot.opened, catalogue: snapshot.catalogue,
      governance: snapshot.governance, roll: snapshot.roll, map: snapshot.map)
  }

  /// Two candidates, one of them gone, in two regions.
  private static func sample() -> Snapshot {
    var log = RandomLog(seed: 3, .init(epochs: 4, changesTerms: false, isLate: false))
    log.terms[4].catalogue = RoutingSamples.catalogue(
      Array(log.terms[0].catalogue.value.candidates.dropLast()), version: 2)
    return log.foldEach()
  }

  @Test("a state is read back as it was", arguments: 61...66)
  func roundTrip(seed: Int) throws {
    let snapshot = RandomLog(seed: UInt64(seed)).foldEach()
    let read = try #require(Self.read(snapshot.learnedBytes, like: snapshot))
    #expect(read.learnedBytes == snapshot.learnedBytes)
    #expect(read.epoch == snapshot.epoch)
    #expect(read.history == snapshot.history)
    #expect(read.roll == snapshot.roll)
    #expect(read.check() == [])
    for capability in Capability.allCases {
      #expect(read[capability].cells == snapshot[capability].cells)
      #expect(read[capability].checkpoints == snapshot[capability].checkpoints)
      #expect(read[capability].detectors == snapshot[capability].detectors)
      #expect(read[capability].detectorCheckpoints == snapshot[capability].detectorCheckpoints)
      #expect(read[capability].arrivals == snapshot[capability].arrivals)
      #expect(read[capability].account == snapshot[capability].account)
      #expect(read[capability].posteriors == snapshot[capability].posteriors)
      #expect(read[capability].quality == snapshot[capability].quality)
      #expect(read[capability].affordable == snapshot[capability].affordable)
      #expect(
        read[capability].roster.candidates.map(\.id) == snapshot[capability].roster.candidates.map(\.id))
      #expect(read[capability].roster.open == snapshot[capability].roster.open)
    }
  }

  @Test("change detectors are read back as they were, those of the checkpoint too", arguments: [68, 70])
  func detectors(seed: Int) throws {
    let snapshot = RandomLog(
      seed: UInt64(seed), .init(epochs: 30, changesTerms: false, isBusy: true, worsens: true)
    ).foldEach()
    let knowledge = snapshot[.textToVideo]
    #expect(knowledge.detectors.contains { $0 != ChangeDetector() })
    #expect(knowledge.detectorCheckpoints.contains { $0 != ChangeDetector() })
    let read = try #require(Self.read(snapshot.learnedBytes, like: snapshot))
    #expect(read[.textToVideo].detectors == knowledge.detectors)
    #expect(read[.textToVideo].detectorCheckpoints == knowledge.detectorCheckpoints)
  }

  @Test("a state of an earlier format, which had no detectors, is none")
  func formatOne() {
    let snapshot = Self.sample()
    var bytes = snapshot.learnedBytes
    #expect(bytes[..<4] == [4, 0, 0, 0])
    bytes[0] = 1
    // With the checksum that belongs to it: FNV-1a of all but the last eight bytes.
    let sum = bytes.dropLast(8).reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    bytes.replaceSubrange(
      (bytes.count - 8)..., with: (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) })
    #expect(Self.read(bytes, like: snapshot) == nil)
  }

  @Test(
    "a state of the format before this one is read, but for when candidates changed, and written again as it was"
  )
  func formatThree() throws {
    let snapshot = RandomLog(
      seed: 2, .init(epochs: 30, changesTerms: false, isBusy: true, worsens: true)
    ).foldEach()
    #expect(snapshot[.textToVideo].detectors.contains { $0.changed > 0 })
    let bytes = snapshot.learnedBytes(.withoutChanges)
    #expect(bytes[..<4] == [3, 0, 0, 0] && LearnedFormat(bytes) == .withoutChanges)
    let read = try #require(Self.read(bytes, like: snapshot))
    #expect(read[.textToVideo].detectors.allSatisfy { $0.changed == 0 })
    #expect(read[.textToVideo].detectors.map(\.rise) == snapshot[.textToVideo].detectors.map(\.rise))
    #expect(read[.textToVideo].posteriors == snapshot[.textToVideo].posteriors)
    #expect(read.learnedBytes(.withoutChanges) == bytes)
    #expect(LearnedFormat([9, 0, 0, 0]) == nil && LearnedFormat([]) == nil)
  }

  @Test("a candidate that left is read back as one that left")
  func departed() throws {
    let snapshot = Self.sample()
    let read = try #require(Self.read(snapshot.learnedBytes, like: snapshot))
    #expect(read[.textToVideo].roster.closed.filter { $0 == .removed }.count == 1)
    #expect(read[.textToVideo].roster.closed == snapshot[.textToVideo].roster.closed)
  }

  @Test("a truncated state is none, nor is one with something behind it")
  func truncated() {
    let snapshot = Self.sample()
    let bytes = snapshot.learnedBytes
    for count in 0..<bytes.count where Self.read(Array(bytes[..<count]), like: snapshot) != nil {
      Issue.record("\(count) of \(bytes.count) bytes were taken for a state")
    }
    #expect(Self.read(bytes + [0], like: snapshot) == nil)
    #expect(Self.read(bytes, like: snapshot) != nil)
  }

  @Test("a state in which a byte was altered is none, and nothing crashes on it")
  func altered() async {
    await #expect(processExitsWith: .success) {
      let snapshot = ArchiveTests.sample()
      let bytes = snapshot.learnedBytes
      var generator = Xoshiro256(seed: 11)
      var taken: [Int] = []
      for position in bytes.indices {
        for mask in [UInt8(0xFF), 0x80, 1 << UInt8(generator.next() % 8)] {
          var altered = bytes
          altered[position] ^= mask
          if ArchiveTests.read(altered, like: snapshot) != nil { taken.append(position) }
        }
      }
      #expect(
        taken.isEmpty, "altered bytes were taken for a state, first at \(taken.first ?? 0) of \(bytes.count)")
    }
  }

  @Test("random bytes are no state")
  func noise() async {
    await #expect(processExitsWith: .success) {
      let snapshot = ArchiveTests.sample()
      var generator = Xoshiro256(seed: 12)
      for _ in 0..<2_000 {
        var bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
          UInt8.random(in: 0...255, using: &generator)
        }
        // Half of them begin as a state does.
        if generator.chance(0.5) { bytes = [3, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0] + bytes }
        #expect(ArchiveTests.read(bytes, like: snapshot) == nil)
      }
    }
  }

  @Test("a state does not fit a map with other rows, or a roll without its candidates")
  func misfits() {
    let snapshot = Self.sample()
    #expect(
      Snapshot(
        learned: snapshot.learnedBytes, history: [], opened: snapshot.opened, catalogue: snapshot.catalogue,
        governance: snapshot.governance, roll: snapshot.roll, map: RoutingSamples.map(regions: 2)) == nil)
    #expect(
      Snapshot(
        learned: snapshot.learnedBytes, history: [], opened: snapshot.opened,
        catalogue: Versioned(version: 9, value: .empty), governance: snapshot.governance, roll: Roll(),
        map: snapshot.map)
        == nil)
  }

  @Test("tallies and sums are read back as they were, truncated ones are not", arguments: 71...74)
  func epochs(seed: Int) throws {
    let log = RandomLog(seed: UInt64(seed))
    for input in log.all(through: log.epochs - 1) {
      let bytes = input.tallies.bytes
      #expect(EpochTallies(epoch: input.tallies.epoch, bytes: bytes) == input.tallies)
      if !bytes.isEmpty { #expect(EpochTallies(epoch: 0, bytes: Array(bytes.dropLast())) == nil) }
    }
    let history = log.foldEach().history
    #expect(history.contains { !$0.sums.isEmpty })
    for sums in history {
      #expect(EpochSums(epoch: sums.epoch, bytes: sums.bytes) == sums)
      if !sums.bytes.isEmpty { #expect(EpochSums(epoch: 0, bytes: Array(sums.bytes.dropLast(8))) == nil) }
    }
  }
}
