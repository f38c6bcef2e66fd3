//! Every rule fires on a planted fault, and keeps still on what it must allow.

use super::{
    File, Finding, Package, Rule, Tree, code, dependencies, manifests, names, page, prose,
    sections, sources,
};

fn tree(files: &[(&str, &str)]) -> Tree {
    let file = |&(path, text): &(&str, &str)| File { path: path.into(), text: text.into() };
    Tree { files: files.iter().map(file).collect(), packages: Vec::new() }
}

fn with_packages(files: &[(&str, &str)], packages: &[(&str, &[&str])]) -> Tree {
    let package = |&(name, dependencies): &(&str, &[&str])| Package {
        name: name.into(),
        manifest: format!("crates/{name}/Cargo.toml"),
        dependencies: dependencies.iter().map(|&name| name.into()).collect(),
    };
    Tree { packages: packages.iter().map(package).collect(), ..tree(files) }
}

/// Where a rule fires, as `path:line`.
fn places(rule: Rule, tree: &Tree) -> Vec<String> {
    let place = |finding: Finding| format!("{}:{}", finding.path, finding.line);
    rule(tree).into_iter().map(place).collect()
}

#[test]
fn a_finding_names_file_line_and_advice() {
    let file = File { path: "web/src/main.rs".into(), text: String::new() };
    assert_eq!(file.finding(3, "do this").to_string(), "web/src/main.rs:3: do this");
}

#[test]
fn a_dependency_against_the_arrows_is_found() {
    let manifest = "[dependencies]\nraft-simple = \"1\"\nraft-sim.workspace = true\n";
    let tree = with_packages(
        &[("crates/raft-core/Cargo.toml", manifest)],
        &[("raft-core", &["raft-sim", "serde"]), ("raft-sim", &["raft-core"])],
    );
    assert_eq!(places(dependencies::direction, &tree), ["crates/raft-core/Cargo.toml:3"]);
}

#[test]
fn what_a_dependency_may_use_is_allowed_too() {
    let packages: &[(&str, &[&str])] = &[
        ("web", &["raft-lab", "raft-core", "raft-storage", "yew"]),
        ("tests", &["web", "raft-cli", "raft-kv"]),
        ("raft-lab", &[]),
        ("raft-storage", &[]),
        ("raft-core", &[]),
        ("raft-cli", &[]),
        ("raft-kv", &[]),
    ];
    assert!(places(dependencies::direction, &with_packages(&[], packages)).is_empty());
}

#[test]
fn a_page_that_depends_on_the_simulator_is_found() {
    let check = |dependencies: &[&str]| {
        let packages = [("web", dependencies), ("raft-lab", &[]), ("raft-sim", &[])];
        places(page::the_page_reads_views, &with_packages(&[], &packages))
    };
    assert!(check(&["raft-lab", "yew"]).is_empty());
    assert_eq!(check(&["raft-lab", "raft-sim"]), ["crates/web/Cargo.toml:1"]);
}

#[test]
fn a_lab_that_hands_on_more_than_plain_values_is_found() {
    let check = |text: &str| {
        let tree = tree(&[("crates/raft-lab/src/lib.rs", text)]);
        places(page::the_page_reads_views, &tree)
    };
    assert!(
        check("pub use lab::Lab;\npub use raft_core::{NodeId, Term};\npub use tape::World;\n")
            .is_empty()
    );
    assert_eq!(check("pub use raft_sim::World;\n"), ["crates/raft-lab/src/lib.rs:1"]);
    let several = "pub use raft_sim::{\n    MessageId,\n    World,\n};\npub use lab::Lab;\n";
    assert_eq!(check(several), ["crates/raft-lab/src/lib.rs:3"]);
}

#[test]
fn a_page_that_reaches_through_the_lab_is_found() {
    let check = |path: &str| {
        let text = "fn f(lab: &Lab) {\n    lab.session().steps();\n}\n";
        places(page::the_page_reads_views, &tree(&[(path, text)]))
    };
    assert_eq!(check("web/src/lab/runner.rs"), ["web/src/lab/runner.rs:2"]);
    assert!(check("crates/raft-lab/src/js.rs").is_empty());
}

#[test]
fn a_package_that_the_table_does_not_know_is_found() {
    let tree = with_packages(&[], &[("raft-new", &[])]);
    assert_eq!(places(dependencies::direction, &tree), ["crates/raft-new/Cargo.toml:1"]);
}

#[test]
fn a_package_without_the_lints_is_found() {
    let path = "crates/raft-kv/Cargo.toml";
    let check = |text: &str| {
        let tree = with_packages(&[(path, text)], &[("raft-kv", &[])]);
        places(manifests::lints_are_inherited, &tree).len()
    };
    assert_eq!(check("[package]\nname = \"raft-kv\"\n\n[lints]\nworkspace = true\n"), 0);
    assert_eq!(check("[package]\nname = \"raft-kv\"\n"), 1);
    assert_eq!(check("[lints]\n\n[dependencies]\nworkspace = true\n"), 1);
}

