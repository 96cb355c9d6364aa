import Statistics
import Testing

@testable import Reporting

@Suite("Charts")
struct ChartTests {
  @Test("A line of three points lies on the pixels that its scales give")
  func goldenLine() throws {
    let chart = try LineChart(
      x: Axis("x", range: 0...10), y: Axis("y", range: 0...1),
      series: [.init("a", [.init(0, 0), .init(5, 0.5), .init(10, 1)])])
    let body = chart.draw(width: 360, palette: Palette([["a"]])).body
    // The widest number on the left is "0.0": (0.61 + 0.33 + 0.61) · 12 + 10 = 28.6, rounded up to 29. The name on the
    // right takes 0.61 · 12 + 13 + 2 = 22.32, so x runs from 29 to 337.68; y from 236 up to 26, 210 pixels.
    #expect(body.contains("<path class=\"line\" d=\"M29,236L183.34,131L337.68,26\"/>"))
    #expect(body.contains("<text class=\"muted\" x=\"22\" y=\"135\" text-anchor=\"end\">0.5</text>"))
    #expect(body.contains("<text class=\"name\" x=\"350.68\" y=\"32\">a</text>"))
  }

  @Test("Layers are stacked from the largest at the bottom")
  func goldenArea() throws {
    let chart = try AreaChart(
      x: Axis("x", range: 0...1), y: Axis("y", unit: .share), times: [0, 1],
      layers: [.init("small", [0.25, 0.25]), .init("large", [0.75, 0.75])])
    let body = chart.draw(width: 360, palette: Palette([chart.names])).body
    // Three quarters of 210 pixels up from 236 are 78.5; the whole is at 26.
    let areas = body.split(separator: "\n").filter { $0.contains("class=\"layer\"") && $0.contains("path") }
    #expect(areas.count == 2)
    #expect(areas[0].contains(",78.5L") && areas[0].contains(",236L"))
    #expect(areas[1].contains(",26L") && areas[1].contains(",78.5L"))
  }

  @Test("Of more layers than the limit the smallest are drawn as one, and the data keep them apart")
  func others() throws {
    let chart = try AreaChart(
      x: Axis("x"), y: Axis("y"), times: [0, 1],
      layers: (1...6).map { .init("layer \($0)", [Double($0), Double($0)]) },
      limit: 3)
    let drawn = chart.drawnLayers(Palette([chart.names]))
    #expect(drawn.map(\.name) == ["layer 6", "layer 5", "layer 4", "3 others"])
    #expect(drawn[3].values == [6, 6])
    #expect(chart.sheets[0].columns.count == 7)
  }

