//! Figures over time as bars.

use super::element::Html;
use crate::report::document::Picture;

/// The drawing's own measure; it is stretched to the width of the page.
const WIDTH: u64 = 1000;
const HEIGHT: u64 = 100;
/// More bars than these are too thin to be seen: the newest are drawn.
const MOST_BARS: usize = 180;

/// The picture with its title, and the same in words below it. Letters stand beside the drawing and not in it, so that they
/// keep their size on a small screen.
pub fn draw(html: &mut Html, picture: &Picture) {
    html.element("figure", &[], |html| {
        html.text_element("p", &[("class", "picture-title")], &picture.title);
        html.text_element("p", &[("class", "axis"), ("aria-hidden", "true")], &picture.top);
        let size = format!("0 0 {WIDTH} {HEIGHT}");
        let attributes = [
            ("viewBox", size.as_str()),
            ("preserveAspectRatio", "none"),
            ("role", "img"),
            ("aria-label", picture.alternative.as_str()),
        ];
        html.element("svg", &attributes, |html| shapes(html, picture));
        html.element("p", &[("class", "axis ends"), ("aria-hidden", "true")], |html| {
            html.text_element("span", &[], &picture.first);
            html.text_element("span", &[], &picture.last);
        });
        html.text_element("figcaption", &[], &picture.alternative);
    });
}

fn shapes(html: &mut Html, picture: &Picture) {
    let figures = &picture.figures[picture.figures.len().saturating_sub(MOST_BARS)..];
    let most = figures.iter().copied().chain(picture.target).max().unwrap_or(0).max(1);
    let count = (figures.len() as u64).max(1);
    let width = (WIDTH * 4 / count / 5).clamp(1, 60);
    for (place, figure) in (0_u64..).zip(figures) {
        let height = scaled(*figure, most);
        let middle = (2 * place + 1) * WIDTH / (2 * count);
        let [x, y, wide, tall] =
            [middle.saturating_sub(width / 2), HEIGHT - height, width, height].map(|part| part.to_string());
        let over = picture.target.is_some_and(|target| *figure > target);
        let class = if over { "bar over" } else { "bar" };
        html.element(
            "rect",
            &[("class", class), ("x", &x), ("y", &y), ("width", &wide), ("height", &tall)],
            |_| {},
        );
    }
    line(html, "ground", HEIGHT);
    if let Some(target) = picture.target {
        line(html, "target", HEIGHT - scaled(target, most));
    }
}

/// Bars stand on zero; something is never nothing.
fn scaled(figure: u64, most: u64) -> u64 {
    let height = (u128::from(figure) * u128::from(HEIGHT)).div_ceil(u128::from(most));
    u64::try_from(height).unwrap_or(HEIGHT)
}

fn line(html: &mut Html, class: &'static str, y: u64) {
    let (y, end) = (y.to_string(), WIDTH.to_string());
    let attributes = [("class", class), ("x1", "0"), ("y1", &y), ("x2", &end), ("y2", &y)];
    html.element("line", &attributes, |_| {});
}
