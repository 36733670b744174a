//! The sign of each tone, drawn: it says without colour how good news is.

use crate::report::document::Tone;

/// The corners of its polygons; it stands at `x` on the foot of letters of this size.
pub fn corners(tone: Tone, [x, y]: [f32; 2], size: f32) -> Vec<Vec<[f32; 2]>> {
    let shapes: &[&[[f32; 2]]] = match tone {
        Tone::Good => &[&TICK],
        Tone::Plain => &[&DOT],
        Tone::Doubtful => &[&TRIANGLE],
        Tone::Bad => &[&FALLING, &RISING],
    };
    let placed = |[across, up]: &[f32; 2]| [x + across * size, y - up * size];
    shapes.iter().map(|corners| corners.iter().map(placed).collect()).collect()
}

const TICK: [[f32; 2]; 6] =
    [[0.02, 0.34], [0.14, 0.46], [0.32, 0.27], [0.72, 0.74], [0.84, 0.64], [0.32, 0.02]];
const DOT: [[f32; 2]; 8] = [
    [0.30, 0.18],
    [0.50, 0.18],
    [0.62, 0.30],
    [0.62, 0.46],
    [0.50, 0.58],
    [0.30, 0.58],
    [0.18, 0.46],
    [0.18, 0.30],
];
const TRIANGLE: [[f32; 2]; 3] = [[0.02, 0.02], [0.84, 0.02], [0.43, 0.74]];
const FALLING: [[f32; 2]; 4] = [[0.04, 0.60], [0.16, 0.72], [0.78, 0.14], [0.66, 0.02]];
const RISING: [[f32; 2]; 4] = [[0.04, 0.14], [0.16, 0.02], [0.78, 0.60], [0.66, 0.72]];