  @Test("The frontier holds those that nobody beats in both cost and quality")
  func frontier() {
    let positions: [FrontierChart.Position] = [
      .init(cost: 3, quality: 0.9), .init(cost: 1, quality: 0.5), .init(cost: 2, quality: 0.4),
      .init(cost: 1, quality: 0.6), .init(cost: 3, quality: 0.9), .init(cost: 4, quality: 0.9),
    ]
    #expect(
      FrontierChart.frontier(of: positions) == [.init(cost: 1, quality: 0.6), .init(cost: 3, quality: 0.9)])
  }

  @Test(
    "Every kind of chart is well-formed, has title and description, and repeats byte for byte",
    arguments: [SampleCharts.candidates, SampleCharts.hostile, SampleCharts.many, ["only"], []],
    ChartLayout.allCases)
  func wellFormed(names: [String], layout: ChartLayout) throws {
    for (kind, chart) in try SampleCharts.all(names) {
      let svg = chart.svg(title: "A <title> & more", subtitle: "\"sub\"", layout: layout)
      let read = SVGReader(svg)
      #expect(read.isWellFormed, "\(kind)")
      #expect(read.elements.first?.attributes["role"] == "img")
      #expect(read.elements.map(\.name).contains("desc"))
      #expect(!svg.contains("<script") && !svg.lowercased().contains("nan") && !svg.contains("url("))
      #expect(svg == chart.svg(title: "A <title> & more", subtitle: "\"sub\"", layout: layout))
    }
  }

  @Test(
    "No word leaves the picture and none lies over another, wide or narrow",
    arguments: [SampleCharts.candidates, SampleCharts.hostile, SampleCharts.many, ["only"]],
    ChartLayout.allCases)
  func legible(names: [String], layout: ChartLayout) throws {
    for (kind, chart) in try SampleCharts.all(names) {
      let read = SVGReader(chart.svg(title: "Title", layout: layout))
      #expect(read.clipped == [], "\(kind)")
      #expect(read.collisions.map { "\($0.0) | \($0.1)" } == [], "\(kind)")
    }
  }

  @Test("A name has one colour in all charts of a report")
  func oneColour() throws {
    let palette = Palette([SampleCharts.candidates])
    let kind = palette.style(of: "openai/sora").kind
    for (_, chart) in try SampleCharts.all(SampleCharts.candidates) where chart.names.contains("openai/sora")
    {
      #expect(chart.draw(width: 720, palette: palette).body.contains("<g class=\"\(kind)\">"))
    }
  }

  @Test("What cannot be drawn is refused with its place")
  func refusals() throws {
    let x = Axis("x")
    let y = Axis("y")
    let money = Axis("cost", unit: .dollars, kind: .logarithmic)
    #expect(throws: ChartError.notFinite("y of point 2 of “a”", .infinity)) {
      try LineChart(x: x, y: y, series: [.init("a", [.init(0, 1), .init(1, .infinity)])])
    }
    #expect(throws: ChartError.self) {
      try LineChart(x: x, y: y, series: [.init("a", [.init(0, 1, band: Spread(.nan, 2))])])
    }
    #expect(throws: ChartError.reversed("the band at point 1 of “a”")) {
      try LineChart(x: x, y: y, series: [.init("a", [.init(0, 1, band: Spread(2, 1))])])
    }
    #expect(throws: ChartError.notAscending("point 2 of “a”")) {
      try LineChart(x: x, y: y, series: [.init("a", [.init(1, 1), .init(0, 1)])])
    }
    #expect(throws: ChartError.duplicate("a")) {
      try LineChart(x: x, y: y, series: [.init("a", []), .init("a", [])])
    }
    #expect(throws: ChartError.notPositive("the cost of “free”", 0, axis: "cost")) {
      try FrontierChart(cost: money, quality: y, points: [.init("free", cost: 0, quality: 0.5)])
    }
    #expect(throws: ChartError.aboveOne("the shares at time 1", 1.5)) {
      try AreaChart(
        x: x, y: Axis("y", unit: .share), times: [0], layers: [.init("a", [0.75]), .init("b", [0.75])])
    }
    #expect(throws: ChartError.negative("value 1 of “a”", -1)) {
      try AreaChart(x: x, y: y, times: [0], layers: [.init("a", [-1])])
    }
    #expect(throws: ChartError.unequalLengths("“a”", 2, expected: 1)) {
      try AreaChart(x: x, y: y, times: [0], layers: [.init("a", [1, 2])])
    }
    #expect(throws: ChartError.tooLarge("“a”", 1e200)) {
      try IntervalChart(
        axis: x, intervalNames: [], groups: [.init("", [.init("a", .value(1e200, intervals: []))])])
    }
    #expect(throws: ChartError.unequalLengths("“a”", 0, expected: 1)) {
      try IntervalChart(
        axis: x, intervalNames: ["95 %"], groups: [.init("", [.init("a", .value(1, intervals: []))])])
    }
    #expect(throws: ChartError.emptyRange(axis: "y")) {
      try LineChart(x: x, y: Axis("y", range: 1...1), series: [])
    }
    #expect(throws: ChartError.notFinite("the event “e”", .infinity)) {
      try LineChart(x: x, y: y, series: [], events: [.init("e", at: .infinity)])
    }
  }

  @Test("One point, no point, all alike, very large and very small numbers are drawn all the same")
  func extremes() throws {
    let lines: [[LineChart.Point]] = [
      [], [.init(3, 0.4, band: Spread(0.3, 0.5))], (0...9).map { .init(Double($0), 0.7) },
      [.init(0, -1e99), .init(1e99, 1e99)], [.init(0, 1e-99), .init(1e-99, 3e-99)],
      [.init(1e15, 1), .init(1e15 + 2, 1 + 1e-15)],
    ]
    for points in lines {
      let chart = try LineChart(x: Axis("x"), y: Axis("y"), series: [.init("a", points)])
      let svg = chart.svg(title: "t")
      let read = SVGReader(svg)
      #expect(read.isWellFormed && !svg.contains("nan") && !svg.contains("inf"))
      #expect(svg.contains("no data") == points.isEmpty)
    }
  }

  @Test("A density without bound at its ends is cut, and its curve stays in the panel")
  func unboundedDensity() throws {
    let chart = try DensityChart(
      x: Axis("quality"),
      panels: [.init("r", curves: [.init("new", BetaDistribution(alpha: 0.2, beta: 0.3))])])
    let read = SVGReader(chart.svg(title: "t"))
    #expect(read.isWellFormed && read.clipped == [])
  }

  @Test("A refused estimate shows its reason and no number")
  func refusedEstimate() throws {
    let chart = try IntervalChart(
      axis: Axis("reward"), intervalNames: ["95 %"],
      groups: [
        .init(
          "",
          [
            .init("IPS", .value(0.5, intervals: [nil])),
            .init("DRos", .refused("the effective sample size is 31")),
          ])
      ])
    let read = SVGReader(chart.svg(title: "t"))
    #expect(read.words.map(\.text).contains("refused: the effective sample size is 31"))
    // The legend's, and that of IPS.
    #expect(read.elements.count { $0.attributes["class"] == "mark" } == 2)
    #expect(chart.sheets[0].rows[1].last == .text("the effective sample size is 31"))
  }

  @Test("A chart of 200,000 points is no larger than the screen can show")
  func thinned() throws {
    var chance = SplitMix(seed: 2)
    let chart = try LineChart(
      x: Axis("x", unit: .count), y: Axis("y"),
      series: [.init("a", (0..<200_000).map { .init(Double($0), chance.uniform()) })])
    // As plain numbers: the test library would describe the chart itself.
    let size = chart.draw(width: 720, palette: Palette([["a"]])).body.utf8.count
    let rowCount = chart.sheets[0].rows.count
    #expect(size > 10_000 && size < 60_000)
    #expect(rowCount == 200_000)
  }
}
