import ArgumentParser
import Foundation
import Reporting

/// Where a command writes a report.
struct ReportOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("A folder for a report: HTML, Markdown, pictures, figures.", valueName: "folder"))
  var out: String?

  @Flag(help: "Replace the report that is there.")
  var force = false

  @Option(help: "What to call the sources that made the report.")
  var revision: String?

  func validate() throws {
    if out == nil, force || revision != nil { throw ValidationError("--force and --revision are for --out") }
  }

  /// The folder, if one is asked for; checked before the work, so that no work is in vain.
  func folder() throws -> ReportFolder? {
    guard let out else { return nil }
    let folder = try ReportFolder(out)
    try folder.check(force: force)
    return folder
  }

  /// The command as it was typed, with names of files instead of paths and without what says where a report goes:
  /// the same work gives the same report wherever it is done.
  ///
  /// - Parameter isFile: whether a word is a path; a candidate's id has a slash too.
  static func command(
    _ arguments: [String] = CommandLine.arguments,
    isFile: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
  ) -> String {
    let left = ["--out", "--revision", "--threads", "--embedding-table"]
    var words = ["pointsman"]
    var rest = arguments.dropFirst()
    while let word = rest.popFirst() {
      if left.contains(word) {
        _ = rest.popFirst()
      } else if !["--force", "--json"].contains(word), !left.contains(where: { word.hasPrefix($0 + "=") }) {
        let name = name(of: word, isFile: isFile)
        words.append(name.contains(" ") ? "'\(name)'" : name)
      }
    }
    return words.joined(separator: " ")
  }

  /// A file's name without its folder; any other word as it is.
  static func name(
    of word: String, isFile: (String) -> Bool = { FileManager.default.fileExists(atPath: $0) }
  ) -> String {
    word.contains("/") && isFile(word) ? URL(filePath: word).lastPathComponent : word
  }
}
