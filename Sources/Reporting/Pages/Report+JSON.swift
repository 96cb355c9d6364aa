import Wire

extension Report {
  /// Everything in the report that is a number, with what it needs to be understood; a line for each row.
  func json(paths: [String]) -> String {
    var writer = JSONWriter(reserving: 1 << 16)
    writer.object { writer in
      writer.rawField("title", Self.line { $0.value(title) })
      writer.rawField("lead", Self.line { $0.value(lead.text) })
      writer.object("provenance") { writer in
        writer.field("command", provenance.command)
        writer.array("seeds", provenance.seeds)
        writer.field("revision", provenance.revision)
        writer.objects("sources", provenance.sources) { writer, source in
          writer.field("name", source.name)
          writer.field("sha256", source.sha256)
          writer.field("count", source.count)
        }
        writer.objects("facts", provenance.facts) { writer, fact in
          writer.field("name", fact.name)
          writer.field("value", fact.value)
        }
      }
      writer.objects("verdicts", verdicts) { writer, verdict in
        writer.field("claim", verdict.claim.text)
        writer.field("held", verdict.held)
        writer.field("figure", verdict.figure.text)
      }
      writer.array("tables") { writer in
        for figure in figures {
          for (sheet, path) in zip(figure.chart.sheets, Self.dataPaths(figure.id, figure.chart.sheets)) {
            Self.write(sheet, of: figure.title, path: path, to: &writer)
          }
        }
        for listing in listings {
          Self.write(listing.sheet, of: listing.title, path: "data/\(listing.id).csv", to: &writer)
        }
      }
      writer.array("files", paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }
    return writer.text + "\n"
  }

  private static func write(_ sheet: Sheet, of title: String, path: String, to writer: inout JSONWriter) {
    writer.raw(
      line { writer in
        writer.object { writer in
          writer.field("title", title)
          writer.field("name", sheet.name)
          writer.field("path", path)
          writer.array("columns", sheet.columns)
          writer.array("rows") { writer in
            for row in sheet.rows {
              writer.raw(
                line { writer in
                  writer.array { writer in
                    for cell in row {
                      switch cell {
                      case .text(let text): writer.value(text)
                      case .number(let number):
                        if let whole = Int64(exactly: number) {
                          writer.value(whole)
                        } else {
                          writer.value(number)
                        }
                      case .missing: writer.null()
                      }
                    }
                  }
                })
            }
          }
        }
      })
  }

  /// A value that begins on a line of its own, so that a change of one shows as one.
  private static func line(_ write: (inout JSONWriter) -> Void) -> [UInt8] {
    var writer = JSONWriter()
    write(&writer)
    return [UInt8(ascii: "\n")] + writer.bytes
  }
}
