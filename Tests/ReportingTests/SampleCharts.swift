import Statistics

@testable import Reporting

/// One chart of every kind over given names, with made-up numbers of a realistic size.
enum SampleCharts {
  static let candidates = [
    "bytedance/seedance-1-pro", "fal/veo-3", "google/veo-2", "kling/v2.1-master", "luma/ray-2",
    "minimax/hailuo-02", "openai/sora", "runway/gen-4", "xai/grok-video",
  ]
  static let hostile = [
    "<script>alert('x')</script>", "\"quoted\" & 'single'", "日本語モデル/動画", "🎬🔥 emoji/cinema", "نموذج/فيديو",
    "a-provider-with-a-rather-long-name/and-a-model-name-that-goes-on-and-on-v2.1-turbo-preview-2026-01",
    "a|b`c*d_e[f](g)", "\u{202E}evil\u{0}", "]]>", "&amp;",
  ]
  static let many = (1...24).map { "provider-\($0)/model-\($0 * 7 % 11)" }

  static func all(_ names: [String]) throws -> [(name: String, chart: any Chart)] {
    [
      ("line", try line(names)), ("few lines", try line(Array(names.prefix(4)))), ("area", try area(names)),
      ("density", try density(Array(names.prefix(5)))), ("interval", try interval(names)),
      ("frontier", try frontier(names)),
      (
        "grid",
        try ChartGrid([
          .init("Left", line(Array(names.prefix(2)))), .init("Right", area(Array(names.prefix(3)))),
        ])
      ),
    ]
  }

  static func line(_ names: [String]) throws -> LineChart {
    var chance = SplitMix(seed: 11)
    return try LineChart(
      x: Axis("decisions", unit: .count), y: Axis("mean reward of the last 500 decisions"),
      series: names.enumerated().map { index, name in
        .init(
          name,
          (0...60).map { step in
            let y = 0.8 - 0.3 / (1 + Double(step * (index + 1)) * 0.05) + 0.01 * chance.uniform()
            return .init(Double(step) * 100, y, band: Spread(y - 0.03, y + 0.03))
          })
      }, references: [.init("best per region", 0.83)],
      events: [.init("openai/sora shuts down", at: 3_600), .init("price cut", at: 3_800, until: 4_200)])
  }

  static func area(_ names: [String]) throws -> AreaChart {
    let times = (0...40).map { Double($0) * 100 }
    let share = 1 / Double(names.count)
    return try AreaChart(
      x: Axis("decisions", unit: .count), y: Axis("share of decisions", unit: .share), times: times,
      layers: names.enumerated().map { index, name in
        .init(
          name,
          times.map {
            $0 > 2_000 && index == 1 ? 0 : share * (names.count > 1 && index == 0 && $0 > 2_000 ? 2 : 1)
          })
      }, events: [.init("retired", at: 2_000)])
  }

  static func density(_ names: [String]) throws -> DensityChart {
    try DensityChart(
      x: Axis("quality"),
      panels: (1...4).map { region in
        .init(
          "region \(region)", note: "\(region * 731) decisions",
          curves: names.enumerated().map { index, name in
            let mass = Double(8 + 40 * index * region)
            let mean = 0.4 + 0.08 * Double(index)
            return .init(name, BetaDistribution(alpha: mean * mass, beta: (1 - mean) * mass))
          })
      })
  }

  static func interval(_ names: [String]) throws -> IntervalChart {
    try IntervalChart(
      axis: Axis("reward of a decision"), intervalNames: ["95 % bootstrap", "95 % normal"],
      groups: ["first table", "second table"].map { title in
        .init(
          title,
          names.enumerated().map { index, name in
            let value = 0.0051 + 0.0002 * Double(index)
            let intervals = [Spread(value - 0.001, value + 0.0012), Spread(value - 0.0011, value + 0.0011)]
            return .init(name, .value(value, intervals: intervals), isEmphasised: index == 0)
          } + [
            .init(
              "balanced IPS",
              .refused(
                "the rows come from 3 loggers, and the propensities of each under the others are not known"))
          ])
      }, references: [.init("logged policy", 0.0038)])
  }

  static func frontier(_ names: [String]) throws -> FrontierChart {
    var chance = SplitMix(seed: 5)
    return try FrontierChart(
      cost: Axis("expected cost of a decision (US dollars)", unit: .dollars, kind: .logarithmic),
      quality: Axis("quality"),
      points: names.enumerated().map { index, name in
        let cost = 0.02 * Double(1 + index * index)
        let quality = 0.5 + 0.04 * Double(index) * chance.uniform()
        return .init(
          name, cost: cost, quality: quality, interval: Spread(quality - 0.02, quality + 0.02),
          path: index == 1 ? [.init(cost: cost * 2, quality: quality - 0.03)] : [])
      }, earlier: [.init("epoch 20", [.init(cost: 0.02, quality: 0.45), .init(cost: 0.2, quality: 0.55)])],
      intervalName: "90 % credible interval")
  }
}