#[test]
fn a_different_wasm_bindgen_in_trunk_is_found() {
    let lock = "name = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
    let check = |trunk: &str| {
        let tree = tree(&[("Cargo.lock", lock), ("Trunk.toml", trunk)]);
        places(manifests::tool_versions_agree, &tree)
    };
    assert!(check("[tools]\nwasm_bindgen = \"0.2.130\"\n").is_empty());
    assert_eq!(check("[tools]\nwasm_bindgen = \"0.2.13\"\n"), ["Trunk.toml:2"]);
    assert_eq!(check("[tools]\n"), ["Trunk.toml:1"]);
}

#[test]
fn a_lock_file_that_names_a_host_is_found() {
    let planted = "{\n  \"resolved\": \"https://registry.example/a.tgz\"\n}\n";
    let tree = tree(&[("tests/e2e/package-lock.json", planted), ("other.json", planted)]);
    assert_eq!(
        places(manifests::lock_files_name_no_host, &tree),
        ["tests/e2e/package-lock.json:2"]
    );
}

#[test]
fn a_file_past_the_limit_is_found_outside_folders_of_tests() {
    let (limit, past) = ("x\n".repeat(600), "x\n".repeat(601));
    let tree = tree(&[
        ("crates/raft-core/src/limit.rs", &limit),
        ("crates/raft-core/src/past.rs", &past),
        ("web/styles/past.css", &past),
        ("tests/past.rs", &past),
        ("README.md", &past),
    ]);
    assert_eq!(
        places(sources::length, &tree),
        ["crates/raft-core/src/past.rs:601", "web/styles/past.css:601"]
    );
}

#[test]
fn a_rust_file_that_does_not_say_what_it_is_for_is_found() {
    let tree = tree(&[
        ("a.rs", "//! Why.\n"),
        ("b.rs", "use x;\n"),
        ("c.css", "a {}\n"),
        ("b/tests.rs", ""),
    ]);
    assert_eq!(places(sources::purpose_is_stated, &tree), ["b.rs:1"]);
}

#[test]
fn a_path_of_a_machine_is_found_but_not_its_like_inside_another() {
    let check = |line: &str| places(sources::no_machine_paths, &tree(&[("a.md", line)])).len();
    for planted in [
        concat!("see /ho", "me/ada/notes"),
        concat!("\"/ro", "ot/.cargo\""),
        concat!("/Us", "ers/ada"),
        concat!("in /wo", "rk/main"),
        concat!("C:", "\\Windows"),
    ] {
        assert_eq!(check(planted), 1, "{planted}");
    }
    for allowed in [
        concat!("https://example.org/ho", "me/page"),
        concat!("src/ro", "ot/mod.rs"),
        concat!("$HO", "ME/.cargo"),
    ] {
        assert_eq!(check(allowed), 0, "{allowed}");
    }
}

#[test]
fn unfinished_work_without_a_reason_is_found() {
    let check =
        |line: &str| places(sources::unfinished_work_has_a_reason, &tree(&[("a.rs", line)])).len();
    for planted in
        [concat!("// TO", "DO later"), concat!("// FIX", "ME: x"), concat!("/* X", "XX( ) */")]
    {
        assert_eq!(check(planted), 1, "{planted}");
    }
    for allowed in [concat!("// TO", "DO(until joint consensus) x"), concat!("mktemp a.XX", "XX")] {
        assert_eq!(check(allowed), 0, "{allowed}");
    }
}

#[test]
fn a_scenario_with_a_tab_or_no_newline_at_its_end_is_found() {
    let tree = tree(&[
        ("scenarios/good.raft", "run 1s\nexpect safe\n"),
        ("scenarios/tab.raft", "run 1s\n\texpect safe\n"),
        ("scenarios/windows.raft", "run 1s\r\n"),
        ("scenarios/cut.raft", "run 1s\nexpect safe"),
        ("Makefile", "\tx"),
    ]);
    assert_eq!(
        places(sources::scenarios_are_plain, &tree),
        ["scenarios/tab.raft:2", "scenarios/windows.raft:1", "scenarios/cut.raft:2"]
    );
}

#[test]
fn a_line_that_is_too_wide_is_found_unless_it_holds_a_url() {
    let (limit, past) = ("é".repeat(100), "é".repeat(101));
    let url = format!("// https://example.org/{past}");
    let tree = tree(&[("limit.rs", &limit), ("past.rs", &past), ("url.rs", &url), ("a.md", &past)]);
    assert_eq!(places(code::width, &tree), ["past.rs:1"]);
    let row = format!("//! | {} |", "x".repeat(100));
    assert_eq!(places(code::width, &self::tree(&[("rows.rs", &row)])), [""; 0]);
}

#[test]
fn an_unreachable_arm_is_found_outside_of_tests() {
    let planted = concat!("match x {\n    _ => unreach", "able!(),\n}\n");
    let tree = tree(&[("src/a.rs", planted), ("src/a/tests.rs", planted), ("tests/b.rs", planted)]);
    assert_eq!(places(code::nothing_is_unreachable, &tree), ["src/a.rs:2"]);
}

