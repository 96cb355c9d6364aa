extension Report {
  /// The report as Markdown, with its pictures as files in `figures`.
  public var markdown: String {
    var page = "# \(Markdown.escaped(title))\n\n"
    if !lead.isEmpty { page += lead.markdown + "\n\n" }
    page += provenanceMarkdown
    var figureNumber = 0
    for section in sections {
      if !section.title.isEmpty { page += "## \(Markdown.escaped(section.title))\n\n" }
      for block in section.blocks {
        switch block {
        case .paragraph(let prose): page += prose.markdown + "\n\n"
        case .list(let items): page += items.map { "- \($0.markdown)\n" }.joined() + "\n"
        case .verdict(let verdict):
          page += "> **\(verdict.held ? "✓ Held" : "✗ Did not hold").** \(verdict.claim.markdown)\\\n"
          page += "> \(verdict.figure.markdown)\n\n"
        case .figure(let figure):
          figureNumber += 1
          page += Self.markdown(figure, number: figureNumber)
        case .listing(let listing): page += Self.markdown(listing)
        }
      }
    }
    while page.hasSuffix("\n\n") { page.removeLast() }
    return page
  }

  private var provenanceMarkdown: String {
    var lines = ["Command: \(Markdown.code(provenance.command))"]
    if !provenance.seeds.isEmpty { lines.append("Seeds: \(provenance.seedRanges)") }
    lines.append("Revision: \(Markdown.code(provenance.revision))")
    lines += provenance.facts.map { "\(Markdown.escaped($0.name)): \(Markdown.escaped($0.value))" }
    lines += provenance.sources.map {
      "Data: \(Markdown.escaped($0.name)), \(ValueUnit.count.text(Double($0.count))) rows, SHA-256 `\($0.sha256)`"
    }
    return lines.map { "- \($0)\n" }.joined() + "\n"
  }

  private static func markdown(_ figure: Figure, number: Int) -> String {
    let links = dataPaths(figure.id, figure.chart.sheets).map { "[\($0)](\($0))" }
    let subtitle = figure.subtitle.isEmpty ? "" : " \(figure.subtitle.markdown)"
    // The picture itself carries title and subtitle too; said again here for readers without pictures.
    return """
      **Figure \(number). \(Markdown.escaped(figure.title))**\(subtitle)

      <picture>
      <source media="(max-width: 38rem)" srcset="\(picturePath(figure.id, .narrow))">
      <img src="\(picturePath(figure.id, .wide))" alt="\(Escaping.escaped(figure.chart.summary))">
      </picture>

      Numbers: \(links.joined(separator: ", "))


      """
  }

  private static func markdown(_ listing: Listing) -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
    var page = "**\(Markdown.escaped(listing.title))**\n\n"
    page += line(listing.columns.map { Markdown.escaped($0.title) })
    page += line(listing.columns.map { $0.unit == nil ? ":--" : "--:" })
    for (index, row) in listing.shown.enumerated() {
      let isBold = listing.emphasised.contains(index)
      page += line(row.map { isBold && !$0.isEmpty ? "**\(Markdown.escaped($0))**" : Markdown.escaped($0) })
    }
    return page + "\nNumbers: [data/\(listing.id).csv](data/\(listing.id).csv)\n\n"
  }
}
