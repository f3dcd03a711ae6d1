//! A directed graph in layers from left to right: each node stands right of all that lead to it.

use std::fmt::Write as _;

use crate::{
    number::float,
    page::svg::{State, escape},
};

/// Width and height of a node, and the space between layers and between nodes.
const NODE_WIDTH: f64 = 176.0;
const NODE_HEIGHT: f64 = 40.0;
const GAP_X: f64 = 56.0;
const GAP_Y: f64 = 12.0;
/// Space around all.
const MARGIN: f64 = 2.0;
/// Letters of a label at most.
const MAX_LETTERS: usize = 24;
/// Times that the nodes of each layer are put near those that lead to them.
const SWEEPS: usize = 4;

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphNode {
    /// Its name.
    pub label: String,
    /// A few words below it.
    pub words: String,
    /// Where it leads.
    pub href: Option<String>,
    /// How it is; `None` for what has no state of its own.
    pub state: Option<State>,
}

/// A graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// What it shows, for a screen reader.
    pub label: String,
    /// The nodes.
    pub nodes: Vec<GraphNode>,
    /// From node to node, by their places in the list; they lead in no circle.
    pub edges: Vec<(usize, usize)>,
}

impl Graph {
    /// Draws it.
    #[must_use]
    pub fn draw(&self) -> String {
        let layers = self.layers();
        let mut places = vec![(0.0, 0.0); self.nodes.len()];
        let tallest = layers.iter().map(Vec::len).max().unwrap_or(0);
        for (number, layer) in layers.iter().enumerate() {
            // A short layer stands in the middle.
            let above = float(tallest - layer.len()) / 2.0;
            for (row, node) in layer.iter().enumerate() {
                if let Some(place) = places.get_mut(*node) {
                    *place = (
                        MARGIN + float(number) * (NODE_WIDTH + GAP_X),
                        MARGIN + (above + float(row)) * (NODE_HEIGHT + GAP_Y),
                    );
                }
            }
        }
        let width = 2.0 * MARGIN + float(layers.len()) * (NODE_WIDTH + GAP_X)
            - GAP_X.min(float(layers.len()) * GAP_X);
        let height = 2.0 * MARGIN + float(tallest) * (NODE_HEIGHT + GAP_Y) - GAP_Y;
        let mut text = format!(
            "<svg class=\"graph\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"group\" aria-label=\"{}\">",
            escape(&self.label)
        );
        for (from, to) in &self.edges {
            if let (Some((x, y)), Some((to_x, to_y))) = (places.get(*from), places.get(*to)) {
                let (x, y, to_y) = (
                    x + NODE_WIDTH,
                    y + NODE_HEIGHT / 2.0,
                    to_y + NODE_HEIGHT / 2.0,
                );
                let bend = f64::midpoint(x, *to_x);
                write!(
                    text,
                    "<path class=\"edge\" d=\"M{x:.1} {y:.1}C{bend:.1} {y:.1} {bend:.1} {to_y:.1} {to_x:.1} {to_y:.1}\"/>"
                )
                .ok();
            }
        }
        for (node, (x, y)) in self.nodes.iter().zip(&places) {
            draw_node(&mut text, node, *x, *y);
        }
        text + "</svg>"
    }

    /// The nodes of each layer: behind the longest way that leads to it, near those that lead to it.
    fn layers(&self) -> Vec<Vec<usize>> {
        let mut depths = vec![0_usize; self.nodes.len()];
        // As many rounds as the longest way has steps; a circle, which there is none, would end as well.
        for _ in 0..self.nodes.len() {
            let mut is_stable = true;
            for (from, to) in &self.edges {
                let (Some(from), Some(to)) = (depths.get(*from).copied(), depths.get_mut(*to))
                else {
                    continue;
                };
                if *to <= from && from < self.nodes.len() {
                    *to = from + 1;
                    is_stable = false;
                }
            }
            if is_stable {
                break;
            }
        }
        // What nothing leads to stands beside the first to which it leads.
        for node in 0..self.nodes.len() {
            if self.edges.iter().any(|(_, to)| *to == node) {
                continue;
            }
            let led_to = self.edges.iter().filter(|(from, _)| *from == node);
            let first = led_to.filter_map(|(_, to)| depths.get(*to)).min().copied();
            if let (Some(first), Some(depth)) = (first, depths.get_mut(node)) {
                *depth = first.saturating_sub(1);
            }
        }
        let count = depths.iter().max().map_or(0, |deepest| deepest + 1);
        let mut layers: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (node, depth) in depths.iter().enumerate() {
            if let Some(layer) = layers.get_mut(*depth) {
                layer.push(node);
            }
        }
        for _ in 0..SWEEPS {
            self.sweep(&mut layers);
        }
        layers
    }

