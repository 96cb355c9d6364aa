/// Why a report was not written. In every case but ``leftover(_:)`` the disk is as it was.
public enum ReportFolderError: Error, Hashable, CustomStringConvertible {
  case notAName(String)
  case exists(String)
  /// `holding` names something that is not of a report, where that is what is wrong.
  case notAReport(String, holding: String?)
  case parentMissing(String)
  case notWritable(String)
  case diskFull(String)
  /// The new report is in place, and the one that it replaced could not be removed.
  case leftover(String)
  case failed(String, String)

  public var description: String {
    switch self {
    case .notAName(let path): "“\(path)” does not name a folder to write a report to"
    case .exists(let path):
      "\(path) exists already: name another folder, or replace the report there with --force"
    case .notAReport(let path, let holding?):
      "\(path) holds “\(holding)”, which is not part of a report, and is not replaced: name another folder"
    case .notAReport(let path, nil): "\(path) is not a report, and is not replaced: name another folder"
    case .parentMissing(let path): "there is no folder \(path): create it, or name another"
    case .notWritable(let path):
      "\(path) cannot be written to: give this user the right, or name another folder"
    case .diskFull(let path): "no room is left for \(path): nothing was kept of the report; free some space"
    case .leftover(let path):
      "the report is written; the one it replaced is left at \(path), remove it by hand"
    case .failed(let path, let message): "\(path): \(message); nothing was kept of the report"
    }
  }
}
