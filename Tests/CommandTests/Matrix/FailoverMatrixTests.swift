import Foundation
import Jobs
import Reporting
import Testing

@testable import VendorStreet

/// Every vendor against every fault: what followed, held against the failure taxonomy.
///
/// All of it takes minutes and is made by `make matrix`, which writes the report; a part in which every vendor and every
/// class occurs runs with the other tests.
@Suite("The failover matrix")
struct FailoverMatrixTests {
  static let isSlow = ProcessInfo.processInfo.environment["POINTSMAN_SLOW"] != nil
  /// Worlds that are open at a time.
  static let width = 4

  @Test("No declared vendor and no fault of the street is left out")
  func complete() throws {
    let folder = StreetWorld.data.appending(path: "vendors")
    let declared = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }
    let missing = Set(declared).subtracting(MatrixLine.all.map(\.vendor)).subtracting(MatrixLine.elsewhere)
      .sorted()
    #expect(missing.isEmpty, "give them a line in MatrixLine.all: \(missing)")
    let faults = Set(MatrixFault.all.map { $0.order.prefix { $0 != "," } })
    #expect(Set(FaultKind.allCases.map { $0.rawValue[...] }) == faults)
    #expect(Set(MatrixFault.all.map(\.name)).count == MatrixFault.all.count)
    #expect(Set(MatrixLine.all.map(\.name)).count == MatrixLine.all.count)
  }

  /// Two of each vendor's, so that every class is there.
  static let part: [(line: MatrixLine, fault: MatrixFault)] = {
    let named = ["too_many_requests", "moderated", "empty_output", "lost", "retired", "server_error 503"]
    let pairs = MatrixLine.all.enumerated().flatMap { place, line in
      [named[place % named.count], named[(place + 3) % named.count]].map { (line, $0) }
    }
    let others = [
      (MatrixLine.all[0], "unauthorized"), (MatrixLine.all[7], "server_error 400"),
      (MatrixLine.all[2], "fails"),
    ]
    return (pairs + others).compactMap { line, name in
      MatrixFault.all.first { $0.name == name }.map { (line, $0) }
    }
  }()

  @Test("A part of it: every vendor, every class")
  func parts() async {
    let cells = await Self.cells(Self.part)
    for contradiction in cells.flatMap(\.contradictions) { Issue.record("\(contradiction)") }
    let classes = Set(cells.compactMap(\.failure))
    #expect(classes == Set(FailureClass.allCases).subtracting([.local, .keyGone]))
  }

  @Test("All of it, as a report", .enabled(if: isSlow, "takes minutes: set POINTSMAN_SLOW, or make matrix"))
  func whole() async throws {
    let all = MatrixLine.all.flatMap { line in
      MatrixFault.all.filter { $0.suits(line) }.map { (line: line, fault: $0) }
    }
    let cells = await Self.cells(all)
    let environment = ProcessInfo.processInfo.environment
    let report = MatrixReport(cells: cells, revision: environment["POINTSMAN_REVISION"] ?? "unknown")
    if let path = environment["POINTSMAN_MATRIX"] {
      try ReportFolder(path).write(report.files(), force: true)
    }
    #expect(cells.count == all.count)
    for contradiction in report.contradictions { Issue.record("\(contradiction)") }
  }

  /// In the order in which they are asked for, a few at a time.
  static func cells(_ wanted: [(line: MatrixLine, fault: MatrixFault)]) async -> [MatrixCell] {
    await withTaskGroup(of: (Int, MatrixCell).self) { group in
      var cells: [MatrixCell?] = wanted.map { _ in nil }
      var next = 0
      func add() {
        guard next < wanted.count else { return }
        let (place, item) = (next, wanted[next])
        group.addTask {
          do {
            return (place, try await MatrixRun.cell(item.line, item.fault))
          } catch {
            var cell = MatrixCell(line: item.line, fault: item.fault)
            cell.trouble = "\(error)"
            return (place, cell)
          }
        }
        next += 1
      }
      for _ in 0..<width { add() }
      while let (place, cell) = await group.next() {
        cells[place] = cell
        add()
      }
      return cells.compactMap { $0 }
    }
  }
}
