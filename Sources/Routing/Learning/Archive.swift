/// The learned state of a snapshot as bytes: the same state, the same bytes.
///
/// Little-endian, versioned. Holds what cannot be computed again from anything else: cells, change detectors, the
/// checkpoints of both, arrivals and accounts. Cells in which nothing was ever observed are left out.
public enum LearnedFormat: UInt32, Sendable {
  /// Before a detector noted when it last changed. Decides as the other does; folding goes on from the log.
  case withoutChanges = 3
  case current = 4

  /// Nil for bytes that no format begins with.
  public init?(_ bytes: [UInt8]) {
    var reader = ByteReader(Array(bytes.prefix(4)))
    guard let format = reader.take(UInt32.self).flatMap({ LearnedFormat(rawValue: $0) }) else { return nil }
    self = format
  }
}

extension Snapshot {
  public var learnedBytes: [UInt8] { learnedBytes(.current) }

  /// The same in another format, to compare with what was stored in it.
  public func learnedBytes(_ format: LearnedFormat) -> [UInt8] {
    var writer = ByteWriter()
    writer.put(format.rawValue)
    writer.put(UInt64(epoch))
    let filled = knowledge.filter { $0.columns > 0 }
    writer.put(UInt32(filled.count))
    for knowledge in filled { knowledge.write(to: &writer, format) }
    writer.put(checksum(writer.bytes[...]))
    return writer.bytes
  }

  /// Reads a state of any ``LearnedFormat`` back. Nil when the bytes are not one, or do not fit the map.
  public init?(
    learned bytes: [UInt8], history: [EpochSums], opened: Instant, catalogue: Versioned<Catalogue>,
    governance: Versioned<Governance>, roll: Roll, map: RegionMap
  ) {
    let body = bytes.dropLast(8)
    var tail = ByteReader(Array(bytes.suffix(8)))
    guard tail.take(UInt64.self) == checksum(body) else { return nil }
    var reader = ByteReader(Array(body))
    guard let format = LearnedFormat(bytes), reader.take(UInt32.self) != nil,
      let word = reader.take(UInt64.self), let epoch = Int(exactly: word),
      let count = reader.take(UInt32.self)
    else { return nil }
    let whole = roll.including(catalogue.value)
    var knowledge: [Knowledge] = Capability.allCases.map { capability in
      Knowledge(
        capability: capability, roster: Roster(capability, catalogue.value, whole, known: [], at: opened),
        rows: map.rootRow(of: capability) + 1)
    }
    for _ in 0..<count {
      guard let next = Knowledge(from: &reader, format, catalogue.value, whole, map, opened) else {
        return nil
      }
      knowledge[next.capability.index] = next
    }
    guard reader.isAtEnd else { return nil }
    self.init(
      epoch: epoch, opened: opened, catalogue: catalogue, governance: governance, roll: whole, map: map,
      knowledge: knowledge, history: history)
    derive()
  }
}

extension Knowledge {
  fileprivate func write(to writer: inout ByteWriter, _ format: LearnedFormat) {
    writer.put(capability.rawValue)
    writer.put(UInt32(rows))
    writer.put(UInt32(columns))
    for ordinal in roster.ordinals { writer.put(ordinal) }
    for table in [cells, checkpoints] {
      let filled = table.indices.filter { table[$0] != Cell() }
      writer.put(UInt32(filled.count))
      for index in filled {
        let cell = table[index]
        writer.put(UInt32(index))
        for value in [cell.observations, cell.rewards, cell.average, cell.averageWeight] {
          writer.put(value.bitPattern)
        }
      }
    }
    for detector in detectors + detectorCheckpoints {
      let dispersion = detector.dispersion
      for value in [detector.rise, detector.fall, dispersion.squares, dispersion.count] {
        writer.put(value.bitPattern)
      }
      if format != .withoutChanges { writer.put(UInt64(detector.changed)) }
    }
    for value in arrivals + [account.earned, account.spent] { writer.put(value.bitPattern) }
  }

