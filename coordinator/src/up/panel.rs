//! The live panel of a local fleet.

use std::io::{Stdout, stdout};

use ratatui::{
    Frame, Terminal,
    backend::CrosstermBackend,
    crossterm::{
        cursor::Show,
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen},
    },
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style, Stylize as _},
    text::{Line, Span},
    widgets::{Block, Borders, Gauge, Paragraph, Row, Table},
};
use schema::source::SourceStatus;

use crate::up::{
    processes::Addresses,
    watch::{FleetView, per_second},
};

/// The panel; the terminal is given back when it is dropped.
pub(crate) struct Panel {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    psql: String,
    page: String,
    events: String,
}

impl Panel {
    /// Takes the terminal over.
    pub(crate) fn open(addresses: &Addresses) -> std::io::Result<Self> {
        execute!(stdout(), EnterAlternateScreen)?;
        Ok(Self {
            terminal: Terminal::new(CrosstermBackend::new(stdout()))?,
            psql: addresses.psql.clone(),
            page: addresses.page.clone(),
            events: format!("{}/v1/events", addresses.events),
        })
    }

    /// Draws the present state of the fleet.
    pub(crate) fn draw(&mut self, view: &FleetView) -> std::io::Result<()> {
        let foot = [&self.psql, &self.page, &self.events].map(String::as_str);
        self.terminal.draw(|frame| draw(frame, view, foot))?;
        Ok(())
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        // The terminal may be gone; then there is nowhere to report it.
        execute!(stdout(), LeaveAlternateScreen, Show).ok();
    }
}

fn draw(frame: &mut Frame<'_>, view: &FleetView, [psql, page, events]: [&str; 3]) {
    let [head, numbers, agents, sources, errors, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(6),
        Constraint::Length(3),
        Constraint::Min(4),
        Constraint::Length(7),
        Constraint::Length(3),
    ])
    .areas(frame.area());
    frame.render_widget(headline(view), head);
    draw_numbers(frame, view, numbers);
    draw_agents(frame, view, agents);
    draw_sources(frame, &view.sources, sources);
    draw_errors(frame, view, errors);
    frame.render_widget(
        Paragraph::new(vec![
            Line::from(vec![
                Span::from("psql '").dim(),
                Span::from(psql),
                Span::from("'").dim(),
            ]),
            Line::from(vec![
                Span::from("page ").dim(),
                Span::from(page),
                Span::from("  events ").dim(),
                Span::from(events),
            ]),
            Line::from("Ctrl-C stops the fleet; the data stays").dim(),
        ]),
        foot,
    );
}

fn headline(view: &FleetView) -> Line<'_> {
    let state = if view.is_database_away {
        Span::from(" the database does not answer ").on_red()
    } else if let Some(stall) = &view.stall {
        Span::from(format!(" work has stopped: {stall} ")).on_red()
    } else {
        match &view.load.leader {
            Some(leader) => Span::from(format!("  led by {leader}")).dim(),
            None => Span::from("  no leader yet").yellow(),
        }
    };
    let first = view
        .first_snapshot
        .map(|took| format!("  first snapshot after {:.1} s", took.as_secs_f64()))
        .unwrap_or_default();
    Line::from(vec![
        Span::from("FULLHOUSE").bold(),
        Span::from(format!("  up for {} s", view.running_for.as_secs())),
        Span::from(first).dim(),
        state,
    ])
}

