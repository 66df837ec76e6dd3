//! The report as JSON, whose form other programs rely on (`reports/schema/report-v1.json`).

use crate::report::Report;

/// The report as indented JSON with a newline at the end.
///
/// # Errors
/// None that a report can cause; serde_json's are passed on.
pub fn render(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}
