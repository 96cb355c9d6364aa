import Routing
import World

/// What all runs of one experiment share.
struct Setup: Sendable {
  var world: any WorldModel
  /// With the event's effects; its length is the number of decisions.
  var timeline: Timeline
  var arrivals: Arrivals.Kind
  var capability: Capability
  /// Decisions from one epoch to the next.
  var epochSize: Int
  var regions: RegionSource
  /// λ of AgentRank.
  var costWeight: Double
  /// Name of the embedding, and the similarity below which an intent belongs nowhere.
  var embedding: String
  var noveltyFloor: Float
  /// Parts of the timeline that results are kept for.
  var buckets: Int

  /// The first decision of a bucket; that of `buckets` is the length.
  func edge(_ bucket: Int) -> Int { timeline.length * bucket / buckets }
}

/// Where the router's regions come from.
enum RegionSource: Hashable, Sendable {
  /// As in production: at `learned_regions_from` distinct intents, and whenever there are twice as many.
  case learned
  /// Fitted to all intents before the first decision.
  case fitted(count: Int)
  /// The true centres of a synthetic world, named by an operator.
  case given
  /// None: one ranking for everything.
  case none
}

/// One who takes part: a name, and what decides.
struct Contender: Sendable {
  var name: String
  /// What differs from the defaults.
  var governance: Governance
  var kind: Kind

  enum Kind: Sendable {
    /// One of the router's own policies; the governance says which.
    case production
    case contender(any ContenderPolicy)
    /// Which single candidate was best is found out first.
    case bestSingle
  }
}
