//! The frame of a chart: from time and weight to the paper, and the axes with their few round numbers.

use super::{Chart, LEFT, Line, PLOT_HEIGHT, PLOT_WIDTH, Point, TOP};
use crate::render::text::{short_date, xml};
use std::fmt::Write as _;

/// Numbers that are drawn are far below 2^53, or so large that a pixel is worth more than the difference.
#[allow(clippy::cast_precision_loss)]
pub(super) const fn as_f64(number: u64) -> f64 {
    number as f64
}

/// From time and weight to the paper.
pub(super) struct Scale {
    start_seconds: u64,
    end_seconds: u64,
    greatest: f64,
}

impl Scale {
    pub(super) fn of(chart: &Chart, drawn: &[Line]) -> Self {
        let weights = drawn.iter().flat_map(|line| &line.points).chain(&chart.cut).map(|point| point.weight);
        let greatest = weights.filter(|weight| weight.is_finite()).fold(0.0, f64::max);
        Self {
            start_seconds: chart.start_seconds,
            end_seconds: chart.end_seconds.max(chart.start_seconds.saturating_add(1)),
            greatest: if greatest > 0.0 { greatest * 1.05 } else { 1.0 },
        }
    }

    fn x(&self, seconds: u64) -> f64 {
        let seconds = seconds.clamp(self.start_seconds, self.end_seconds);
        LEFT + PLOT_WIDTH * as_f64(seconds - self.start_seconds) / as_f64(self.end_seconds - self.start_seconds)
    }

    fn y(&self, weight: f64) -> f64 {
        let weight = if weight.is_finite() { weight.clamp(0.0, self.greatest) } else { 0.0 };
        TOP + PLOT_HEIGHT * (1.0 - weight / self.greatest)
    }

    /// A path of steps, with at most one for each half pixel.
    pub(super) fn steps(&self, points: &[Point]) -> String {
        let mut path = format!("M{LEFT:.1} {:.1}", self.y(0.0));
        for (i, point) in points.iter().enumerate() {
            let x = self.x(point.seconds);
            let hidden = points
                .get(i + 1)
                .is_some_and(|next| ((x * 2.0).floor() - (self.x(next.seconds) * 2.0).floor()).abs() < 0.5);
            if !hidden {
                let _ = write!(path, "H{x:.1}V{:.1}", self.y(point.weight));
            }
        }
        let _ = write!(path, "H{:.1}", LEFT + PLOT_WIDTH);
        path
    }
}

pub(super) fn axes(out: &mut String, chart: &Chart, scale: &Scale) {
    let (right, bottom) = (LEFT + PLOT_WIDTH, TOP + PLOT_HEIGHT);
    let step = round_step(scale.greatest / 6.0);
    let mut weight = 0.0;
    while weight <= scale.greatest {
        let y = scale.y(weight);
        let _ = writeln!(out, r#"<line class="grid" x1="{LEFT}" y1="{y:.1}" x2="{right}" y2="{y:.1}"/>"#);
        let _ = writeln!(
            out,
            r#"<text class="small" x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
            LEFT - 8.0,
            y + 4.0,
            short(weight)
        );
        weight += step;
    }
    let days = day_step(scale.end_seconds - scale.start_seconds);
    let mut date = scale.start_seconds.checked_next_multiple_of(days);
    while let Some(seconds) = date.filter(|seconds| *seconds <= scale.end_seconds) {
        let x = scale.x(seconds);
        let _ = writeln!(out, r#"<line class="axis" x1="{x:.1}" y1="{bottom}" x2="{x:.1}" y2="{}"/>"#, bottom + 5.0);
        let _ = writeln!(
            out,
            r#"<text class="small" x="{x:.1}" y="{}" text-anchor="middle">{}</text>"#,
            bottom + 19.0,
            short_date(seconds, days < 86_400)
        );
        date = seconds.checked_add(days);
    }
    for mark in &chart.marks {
        let x = scale.x(mark.seconds);
        let _ = writeln!(out, r#"<line class="mark" x1="{x:.1}" y1="{TOP}" x2="{x:.1}" y2="{bottom}"/>"#);
        let anchor = if x > right - 80.0 {
            "end"
        } else if x < LEFT + 80.0 {
            "start"
        } else {
            "middle"
        };
        let _ = writeln!(
            out,
            r#"<text class="small" x="{x:.1}" y="{}" text-anchor="{anchor}">{}</text>"#,
            TOP - 8.0,
            xml(&mark.label)
        );
    }
    let _ = writeln!(out, r#"<line class="axis" x1="{LEFT}" y1="{TOP}" x2="{LEFT}" y2="{bottom}"/>"#);
    let _ = writeln!(out, r#"<line class="axis" x1="{LEFT}" y1="{bottom}" x2="{right}" y2="{bottom}"/>"#);
    let middle = LEFT + PLOT_WIDTH / 2.0;
    let _ = writeln!(
        out,
        r#"<text class="small" x="{middle}" y="{}" text-anchor="middle">time (UTC)</text>"#,
        bottom + 40.0
    );
    let (x, y) = (18.0, TOP + PLOT_HEIGHT / 2.0);
    let _ = writeln!(
        out,
        r#"<text class="small" x="{x}" y="{y}" text-anchor="middle" transform="rotate(-90 {x} {y})">weight in {}</text>"#,
        xml(&chart.symbol)
    );
}

/// 1, 2 or 5 times a power of ten, at or above `least`.
fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-3).log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

/// Seconds between the dates on an axis of this length: at most eight of them.
fn day_step(seconds: u64) -> u64 {
    const STEPS: [u64; 10] = [60, 600, 3_600, 21_600, 43_200, 86_400, 172_800, 345_600, 604_800, 1_209_600];
    STEPS.into_iter().find(|step| seconds / step < 8).unwrap_or_else(|| (seconds / 7).max(1))
}

/// A weight for an axis: "1.5M".
fn short(weight: f64) -> String {
    let (value, unit) = match weight {
        weight if weight >= 1e9 => (weight / 1e9, "B"),
        weight if weight >= 1e6 => (weight / 1e6, "M"),
        weight if weight >= 1e3 => (weight / 1e3, "k"),
        weight => (weight, ""),
    };
    let text = format!("{value:.1}");
    format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_axes_with_few_round_numbers() {
        for (least, expected) in [(0.0, 0.001), (0.9, 1.0), (1.0, 1.0), (1.1, 2.0), (30.0, 50.0), (6e6, 1e7)] {
            assert!((round_step(least) - expected).abs() < expected / 1e6, "{least}: {}", round_step(least));
        }
        for (weight, expected) in [(0.0, "0"), (999.0, "999"), (1_500.0, "1.5k"), (2e6, "2M"), (3.25e9, "3.2B")] {
            assert_eq!(short(weight), expected);
        }
    }
}
