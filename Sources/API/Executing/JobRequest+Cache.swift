import Jobs
import Routing
import Serving
import Wire

extension JobRequest {
  /// The longest `cache.ttl_s`: a month.
  static let longestCacheLife: Int64 = 30 * 86_400

  /// Reads `cache`: true, or an object of how. Nil for false, or nothing.
  static func cache(_ reader: inout FieldReader, _ input: WorkInput?) -> CacheWish? {
    guard let value = reader.json("cache"), !value.isNull else { return nil }
    if let isWanted = value.boolValue { return isWanted ? CacheWish() : nil }
    do throws(FieldErrors) {
      var part = try FieldReader(value)
      var wish = CacheWish()
      if let seconds = part.optionalInteger("ttl_s", in: 1...longestCacheLife) {
        wish.lifetime = .seconds(seconds)
      }
      wish.mode = part.optionalChoice("mode", CacheWish.Mode.self) ?? .exact
      if let similarity = part.optionalDouble("similarity", in: 0.5...1) {
        wish.similarity = similarity
        if wish.mode == .exact { part.fail("similarity", "is of no use unless mode is semantic") }
      }
      if wish.mode == .semantic, let input, input[.prompt]?.stringValue == nil {
        part.fail("mode", "can be semantic only where the input has a prompt")
      }
      try part.finish()
      return wish
    } catch {
      reader.absorb(error, under: JSONPointer.step("cache"))
      return nil
    }
  }
}
