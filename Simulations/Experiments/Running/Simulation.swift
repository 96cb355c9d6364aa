import Routing
import Statistics
import Vectors
import World

/// One policy, one seed: the production path through a world, from the first decision to the last.
///
/// Place by the region map, draw from a propensity table, let the world answer, judge, and fold at the end of every
/// epoch: all of it the router's own code. Only intents, truths and faults are the world's.
struct Simulation {
  let setup: Setup
  let seed: UInt64
  let contender: Contender
  let course: RegionCourse
  var policy: (any ContenderPolicy)?

  // The router.
  var snapshot: Snapshot
  var index = EpochIndex()
  var stage: RegionCourse.Stage
  var stock: Stock
  let governance: Versioned<Governance>
  var history: RefitHistory?
  var lately: RecentRewards
  var boards: [Board?] = []
  /// What intents' own directions say; nil where they are not heard.
  var scorer: ResidualScorer?
  /// By row and arm: the tables of those whom an intent's own direction prefers.
  var preferring: [PropensityTable?] = []
  var tables: TableCache
  var roster = RosterPlaces()
  var sequence: Int64 = 0
  /// Of the rules in force: how late feedback may come, and what a score weighs.
  var window = Span(microseconds: 0)
  var weight = 1.0
  var lessons: [Lesson] = []

  // The world.
  var truth: Truth
  var conditions: Conditions
  var nextChange = 0
  var arrivals: Arrivals
  var post = Post()
  /// Of the intents, from the mean of the map in force.
  var directions: Matrix
  let costs: [Double?]
  let lines: [Int]
  let groups: [Int]
  let scatter: Scatter
  let interval: Int64

  var ledger: EpochLedger
  var record: Recording

  init(_ setup: Setup, _ contender: Contender, seed: UInt64, course: RegionCourse) {
    self.setup = setup
    self.contender = contender
    self.seed = seed
    self.course = course
    let world = setup.world
    conditions = setup.timeline.conditions(at: 0)
    truth = Truth(world, conditions)
    arrivals = Arrivals(world, kind: setup.arrivals, seed: seed)
    costs = world.costs
    lines = world.lineOfIntent
    groups = world.groupOfIntent
    scatter = world.scatter
    switch contender.kind {
    case .production: policy = nil
    case .contender(let value): policy = value
    case .bestSingle: policy = BestSingleOracle(order: Hindsight(setup, seed: seed).order)
    }
    governance = Versioned(version: 1, value: contender.governance)
    stock = Stock(setup)
    stock.take(conditions)
    stage = course.first(seed, contender.governance)
    snapshot = Snapshot(
      opened: Simulation.start, catalogue: stock.catalogue, governance: governance, map: stage.map)
    tables = TableCache(snapshot)
    history = RefitHistory(setup, contender.governance)
    lately = RecentRewards(setup.capability, contender.governance)
    directions = lately.isLearning ? stage.directions(setup) : Matrix(rowVectors: [])
    interval = contender.governance.rules(for: nil).epochInterval.microseconds
    ledger = EpochLedger(capability: setup.capability, rows: 0, ordinals: 0)
    record = Recording(setup)
    policy?.see(truth)
    open()
  }

  /// When every simulation begins.
  static let start = Instant(microseconds: 1_767_225_600_000_000)

  /// The instant of a decision: epochs follow each other without a gap, and decisions lie evenly in them.
  func instant(of decision: Int) -> Instant {
    Instant(
      microseconds: Simulation.start.microseconds + Int64(decision) * interval / Int64(setup.epochSize))
  }

  /// Runs to the end.
  ///
  /// - Parameter progress: told how many decisions were made since it was told last; throws to stop.
  mutating func run(progress: (Int) throws -> Void) throws -> RunResult {
    let length = setup.timeline.length
    var told = 0
    var decision = 0
    while decision < length {
      if decision >= nextChange { change(decision) }
      decide(decision)
      decision += 1
      if decision % setup.epochSize == 0, decision < length {
        if !setup.timeline.isStalled(at: decision) { close(before: decision) }
        try progress(decision - told)
        told = decision
      }
      if record.isDue(decision) { record.look(at: snapshot, setup.capability, decision) }
    }
    close(before: length)
    try progress(length - told)
    return record.result(self)
  }

