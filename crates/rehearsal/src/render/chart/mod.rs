//! A chart of weights over time, as an SVG document.
//!
//! ```text
//! weight ┤            ╭──── elected, in colours
//!        ┤- - - - -╭╌╌╌╌╌╌  cut line: what the last seat took at that time
//!        ┤    ╭────╯ ───── not elected, grey
//!        ┼────┴──────────▶ time, in UTC
//! ```
//! - A weight stays until the next vote, so lines are steps.
//! - The document has its own background and follows the reader's colour scheme; colours repeat with other dashes, so that
//!   no two of the first 24 lines look the same. Title and description tell those who do not see it what it shows.
//! - Text is escaped; no file can smuggle markup in. Equal charts give equal bytes.

mod scale;

use self::scale::{Scale, as_f64, axes};
use super::text::xml;
use crate::text::grouped;
use std::fmt::Write as _;

/// Lines that are drawn; those who received least are only counted.
pub const MOST_LINES: usize = 40;

/// A weight at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The time in Unix seconds.
    pub seconds: u64,
    /// The weight in whole tokens.
    pub weight: f64,
}

/// The weight of one nominee over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Who it is.
    pub name: String,
    /// The weight after each vote, in the order of time. It is zero before the first.
    pub points: Vec<Point>,
    /// Whether they took a seat.
    pub elected: bool,
}

/// A point in time that matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The time in Unix seconds.
    pub seconds: u64,
    /// What happens then.
    pub label: String,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What it shows, in a few words.
    pub title: String,
    /// What it shows, in sentences, for those who do not see it.
    pub description: String,
    /// The symbol of the token.
    pub symbol: String,
    /// When it starts, in Unix seconds.
    pub start_seconds: u64,
    /// When it ends, in Unix seconds; after its start.
    pub end_seconds: u64,
    /// Points in time that matter.
    pub marks: Vec<Mark>,
    /// The nominees, the one with the greatest weight first.
    pub lines: Vec<Line>,
    /// What it took for a seat, over time.
    pub cut: Vec<Point>,
}

const WIDTH: f64 = 1000.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 64.0;
const PLOT_WIDTH: f64 = 580.0;
const PLOT_HEIGHT: f64 = 400.0;
const LEGEND_LEFT: f64 = LEFT + PLOT_WIDTH + 32.0;
const ROW: f64 = 17.0;
const COLOURS: usize = 8;

const STYLE: &str = "\
text{font:12px system-ui,Helvetica,Arial,DejaVu Sans,sans-serif;fill:#1f2328}.title{font-size:16px;font-weight:600}.small{font-size:11px;fill:#59636e}\
.paper{fill:#fff}.axis{stroke:#59636e}.grid{stroke:#d1d9e0;stroke-width:.5}.mark{stroke:#59636e;stroke-dasharray:1 3}\
path{fill:none;stroke-width:1.8;stroke-linejoin:round}.cut{stroke:#1f2328;stroke-width:1.6;stroke-dasharray:7 4}\
.out{stroke:#9ba4ad;stroke-width:1}.a1{stroke-dasharray:6 2}.a2{stroke-dasharray:2 2}\
.c0{stroke:#0550ae}.c1{stroke:#bc4c00}.c2{stroke:#116329}.c3{stroke:#a40e26}.c4{stroke:#8250df}.c5{stroke:#7d4e00}\
.c6{stroke:#0a7a86}.c7{stroke:#bf3989}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.paper{fill:#0d1117}.axis{stroke:#9198a1}\
.grid{stroke:#3d444d}.mark{stroke:#9198a1}.cut{stroke:#e6edf3}.out{stroke:#656c76}\
.c0{stroke:#79c0ff}.c1{stroke:#ffa657}.c2{stroke:#56d364}.c3{stroke:#ff7b72}.c4{stroke:#d2a8ff}.c5{stroke:#e3b341}\
.c6{stroke:#39c5cf}.c7{stroke:#ff9bce}}";

