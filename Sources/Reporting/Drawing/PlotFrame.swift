/// The rectangle in which values are drawn, with what is written around it.
struct PlotFrame: Sendable {
  var x: Scale
  var y: Scale
  private let xAxis: Axis
  private let yAxis: Axis
  private let xTicks: Ticks
  private let yTicks: Ticks
  /// The baseline of the y axis' title.
  private let titleLine: Double

  var left: Double { x.start }
  var right: Double { x.end }
  var top: Double { y.end }
  var bottom: Double { y.start }

  static let lineHeight = 16.0
  /// Between the plot's lower edge and the drawing's.
  static let footing = 38.0

  /// - Parameters:
  ///   - width: of the whole drawing.
  ///   - top: where the frame with its titles begins.
  ///   - height: of the plot itself.
  ///   - headroom: between the y axis' title and the plot.
  ///   - rightMargin: at least so much is left free for labels on the right.
  init(
    width: Double, top: Double, height: Double, headroom: Double = 0, rightMargin: Double,
    x xAxis: Axis, in xDomain: ClosedRange<Double>, y yAxis: Axis, in yDomain: ClosedRange<Double>
  ) {
    self.xAxis = xAxis
    self.yAxis = yAxis
    titleLine = top + 12
    let plotTop = top + 26 + headroom
    y = Scale(kind: yAxis.kind, domain: yDomain, start: plotTop + height, end: plotTop)
    yTicks = y.ticks(atMost: Self.verticalTicks(height), unit: yAxis.unit)
    let widest = yTicks.labels(yAxis.unit).map { TextMeasure.width($0) }.max() ?? 0
    let left = (widest + 10).rounded(.up)
    var scale = Scale(kind: xAxis.kind, domain: xDomain, start: left, end: width - rightMargin)
    let ticks = scale.horizontalTicks(xAxis.unit)
    // The last number stands under its tick, half of it beyond.
    if let last = ticks.labels(xAxis.unit).last, let value = ticks.values.last {
      let overhang = TextMeasure.width(last) / 2 - (width - scale(value))
      if overhang > 0 { scale.end -= overhang.rounded(.up) }
    }
    x = scale
    xTicks = ticks
  }

  static func verticalTicks(_ height: Double) -> Int { max(2, Int(height / 48)) }
  static func horizontalTicks(_ width: Double) -> Int { max(2, Int(width / 84)) }

  var height: Double { bottom + Self.footing }

  func spot(_ xValue: Double, _ yValue: Double) -> Spot {
    Spot(x: x.clamped(xValue), y: y.clamped(yValue))
  }

  /// Grid, axis, numbers and titles; to be drawn before the data.
  func draw(on drawing: inout Drawing, verticalGrid: Bool = false) {
    drawing.text(
      TextMeasure.shortened(yAxis.title, to: drawing.width), at: Spot(x: 0, y: titleLine), "muted",
      whole: yAxis.title)
    for (value, label) in zip(yTicks.values, yTicks.labels(yAxis.unit)) {
      let level = y(value)
      drawing.line(Spot(x: left, y: level), Spot(x: right, y: level), "grid")
      drawing.text(label, at: Spot(x: left - 7, y: level + 4), anchor: .end, "muted")
    }
    for (value, label) in zip(xTicks.values, xTicks.labels(xAxis.unit)) {
      let place = x(value)
      if verticalGrid {
        drawing.line(Spot(x: place, y: top), Spot(x: place, y: bottom), "grid")
      }
      drawing.line(Spot(x: place, y: bottom), Spot(x: place, y: bottom + 4), "axis")
      drawing.text(label, at: Spot(x: place, y: bottom + 17), anchor: .middle, "muted")
    }
    drawing.line(Spot(x: left, y: bottom), Spot(x: right, y: bottom), "axis")
    drawing.text(
      TextMeasure.shortened(xAxis.title, to: right), at: Spot(x: right, y: bottom + 33), anchor: .end,
      "muted",
      whole: xAxis.title)
  }
}
