//! The shape of the runtime: which file imports which, and where axum is named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::{code, root, sources, stage};

/// A module as a path from the root of the crate: `session::login`.
fn module_of(src: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(src).expect("a file of the crate").with_extension("");
    let names: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    names.join("::").trim_end_matches("::mod").to_owned()
}

/// The paths behind `crate::` in a file, each whole: `use crate::a::{b, c::D}` is two.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        if code[..start].ends_with(|before: char| before.is_alphanumeric() || "_:$".contains(before)) {
            continue;
        }
        expand("", &code[start + "crate::".len()..], &mut found);
    }
    found
}

/// Adds the paths that `text` begins with, below `prefix`. Returns what is left of the text.
fn expand<'t>(prefix: &str, text: &'t str, found: &mut Vec<String>) -> &'t str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || "_:".contains(c))).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let path = format!("{prefix}{path}");
    let Some(mut list) = rest.strip_prefix('{') else {
        found.push(path);
        return rest;
    };
    loop {
        list = list.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        match list.strip_prefix('}') {
            Some(behind) => return behind,
            None if list.is_empty() => return list,
            None => {
                let left = expand(&path, list, found);
                // ` as other` names nothing of ours.
                list = left.trim_start_matches(|c: char| !",}".contains(c));
            }
        }
    }
}

/// For every file, the files that it imports from.
fn graph(src: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let files: Vec<_> = sources(src).into_iter().filter(|file| !is_test(src, file)).collect();
    let modules: BTreeSet<String> = files.iter().map(|file| module_of(src, file)).collect();
    let mut graph = BTreeMap::new();
    for file in &files {
        let module = module_of(src, file);
        let code = code(file);
        // `pub use` makes a name public; what it names is below this file.
        let private: String =
            code.split_inclusive(';').filter(|item| !item.trim_start().starts_with("pub use")).collect();
        let imported = imports(&private).into_iter().filter_map(|path| {
            let names: Vec<&str> = path.trim_end_matches(':').split("::").collect();
            (1..=names.len()).rev().map(|n| names[..n].join("::")).find(|prefix| modules.contains(prefix))
        });
        let imported: BTreeSet<String> = imported.filter(|other| *other != module).collect();
        graph.insert(module, imported);
    }
    graph
}

fn is_test(src: &Path, file: &Path) -> bool {
    let relative = file.strip_prefix(src).expect("a file of the crate");
    relative
        .components()
        .any(|part| ["differential", "model", "tests", "tests.rs"].contains(&&*part.as_os_str().to_string_lossy()))
}

/// A way from a file over others back to it, if there is one.
fn circle(graph: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    fn visit<'g>(
        at: &'g str,
        graph: &'g BTreeMap<String, BTreeSet<String>>,
        way: &mut Vec<&'g str>,
        done: &mut BTreeSet<&'g str>,
    ) -> Option<Vec<String>> {
        if let Some(start) = way.iter().position(|known| *known == at) {
            return Some(way[start..].iter().map(|name| (*name).to_owned()).collect());
        }
        if !done.insert(at) {
            return None;
        }
        way.push(at);
        let found = graph.get(at).into_iter().flatten().find_map(|next| visit(next, graph, way, done));
        way.pop();
        found
    }
    let mut done = BTreeSet::new();
    graph.keys().find_map(|start| visit(start, graph, &mut Vec::new(), &mut done))
}

#[test]
fn no_file_imports_itself_through_others() {
    let graph = graph(&root().join("jwt-auth/src"));
    assert_eq!(circle(&graph), None);
    let edges: usize = graph.values().map(BTreeSet::len).sum();
    assert!(edges > 400, "{edges} imports");
}

#[test]
fn a_circle_of_imports_is_found() {
    let graph = |edges: &[(&str, &str)]| {
        let mut graph = BTreeMap::<String, BTreeSet<String>>::new();
        for (from, to) in edges {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    };
    assert_eq!(circle(&graph(&[("a", "b"), ("b", "c"), ("a", "c"), ("d", "a")])), None);
    assert!(circle(&graph(&[("a", "b"), ("b", "c"), ("c", "b")])).is_some());
    let code = "use crate::a::{b::B, c::{C, D as E}};\nlet x = crate::d::e(crate::f::G); $crate::no::path";
    assert_eq!(imports(code), ["a::b::B", "a::c::C", "a::c::D", "d::e", "f::G"]);
}

#[test]
fn only_web_and_what_is_above_it_name_axum() {
    let mut inside = 0;
    for file in sources(&root().join("jwt-auth/src")) {
        let code = code(&file);
        let names =
            ["axum::", "axum;", "tower_layer", "tower_service", "axum_core"].iter().any(|name| code.contains(name));
        if matches!(stage(&file).as_str(), "web" | "openapi" | "testing" | "__private") {
            inside += usize::from(names);
        } else {
            assert!(!names, "{} names the web framework", file.display());
        }
    }
    assert!(inside >= 10);
}
