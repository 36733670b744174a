//! A row of figures as a row of bars, one letter each.

/// What bars are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bars {
    /// Letters of ASCII, which every terminal and every file can show.
    #[default]
    Ascii,
    /// Unicode's block elements.
    Blocks,
}

impl Bars {
    fn levels(self) -> [char; 8] {
        match self {
            Self::Ascii => ['_', '.', ':', '-', '=', '+', '*', '#'],
            Self::Blocks => ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
        }
    }
}

/// The last `room` figures as bars. They stand on zero, so that half as high is half as much: noise looks like noise.
pub(in crate::report) fn sparkline(figures: &[u64], room: usize, bars: Bars) -> String {
    let levels = bars.levels();
    let shown = &figures[figures.len().saturating_sub(room)..];
    let most = shown.iter().copied().max().unwrap_or(0).max(1);
    let steps = levels.len() as u128 - 1;
    let level = |figure: &u64| (u128::from(*figure) * steps).div_ceil(u128::from(most));
    shown.iter().filter_map(|figure| levels.get(usize::try_from(level(figure)).ok()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_on_zero_and_something_is_never_nothing() {
        assert_eq!(sparkline(&[0, 1, 50, 100], 10, Bars::Blocks), "▁▂▅█");
        assert_eq!(sparkline(&[0, 1, 50, 100], 10, Bars::Ascii), "_.=#");
        assert_eq!(sparkline(&[0, 0], 10, Bars::Ascii), "__");
        assert_eq!(sparkline(&[u64::MAX, u64::MAX / 2], 10, Bars::Ascii), "#=");
    }

    #[test]
    fn the_newest_are_shown_where_there_is_no_room_for_all() {
        assert_eq!(sparkline(&[100, 0, 7], 2, Bars::Ascii), "_#", "what is not shown sets no measure");
        assert_eq!(sparkline(&[1, 2], 0, Bars::Ascii), "");
        assert_eq!(sparkline(&[], 5, Bars::Ascii), "");
    }
}
