/// Text made safe for Markdown (CommonMark with tables), whoever wrote it.
enum Markdown {
  static func escaped(_ text: String) -> String {
    var result = ""
    for (place, scalar) in text.unicodeScalars.enumerated() {
      switch scalar {
      case "\n", "\r", "\t": result += " "
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\\", "`", "*", "_", "[", "]", "#", "|", "~", "$", "!": result += "\\" + String(scalar)
      // A list only at the beginning of a line.
      case "-", "+", "=": result += (place == 0 ? "\\" : "") + String(scalar)
      default: append(scalar, to: &result)
      }
    }
    return result
  }

  /// A span of code, in more backticks than stand in it.
  static func code(_ text: String) -> String {
    var content = ""
    var longest = 0
    var run = 0
    for scalar in text.unicodeScalars {
      run = scalar == "`" ? run + 1 : 0
      longest = max(longest, run)
      switch scalar {
      case "\n", "\r", "\t": content += " "
      // Tables are cut at bars before anything else is read.
      case "|": content += "\\|"
      default: append(scalar, to: &content)
      }
    }
    let fence = String(repeating: "`", count: longest + 1)
    let space = content.hasPrefix("`") || content.hasSuffix("`") ? " " : ""
    return fence + space + content + space + fence
  }

  /// A link's target, to stand in angle brackets.
  static func address(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": result += "%3C"
      case ">": result += "%3E"
      case "|": result += "%7C"
      case "\\": result += "%5C"
      default: append(scalar, to: &result)
      }
    }
    return result
  }

  /// As in HTML: no control characters, nothing that turns the direction of text.
  private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
    switch scalar.value {
    case 0x0...0x1F, 0x7F...0x9F, 0xFFFE, 0xFFFF: text += "\u{FFFD}"
    case 0x202A...0x202E, 0x2066...0x2069: break
    default: text.unicodeScalars.append(scalar)
    }
  }
}
