import Foundation
import Testing

@testable import Reporting

@Suite("Colours")
struct PaletteTests {
  @Test("A name has the same style whatever the order in which the names came")
  func stable() {
    let one = Palette([["b", "a", "c"]])
    let other = Palette([["c", "c", "b", "a"]])
    #expect(one == other)
    #expect(one.style(of: "a").colour == 0)
    #expect(one.style(of: "c").colour == 2)
  }

  @Test("No two of 28 names look alike, in line or in mark")
  func distinct() {
    let names = (0..<28).map { "candidate-\($0)" }
    let palette = Palette([names])
    #expect(Set(names.map { palette.style(of: $0) }).count == 28)
    #expect(
      Set(names.map { "\(palette.style(of: $0).colour ?? 9) \(palette.style(of: $0).marker)" }).count == 28)
  }

  @Test("Families begin again at the first colour, muted names take none, unknown ones are grey")
  func families() {
    let palette = Palette([["agentrank", "random", "thompson"], ["fal/veo-3"]], muted: ["random"])
    #expect(palette.style(of: "fal/veo-3").colour == 0)
    #expect(palette.style(of: "thompson").colour == 1)
    #expect(palette.style(of: "random").colour == nil)
    #expect(palette.style(of: "who?").colour == nil)
  }

  @Test(
    "Marks have a contrast of 3:1 to their paper, words 4.5:1, in light and in dark",
    arguments: [false, true])
  func contrast(isDark: Bool) {
    let shade = isDark ? \Ink.dark : \Ink.light
    let paper = Ink.paper[keyPath: shade]
    for ink in Ink.marks + [.faint] { #expect(contrastRatio(ink[keyPath: shade], paper) >= 3) }
    for ink in Ink.names + [.text, .muted, .held, .failed, .link] {
      #expect(contrastRatio(ink[keyPath: shade], paper) >= 4.5)
    }
  }

  @Test("Any two marks differ to every kind of eye", arguments: [false, true])
  func colourBlindness(isDark: Bool) {
    let shade = isDark ? \Ink.dark : \Ink.light
    for (vision, matrix) in visions {
      let seen = Ink.marks.map { labOf(linear($0[keyPath: shade]), through: matrix) }
      for one in seen.indices {
        for other in seen[..<one].indices {
          let difference = zip(seen[one], seen[other]).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
          #expect(difference >= 15, "\(vision): marks \(other) and \(one) differ by \(difference)")
        }
      }
    }
  }

  // Machado, Oliveira and Fernandes 2009, table 1, severity 1, on linear RGB.
  private let visions: [(String, [[Double]])] = [
    ("normal", [[1, 0, 0], [0, 1, 0], [0, 0, 1]]),
    (
      "protanopia",
      [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    (
      "deuteranopia",
      [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    (
      "tritanopia",
      [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
  ]

  private func linear(_ colour: String) -> [Double] {
    let code = UInt32(colour.dropFirst(), radix: 16) ?? 0
    return [code >> 16 & 0xFF, code >> 8 & 0xFF, code & 0xFF].map {
      let c = Double($0) / 255
      return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4)
    }
  }

  /// WCAG 2.2: (L₁ + 0.05) / (L₂ + 0.05) of the relative luminances.
  private func contrastRatio(_ one: String, _ other: String) -> Double {
    let luminances = [one, other].map { colour in
      zip(linear(colour), [0.2126, 0.7152, 0.0722]).map(*).reduce(0, +)
    }.sorted()
    return (luminances[1] + 0.05) / (luminances[0] + 0.05)
  }

  /// CIELAB (D65) of a linear colour as an eye with this matrix sees it.
  private func labOf(_ colour: [Double], through matrix: [[Double]]) -> [Double] {
    let seen = matrix.map { min(max(zip($0, colour).map(*).reduce(0, +), 0), 1) }
    let toXYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    let f = zip(toXYZ, [0.9505, 1, 1.089]).map { line, white in
      let t = zip(line, seen).map(*).reduce(0, +) / white
      return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116
    }
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]
  }
}
