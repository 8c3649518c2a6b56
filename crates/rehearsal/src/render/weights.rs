//! From the election of a report to the chart of its nominees' weights.

use super::chart::{Chart, Line, Mark, Point};
use crate::report::{self, Amount, Election, Report, Series};
use alloy_primitives::U256;
use ephor_charter::reading::UNITS_PER_TOKEN;
use std::cmp::Ordering;

/// Times at which the cut line is computed.
const CUT_TIMES: u64 = 1_000;

/// The chart of an election's weights; none where nobody voted for a member.
pub(super) fn chart(report: &Report, election: &Election) -> Option<Chart> {
    let ends = |phase: &str| election.deadlines.iter().find(|end| end.phase == phase).map(|end| end.time.seconds);
    let seconds = |point: Option<&report::Point>| point.map(|point| point.seconds);
    let first = election.series.iter().filter_map(|series| seconds(series.points.first())).min()?;
    let last = election.series.iter().filter_map(|series| seconds(series.points.last())).max()?;
    let start_seconds = ends("snapshot").map_or(first, |snapshot| snapshot.min(first));
    let end_seconds = ends("voting").map_or(last, |end| end.max(last)).max(start_seconds + 1);
    let mark = ends("full weight").map(|seconds| Mark { seconds, label: "full weight ends".to_owned() });
    Some(Chart {
        title: format!("Election {}: weight of each nominee", election.index),
        description: description(report, election),
        symbol: report.symbol.clone(),
        start_seconds,
        end_seconds,
        marks: mark.into_iter().collect(),
        lines: election.series.iter().map(line).collect(),
        cut: cut(election, start_seconds, end_seconds),
    })
}

fn description(report: &Report, election: &Election) -> String {
    let elected: Vec<String> = election.series.iter().filter(|series| series.elected).map(standing).collect();
    let cut = election.cut_line.map_or_else(String::new, |cut| {
        format!(" The cut line, the weight of the last of {} seats, ended at {cut} {}.", election.seats, report.symbol)
    });
    format!(
        "Lines of the weight of {} nominees in {} from the beginning of voting to its end. Elected: {}.{cut}",
        election.series.len(),
        report.symbol,
        if elected.is_empty() { "nobody".to_owned() } else { elected.join(", ") }
    )
}

fn standing(series: &Series) -> String {
    let weight = series.points.last().map_or_else(Amount::default, |point| point.weight);
    format!("{} with {weight}", series.nominee)
}

fn line(series: &Series) -> Line {
    let point = |point: &report::Point| Point { seconds: point.seconds, weight: tokens(point.weight) };
    Line {
        name: series.nominee.to_string(),
        points: series.points.iter().map(point).collect(),
        elected: series.elected,
    }
}

/// Whole tokens, near enough to draw them.
fn tokens(amount: Amount) -> f64 {
    let (whole, rest) = amount.0.div_rem(U256::from(UNITS_PER_TOKEN));
    f64::from(whole) + f64::from(rest) / f64::from(U256::from(UNITS_PER_TOKEN))
}

/// The weight of the last seat over time.
fn cut(election: &Election, start_seconds: u64, end_seconds: u64) -> Vec<Point> {
    let Some(last_seat) = election.seats.checked_sub(1).filter(|seat| *seat < election.series.len()) else {
        return Vec::new();
    };
    let step = ((end_seconds - start_seconds) / CUT_TIMES).max(1);
    let mut positions = vec![0; election.series.len()];
    let mut points: Vec<Point> = Vec::new();
    let mut seconds = start_seconds;
    loop {
        let weight_at = |(series, position): (&Series, &mut usize)| {
            while series.points.get(*position).is_some_and(|point| point.seconds <= seconds) {
                *position += 1;
            }
            position.checked_sub(1).map_or(0.0, |at| tokens(series.points[at].weight))
        };
        let mut weights: Vec<f64> = election.series.iter().zip(&mut positions).map(weight_at).collect();
        let descending = |a: &f64, b: &f64| b.partial_cmp(a).unwrap_or(Ordering::Equal);
        let (_, weight, _) = weights.select_nth_unstable_by(last_seat, descending);
        let weight = *weight;
        if points.last().is_none_or(|point| point.weight.to_bits() != weight.to_bits()) {
            points.push(Point { seconds, weight });
        }
        if seconds >= end_seconds {
            return points;
        }
        seconds = seconds.saturating_add(step).min(end_seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn the_cut_line_is_the_weight_of_the_last_seat() {
        let report = sample::report();
        let election = &report.elections[0];
        let chart = chart(&report, election).unwrap();
        assert_eq!(tokens(election.cut_line.unwrap()).to_bits(), chart.cut.last().unwrap().weight.to_bits());
        assert!(chart.cut.windows(2).all(|pair| pair[0].seconds < pair[1].seconds));
        assert!(chart.cut.windows(2).all(|pair| pair[0].weight <= pair[1].weight), "votes are never taken back");
    }

    #[test]
    fn the_chart_spans_the_vote() {
        let report = sample::report();
        let chart = chart(&report, &report.elections[0]).unwrap();
        let end =
            |phase: &str| report.elections[0].deadlines.iter().find(|end| end.phase == phase).unwrap().time.seconds;
        assert_eq!((chart.start_seconds, chart.end_seconds), (end("snapshot"), end("voting")));
        assert_eq!(chart.marks[0].seconds, end("full weight"));
    }

    #[test]
    fn whole_tokens_stay_whole() {
        for amount in [0_u64, 1, 9_000, 25_000, 40_000, 4_588_999_427] {
            let units = U256::from(amount) * U256::from(UNITS_PER_TOKEN);
            assert_eq!(tokens(Amount(units)).to_string(), amount.to_string());
        }
    }

    #[test]
    fn nothing_is_drawn_where_nobody_voted() {
        let mut report = sample::report();
        report.elections[0].series.clear();
        assert_eq!(chart(&report, &report.elections[0]), None);
    }

    #[test]
    fn there_is_no_cut_line_with_fewer_nominees_than_seats() {
        let mut report = sample::report();
        report.elections[0].seats = 100;
        assert_eq!(chart(&report, &report.elections[0]).unwrap().cut, Vec::new());
    }
}
