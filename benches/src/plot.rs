//! A bar chart as SVG.

use std::fmt::Write;

const LABELS: usize = 250;
const WIDTH: usize = 720;
const ROW: usize = 28;
const TOP: usize = 44;

/// A chart with one bar for each case.
#[derive(Debug)]
pub(crate) struct Bars {
    pub(crate) title: String,
    /// For each bar: its label, its length, and the text beside it.
    pub(crate) bars: Vec<(String, f64, String)>,
}

impl Bars {
    pub(crate) fn to_svg(&self) -> String {
        let height = TOP + ROW * self.bars.len() + 10;
        let longest = self.bars.iter().map(|(_, value, _)| *value).fold(f64::MIN_POSITIVE, f64::max);
        let room = (WIDTH - LABELS - 110) as f64;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text x=\"12\" y=\"24\" font-weight=\"bold\">{}</text>\n",
            escaped(&self.title)
        );
        for (at, (label, value, written)) in self.bars.iter().enumerate() {
            let (top, long) = (TOP + ROW * at, (room * value / longest).max(1.0));
            let (label, written, text_y) = (escaped(label), escaped(written), top + 16);
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{text_y}\" text-anchor=\"end\">{label}</text>\
                 <rect x=\"{LABELS}\" y=\"{top}\" width=\"{long:.1}\" height=\"20\" fill=\"#3b6ea5\"/>\
                 <text x=\"{:.1}\" y=\"{text_y}\">{written}</text>",
                LABELS - 10,
                LABELS as f64 + long + 8.0
            );
        }
        svg + "</svg>\n"
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
