//! The answer to a question: a table and a plot.

use std::path::Path;

use crate::plot;

/// A table, and a chart of one of its columns.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) header: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    pub(crate) plot: plot::Bars,
    /// Figures that are only valid for this run. They are printed but not written into the page.
    pub(crate) note: String,
}

impl Report {
    /// Prints the table and the note.
    pub(crate) fn print(&self) {
        println!("{}\n{}\n", self.table(), self.note);
    }

    /// Prints the table and writes it into the page. Writes the chart into the folder.
    pub(crate) fn publish(&self, name: &str, page: &Path, plots: &Path) {
        self.print();
        let table = self.table();
        let text = std::fs::read_to_string(page).expect("the page");
        std::fs::write(page, replaced(&text, name, &table)).expect("the page is writable");
        std::fs::create_dir_all(plots).expect("a folder");
        std::fs::write(plots.join(format!("{name}.svg")), self.plot.to_svg()).expect("the plot is writable");
    }

    fn table(&self) -> String {
        let line = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
        let mut text = line(self.header.clone()) + &line(vec!["---"; self.header.len()]);
        for row in &self.rows {
            text += &line(row.iter().map(String::as_str).collect());
        }
        text
    }
}

/// The number with commas, such as `1,000`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// The page with the text between the two marks of this name replaced.
fn replaced(page: &str, name: &str, table: &str) -> String {
    let begin = format!("<!-- {name} -->\n");
    let (before, rest) = page.split_once(&begin).expect("the page has a mark for the question");
    let (_, after) = rest.split_once("<!-- end -->").expect("the mark has an end");
    format!("{before}{begin}\n{table}\n<!-- end -->{after}")
}
