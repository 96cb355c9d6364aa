import Routing
import Vectors
import World

extension Simulation {
  /// Prepares the epoch that begins with the snapshot in force.
  mutating func open() {
    let knowledge = snapshot[setup.capability]
    boards = Array(repeating: nil, count: knowledge.rows)
    scorer = knowledge.scorer
    preferring = Array(repeating: nil, count: knowledge.rows * knowledge.columns)
    window = knowledge.rules.feedbackWindow
    weight = knowledge.rules.signals[weight: .score]
    roster = RosterPlaces(knowledge.roster, setup.world.candidates)
    ledger = EpochLedger(
      capability: setup.capability, rows: knowledge.rows, ordinals: snapshot.roll.ids.count)
  }

  /// Counts a decision with a single signal.
  mutating func judge(_ sent: Sent) {
    if sent.rating.arrives > sent.decision {
      guard instant(of: sent.rating.arrives) <= instant(of: sent.decision) + window else { return }
    }
    sequence += 1
    let tally = SingleSignal.tally(value: sent.rating.value, weight: weight)
    guard tally.mass > 0 else { return }
    count(sent, sent.rating.rater, mass: tally.mass, sum: tally.sum)
    teach(sent)
  }

  /// Closes the open epoch and opens the next.
  ///
  /// - Parameter decision: the first one of the next.
  mutating func close(before decision: Int) {
    var chatty: [(sent: Sent, judged: Judged)] = []
    let before = sequence
    while let sent = post.take(before: decision) {
      if sent.rating.signals == 1 { judge(sent) } else { chatty.append((sent, judged(sent))) }
    }
    index.append(through: sequence, governance: governance.value)
    for (sent, judged) in chatty {
      let changes = judged.changes(after: before, through: sequence, index)
      for change in changes {
        count(sent, change.tally.rater, mass: change.tally.mass, sum: change.tally.sum)
      }
      if !changes.isEmpty { teach(sent) }
    }
    policy?.learn(lessons)
    lessons.removeAll(keepingCapacity: true)
    let next = setup.timeline.conditions(at: min(decision, setup.timeline.length - 1))
    stock.take(next)
    let opened = instant(of: decision)
    let terms = Epoch.Terms(opened: opened, catalogue: stock.catalogue, governance: governance)
    let input = ledger.input(epoch: snapshot.epoch)
    // Taken out while it works, so that it is never copied.
    var past = history
    history = nil
    past?.close(snapshot)
    let former = (map: snapshot.map.version, residuals: snapshot[setup.capability].residuals)
    if let refit = past?.refit(after: snapshot.map, course, seed, governance.value) {
      stage = refit
      if let refolded = past?.refold(refit, last: terms, index) {
        snapshot = refolded.adopting(former.residuals, setup.capability)
      }
      past?.forgetIfDone(refit.map)
    } else {
      snapshot = Epoch.fold(snapshot, input, terms, index)
    }
    history = past
    let isMapped = snapshot.map.version != former.map
    if isMapped, lately.isLearning { directions = stage.directions(setup) }
    lately.fit(&snapshot, setup.capability, directions, stage, isMapped: isMapped)
    tables = TableCache(snapshot)
    open()
  }

  private mutating func count(_ sent: Sent, _ rater: UInt64, mass: Int64, sum: Int64) {
    ledger.add(
      row: Int(stage.rows[Int(sent.intent)]), ordinal: sent.served, rater: rater, mass: mass, sum: sum)
    history?.count(sent.intent, ordinal: sent.served, rater: rater, mass: mass, sum: sum)
    lately.add(
      ResidualFit.Lesson(
        row: 0, ordinal: sent.served, rater: rater, mass: mass, sum: sum,
        decided: instant(of: sent.decision), epoch: snapshot.epoch), intent: sent.intent)
  }

  private mutating func teach(_ sent: Sent) {
    guard let policy, policy.reads == .embedding else { return }
    lessons.append(
      Lesson(
        context: Array(setup.world.embeddings.row(Int(sent.intent))),
        candidate: snapshot.roll.id(of: sent.served), reward: sent.rating.value))
  }

  /// A decision of which the same was said several times, as the production fold sees it.
  private mutating func judged(_ sent: Sent) -> Judged {
    let received = instant(of: sent.rating.arrives)
    let judgements = (0..<sent.rating.signals).map { _ in
      sequence += 1
      return Judgement(
        sequence: sequence, origin: sequence, kind: .score, reward: sent.rating.value,
        rater: sent.rating.rater, at: received, received: received,
        executed: sent.served == sent.chosen ? nil : sent.served)
    }
    return Judged(
      capability: setup.capability, row: Int(stage.rows[Int(sent.intent)]), ordinal: sent.chosen,
      decided: instant(of: sent.decision), judgements: judgements)
  }
}

/// Where the world's candidates stand in the roster of an epoch.
struct RosterPlaces {
  /// By roster position: the world's number.
  var candidates: [Int] = []
  /// By the world's number: the ordinal; 0 for one that never was on the roster, which serves nobody.
  var ordinals: [UInt32] = []

  init() {}

  init(_ roster: Roster, _ ids: [String]) {
    let numbers = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
    candidates = roster.candidates.map { numbers[$0.id] ?? 0 }
    ordinals = Array(repeating: 0, count: ids.count)
    for (position, candidate) in candidates.enumerated() { ordinals[candidate] = roster.ordinals[position] }
  }
}
