//! Who can sign in with what, as a table for the terminal.
use super::file::DemoFile;
use std::path::Path;

const COLUMNS: [&str; 5] = ["organization", "who", "login name", "phone", "password"];

pub fn table(file: &DemoFile, path: &Path) -> String {
    let rows: Vec<[String; 5]> = file
        .accounts
        .iter()
        .map(|account| {
            [
                account.organization.clone().unwrap_or_else(|| "—".into()),
                account.key.replace('_', " "),
                account.login_name.clone(),
                account.phone.clone(),
                account.password.clone(),
            ]
        })
        .collect();
    let heads = COLUMNS.map(str::to_owned);
    let mut widths = COLUMNS.map(width);
    for row in &rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    let base = &file.base_url;
    let mut out = format!(
        "\nThree fictional organizations; every name and number is made up. Sign in at {base}/login\n\n"
    );
    let mut line = |row: &[String; 5]| {
        let mut text = String::from("  ");
        for (cell, widest) in row.iter().zip(widths) {
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', widest - width(cell) + 2));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&heads);
    line(&widths.map(|n| "-".repeat(n)));
    rows.iter().for_each(&mut line);
    out.push_str(&format!(
        "\nThe same list: {}. Text messages: {base}/dev/outbox\n\
         Products that sign people in, at http://127.0.0.1:8090 and the ports after it: cargo run -p relying-party\n",
        path.display()
    ));
    out
}

/// Columns that a text takes on a terminal: Chinese characters and full-width marks take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| {
            if matches!(c, '\u{2E80}'..='\u{A4CF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FF60}') {
                2
            } else {
                1
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::file::Account;

    #[test]
    fn columns_stand_under_one_another() {
        let account = |organization: &str, key: &str| Account {
            key: key.into(),
            login_name: "someone".into(),
            password: "secret".into(),
            phone: "19900001000".into(),
            organization_id: None,
            organization: Some(organization.into()),
        };
        let file = DemoFile {
            base_url: "http://127.0.0.1:8080".into(),
            accounts: vec![account("澄江证券", "agent_granted"), account("x", "person")],
            clients: Vec::new(),
            machines: Vec::new(),
            products: Vec::new(),
        };
        let text = table(&file, Path::new("demo.json"));
        let at: Vec<usize> = text
            .lines()
            .filter_map(|line| line.split_once("someone").map(|(before, _)| width(before)))
            .collect();
        assert_eq!(at.len(), 2);
        assert_eq!(at[0], at[1]);
    }
}
