import Testing

@testable import Reporting

@Suite("Drawing")
struct DrawingTests {
  @Test("Labels that would touch stand a gap apart around the mean of their wishes")
  func spread() {
    // 10 and 11 with a gap of 10: the mean is 10.5, so 5.5 and 15.5. 50 is far enough away.
    #expect(LabelSpread.spread([10, 50, 11], gap: 10, in: 0...100) == [5.5, 50, 15.5])
    // The bound pushes the first pair down.
    #expect(LabelSpread.spread([1, 2], gap: 10, in: 0...100) == [0, 10])
    #expect(LabelSpread.spread([99, 99], gap: 10, in: 0...100) == [90, 100])
    #expect(LabelSpread.spread([-5], gap: 10, in: 0...100) == [0])
    // Three in a space for two and a half: the gap shrinks.
    #expect(LabelSpread.spread([5, 5, 5], gap: 10, in: 0...10) == [0, 5, 10])
  }

  @Test("However many labels, they keep their order, their gap and their bounds")
  func spreadSweep() {
    var chance = SplitMix(seed: 3)
    for _ in 0..<500 {
      let count = 2 + Int(chance.next() % 12)
      let wishes = (0..<count).map { _ in chance.uniform() * 300 }
      let places = LabelSpread.spread(wishes, gap: 14, in: 10...290)
      let order = wishes.indices.sorted { wishes[$0] < wishes[$1] }
      for (one, next) in zip(order, order.dropFirst()) { #expect(places[next] - places[one] >= 14 - 1e-9) }
      for place in places { #expect(place >= 10 - 1e-9 && place <= 290 + 1e-9) }
    }
  }

  @Test("A long line keeps the first, lowest, highest and last spot of each pixel and no more")
  func thinning() {
    // 40 spots within four pixels, as a zigzag with one peak.
    let spots = (0..<40).map { Spot(x: Double($0) / 10, y: $0 == 17 ? 90 : Double($0 % 2)) }
    let thinned = Thinning.thinned(spots)
    #expect(thinned.contains(Spot(x: 1.7, y: 90)))
    #expect(thinned.first == spots.first && thinned.last == spots.last)
    #expect(thinned.count <= 16)
    #expect(zip(thinned, thinned.dropFirst()).allSatisfy { $0.x <= $1.x })
    let few = [Spot(x: 0, y: 1), Spot(x: 5, y: 2)]
    #expect(Thinning.thinned(few) == few)
  }

  @Test("A long name keeps its beginning and its end")
  func shortening() {
    let name = "provider-with-a-long-name/model-v2.1-turbo"
    let short = TextMeasure.shortened(name, to: 120)
    #expect(short.hasPrefix("provider") && short.hasSuffix("turbo") && short.contains("…"))
    #expect(TextMeasure.width(short) <= 120)
    #expect(TextMeasure.shortened("short", to: 120) == "short")
    #expect(TextMeasure.width(TextMeasure.shortened("🎬🎬🎬🎬🎬🎬🎬🎬🎬🎬", to: 60)) <= 60)
  }

  @Test("Words are wrapped within the width, and the last line says that there was more")
  func wrapping() {
    let lines = TextMeasure.wrapped(
      "the rows come from three loggers and nothing else is known", to: 120, lines: 2)
    #expect(lines.count == 2)
    #expect(lines[1].hasSuffix("…"))
    for line in lines { #expect(TextMeasure.width(line) <= 120) }
    #expect(TextMeasure.wrapped("", to: 100) == [])
  }

  @Test("Names beside points do not cover one another while there is room")
  func pointLabels() {
    var labels = PointLabels(within: Box(left: 0, top: 0, right: 300, bottom: 200))
    let spots = [Spot(x: 100, y: 100), Spot(x: 104, y: 102), Spot(x: 290, y: 100)]
    for spot in spots { labels.avoid(Box(around: spot, radius: 5)) }
    let placed = labels.place(["first", "second", "at the edge"], at: spots)
    #expect(labels.overlap == 0)
    #expect(placed.map(\.text) == ["first", "second", "at the edge"])
    // To the left of its point, or it would leave the plot.
    #expect(placed[2].baseline.x < 290 - TextMeasure.width("at the edge"))
  }

  @Test("Characters with a meaning are escaped, those that XML cannot hold replaced, overrides dropped")
  func escaping() {
    #expect(Escaping.escaped("<a href=\"x\">&'</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;")
    #expect(Escaping.escaped("a\u{0}b\u{1B}c") == "a\u{FFFD}b\u{FFFD}c")
    #expect(Escaping.escaped("\u{202E}evil\u{2066}") == "evil")
    #expect(Escaping.escaped("é 日本 🎬 نموذج") == "é 日本 🎬 نموذج")
  }
}
