//! Pages as they fill.
//!
//! Input: rows of columns of lines, from top to bottom. Output: pages with marks at their places. Invariant: what does not fit
//! goes on on the next page; a row that fits on one page is not torn.

use super::face::Faces;
use super::line::{Line, Piece, Run, lines};
use super::structure::{Leaf, Node, Structure};
use super::theme::{BOTTOM, Colour, LEFT, LINE, Style, TOP, WIDTH};

/// Width of the bar beside what stands out.
const BAR_WIDTH: f32 = 4.0;
/// Thickness of a line across the page.
const RULE: f32 = 0.6;

/// The pages so far.
pub struct Paper<'a> {
    pub faces: &'a Faces,
    pub structure: Structure,
    pub pages: Vec<Vec<Mark>>,
    /// Headings by page and height.
    pub outline: Vec<Entry>,
    /// How far the last page is filled.
    y: f32,
}

/// A heading that readers can jump to.
#[derive(Debug)]
pub struct Entry {
    pub title: String,
    pub page: usize,
    pub y: f32,
}

/// Something on a page.
#[derive(Debug)]
pub enum Mark {
    /// A piece with its left end and the foot of its letters.
    Piece { x: f32, y: f32, piece: Piece },
    /// What only decorates the page.
    Shape(Shape),
    /// A drawing that means something.
    Figure { leaf: Leaf, shapes: Vec<Shape> },
}

/// A filled polygon.
#[derive(Debug, Clone)]
pub struct Shape {
    pub corners: Vec<[f32; 2]>,
    pub colour: Colour,
}

/// Columns of lines beside each other.
#[derive(Debug, Clone, Default)]
pub struct Row {
    pub columns: Vec<Column>,
    /// Room above and below.
    pub pad: f32,
    /// A bar at the left.
    pub bar: Option<Colour>,
    /// The ground.
    pub ground: Option<Colour>,
    /// A line below.
    pub ruled: bool,
}

/// Lines one below the other.
#[derive(Debug, Clone, Default)]
pub struct Column {
    /// From the left of the text.
    pub x: f32,
    pub lines: Vec<Line>,
}

impl Shape {
    pub fn rectangle([x, y, width, height]: [f32; 4], colour: Colour) -> Self {
        let (right, foot) = (x + width, y + height);
        Self { corners: vec![[x, y], [right, y], [right, foot], [x, foot]], colour }
    }
}

impl Column {
    fn height(&self) -> f32 {
        self.lines.iter().map(|line| line.before + line.height).sum()
    }

    /// How many lines from `from` on fit into `room`.
    fn fitting(&self, from: usize, room: f32) -> usize {
        let mut used = 0.0;
        let fits = |line: &&Line| {
            used += line.before + line.height;
            used <= room
        };
        self.lines.iter().skip(from).take_while(fits).count()
    }
}

impl Row {
    pub fn height(&self) -> f32 {
        let rule = if self.ruled { RULE } else { 0.0 };
        self.columns.iter().map(Column::height).fold(0.0, f32::max) + 2.0 * self.pad + rule
    }

    /// The same as decoration, which is no part of the structure.
    pub fn repeated(&self) -> Self {
        let mut row = self.clone();
        let lines = row.columns.iter_mut().flat_map(|column| &mut column.lines);
        lines.flat_map(|line| &mut line.pieces).for_each(|piece| piece.leaf = None);
        row
    }
}

impl<'a> Paper<'a> {
    pub fn new(faces: &'a Faces) -> Self {
        let (structure, outline) = (Structure::new(), Vec::new());
        Self { faces, structure, pages: vec![Vec::new()], outline, y: TOP }
    }

    /// What is left of the page.
    fn left(&self) -> f32 {
        BOTTOM - self.y
    }

    fn is_fresh(&self) -> bool {
        self.y <= TOP
    }