/// The chart as an SVG document.
pub fn svg(chart: &Chart) -> String {
    let drawn = &chart.lines[..chart.lines.len().min(MOST_LINES)];
    let rows = drawn.len() + 5;
    let height = (TOP + PLOT_HEIGHT + 60.0).max(TOP + ROW * as_f64(rows as u64));
    let scale = Scale::of(chart, drawn);
    let mut out = String::new();
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0}" width="{WIDTH}" height="{height:.0}" role="img" aria-labelledby="title description">"#
    );
    let _ = writeln!(out, r#"<title id="title">{}</title>"#, xml(&chart.title));
    let _ = writeln!(out, r#"<desc id="description">{}</desc>"#, xml(&chart.description));
    let _ = writeln!(out, "<style>{STYLE}</style>");
    let _ = writeln!(out, r#"<rect class="paper" width="{WIDTH}" height="{height:.0}"/>"#);
    let _ = writeln!(out, r#"<text class="title" x="{LEFT}" y="28">{}</text>"#, xml(&chart.title));
    axes(&mut out, chart, &scale);
    for (i, line) in drawn.iter().enumerate().rev() {
        let class = if line.elected { colour(i) } else { "out".to_owned() };
        let _ = writeln!(
            out,
            r#"<path class="{class}" d="{}"><title>{}</title></path>"#,
            scale.steps(&line.points),
            xml(&line.name)
        );
    }
    if !chart.cut.is_empty() {
        let _ = writeln!(out, r#"<path class="cut" d="{}"><title>cut line</title></path>"#, scale.steps(&chart.cut));
    }
    legend(&mut out, chart, drawn);
    out.push_str("</svg>\n");
    out
}

fn colour(line: usize) -> String {
    match line / COLOURS % 3 {
        0 => format!("c{}", line % COLOURS),
        dash => format!("c{} a{dash}", line % COLOURS),
    }
}

fn legend(out: &mut String, chart: &Chart, drawn: &[Line]) {
    let mut y = TOP + 4.0;
    let heading = |out: &mut String, y: &mut f64, text: &str| {
        let _ = writeln!(out, r#"<text class="small" x="{LEGEND_LEFT}" y="{y:.1}">{text}</text>"#);
        *y += ROW;
    };
    let row = |out: &mut String, y: &mut f64, class: &str, name: &str, weight: Option<f64>| {
        let (from, to) = (LEGEND_LEFT, LEGEND_LEFT + 22.0);
        let _ = writeln!(out, r#"<path class="{class}" d="M{from} {:.1}H{to}"/>"#, *y - 4.0);
        let _ = writeln!(out, r#"<text x="{}" y="{y:.1}">{}</text>"#, to + 8.0, xml(&shortened(name)));
        if let Some(weight) = weight {
            let right = WIDTH - 16.0;
            let _ = writeln!(
                out,
                r#"<text class="small" x="{right}" y="{y:.1}" text-anchor="end">{}</text>"#,
                whole(weight)
            );
        }
        *y += ROW;
    };
    let last = |line: &Line| line.points.last().map_or(0.0, |point| point.weight);
    if drawn.iter().any(|line| line.elected) {
        heading(out, &mut y, "elected");
    }
    for (i, line) in drawn.iter().enumerate().filter(|(_, line)| line.elected) {
        row(out, &mut y, &colour(i), &line.name, Some(last(line)));
    }
    if let Some(point) = chart.cut.last() {
        row(out, &mut y, "cut", "cut line", Some(point.weight));
    }
    if drawn.iter().any(|line| !line.elected) {
        heading(out, &mut y, "not elected");
    }
    for line in drawn.iter().filter(|line| !line.elected) {
        row(out, &mut y, "out", &line.name, Some(last(line)));
    }
    if chart.lines.len() > drawn.len() {
        heading(out, &mut y, &format!("and {} more with less weight", chart.lines.len() - drawn.len()));
    }
}

/// A weight in whole tokens.
fn whole(weight: f64) -> String {
    if weight.is_finite() { grouped(&format!("{:.0}", weight.max(0.0).floor())) } else { "?".to_owned() }
}

/// A name that fits into the legend.
fn shortened(name: &str) -> String {
    const MOST: usize = 24;
    let length = name.chars().count();
    if length <= MOST {
        return name.to_owned();
    }
    let head: String = name.chars().take(12).collect();
    let tail: String = name.chars().skip(length - 8).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::golden;

    const DAY: u64 = 86_400;
    const START: u64 = 1_760_000_000;

    fn chart(nominees: u32) -> Chart {
        let line = |i: u32| Line {
            name: format!("nominee <{i}> & co"),
            points: (1..=5)
                .map(|day| Point { seconds: START + day * DAY, weight: f64::from(nominees - i) * 1e6 * as_f64(day) })
                .collect(),
            elected: i < 2,
        };
        let lines: Vec<Line> = (0..nominees).map(line).collect();
        Chart {
            title: "Weights & cut".to_owned(),
            description: "Two of them are elected.".to_owned(),
            symbol: "TOK".to_owned(),
            start_seconds: START,
            end_seconds: START + 21 * DAY,
            marks: vec![Mark { seconds: START + 7 * DAY, label: "full weight ends".to_owned() }],
            cut: lines.get(1).map(|line| line.points.clone()).unwrap_or_default(),
            lines,
        }
    }

    /// Every start tag has its end tag, and text holds no markup.
    #[track_caller]
    fn check_is_well_formed(svg: &str) {
        let mut open = Vec::new();
        let mut rest = svg;
        while let Some(start) = rest.find('<') {
            let end = start + rest[start..].find('>').expect("a tag ends");
            let tag = &rest[start + 1..end];
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name));
            } else if !tag.ends_with('/') {
                open.push(tag.split(' ').next().unwrap());
            }
            rest = &rest[end + 1..];
        }
        assert!(open.is_empty(), "{open:?}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn draws_what_was_blessed() {
        let svg = svg(&chart(4));
        check_is_well_formed(&svg);
        golden("weights.svg", &svg);
    }

    #[test]
    fn escapes_names() {
        let svg = svg(&chart(3));
        assert!(svg.contains("nominee &lt;0&gt; &amp; co"));
        assert!(svg.contains("<title id=\"title\">Weights &amp; cut</title>"));
    }

    #[test]
    fn draws_any_number_of_lines() {
        for nominees in [0, 1, 2, 25, 500] {
            let svg = svg(&chart(nominees));
            check_is_well_formed(&svg);
            let paths = svg.matches("</title></path>").count();
            let cut = usize::from(nominees > 1);
            assert_eq!(paths, usize::try_from(nominees).unwrap().min(MOST_LINES) + cut);
            assert_eq!(svg.contains("and 460 more with less weight"), nominees == 500);
        }
    }

    #[test]
    fn draws_hostile_numbers_inside_the_paper() {
        let mut chart = chart(2);
        chart.end_seconds = 0;
        chart.lines[0].points =
            vec![Point { seconds: u64::MAX, weight: f64::NAN }, Point { seconds: 0, weight: f64::INFINITY }];
        check_is_well_formed(&svg(&chart));
        chart.start_seconds = u64::MAX - 10;
        chart.end_seconds = u64::MAX;
        check_is_well_formed(&svg(&chart));
    }

    #[test]
    fn draws_no_more_steps_than_the_paper_shows() {
        let mut chart = chart(1);
        chart.lines[0].points = (0..100_000).map(|i| Point { seconds: START + i, weight: as_f64(i) }).collect();
        let svg = svg(&chart);
        assert!(svg.len() < 50_000, "{}", svg.len());
    }
}
