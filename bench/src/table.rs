//! The one table, in Markdown.
use crate::{
    limits::Rates,
    round::{Round, median},
    scenarios::{Goal, Row},
};

pub const HEAD: &str = "| what | figure | per CPU-second | p50 ms | p95 ms | p99 ms | limit per CPU-second | of the limit | goal | met |\n\
    |---|---:|---:|---:|---:|---:|---|---:|---|---|\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Percentile {
    P95,
    P99,
}
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub what: String,
    pub figure: String,
    pub per_cpu: String,
    pub latencies: [String; 3],
    pub limit: String,
    pub ratio: String,
    pub goal: String,
    pub met: String,
    /// What goals are compared with: operations per CPU-second; p50, p95, p99 in milliseconds.
    pub per_cpu_second: f64,
    pub percentiles: [f64; 3],
}
impl Line {
    /// Medians over the rounds; of the limit's share too, each round against the limit of the same round.
    pub fn of(row: Row, rounds: &[Round], limits: &Rates) -> Self {
        let plain = Self::plain(row.title(), rounds);
        let per_cpu = median(rounds.iter().map(Round::per_cpu).collect());
        let (parts, limit) = limits.of(row.limits());
        // NaN, which no goal meets, if a limit was not measured in every round.
        let whole = rounds.len() == limit.len();
        let shares =
            rounds.iter().zip(&limit).filter(|_| whole).map(|(round, limit)| round.per_cpu() / limit);
        let ratio = median(shares.collect());
        let limit = median(limit);
        let (goal, met) = match row.goal() {
            Goal::None => (String::new(), None),
            Goal::Ratio(least) => (format!("≥ {} %", least * 100.0), Some(ratio >= least)),
            Goal::PerCpuSecond(least) => (format!("≥ {}", number(least)), Some(per_cpu >= least)),
            Goal::Milliseconds95(most) => {
                let slow = median(rounds.iter().map(|round| round.percentile(95)).collect());
                (format!("p95 ≤ {most} ms"), Some(slow <= most))
            }
            Goal::CpuMilliseconds(most) => (format!("≤ {most} ms CPU"), Some(1000.0 / per_cpu <= most)),
        };
        Self {
            limit: format!("{} ({parts})", number(limit)),
            ratio: format!("{:.1} %", 100.0 * ratio),
            goal,
            met: met.map(yes_or_no).unwrap_or_default(),
            ..plain
        }
    }
    /// A row without a limit of its own: what one operation costs.
    pub fn costing(row: Row, rounds: &[Round]) -> Self {
        let cost = 1000.0 / median(rounds.iter().map(Round::per_cpu).collect());
        let plain = Self::plain(row.title(), rounds);
        let Goal::CpuMilliseconds(most) = row.goal() else { return plain };
        Self {
            figure: format!("{cost:.3} ms CPU"),
            goal: format!("≤ {most} ms CPU"),
            met: yes_or_no(cost <= most),
            ..plain
        }
    }
    /// What is measured of everything that is repeated, a limit too. A child that counts by itself has no latencies.
    pub fn plain<'a>(what: &str, rounds: impl IntoIterator<Item = &'a Round> + Clone) -> Self {
        let over =
            |value: &dyn Fn(&Round) -> f64| median(rounds.clone().into_iter().map(value).collect::<Vec<_>>());
        let latency = |percent| over(&|round: &Round| round.percentile(percent));
        let (per_cpu_second, percentiles) = (over(&Round::per_cpu), [50, 95, 99].map(latency));
        Self {
            what: what.to_owned(),
            figure: format!("{} /s", number(over(&Round::rate))),
            per_cpu: number(per_cpu_second),
            latencies: percentiles.map(milliseconds),
            per_cpu_second,
            percentiles,
            ..Self::default()
        }
    }
    /// What was timed on its own within rounds of something else.
    pub fn timed(what: &str, times: usize, percentiles: [f64; 3]) -> Self {
        Self {
            what: what.to_owned(),
            figure: format!("n = {times}"),
            latencies: percentiles.map(milliseconds),
            percentiles,
            ..Self::default()
        }
    }
    /// Adds a goal: operations per CPU-second.
    #[must_use]
    pub fn at_least(self, per_cpu: f64) -> Self {
        let met = self.per_cpu_second >= per_cpu;
        self.wanting(format!("≥ {} /cs", number(per_cpu)), met)
    }
    /// Adds a goal: milliseconds of one of the percentiles.
    #[must_use]
    pub fn within(self, percentile: Percentile, most: f64) -> Self {
        let [_, p95, p99] = self.percentiles;
        let (name, figure) = match percentile {
            Percentile::P95 => ("p95", p95),
            Percentile::P99 => ("p99", p99),
        };
        let met = figure <= most;
        self.wanting(format!("{name} ≤ {most} ms"), met)
    }
    /// All of a line's goals have to be met.
    fn wanting(mut self, goal: String, met: bool) -> Self {
        let met = met && self.met != yes_or_no(false);
        self.goal = if self.goal.is_empty() { goal } else { format!("{}, {goal}", self.goal) };
        Self { met: yes_or_no(met), ..self }
    }
    /// A scenario that could not be measured stays in the table.
    pub fn failed(row: Row) -> Self {
        Self {
            what: row.title().to_owned(),
            figure: "failed".to_owned(),
            met: "no".to_owned(),
            ..Self::default()
        }
    }
    pub fn memory(what: &str, megabytes: f64, most: Option<f64>) -> Self {
        Self {
            what: what.to_owned(),
            figure: format!("{megabytes:.1} MB"),
            goal: most.map(|most| format!("≤ {most:.0} MB")).unwrap_or_default(),
            met: most.map(|most| yes_or_no(megabytes <= most)).unwrap_or_default(),
            ..Self::default()
        }
    }
    /// Two medians in milliseconds that should be one.
    pub fn difference(what: &str, one: f64, other: f64, most: f64) -> Self {
        Self {
            what: what.to_owned(),
            figure: format!("{:.2} ms apart ({one:.2} and {other:.2})", (one - other).abs()),
            goal: format!("≤ {most:.0} ms"),
            met: yes_or_no((one - other).abs() <= most),
            ..Self::default()
        }
    }
    /// Milliseconds, ascending.
    pub fn start(what: &str, times: &[f64], most: Option<f64>) -> Self {
        let middle = crate::round::percentile(times, 50);
        Self {
            what: format!("{what}, n = {}", times.len()),
            figure: format!("{} ms", milliseconds(middle)),
            latencies: [50, 95, 99].map(|percent| milliseconds(crate::round::percentile(times, percent))),
            goal: most.map(|most| format!("≤ {most:.0} ms")).unwrap_or_default(),
            met: most.map(|most| yes_or_no(middle <= most)).unwrap_or_default(),
            ..Self::default()
        }
    }
    fn write(&self, out: &mut String) {
        let [p50, p95, p99] = &self.latencies;
        let cells = [
            &self.what,
            &self.figure,
            &self.per_cpu,
            p50,
            p95,
            p99,
            &self.limit,
            &self.ratio,
            &self.goal,
            &self.met,
        ];
        for cell in cells {
            out.push_str("| ");
            out.push_str(if cell.is_empty() { "–" } else { cell });
            out.push(' ');
        }
        out.push_str("|\n");
    }
}

