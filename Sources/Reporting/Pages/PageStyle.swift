/// The style sheet of the page: one column for reading, system fonts, light and dark by the reader's preference, and a
/// printed form.
enum PageStyle {
  static let sheet: String = """
    :root{\(colours(\.light))}
    @media screen and (prefers-color-scheme:dark){:root{\(colours(\.dark))}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
    body{margin:0;background:var(--paper);color:var(--text);font:1.0625rem/1.58 Charter,"Bitstream Charter",\
    "Sitka Text",Cambria,Georgia,"Noto Serif",serif}
    main{max-width:47rem;margin:0 auto;padding:3rem 1rem 5rem;overflow-wrap:break-word}
    h1{font-size:2.1rem;line-height:1.18;letter-spacing:-.01em;margin:0 0 1rem;text-wrap:balance}
    h2{font-size:1.4rem;line-height:1.25;margin:3.2rem 0 .9rem;text-wrap:balance}
    p,ul{margin:0 0 1.05rem;max-width:40rem;text-wrap:pretty}
    ul{padding-left:1.2rem}
    li{margin:.25rem 0}
    .lead{font-size:1.22rem;line-height:1.5;margin-bottom:1.8rem}
    a{color:var(--link);text-underline-offset:.16em;text-decoration-thickness:.06em}
    code{font:.86em ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    figure{margin:2.2rem 0 2.6rem}
    figcaption,.source,.provenance,.verdict,table{font-family:\(ChartStyle.fonts)}
    figcaption{margin-bottom:.9rem;line-height:1.4}
    figcaption .title{display:block;font-weight:600;font-size:1.05rem}
    figcaption .subtitle{display:block;color:var(--muted);font-size:.92rem;margin-top:.15rem}
    .source{color:var(--muted);font-size:.8rem;margin:.7rem 0 0}
    .source a{color:inherit}
    .provenance{margin:0 0 2rem;padding:.8rem 0;border:solid var(--grid);border-width:1px 0;font-size:.84rem;\
    line-height:1.5}
    .provenance div{display:grid;grid-template-columns:6.5rem 1fr;gap:.8rem;padding:.1rem 0}
    .provenance dt{color:var(--muted)}
    .provenance dd{margin:0;min-width:0}
    .verdict{max-width:none;border-left:4px solid var(--mark);padding:.1rem 0 .1rem .9rem;font-size:.98rem;\
    line-height:1.5}
    .verdict strong:first-child{color:var(--mark);margin-right:.35em;white-space:nowrap}
    .verdict .measure{display:block;color:var(--muted);font-size:.92em;font-variant-numeric:tabular-nums}
    .held{--mark:var(--held)}
    .failed{--mark:var(--failed)}
    .scroll{overflow-x:auto}
    table{border-collapse:collapse;font-size:.86rem;line-height:1.4;font-variant-numeric:tabular-nums;min-width:50%}
    th,td{text-align:left;padding:.34rem 1.1rem .34rem 0;vertical-align:baseline}
    th:last-child,td:last-child{padding-right:0}
    thead th{color:var(--muted);font-weight:400;border-bottom:1px solid var(--muted);vertical-align:bottom}
    tbody th{font-weight:400;max-width:18rem;overflow-wrap:break-word}
    tbody tr+tr>*{border-top:1px solid var(--grid)}
    .number{text-align:right;white-space:nowrap}
    thead .number{white-space:normal}
    .emphasised>*{font-weight:600}
    svg.chart{display:block;width:100%;max-width:\(Numeral.coordinate(ChartLayout.wide.width))px;height:auto;\
    overflow:visible}
    svg.narrow{display:none}
    @media screen and (max-width:38rem){
      main{padding-top:1.6rem}
      h1{font-size:1.65rem}
      h2{margin-top:2.4rem}
      .lead{font-size:1.1rem}
      .provenance div{grid-template-columns:1fr;gap:0;padding:.2rem 0}
      svg.wide{display:none}
      svg.narrow{display:block;max-width:26rem}
    }
    @media print{
      body{background:none;font-size:.9rem}
      main{max-width:none;padding:0}
      figure{margin:1.4rem 0 1.8rem}
      svg.chart{max-width:15cm}
      figure,.verdict{break-inside:avoid}
      h2{break-after:avoid}
      .scroll{overflow:visible}
      a{color:inherit}
    }

    """

  private static func colours(_ shade: KeyPath<Ink, String>) -> String {
    let named: [(String, Ink)] = [
      ("paper", .paper), ("text", .text), ("muted", .muted), ("grid", .grid), ("held", .held),
      ("failed", .failed), ("link", .link),
    ]
    return named.map { "--\($0.0):\($0.1[keyPath: shade])" }.joined(separator: ";")
  }
}