fn draw_numbers(frame: &mut Frame<'_>, view: &FleetView, area: Rect) {
    let [left, right] =
        Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(area);
    let (load, ended) = (&view.load, &view.ended);
    let fact = |name: &'static str, value: String| {
        Line::from(vec![
            Span::from(format!("{name:<20}")).dim(),
            Span::from(value).bold(),
        ])
    };
    let now = vec![
        fact("queued", grouped(load.queued)),
        fact("jobs a second", format!("{:.1}", per_second(ended.jobs))),
        fact(
            "snapshots a second",
            format!("{:.1}", per_second(ended.snapshots)),
        ),
        fact(
            "seats a second",
            grouped_rate(per_second(ended.seat_records)),
        ),
    ];
    let totals = &view.totals;
    let so_far = vec![
        fact("snapshots", grouped(totals.snapshots)),
        fact("seat records", grouped(totals.seat_records)),
        fact("showtimes on sale", grouped(totals.showtimes)),
        fact(
            "seats sold seen",
            format!("{} of {}", grouped(totals.sold), grouped(totals.seats)),
        ),
    ];
    let block = |title| Block::default().borders(Borders::ALL).title(title);
    frame.render_widget(Paragraph::new(now).block(block(" now ")), left);
    frame.render_widget(Paragraph::new(so_far).block(block(" so far ")), right);
}

fn draw_agents(frame: &mut Frame<'_>, view: &FleetView, area: Rect) {
    let load = &view.load;
    #[allow(clippy::cast_precision_loss)]
    let ratio = (load.running as f64 / load.agents.max(1) as f64).clamp(0.0, 1.0);
    let gauge = Gauge::default()
        .block(
            Block::default()
                .borders(Borders::ALL)
                .title(format!(" agents in {} pods ", load.pods)),
        )
        .gauge_style(Style::default().fg(Color::Cyan))
        .ratio(ratio)
        .label(format!(
            "{} of {} busy",
            grouped(load.running),
            grouped(load.agents)
        ));
    frame.render_widget(gauge, area);
}

fn draw_sources(frame: &mut Frame<'_>, sources: &[SourceStatus], area: Rect) {
    let rows = sources.iter().map(|source| {
        let why = source
            .state_reason
            .as_deref()
            .or(source.health_reason.as_deref())
            .or(source.last_error.as_deref());
        Row::new(vec![
            Span::from(source.source.clone()),
            Span::from(source.health.clone()).style(colour_of(&source.health)),
            Span::from(grouped(source.tasks)),
            Span::from(grouped(source.succeeded)),
            Span::from(grouped(source.failed)),
            Span::from(why.unwrap_or_default().to_owned()).dim(),
        ])
    });
    let widths = [
        Constraint::Length(18),
        Constraint::Length(11),
        Constraint::Length(9),
        Constraint::Length(9),
        Constraint::Length(13),
        Constraint::Min(10),
    ];
    let header = Row::new([
        "source",
        "health",
        "tasks",
        "ok/5 min",
        "failed/5 min",
        "why",
    ])
    .style(Style::default().add_modifier(Modifier::BOLD));
    let table = Table::new(rows, widths)
        .header(header)
        .block(Block::default().borders(Borders::ALL).title(" sources "));
    frame.render_widget(table, area);
}

fn colour_of(health: &str) -> Style {
    let colour = match health {
        "healthy" => Color::Green,
        "degraded" => Color::Yellow,
        "quarantined" | "blocked" => Color::Red,
        _ => Color::Gray,
    };
    Style::default().fg(colour)
}

fn draw_errors(frame: &mut Frame<'_>, view: &FleetView, area: Rect) {
    let lines: Vec<Line<'_>> = view
        .errors
        .iter()
        .map(|error| {
            Line::from(vec![
                Span::from(error.finished_at.format("%H:%M:%S ").to_string()).dim(),
                Span::from(format!(
                    "{} {} job {} ",
                    error.source, error.step, error.job_id
                )),
                Span::from(error.error.as_deref().unwrap_or("no reason given")).red(),
            ])
        })
        .collect();
    let lines = if lines.is_empty() {
        vec![Line::from("none in ten minutes").green()]
    } else {
        lines
    };
    let block = Block::default()
        .borders(Borders::ALL)
        .title(" last errors ");
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn grouped_rate(rate: f64) -> String {
    #[allow(clippy::cast_possible_truncation)]
    grouped(rate.round() as i64)
}

/// Writes a number with a space between thousands.
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1 000"),
            (-1_234_567, "-1 234 567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