/// A match over `head` with these arms, in a function.
fn match_over(head: &str, arms: &[&str]) -> String {
    format!("    match {head} {{\n        {}\n    }}\n", arms.join("\n        "))
}

#[test]
fn a_catch_all_arm_over_our_own_enum_is_found() {
    let check = |arms: &[&str]| {
        let text = match_over("x", arms);
        let enums = "pub enum Role {\n    Leader,\n    Follower,\n}\n";
        places(code::no_catch_all_arm, &tree(&[("role.rs", enums), ("a.rs", &text)]))
    };
    assert_eq!(check(&["Role::Leader => 1,", "_ => 2,"]), ["a.rs:3"]);
    assert_eq!(check(&["Role::Leader => {", "    f();", "}", "other => g(other),"]), ["a.rs:5"]);
    assert_eq!(check(&["(Role::Leader, true) => 1,", "_ => 2,"]), ["a.rs:3"]);
    assert_eq!(check(&["Some(crate::Role::Leader) => 1,", "_ => 2,"]), ["a.rs:3"]);
    assert_eq!(
        check(&["Self::Leader | Self::Candidate", "| Self::X => 1,", "_ => 2,"]),
        ["a.rs:4"]
    );
    assert!(check(&["Role::Leader => 1,", "Role::Follower => 2,"]).is_empty());
    assert!(check(&["Role::Leader => 1,", "_ if late => 2,", "Role::Follower => 3,"]).is_empty());
}

#[test]
fn a_catch_all_arm_over_other_values_is_allowed() {
    let check = |arms: &[&str]| {
        let text = match_over("x", arms);
        places(code::no_catch_all_arm, &tree(&[("a.rs", &text)])).len()
    };
    assert_eq!(check(&["0 => 1,", "_ => 2,"]), 0);
    assert_eq!(check(&["ErrorKind::NotFound => 1,", "_ => 2,"]), 0);
    assert_eq!(check(&["Self::MAX => 1,", "_ => 2,"]), 0);
    assert_eq!(check(&["true if x == Self::Leader => 1,", "_ => 2,"]), 0);
    // The arms of a match inside of an arm are not its own.
    assert_eq!(check(&["0 => match y {", "    Role::Leader => 1,", "},", "_ => 2,"]), 0);
}

#[test]
fn a_public_type_name_with_two_meanings_is_found() {
    let tree = tree(&[
        ("crates/raft-core/src/a.rs", "pub enum Outcome {}\npub struct Node;\nstruct Line;\n"),
        ("crates/raft-core/src/b.rs", "    pub struct Node;\n"),
        ("crates/raft-lab/src/a.rs", "pub(crate) struct Node;\npub type Outcome = u8;\n"),
        ("crates/raft-lab/src/a/tests.rs", "pub struct Node;\n"),
        ("crates/raft-sim/src/a.rs", "pub struct Line;\npub struct NodeState;\n"),
        ("crates/raft-core/src/bytes.rs", "pub struct Bytes;\n"),
        ("crates/linearizability/src/bytes.rs", "pub struct Bytes;\n"),
    ]);
    assert_eq!(places(names::one_meaning_each, &tree), ["crates/raft-lab/src/a.rs:2"]);
}

#[test]
fn an_idiom_is_found_also_over_the_end_of_a_line() {
    let tree = tree(&[
        ("a.rs", "//! The node is stopped\n//! for\n//! good.\nlet x = 1; // Whoever asks.\n"),
        ("b.md", "One\nnode comes along.\n"),
        ("c.css", "/* for good */\n"),
        ("d.md", "for goodness, cargo bystander\n"),
        ("scenarios/e.raft", "# the node goes by\n"),
    ]);
    assert_eq!(
        places(prose::no_idioms, &tree),
        ["a.rs:2", "a.rs:4", "b.md:2", "scenarios/e.raft:1"]
    );
}

#[test]
fn a_section_that_no_list_has_is_found() {
    let tree = tree(&[
        ("a.rs", "//! §5.4.1, §5.7. Raft §6; dissertation §4.2.1, §4.2.4 (§7).\n"),
        ("b.md", "By the dissertation\n§5.3 and Raft\n§3.10, §10.2.2.\n"),
        ("c.css", "/* §99 */\n"),
    ]);
    assert_eq!(places(sections::sections_exist, &tree), ["a.rs:1", "a.rs:1", "b.md:2", "b.md:3"]);
}

#[test]
fn a_dependency_of_the_workspace_that_no_package_uses_is_found() {
    let root = "[workspace]\n\n[workspace.dependencies]\n# A note.\nserde = \"1\"\n\
                serde_json = \"1\"\nclap = { version = \"4\" }\n\n[profile.dev]\ndebug = 1\n";
    let manifest = "[dependencies]\nserde.workspace = true\nclap = { workspace = true }\n";
    let tree = with_packages(
        &[("Cargo.toml", root), ("crates/raft-core/Cargo.toml", manifest)],
        &[("raft-core", &[])],
    );
    assert_eq!(places(manifests::dependencies_are_used, &tree), ["Cargo.toml:6"]);
}
