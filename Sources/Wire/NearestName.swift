/// Suggestions for a misspelt name.
public enum NearestName {
  /// The allowed name closest to `name`, when it is close enough to be meant: at most one edit for each
  /// three letters of the longer one, and at least one. Of equally close names the first listed wins.
  public static func suggestion(for name: String, among allowed: [String]) -> String? {
    var best: (name: String, distance: Int)?
    for candidate in allowed {
      let longer = max(name.unicodeScalars.count, candidate.unicodeScalars.count)
      // A name that long was not mistyped from one of ours; the distance is quadratic in the length.
      guard longer <= 64 else { continue }
      let distance = editDistance(name, candidate)
      guard distance <= max(1, longer / 3), distance < longer else { continue }
      if best.map({ distance < $0.distance }) ?? true { best = (candidate, distance) }
    }
    return best?.name
  }

  /// The fewest insertions, deletions, substitutions and swaps of neighbours that turn one text into the
  /// other, no part being edited twice (optimal string alignment; Damerau 1964), counted in Unicode scalars.
  ///
  /// d[i,j] = min(d[i−1,j] + 1, d[i,j−1] + 1, d[i−1,j−1] + [aᵢ ≠ bⱼ], d[i−2,j−2] + 1 if aᵢaⱼ₋₁ are swapped).
  public static func editDistance(_ first: String, _ second: String) -> Int {
    let a = Array(first.unicodeScalars)
    let b = Array(second.unicodeScalars)
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in b.indices {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