  fileprivate init?(
    from reader: inout ByteReader, _ format: LearnedFormat, _ catalogue: Catalogue, _ roll: Roll,
    _ map: RegionMap, _ opened: Instant
  ) {
    guard let raw = reader.take(UInt8.self), let capability = Capability(rawValue: raw),
      let rows = reader.take(UInt32.self), let columns = reader.take(UInt32.self),
      Int(rows) == map.rootRow(of: capability) + 1
    else { return nil }
    var ordinals: [UInt32] = []
    for _ in 0..<columns {
      guard let ordinal = reader.take(UInt32.self), ordinal < roll.ids.count else { return nil }
      ordinals.append(ordinal)
    }
    let roster = Roster(capability, catalogue, roll, known: ordinals, at: opened)
    guard roster.ordinals == ordinals else { return nil }
    self.init(capability: capability, roster: roster, rows: Int(rows))
    guard let cells = Knowledge.cells(from: &reader, count: self.cells.count),
      let checkpoints = Knowledge.cells(from: &reader, count: self.cells.count)
    else { return nil }
    self.cells = cells
    self.checkpoints = checkpoints
    for column in 0..<self.columns {
      guard let detector = Knowledge.detector(from: &reader, format) else { return nil }
      detectors[column] = detector
    }
    for column in 0..<self.columns {
      guard let detector = Knowledge.detector(from: &reader, format) else { return nil }
      detectorCheckpoints[column] = detector
    }
    for row in 0..<self.rows {
      guard let bits = reader.take(UInt64.self) else { return nil }
      arrivals[row] = Double(bitPattern: bits)
    }
    guard let earned = reader.take(UInt64.self), let spent = reader.take(UInt64.self) else { return nil }
    account = ExplorationAccount(earned: Double(bitPattern: earned), spent: Double(bitPattern: spent))
  }

  private static func detector(from reader: inout ByteReader, _ format: LearnedFormat) -> ChangeDetector? {
    guard let rise = reader.take(UInt64.self), let fall = reader.take(UInt64.self),
      let squares = reader.take(UInt64.self), let count = reader.take(UInt64.self),
      let word = format == .withoutChanges ? 0 : reader.take(UInt64.self), let changed = Int(exactly: word)
    else { return nil }
    var detector = ChangeDetector()
    detector.rise = Double(bitPattern: rise)
    detector.fall = Double(bitPattern: fall)
    detector.changed = changed
    detector.dispersion.squares = Double(bitPattern: squares)
    detector.dispersion.count = Double(bitPattern: count)
    return detector
  }

  private static func cells(from reader: inout ByteReader, count: Int) -> [Cell]? {
    var cells = Array(repeating: Cell(), count: count)
    guard let filled = reader.take(UInt32.self) else { return nil }
    for _ in 0..<filled {
      guard let index = reader.take(UInt32.self), Int(index) < count, let n = reader.take(UInt64.self),
        let s = reader.take(UInt64.self), let a = reader.take(UInt64.self), let w = reader.take(UInt64.self)
      else { return nil }
      cells[Int(index)].observations = Double(bitPattern: n)
      cells[Int(index)].rewards = Double(bitPattern: s)
      cells[Int(index)].average = Double(bitPattern: a)
      cells[Int(index)].averageWeight = Double(bitPattern: w)
    }
    return cells
  }
}

extension EpochTallies {
  public var bytes: [UInt8] {
    var writer = ByteWriter()
    for tally in tallies {
      writer.put(tally.cell.packed)
      writer.put(tally.rater)
      writer.put(UInt64(bitPattern: tally.mass))
      writer.put(UInt64(bitPattern: tally.sum))
    }
    return writer.bytes
  }

  public init?(epoch: Int, bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    var tallies: [Tally] = []
    tallies.reserveCapacity(bytes.count / 32)
    while !reader.isAtEnd {
      guard let cell = reader.take(UInt64.self),
        Capability(rawValue: UInt8(truncatingIfNeeded: cell >> 48)) != nil,
        let rater = reader.take(UInt64.self), let mass = reader.take(UInt64.self),
        let sum = reader.take(UInt64.self)
      else { return nil }
      tallies.append(
        Tally(
          cell: CellKey(packed: cell), rater: rater, mass: Int64(bitPattern: mass),
          sum: Int64(bitPattern: sum)))
    }
    self.init(epoch: epoch, tallies: tallies)
  }
}

extension EpochSums {
  public var bytes: [UInt8] {
    var writer = ByteWriter()
    for sum in sums {
      writer.put(sum.cell.packed)
      writer.put(sum.mass.bitPattern)
      writer.put(sum.sum.bitPattern)
    }
    return writer.bytes
  }

  public init?(epoch: Int, bytes: [UInt8]) {
    var reader = ByteReader(bytes)
    var sums: [CellSum] = []
    while !reader.isAtEnd {
      guard let cell = reader.take(UInt64.self),
        Capability(rawValue: UInt8(truncatingIfNeeded: cell >> 48)) != nil,
        let mass = reader.take(UInt64.self), let sum = reader.take(UInt64.self)
      else { return nil }
      sums.append(
        CellSum(cell: CellKey(packed: cell), mass: Double(bitPattern: mass), sum: Double(bitPattern: sum)))
    }
    self.init(epoch: epoch, sums: sums)
  }
}
