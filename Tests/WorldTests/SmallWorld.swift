import Vectors
import World

/// Two groups of two intents, three candidates: a table small enough for arithmetic by hand.
///
///     intent  domain   a     b     c
///     0       x        1.0   0.0   0.5
///     1       x        0.6   0.4   0.5
///     2       y        0.0   1.0   0.5
///     3       y        0.2   0.8   0.5
enum SmallWorld {
  static let table = TableWorld(
    models: ["a", "b", "c"],
    lines: [
      .init(domain: "x", qualities: [1, 0, 0.5], costs: [0.1, 0.2, nil]),
      .init(domain: "x", qualities: [0.6, 0.4, 0.5], costs: [0.3, 0.2, nil]),
      .init(domain: "y", qualities: [0, 1, 0.5], costs: [0.1, 0.2, nil]),
      .init(domain: "y", qualities: [0.2, 0.8, 0.5], costs: [0.1, nil, nil]),
    ],
    embeddings: Matrix(rows: 4, columns: 2, storage: [1, 0, 0.8, 0.6, 0, 1, 0.6, 0.8]))

  static let start = Conditions(rates: [1, 1], priors: [nil, nil, nil])

  static func timeline(_ events: WorldEvent..., length: Int = 1_000) -> Timeline {
    Timeline(start: start, events: events, length: length)
  }
}
