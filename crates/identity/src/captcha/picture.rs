//! Letters drawn with strokes of our own, bent and turned, under curves and dots of the same ink: no font is needed,
//! and no two pictures of a letter are alike.
use kernel::{Error, Result, Rng};
use tiny_skia::{Color, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Stroke, Transform};

const WIDTH: u32 = 232;
const HEIGHT: u32 = 76;

/// Polylines on a grid of 0..=4 by 0..=6, two digits a point, strokes apart by blanks; `~` before a stroke rounds it.
fn strokes(letter: char) -> &'static str {
    match letter {
        'A' => "062046 1434",
        'C' => "~4110020406163645",
        'D' => "~0006364442301000",
        'E' => "40000646 0333",
        'F' => "400006 0333",
        'H' => "0006 4046 0343",
        'J' => "~3035261605",
        'K' => "0006 400346",
        'L' => "000646",
        'M' => "0600234046",
        'N' => "06004640",
        'P' => "0600 ~003041423303",
        'R' => "0600 ~003041423303 2346",
        'T' => "0040 2026",
        'U' => "~0004163645 4045",
        'W' => "0016233640",
        'X' => "0046 4006",
        'Y' => "0023 4023 2326",
        '3' => "~0010304142331333444536160605",
        '4' => "30044430 3036",
        '7' => "004016",
        '9' => "~4120000223434140 4136",
        _ => "",
    }
}

/// A PNG of the word. Error: `captcha.picture`.
pub(super) fn draw(word: &str, rng: &Rng) -> Result<Vec<u8>> {
    let wrong = || Error::internal("captcha.picture");
    let mut map = Pixmap::new(WIDTH, HEIGHT).ok_or_else(wrong)?;
    map.fill(Color::from_rgba8(243, 246, 244, 255));
    let count = word.chars().count().max(1) as f32;
    let step = (WIDTH as f32 - 24.0) / count;
    for (place, letter) in word.chars().enumerate() {
        let turn = between(rng, -22.0, 22.0);
        let (wide, high) = (between(rng, 5.6, 7.2), between(rng, 6.4, 7.8));
        let (x, y) = (
            14.0 + step * (place as f32 + 0.5) + between(rng, -3.0, 3.0),
            HEIGHT as f32 / 2.0 + between(rng, -6.0, 6.0),
        );
        let at = Transform::from_translate(x, y)
            .pre_concat(Transform::from_rotate(turn))
            .pre_concat(Transform::from_row(wide, 0.0, between(rng, -1.6, 1.6), high, 0.0, 0.0))
            .pre_concat(Transform::from_translate(-2.0, -3.0));
        let ink = ink(rng);
        let width = between(rng, 3.4, 4.6);
        for stroke in strokes(letter).split(' ') {
            line(&mut map, &points(stroke, rng), stroke.starts_with('~'), at, &ink, width);
        }
    }
    for _ in 0..3 {
        let mut wave = Vec::new();
        let (from, to) = (between(rng, 8.0, 68.0), between(rng, 8.0, 68.0));
        for part in 0..=4 {
            let along = part as f32 / 4.0;
            wave.push((along * WIDTH as f32, from + (to - from) * along + between(rng, -14.0, 14.0)));
        }
        let ink = ink(rng);
        line(&mut map, &wave, true, Transform::identity(), &ink, between(rng, 1.2, 2.2));
    }
    for _ in 0..70 {
        let (x, y) = (between(rng, 0.0, WIDTH as f32), between(rng, 0.0, HEIGHT as f32));
        let dot = [(x, y), (x + between(rng, -3.0, 3.0), y + between(rng, -3.0, 3.0))];
        line(&mut map, &dot, false, Transform::identity(), &ink(rng), between(rng, 1.0, 2.0));
    }
    map.encode_png().map_err(|e| wrong().because(e.to_string()))
}
fn between(rng: &Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * rng.below(10_000) as f32 / 10_000.0
}
/// Dark greens and greys close to one another, so that colour does not tell letters from noise.
fn ink(rng: &Rng) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    let shade = |base: u32| (base + rng.below(40)) as u8;
    paint.set_color_rgba8(shade(34), shade(62), shade(60), 255);
    paint
}
/// Each point moved a little.
fn points(stroke: &str, rng: &Rng) -> Vec<(f32, f32)> {
    let digits: Vec<f32> = stroke.chars().filter_map(|c| c.to_digit(10)).map(|d| d as f32).collect();
    digits
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [x, y] => Some((x + between(rng, -0.22, 0.22), y + between(rng, -0.22, 0.22))),
            _ => None,
        })
        .collect()
}
fn line(map: &mut Pixmap, points: &[(f32, f32)], round: bool, at: Transform, ink: &Paint<'_>, width: f32) {
    let Some(path) = path(points, round) else { return };
    // The transform would thicken the stroke too, so the path is moved before it is drawn.
    let Some(path) = path.transform(at) else { return };
    let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
    map.stroke_path(&path, ink, &stroke, Transform::identity(), None);
}
/// Straight from point to point, or rounded through the middles between them.
fn path(points: &[(f32, f32)], round: bool) -> Option<tiny_skia::Path> {
    let (first, rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(first.0, first.1);
    let mut rest = rest.iter().peekable();
    while let Some(point) = rest.next() {
        match (round, rest.peek()) {
            (true, Some(next)) => {
                path.quad_to(point.0, point.1, (point.0 + next.0) / 2.0, (point.1 + next.1) / 2.0);
            }
            _ => path.line_to(point.0, point.1),
        }
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn every_letter_has_strokes_and_pictures_differ() {
        for letter in super::super::model::LETTERS.chars() {
            assert!(!strokes(letter).is_empty(), "{letter}");
        }
        let one = draw("ACDEF", &Rng::seeded(1)).unwrap();
        assert!(one.starts_with(b"\x89PNG"));
        assert_ne!(one, draw("ACDEF", &Rng::seeded(2)).unwrap());
        assert_eq!(one, draw("ACDEF", &Rng::seeded(1)).unwrap(), "the same at each reload");
    }
}