    /// Sorts each layer by the mean row of the nodes that lead to its nodes and to which they lead.
    fn sweep(&self, layers: &mut [Vec<usize>]) {
        let mut rows = vec![0.0; self.nodes.len()];
        let note = |rows: &mut Vec<f64>, layer: &[usize]| {
            for (row, node) in layer.iter().enumerate() {
                if let Some(place) = rows.get_mut(*node) {
                    *place = float(row) - float(layer.len()) / 2.0;
                }
            }
        };
        for layer in layers.iter() {
            note(&mut rows, layer);
        }
        for layer in layers.iter_mut() {
            let mean = |node: usize| {
                let near = self.edges.iter().filter_map(|(from, to)| {
                    if *to == node {
                        rows.get(*from)
                    } else if *from == node {
                        rows.get(*to)
                    } else {
                        None
                    }
                });
                let (sum, count) =
                    near.fold((0.0, 0_usize), |(sum, count), row| (sum + row, count + 1));
                if count == 0 { 0.0 } else { sum / float(count) }
            };
            layer.sort_by(|one, other| mean(*one).total_cmp(&mean(*other)));
            let layer = layer.clone();
            note(&mut rows, &layer);
        }
    }
}

fn draw_node(text: &mut String, node: &GraphNode, x: f64, y: f64) {
    let (class, shape) = match node.state {
        Some(State::Ok) => ("ok", "<circle cx=\"5\" cy=\"5\" r=\"4.5\"/>"),
        Some(State::Warn) => ("warn", "<path d=\"M5 .5 9.7 9.5H.3Z\"/>"),
        Some(State::Bad) => ("bad", "<rect x=\".5\" y=\".5\" width=\"9\" height=\"9\"/>"),
        Some(State::Off) => (
            "off",
            "<path d=\"M5 .5a4.5 4.5 0 1 0 .01 0Zm0 2a2.5 2.5 0 1 1-.01 0Z\"/>",
        ),
        None => ("source", ""),
    };
    let short: String = if node.label.chars().count() > MAX_LETTERS {
        node.label
            .chars()
            .take(MAX_LETTERS - 1)
            .chain(['…'])
            .collect()
    } else {
        node.label.clone()
    };
    let open = node
        .href
        .as_ref()
        .map_or_else(String::new, |href| format!("<a href=\"{}\">", escape(href)));
    let close = if node.href.is_some() { "</a>" } else { "" };
    write!(
        text,
        "{open}<g class=\"node {class}\" transform=\"translate({x:.1} {y:.1})\"><title>{}: {}</title>\
         <rect class=\"box\" width=\"{NODE_WIDTH:.0}\" height=\"{NODE_HEIGHT:.0}\" rx=\"6\"/>\
         <g class=\"sign\" transform=\"translate(10 9)\">{shape}</g>\
         <text class=\"name\" x=\"{}\" y=\"17\">{}</text><text x=\"{}\" y=\"32\">{}</text></g>{close}",
        escape(&node.label),
        escape(&node.words),
        if shape.is_empty() { 10 } else { 26 },
        escape(&short),
        if shape.is_empty() { 10 } else { 26 },
        escape(&node.words)
    )
    .ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(count: usize, edges: &[(usize, usize)]) -> Graph {
        Graph {
            label: "what reads what".to_owned(),
            nodes: (0..count)
                .map(|number| GraphNode {
                    label: format!("<{number}>"),
                    words: "built".to_owned(),
                    href: Some(format!("data-sets/{number}")),
                    state: Some(State::Ok),
                })
                .collect(),
            edges: edges.to_vec(),
        }
    }

    #[test]
    fn each_node_stands_right_of_all_that_lead_to_it() {
        let layers = graph(5, &[(0, 1), (1, 2), (0, 2), (3, 2)]).layers();
        assert_eq!(layers.len(), 3);
        assert_eq!(layers[2], [2]);
        assert_eq!(
            layers[0].len(),
            2,
            "one that reads nothing, one that is alone"
        );
        assert_eq!(layers[1].len(), 2, "3 stands beside 2");
    }

    #[test]
    fn nodes_stand_near_those_that_lead_to_them() {
        let layers = graph(4, &[(0, 3), (1, 2)]).layers();
        assert_eq!(
            layers[0].iter().position(|node| *node == 0),
            layers[1].iter().position(|node| *node == 3)
        );
    }

    #[test]
    fn labels_are_escaped_and_an_empty_graph_can_be_drawn() {
        let drawn = graph(2, &[(0, 1)]).draw();
        assert!(!drawn.contains("<0>"), "{drawn}");
        assert_eq!(drawn.matches("class=\"edge\"").count(), 1);
        assert!(graph(0, &[]).draw().starts_with("<svg"));
        assert!(graph(2, &[(0, 1), (1, 0)]).draw().ends_with("</svg>"));
    }
}
