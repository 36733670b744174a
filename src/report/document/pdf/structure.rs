//! What is a heading, a table, a paragraph: for those who listen to a report.
//!
//! Input: elements and leaves in the order of reading, as the pages are laid. Output: the tree of tags that a PDF keeps
//! (ISO 32000-1, 14.8). Invariant: a leaf has one place.

use krilla::tagging::{Identifier, Tag, TagGroup, TagKind, TagTree};

/// An element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node(usize);

/// A piece of a page that belongs to an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leaf(pub usize);

/// The elements, each with what is in it.
#[derive(Debug)]
pub struct Structure {
    elements: Vec<Element>,
    leaves: usize,
}

#[derive(Debug)]
struct Element {
    tag: TagKind,
    children: Vec<Child>,
}

#[derive(Debug)]
enum Child {
    Element(usize),
    Leaf(usize),
}

/// What everything is in.
pub const ROOT: Node = Node(0);

impl Structure {
    pub fn new() -> Self {
        Self { elements: vec![Element { tag: Tag::Part.into(), children: Vec::new() }], leaves: 0 }
    }

    /// A new element, the last one in `parent`.
    pub fn open(&mut self, parent: Node, tag: impl Into<TagKind>) -> Node {
        let place = self.elements.len();
        self.elements.push(Element { tag: tag.into(), children: Vec::new() });
        self.add(parent, Child::Element(place));
        Node(place)
    }

    /// A new leaf, the last one in `parent`.
    pub fn leaf(&mut self, parent: Node) -> Leaf {
        let leaf = self.leaves;
        self.leaves += 1;
        self.add(parent, Child::Leaf(leaf));
        Leaf(leaf)
    }

    /// How many leaves there are.
    pub fn leaves(&self) -> usize {
        self.leaves
    }

    fn add(&mut self, parent: Node, child: Child) {
        if let Some(element) = self.elements.get_mut(parent.0) {
            element.children.push(child);
        }
    }

    /// The tags; `marked` has the mark of each leaf that was drawn.
    pub fn tree(&self, marked: &mut [Option<Identifier>]) -> TagTree {
        let TagGroup { children, .. } = self.group(ROOT.0, marked);
        TagTree::from(children)
    }

    fn group(&self, place: usize, marked: &mut [Option<Identifier>]) -> TagGroup {
        let Some(element) = self.elements.get(place) else { return TagGroup::new(Tag::Part) };
        let mut group = TagGroup::new(element.tag.clone());
        for child in &element.children {
            match child {
                Child::Element(place) => group.push(self.group(*place, marked)),
                Child::Leaf(leaf) => {
                    marked
                        .get_mut(*leaf)
                        .and_then(Option::take)
                        .into_iter()
                        .for_each(|mark| group.push(mark));
                }
            }
        }
        group
    }
}