  private mutating func change(_ decision: Int) {
    conditions = setup.timeline.conditions(at: decision)
    nextChange = setup.timeline.nextChange(after: decision)
    truth.move(to: conditions)
    policy?.see(truth)
  }

  private mutating func decide(_ decision: Int) {
    let intent = arrivals.intent(of: decision, rates: conditions.rates)
    history?.see(intent)
    let row = Int(stage.rows[intent])
    guard let board = board(row) else { return record.unserved() }
    let pick: Board.Pick
    if let table = board.table {
      pick = board.pick(
        heard(board, table, row, intent), id: identifier(decision), turn: UInt64(decision))
    } else if let policy {
      pick = board.pick(policy, context: context(policy, intent), seed: seed, decision: decision)
    } else {
      return record.unserved()
    }
    let chosen = roster.candidates[board.positions[pick.arm]]
    var served = chosen
    if !conditions.answers[chosen] {
      let standIns = board.ranking.lazy.map { [roster] in roster.candidates[board.positions[$0]] }
      guard let next = standIns.first(where: { [conditions] in conditions.answers[$0] }) else {
        return record.unserved()
      }
      served = next
    }
    let quality = record.add(
      decision, intent, served: served, preferred: roster.candidates[board.positions[pick.preferred]],
      isExplored: pick.isExplored, truth, conditions, line: lines[intent], group: groups[intent], costs)
    ledger.count(row: row, explored: pick.isExplored)
    history?.count(intent, explored: pick.isExplored)

    var chance = Chance.outcome.generator(seed: seed, index: UInt64(decision))
    let outcome = scatter.outcome(quality, using: &chance)
    let said = conditions.feedback.rating(of: decision, outcome: outcome, candidate: served, seed: seed)
    guard let said else { return }
    let sent = Sent(
      decision: decision, intent: Int32(intent), chosen: roster.ordinals[chosen],
      served: roster.ordinals[served], rating: said)
    if said.arrives == decision, said.signals == 1 { judge(sent) } else { post.put(sent) }
  }

  /// The table where the intent's own direction is heard too.
  private mutating func heard(
    _ board: Board, _ table: PropensityTable, _ row: Int, _ intent: Int
  ) -> PropensityTable {
    guard let scorer, row < stage.map.rootRow(of: setup.capability) else { return table }
    let preferred = table.scene.preferred(scorer, along: directions.row(intent))
    guard preferred != table.scene.regional, var key = board.key else { return table }
    let place = row * roster.candidates.count + preferred
    if let known = preferring[place] { return known }
    key.preferred = roster.ordinals[roster.candidates[table.scene.arms[preferred].position]]
    let made = tables.table(key)
    preferring[place] = made
    return made
  }

  private func context(_ policy: any ContenderPolicy, _ intent: Int) -> [Float] {
    switch policy.reads {
    case .nothing: []
    case .embedding: Array(setup.world.embeddings.row(intent))
    case .group: [Float(groups[intent])]
    }
  }

  /// The id that the decision is drawn by: the same for every policy.
  func identifier(_ decision: Int) -> Identifier {
    var chance = Chance.identity.generator(seed: seed, index: UInt64(decision))
    return Identifier(at: instant(of: decision), random: chance.next(), chance.next())
  }

  private mutating func board(_ row: Int) -> Board? {
    if let board = boards[row] { return board }
    let knowledge = snapshot[setup.capability]
    let open = knowledge.roster.open
    guard !open.isEmpty else { return nil }
    let work = setup.costWeight > 0 ? Work().assumed(intentBytes: 256) : nil
    let board: Board
    if let policy {
      let costs = work.map { work in knowledge.roster.candidates.map { $0.price?.dollars(for: work) } } ?? []
      board = Board(
        Scene(knowledge, row: row, eligible: open, costs: costs, costWeight: setup.costWeight), policy)
    } else {
      let key = TableKey(
        capability: setup.capability, row: row, eligible: open, allowsExploration: true,
        costWeight: setup.costWeight, work: work)
      board = Board(tables.table(key), key)
    }
    boards[row] = board
    return board
  }
}
