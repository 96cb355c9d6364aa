extension Report {
  /// One self-contained page: pictures and style inside, no script, nothing loaded from anywhere.
  public var html: String {
    var page = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
      <title>\(Escaping.escaped(title))</title>
      <style>
      \(PageStyle.sheet)\(ChartStyle.sheet)</style>
      </head>
      <body>
      <main>
      <header>
      <h1>\(Escaping.escaped(title))</h1>

      """
    if !lead.isEmpty { page += "<p class=\"lead\">\(lead.html)</p>\n" }
    page += provenanceHTML + "</header>\n"
    var figureNumber = 0
    for section in sections {
      page += "<section>\n"
      if !section.title.isEmpty { page += "<h2>\(Escaping.escaped(section.title))</h2>\n" }
      for block in section.blocks {
        switch block {
        case .paragraph(let prose): page += "<p>\(prose.html)</p>\n"
        case .list(let items):
          page += "<ul>\n" + items.map { "<li>\($0.html)</li>\n" }.joined() + "</ul>\n"
        case .verdict(let verdict): page += Self.html(verdict)
        case .figure(let figure):
          figureNumber += 1
          page += html(figure, number: figureNumber)
        case .listing(let listing): page += Self.html(listing)
        }
      }
      page += "</section>\n"
    }
    return page + "</main>\n</body>\n</html>\n"
  }

  private var provenanceHTML: String {
    var page = "<dl class=\"provenance\">\n"
    func entry(_ name: String, _ value: String) {
      page += "<div><dt>\(Escaping.escaped(name))</dt><dd>\(value)</dd></div>\n"
    }
    entry("Command", "<code>\(Escaping.escaped(provenance.command))</code>")
    if !provenance.seeds.isEmpty { entry("Seeds", provenance.seedRanges) }
    entry("Revision", "<code>\(Escaping.escaped(provenance.revision))</code>")
    for fact in provenance.facts { entry(fact.name, "<bdi>\(Escaping.escaped(fact.value))</bdi>") }
    for source in provenance.sources {
      entry(
        "Data",
        "<bdi>\(Escaping.escaped(source.name))</bdi>, \(ValueUnit.count.text(Double(source.count))) rows, SHA-256 "
          + "<code>\(source.sha256)</code>")
    }
    return page + "</dl>\n"
  }

  private static func html(_ verdict: Verdict) -> String {
    """
    <p class="verdict \(verdict.held ? "held" : "failed")"><strong>\(verdict.held ? "✓ Held" : "✗ Did not hold")</strong> \
    <span class="claim">\(verdict.claim.html)</span> <span class="measure">\(verdict.figure.html)</span></p>

    """
  }

  private func html(_ figure: Figure, number: Int) -> String {
    let pictures = ChartLayout.allCases.map {
      figure.chart.embedded(id: "figure-\(figure.id)", title: figure.title, layout: $0, palette: palette)
    }
    let subtitle = figure.subtitle.isEmpty ? "" : "\n<span class=\"subtitle\">\(figure.subtitle.html)</span>"
    let links = Self.dataPaths(figure.id, figure.chart.sheets).map { "<a href=\"\($0)\">\($0)</a>" }
    let numbers = links.isEmpty ? "" : " · Numbers: " + links.joined(separator: ", ")
    return """
      <figure id="figure-\(figure.id)">
      <figcaption><span class="title">\(Escaping.escaped(figure.title))</span>\(subtitle)</figcaption>
      \(pictures.joined())<p class="source">Figure \(number)\(numbers)</p>
      </figure>

      """
  }

  private static func html(_ listing: Listing) -> String {
    func kind(_ column: Listing.Column) -> String { column.unit == nil ? "" : " class=\"number\"" }
    let title = Escaping.escaped(listing.title)
    var page =
      "<figure id=\"table-\(listing.id)\">\n<figcaption><span class=\"title\">\(title)</span></figcaption>\n"
    // Wide tables scroll by themselves, also by keyboard.
    page +=
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(title)\">\n<table>\n<thead><tr>"
    for column in listing.columns {
      page += "<th scope=\"col\"\(kind(column))>\(Escaping.escaped(column.title))</th>"
    }
    page += "</tr></thead>\n<tbody>\n"
    for (index, row) in listing.shown.enumerated() {
      page += listing.emphasised.contains(index) ? "<tr class=\"emphasised\">" : "<tr>"
      for (place, (cell, column)) in zip(row, listing.columns).enumerated() {
        let tag = place == 0 ? "th" : "td"
        page +=
          "<\(tag)\(place == 0 ? " scope=\"row\"" : "")\(kind(column))>"
          + (column.unit == nil ? "<bdi>\(Escaping.escaped(cell))</bdi>" : Escaping.escaped(cell))
          + "</\(tag)>"
      }
      page += "</tr>\n"
    }
    return page + "</tbody>\n</table>\n</div>\n<p class=\"source\">Numbers: "
      + "<a href=\"data/\(listing.id).csv\">data/\(listing.id).csv</a></p>\n</figure>\n"
  }
}
