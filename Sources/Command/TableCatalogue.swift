import Experiments
import Routing
import Wire

/// A catalogue of the models of an outcome table, so that a router can be played against it.
enum TableCatalogue {
  /// The longest name that an id may carry.
  static let longestName = 64

  /// A model's name as the second half of a candidate's id, which takes a–z, 0–9, `.`, `-` and `_` only. Reversible:
  ///
  ///     A…Z     _a … _z        an underscore and the small letter
  ///     /       __             two underscores
  ///     _       _-             an underscore and a hyphen
  ///     others  _.xx           an underscore, a point and two hexadecimal digits, for each byte of the UTF-8
  ///
  /// So `Yi-34B` is `_yi-34_b`, and `google/gemini-2.5-pro` is `google__gemini-2.5-pro`.
  static func name(of model: String) -> String {
    var name = ""
    for byte in model.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
        UInt8(ascii: "-"):
        name.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): name += "_" + String(Unicode.Scalar(byte + 32))
      case UInt8(ascii: "/"): name += "__"
      case UInt8(ascii: "_"): name += "_-"
      default: name += "_." + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return name
  }

  /// The model's name that ``name(of:)`` turned into this one; nil when there is none.
  static func model(named name: String) -> String? {
    var bytes: [UInt8] = []
    var rest = name.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "_") else {
        bytes.append(byte)
        continue
      }
      switch rest.popFirst() {
      case UInt8(ascii: "_"): bytes.append(UInt8(ascii: "/"))
      case UInt8(ascii: "-"): bytes.append(UInt8(ascii: "_"))
      case UInt8(ascii: "."):
        guard rest.count >= 2, let byte = UInt8(String(rest.prefix(2)) ?? "", radix: 16) else { return nil }
        bytes.append(byte)
        rest = rest.dropFirst(2)
      case let letter? where (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter):
        bytes.append(letter - 32)
      default: return nil
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  static func id(of model: String, provider: String) -> String { provider + "/" + name(of: model) }

  /// The catalogue as the YAML that ``Declarations/CatalogueFile`` reads.
  ///
  /// - Parameter source: the table's path, for the heading.
  /// - Throws: when a model's name is too long for an id, or there are too many.
  static func yaml(
    _ table: OutcomeTable, source: String, capability: Capability, provider: String
  ) throws(CommandFailure) -> String {
    if let long = table.models.first(where: { name(of: $0).utf8.count > longestName }) {
      throw CommandFailure(
        "the model name '\(TextTable.shown(long, limit: 80))' is too long for an id; shorten it in the table")
    }
    guard table.models.count <= Routing.Catalogue.maximumCandidates else {
      throw CommandFailure(
        "the table has \(table.models.count) models, and a catalogue takes \(Routing.Catalogue.maximumCandidates) for one capability"
      )
    }
    var lines = [
      "# The models of the outcome table \(TextTable.shown(source)) (\(Figure.plural(table.lines.count, "row"))).",
      "# Made by: pointsman catalogue from-table \(TextTable.shown(source)) --capability \(capability.name) --provider \(provider)",
      "# In an id `_a` stands for A, `__` for /, `_-` for _, and `_.xx` for any other byte; `model` is the table's own name.",
      "# price is the mean cost_usd of the table, where it has one.",
      "version: 1",
      "",
      "providers:",
      "  - {id: \(provider), name: Outcome table, kind: local}",
      "",
      "models:",
    ]
    for (index, model) in table.models.enumerated() {
      lines.append("  - id: \(id(of: model, provider: provider))")
      lines.append("    model: " + String(decoding: JSONValue.string(model).serialized(), as: UTF8.self))
      lines.append("    capabilities: [\(capability.name)]")
      if let cost = table.meanCost(of: index) { lines.append("    price: {per_request: \(rounded(cost))}") }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Dollars to the billionth, without a fraction where there is none.
  private static func rounded(_ dollars: Double) -> String {
    let value = (dollars * 1e9).rounded() / 1e9
    return value == value.rounded() ? Figure.fixed(value, 0) : "\(value)"
  }
}
