//! Charts as SVG: a step chart over time, columns by day, stacked columns, stacked areas, lines, a fan of
//! a forecast, a heat map of the week, intervals of estimates, a graph in layers.
//!
//! As in [`super::svg`], every label is escaped. A chart has a text for screen readers, its axes say
//! their unit, and the page has a table of the same numbers beside it.

mod ticks;
mod axis;
mod step;
mod column;
mod stack;
mod forecast;
mod fan;
mod heat;
mod area;
mod lines;
mod interval;
mod graph;

pub use area::{AreaChart, AreaSeries};
pub use column::{Column, ColumnChart};
pub use fan::FanChart;
pub use forecast::{Forecast, ForecastDay};
pub use graph::{Graph, GraphNode};
pub use heat::{HeatCell, HeatMap};
pub use interval::{IntervalChart, IntervalLook, IntervalRow};
pub use lines::{LineChart, NamedLine};
pub use stack::{MAX_SERIES, StackChart, StackColumn, series_mark};
pub use step::{Event, StepChart};
pub use ticks::{TimeTick, time_ticks};

/// Width and height of a chart.
const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 240.0;
/// Space for the labels of the axes.
const LEFT: f64 = 48.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 28.0;
const BOTTOM: f64 = 28.0;
