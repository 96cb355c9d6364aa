import Jobs

/// What a fault at a vendor did, as it was seen from outside: the job, the circuits, the figures, the learning.
struct MatrixCell: Sendable {
  var line: MatrixLine
  var fault: MatrixFault
  /// How the job ended.
  var state = ""
  /// Why the attempt at the vendor failed; nil where it did not.
  var failure: FailureClass?
  var circuit = FailureTreatment.Circuit.unaffected
  /// Whose circuit it was; nil where none changed.
  var scope: FailureTreatment.Scope?
  var statistic = FailureTreatment.Statistic.none
  /// What the fold made of it: observations of the candidate, each of reward 0.
  var quality = FailureTreatment.Quality.unaffected
  var failover = FailureTreatment.Failover.never
  /// Nil where there was nothing to retry.
  var retry: FailureTreatment.Retry?
  /// How often the vendor took the work on, and the one that was asked next.
  var taken = (first: 0, second: 0)
  var isFlagged = false
  /// Whether the attempt was given up while its vendor may still be at work, and is not to be repeated there.
  var isAlive = false
  /// Pieces of work that go on or were delivered for the one job.
  var paid = 0
  /// What kept it from being seen; nil when nothing did.
  var trouble: String?

  /// What contradicts the taxonomy: the class that the fault should have, or what its treatment should do.
  var contradictions: [String] {
    let place = "\(line.name), \(fault.name)"
    if let trouble { return ["\(place): \(trouble)"] }
    let expected = fault.expected(of: line)
    var found: [String] = []
    func hold(_ what: String, _ seen: String, _ wanted: String) {
      if seen != wanted { found.append("\(place): \(what) is \(seen), and should be \(wanted)") }
    }
    hold("the class", failure?.rawValue ?? "none", expected?.rawValue ?? "none")
    if paid > 1, !isFlagged { found.append("\(place): paid \(paid) times, and nobody says so") }
    guard let failure else {
      hold("the job", state, "succeeded")
      hold("the failover", failover.rawValue, FailureTreatment.Failover.never.rawValue)
      return found
    }
    let treatment = failure.treatment
    hold("the circuit", circuit.rawValue, treatment.circuit.rawValue)
    // Of a vendor that counts jobs by account the whole account has to wait.
    let isByAccount = line.vendor == "bfl" && failure == .rateConcurrency
    if let scope {
      hold("the circuit's owner", scope.rawValue, (isByAccount ? .provider : treatment.scope).rawValue)
    }
    hold("the statistic", statistic.rawValue, treatment.statistic.rawValue)
    // What stays as it is cannot be told from what nothing was added to.
    let quality = treatment.quality == .frozen ? FailureTreatment.Quality.unaffected : treatment.quality
    hold("the quality", self.quality.rawValue, quality.rawValue)
    hold("the failover", failover.rawValue, treatment.failover.rawValue)
    let retry = isAlive ? FailureTreatment.Retry.never : treatment.retry
    if let seen = self.retry { hold("the retry", seen.rawValue, retry.rawValue) }
    return found
  }
}
