//! The one table, in Markdown.
use crate::measure::Measured;
use testkit::Engine;

pub struct Table {
    head: String,
    rows: Vec<String>,
    marks: Vec<String>,
}

impl Table {
    pub fn new(engine: Engine, seconds: f64) -> Self {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        Self {
            head: format!("{engine:?}, {cores} cores, {seconds} s a row"),
            rows: Vec::new(),
            marks: Vec::new(),
        }
    }
    pub fn row(&mut self, name: &str, measured: &Measured, limit: &str, rate: Option<f64>, goal: &str) {
        let (share, rate) = match rate {
            Some(rate) => (
                format!("{:.0} %", 100.0 * measured.per_cpu_second() / rate),
                format!("{limit} {}", short(rate)),
            ),
            None => (String::new(), String::new()),
        };
        self.rows.push(format!(
            "| {name} | {} | {} | {:.3} | {:.2} | {:.2} | {:.2} | {rate} | {share} | {goal} |",
            short(measured.rate()),
            short(measured.per_cpu_second()),
            1000.0 / measured.per_cpu_second(),
            measured.percentile(0.50),
            measured.percentile(0.95),
            measured.percentile(0.99),
        ));
    }
    pub fn memory(&mut self, name: &str, megabytes: f64, goal: &str) {
        self.marks.push(format!("| {name} | {megabytes:.1} MB | {goal} |"));
    }
    pub fn start_up(&mut self, first: f64, second: f64) {
        self.marks.push(format!(
            "| first start, seeding the demonstration | {first:.0} ms to the first answer | |"
        ));
        self.marks.push(format!(
            "| second start on the same folder | {second:.1} ms to the first answer | ≤ 40 ms |"
        ));
    }
    pub fn print(&self) {
        println!("{}\n", self.head);
        println!(
            "| operation | /s | /cs | ms of CPU | p50 ms | p95 ms | p99 ms | limit of this run, /cs | share | goal |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|");
        for row in &self.rows {
            println!("{row}");
        }
        println!("\n| mark | measured | goal |\n|---|---|---|");
        for mark in &self.marks {
            println!("{mark}");
        }
    }
}

fn short(number: f64) -> String {
    match number {
        n if !n.is_finite() => "–".into(),
        n if n >= 10_000.0 => format!("{:.1}k", n / 1000.0),
        n if n >= 100.0 => format!("{n:.0}"),
        n => format!("{n:.1}"),
    }
}
