//! Figures over time as bars.

use krilla::geom::Rect;
use krilla::tagging::{BBox, Tag};

use super::blocks::paragraph;
use super::line::{Content, Piece, Run, width};
use super::paper::{Mark, Paper, Shape};
use super::structure::Node;
use super::theme::{BAR, INK, LEFT, OVER, SMALL, SOFT, STRONG, TINT, WIDTH};
use crate::report::document::Picture;

const HEIGHT: f32 = 64.0;
/// More bars than these are too thin to be seen: the newest are drawn.
const MOST_BARS: usize = 180;
/// Title, axis and words around the drawing.
const AROUND: f32 = 64.0;

/// The picture with its title, and the same in words below it.
pub fn draw(paper: &mut Paper<'_>, parent: Node, picture: &Picture) {
    paper.gap(6.0);
    paper.keep(HEIGHT + AROUND);
    paragraph(paper, parent, &picture.title, STRONG);
    axis(paper, [&picture.top, ""]);
    let (page, y) = paper.reserve(HEIGHT);
    let place = Rect::from_xywh(LEFT, y, WIDTH, HEIGHT).map(|place| BBox::new(page, place));
    let figure = Tag::Figure(Some(super::kept(&picture.alternative))).with_bbox(place);
    let node = paper.structure.open(parent, figure);
    let leaf = paper.structure.leaf(node);
    paper.mark(Mark::Figure { leaf, shapes: shapes(picture, y) });
    axis(paper, [&picture.first, &picture.last]);
    paragraph(paper, parent, &picture.alternative, SMALL);
    paper.gap(4.0);
}

/// Letters at both ends of a line; the words below say the same, so that nobody has to listen to it twice.
fn axis(paper: &mut Paper<'_>, [left, right]: [&str; 2]) {
    let (_, y) = paper.reserve(SMALL.height());
    let indent = WIDTH - width(paper.faces, Run { text: right, style: SMALL });
    for (x, text) in [(0.0, left), (indent, right)] {
        let content = Content::Text(crate::report::human::line(text).into_owned());
        let piece = Piece { x, style: SMALL, content, leaf: None };
        paper.mark(Mark::Piece { x: LEFT + x, y: y + SMALL.baseline(), piece });
    }
}

fn shapes(picture: &Picture, y: f32) -> Vec<Shape> {
    let figures = &picture.figures[picture.figures.len().saturating_sub(MOST_BARS)..];
    let most = figures.iter().copied().chain(picture.target).max().unwrap_or(0).max(1);
    let part = WIDTH / f32::from(u16::try_from(figures.len()).unwrap_or(u16::MAX).max(1));
    let width = (part * 0.8).min(30.0);
    let mut shapes = vec![Shape::rectangle([LEFT, y, WIDTH, HEIGHT], TINT)];
    for (place, figure) in (0_u16..).zip(figures) {
        let tall = scaled(*figure, most);
        let colour = if picture.target.is_some_and(|target| *figure > target) { OVER } else { BAR };
        let x = LEFT + part * (f32::from(place) + 0.5) - width / 2.0;
        if tall > 0.0 {
            shapes.push(Shape::rectangle([x, y + HEIGHT - tall, width, tall], colour));
        }
    }
    shapes.push(Shape::rectangle([LEFT, y + HEIGHT - 0.4, WIDTH, 0.8], SOFT));
    shapes.extend(picture.target.into_iter().flat_map(|target| dashes(y + HEIGHT - scaled(target, most))));
    shapes
}

/// Bars stand on zero; something is never nothing. Thousandths are finer than any screen.
fn scaled(figure: u64, most: u64) -> f32 {
    let thousandths = (u128::from(figure) * 1000).div_ceil(u128::from(most));
    HEIGHT * f32::from(u16::try_from(thousandths).unwrap_or(1000)) / 1000.0
}

fn dashes(y: f32) -> impl Iterator<Item = Shape> {
    let places = (0_u16..).map(|place| f32::from(place) * 10.0).take_while(|x| x + 6.0 <= WIDTH);
    places.map(move |x| Shape::rectangle([LEFT + x, y - 0.6, 6.0, 1.2], INK))
}
