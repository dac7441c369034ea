//! Masking 脱敏, always on the server.

/// `张**`: the first character stays.
pub fn name(text: &str) -> String {
    text.chars().enumerate().map(|(i, c)| if i == 0 { c } else { '*' }).collect()
}
/// `138****8000`; shorter numbers keep their last four.
pub fn mobile(text: &str) -> String {
    keep(text, if text.chars().count() >= 11 { 3 } else { 0 }, 4, 4)
}
/// First and last character alone.
pub fn document(text: &str) -> String {
    keep(text, 1, 1, text.chars().count().saturating_sub(2))
}
/// `l***@example.com`, a star for each letter; a one-letter name is hidden whole.
pub fn email(text: &str) -> String {
    match text.split_once('@') {
        Some((local, domain)) if local.chars().count() > 1 => format!("{}@{domain}", name(local)),
        Some((_, domain)) => format!("*@{domain}"),
        None => "*".into(),
    }
}
fn keep(text: &str, head: usize, tail: usize, stars: usize) -> String {
    let count = text.chars().count();
    if count <= head + tail {
        return "*".repeat(count);
    }
    let head: String = text.chars().take(head).collect();
    let tail: String = text.chars().skip(count - tail).collect();
    format!("{head}{}{tail}", "*".repeat(stars))
}
