import Crypto
import Foundation
import Jobs
import Reporting

/// The failover matrix as a report: who was struck by what, and what followed.
struct MatrixReport {
  let cells: [MatrixCell]
  let revision: String

  var contradictions: [String] { cells.flatMap(\.contradictions) }

  func files() throws -> [ReportFile] {
    let lines = MatrixLine.all
    return try Report(
      title: "The failover matrix",
      lead: """
        Every way in which a declared vendor works against every fault of the street of vendors, as seen from outside: \
        a job with a second candidate to go to, as many more as open a circuit, an epoch closed over them, and a job \
        with nobody else to ask.
        """,
      provenance: Provenance(
        command: "make matrix", revision: revision, sources: try Self.sources(),
        facts: [
          .init("Lines", "\(lines.count)"), .init("Faults", "\(MatrixFault.all.count)"),
          .init("Cells", "\(cells.count)"),
        ]),
      sections: [
        .init(
          "What was claimed",
          [
            .verdict(
              .init(
                "No cell contradicts the failure taxonomy", held: contradictions.isEmpty,
                figure: "\(contradictions.count) of \(cells.count) cells do")),
            .verdict(
              .init(
                "No job was paid twice without saying that it may have been",
                held: cells.allSatisfy { $0.paid <= 1 || $0.isFlagged },
                figure:
                  "\(cells.count { $0.paid > 1 }) paid twice, \(cells.count(where: \.isFlagged)) that say it may be"
              )),
          ] + (contradictions.isEmpty ? [] : [.list(contradictions.map { Prose(verbatim: $0) })])),
        .init(
          "What a fault is taken for",
          [
            .paragraph(
              """
              The class of the failed attempt; *done* where the job was done at the vendor all the same; a dash where the \
              vendor's interface has no place for the fault, or no limit that a test could wait for (Bedrock's own).
              """), .listing(try classes(lines)),
          ]),
        .init(
          "What a class does",
          [
            .paragraph(
              """
              An attempt that is given up while its vendor may still be at work is never repeated there, whatever its \
              class; that of an account's own limits (bfl's count of jobs in flight) closes the provider, not the \
              candidate.
              """), .listing(try treatments()),
          ]),
        .init("Every cell", [.listing(try every())]),
      ]
    ).files()
  }

  private func cell(_ line: MatrixLine, _ fault: MatrixFault) -> MatrixCell? {
    cells.first { $0.line.name == line.name && $0.fault.name == fault.name }
  }

  private func classes(_ lines: [MatrixLine]) throws -> Report.Listing {
    try Report.Listing(
      id: "classes", title: "Faults by vendor",
      columns: [.words("fault")] + lines.map { .words($0.name) },
      rows: MatrixFault.all.map { fault in
        [.text(fault.name)]
          + lines.map { line in
            cell(line, fault).map { .text($0.trouble == nil ? $0.failure?.rawValue ?? "done" : "not seen") }
              ?? .missing
          }
      })
  }

  /// What was seen of each class, all that were seen where cells differ.
  private func treatments() throws -> Report.Listing {
    func seen(_ cells: [MatrixCell], _ part: (MatrixCell) -> String?) -> Sheet.Cell {
      let words = Set(cells.compactMap(part)).sorted()
      return words.isEmpty ? .missing : .text(words.joined(separator: " or "))
    }
    return try Report.Listing(
      id: "treatments", title: "Seen of each class, over all vendors and faults",
      columns: [
        .words("class"), .values("cells", .count), .words("circuit"), .words("of"), .words("statistic"),
        .words("quality"), .words("failover"), .words("retry the same"),
      ],
      rows: FailureClass.allCases.compactMap { kind in
        let cells = cells.filter { $0.failure == kind }
        guard !cells.isEmpty else { return nil }
        return [
          .text(kind.rawValue), .number(Double(cells.count)), seen(cells) { $0.circuit.rawValue },
          seen(cells) { $0.scope?.rawValue }, seen(cells) { $0.statistic.rawValue },
          seen(cells) { $0.quality.rawValue }, seen(cells) { $0.failover.rawValue },
          seen(cells) { $0.retry?.rawValue },
        ]
      })
  }

  private func every() throws -> Report.Listing {
    try Report.Listing(
      id: "cells", title: "What was seen",
      columns: [
        .words("vendor"), .words("fault"), .words("class"), .words("job"), .words("circuit"), .words("of"),
        .words("statistic"), .words("quality"), .words("failover"), .words("retry the same"),
        .values("taken on", .count), .values("by the next", .count), .words("may be paid twice"),
      ],
      rows: cells.map { cell in
        [
          .text(cell.line.name), .text(cell.fault.name), .text(cell.failure?.rawValue ?? "none"),
          .text(cell.state), .text(cell.circuit.rawValue), cell.scope.map { .text($0.rawValue) } ?? .missing,
          cell.failure == nil ? .missing : .text(cell.statistic.rawValue), .text(cell.quality.rawValue),
          .text(cell.failover.rawValue), cell.retry.map { .text($0.rawValue) } ?? .missing,
          .number(Double(cell.taken.first)), .number(Double(cell.taken.second)),
          .text(cell.isFlagged ? "said" : "no"),
        ]
      })
  }

  /// The declarations of the vendors; Bedrock is programmed.
  private static func sources() throws -> [Provenance.Source] {
    let folder = StreetWorld.data.appending(path: "vendors")
    let names = Set(MatrixLine.all.map(\.vendor)).subtracting(["bedrock"]).sorted()
    return try names.map { name in
      let bytes = try Data(contentsOf: folder.appending(path: "\(name).yaml"))
      let digest = SHA256.hash(data: bytes).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      return try Provenance.Source(
        "\(name).yaml", sha256: digest.joined(), count: bytes.count { $0 == 0x0A })
    }
  }
}