pub fn render(lines: &[Line]) -> String {
    let mut out = String::from(HEAD);
    lines.iter().for_each(|line| line.write(&mut out));
    out
}

/// Below the table: the same rows of another server, in the same run.
pub fn beside(name: &str, rows: impl Iterator<Item = (Row, Option<Line>, Option<Line>)>) -> String {
    let mut out = format!(
        "\n| beside {name} | Fujie per CPU-second | {name} per CPU-second | times as many | Fujie p50 ms | {name} p50 ms |\n\
         |---|---:|---:|---:|---:|---:|\n"
    );
    for (row, own, other) in rows {
        let times = match (&own, &other) {
            (Some(own), Some(other)) => format!("{:.1}", own.per_cpu_second / other.per_cpu_second),
            _ => "–".to_owned(),
        };
        let cells = |line: Option<Line>| match line {
            Some(Line { per_cpu, latencies: [p50, ..], .. }) => (per_cpu, p50),
            None => ("failed".to_owned(), "–".to_owned()),
        };
        let ((own, own_p50), (other, other_p50)) = (cells(own), cells(other));
        out.push_str(&format!("| {} | {own} | {other} | {times} | {own_p50} | {other_p50} |\n", row.title()));
    }
    out
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}
/// Three figures or more, thousands apart.
fn number(value: f64) -> String {
    if value < 100.0 || !value.is_finite() {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
fn milliseconds(value: f64) -> String {
    if value.is_nan() {
        return String::new();
    }
    if value < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limit;

    fn round(operations: usize, cpu: f64) -> Round {
        Round { operations, wall: 2.0, cpu, latencies: vec![1.0, 2.0, 30.0] }
    }
    fn limits() -> Rates {
        // The machine was half as quick in the last round.
        let rates = [100.0, 100.0, 50.0];
        let request = rates.map(|rate| rate * 1200.0);
        [(Limit::Hash, rates.to_vec()), (Limit::Request, request.to_vec())].into_iter().collect()
    }

    #[test]
    fn medians_ratio_and_goal() {
        let rounds = [round(192, 2.0), round(196, 2.0), round(97, 2.0)];
        let line = Line::of(Row::SignIn, &rounds, &limits());
        assert_eq!((&*line.figure, &*line.per_cpu, &*line.ratio), ("96.0 /s", "96.0", "97.0 %"));
        assert_eq!((&*line.limit, &*line.goal, &*line.met), ("100 (hash)", "≥ 95 %", "yes"));
        assert_eq!(line.latencies, ["2.00", "30.0", "30.0"]);
        let slow = Line::of(Row::Me, &[round(100, 1.0)], &limits());
        assert_eq!((&*slow.goal, &*slow.met), ("≤ 3 ms CPU", "no"));
    }
    #[test]
    fn empty_cells_are_dashes() {
        let text = render(&[Line::memory("memory, idle", 38.25, Some(40.0)), Line::failed(Row::Token)]);
        assert!(
            text.contains("| memory, idle | 38.2 MB | – | – | – | – | – | – | ≤ 40 MB | yes |\n"),
            "{text}"
        );
        assert!(text.contains("| token endpoint alone | failed | – |"), "{text}");
    }
    #[test]
    fn one_goal_missed_is_a_line_missed() {
        let line = Line::plain("x", &[round(100, 1.0)]).at_least(50.0);
        assert_eq!((&*line.goal, &*line.met), ("≥ 50.0 /cs", "yes"));
        let line = line.within(Percentile::P95, 3.0).within(Percentile::P99, 300.0);
        assert_eq!((&*line.goal, &*line.met), ("≥ 50.0 /cs, p95 ≤ 3 ms, p99 ≤ 300 ms", "no"));
    }
    #[test]
    fn two_servers_stand_side_by_side() {
        let line = |operations| Some(Line::plain("x", &[round(operations, 2.0)]));
        let rows = [(Row::Refresh, line(1000), line(250)), (Row::KeySet, line(1000), None)];
        let text = beside("other 1.0", rows.into_iter());
        assert!(
            text.contains("| refresh with durable rotation | 500 | 125 | 4.0 | 2.00 | 2.00 |\n"),
            "{text}"
        );
        assert!(text.contains("| key set | 500 | failed | – | 2.00 | – |\n"), "{text}");
    }
    #[test]
    fn thousands_stand_apart() {
        assert_eq!([1.25, 99.96, 999.6, 123_456.0].map(number), ["1.2", "100.0", "1,000", "123,456"]);
    }
}
