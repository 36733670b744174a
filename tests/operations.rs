//! The page `docs/operations.md` says what the program does.

use mailproof::exit;

#[test]
fn the_table_of_exit_codes_is_complete() {
    let page = include_str!("../docs/operations.md");
    let (_, chapter) = page.split_once("## Exit codes").unwrap();
    let cells = chapter.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    let codes: Vec<u8> = cells.filter_map(|cell| cell.parse().ok()).collect();
    let all = [
        exit::PASSED,
        exit::INTERNAL,
        exit::USAGE,
        exit::FAILED,
        exit::PASSED_WITH_WARNINGS,
        exit::NOT_VERIFIED,
        exit::INTERRUPTED,
    ];
    assert_eq!(codes, all);
}