    pub fn new_page(&mut self) {
        if !self.is_fresh() {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    /// Begins a page where less than `height` is left.
    pub fn keep(&mut self, height: f32) {
        if self.left() < height {
            self.new_page();
        }
    }

    /// Leaves room free; at the top of a page none.
    pub fn gap(&mut self, height: f32) {
        if !self.is_fresh() {
            self.y += height;
        }
    }

    /// The lines of a paragraph, each a part of `node`.
    pub fn lines(&mut self, node: Node, runs: &[Run<'_>], width: f32, indent: f32) -> Vec<Line> {
        let mut lines = lines(self.faces, runs, width, indent);
        for piece in lines.iter_mut().flat_map(|line| &mut line.pieces) {
            piece.leaf = Some(self.structure.leaf(node));
        }
        lines
    }

    /// How many letters of one width fit into a line.
    pub fn columns(&self, width: f32, style: Style) -> usize {
        let letter = self.faces.width('0', style.face) * style.size;
        std::iter::successors(Some(letter), |used| Some(used + letter))
            .take_while(|used| *used <= width)
            .count()
    }

    /// A paragraph as wide as the page.
    pub fn paragraph(&mut self, node: Node, text: &str, style: Style) {
        let lines = self.lines(node, &[Run { text, style }], WIDTH, 0.0);
        self.put(&Row { columns: vec![Column { x: 0.0, lines }], ..Row::default() }, None);
    }

    /// A line across the page.
    pub fn rule(&mut self) {
        let shape = Shape::rectangle([LEFT, self.y, WIDTH, RULE], LINE);
        self.mark(Mark::Shape(shape));
        self.y += RULE;
    }

    /// Notes the place of what comes next.
    pub fn note(&mut self, title: String) {
        let (page, y) = (self.pages.len() - 1, self.y);
        self.outline.push(Entry { title, page, y });
    }

    /// Room of a fixed height: the number of the page, and where on it.
    pub fn reserve(&mut self, height: f32) -> (usize, f32) {
        self.keep(height);
        let y = self.y;
        self.y += height;
        (self.pages.len() - 1, y)
    }

    pub fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Puts a row where the page is filled up to; `again` stands once more above it on a new page.
    pub fn put(&mut self, row: &Row, again: Option<&Row>) {
        let above = again.map_or(0.0, Row::height);
        if row.height() > self.left() && row.height() <= BOTTOM - TOP - above {
            self.turn(again);
        }
        let mut from = vec![0; row.columns.len()];
        loop {
            let room = self.left() - 2.0 * row.pad;
            let fitting = row.columns.iter().zip(&from).map(|(column, from)| column.fitting(*from, room));
            let mut counts: Vec<usize> = fitting.collect();
            if counts.iter().all(|count| *count == 0) && self.y < TOP + above + RULE {
                counts.fill(1);
            }
            self.draw(row, &from, &counts);
            from.iter_mut().zip(counts).for_each(|(from, count)| *from += count);
            if row.columns.iter().zip(&from).all(|(column, from)| *from >= column.lines.len()) {
                return;
            }
            self.turn(again);
        }
    }

    fn turn(&mut self, again: Option<&Row>) {
        self.new_page();
        if let Some(row) = again {
            self.draw(row, &vec![0; row.columns.len()], &vec![usize::MAX; row.columns.len()]);
        }
    }

    /// Draws so many lines of each column.
    fn draw(&mut self, row: &Row, from: &[usize], counts: &[usize]) {
        let parts = row.columns.iter().zip(from).zip(counts);
        let parts: Vec<(f32, Vec<&Line>)> = parts
            .map(|((column, from), count)| (column.x, column.lines.iter().skip(*from).take(*count).collect()))
            .collect();
        let tall =
            |(_, lines): &(f32, Vec<&Line>)| -> f32 { lines.iter().map(|l| l.before + l.height).sum() };
        let height = parts.iter().map(tall).fold(0.0, f32::max);
        if height <= 0.0 {
            return;
        }
        let outer = height + 2.0 * row.pad;
        self.behind(row, outer);
        for (x, lines) in parts {
            self.draw_lines(LEFT + x, self.y + row.pad, &lines);
        }
        self.y += outer;
        if row.ruled {
            self.rule();
        }
    }

    fn behind(&mut self, row: &Row, height: f32) {
        if let Some(colour) = row.ground {
            self.mark(Mark::Shape(Shape::rectangle([LEFT, self.y, WIDTH, height], colour)));
        }
        if let Some(colour) = row.bar {
            self.mark(Mark::Shape(Shape::rectangle([LEFT, self.y, BAR_WIDTH, height], colour)));
        }
    }

    fn draw_lines(&mut self, x: f32, mut y: f32, lines: &[&Line]) {
        for line in lines {
            y += line.before;
            let foot = line.pieces.iter().map(|piece| piece.style.baseline()).fold(0.0, f32::max);
            for piece in &line.pieces {
                self.mark(Mark::Piece { x: x + piece.x, y: y + foot, piece: piece.clone() });
            }
            y += line.height;
        }
    }
}
