//! Whether the manifests that are shipped let an export reach its store.

const POLICIES: &str = include_str!("../../../../k8s/base/network-policy.yaml");
const COORDINATOR: &str = include_str!("../../../../k8s/base/coordinator.yaml");

/// The policies that open a port to the world, by the component whose pods they select.
fn opened(port: u16) -> Vec<&'static str> {
    let port = format!("- port: {port}\n");
    POLICIES
        .split("\n---\n")
        .filter(|policy| policy.contains("cidr: 0.0.0.0/0") && policy.contains(&port))
        .filter_map(|policy| {
            let (_, rest) = policy.split_once("app.kubernetes.io/component: ")?;
            rest.lines().next()
        })
        .collect()
}

#[test]
fn the_pods_that_export_reach_a_store_over_https() {
    assert!(COORDINATOR.contains("app.kubernetes.io/component: coordinator"));
    assert_eq!(opened(443), ["agent", "coordinator"]);
    assert_eq!(
        opened(80),
        ["agent"],
        "keys and exports travel encrypted only"
    );
}

#[test]
fn a_store_at_a_private_address_has_an_example() {
    let example = include_str!("../../../../k8s/exports.example.yaml");
    assert!(POLICIES.contains("k8s/exports.example.yaml"));
    assert!(example.contains("app.kubernetes.io/component: coordinator"));
}
