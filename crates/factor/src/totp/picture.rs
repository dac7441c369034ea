//! A QR code as one path of unit squares, drawn by the page without inline style.
use kernel::{Error, Result};
use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write as _;

/// The path and the number of modules on a side; a quiet zone of four modules belongs around it.
pub(super) fn path(text: &str) -> Result<(String, usize)> {
    let broken = |error: &dyn std::fmt::Display| Error::internal("totp.picture").because(error.to_string());
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|e| broken(&e))?;
    let width = code.width();
    let mut path = String::new();
    for (row, line) in code.to_colors().chunks(width).enumerate() {
        let mut from = 0;
        while from < width {
            let run = line.iter().skip(from).take_while(|color| **color == Color::Dark).count();
            if run > 0 {
                write!(path, "M{from} {row}h{run}v1h-{run}z").map_err(|e| broken(&e))?;
            }
            from += run.max(1);
        }
    }
    Ok((path, width))
}
