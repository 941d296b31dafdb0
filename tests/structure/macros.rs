//! The shape of the macro crate and of the grammar crate: which module imports which.

use std::collections::BTreeMap;
use std::path::Path;

use crate::{code, read, root, sources};

/// A module as the names that lead to it: `["auth_backend", "check"]`. The crate's root has none.
type Module = Vec<String>;

/// For every module with children, their names in the order of its `mod` lines.
type Order = BTreeMap<Module, Vec<String>>;

fn module_of(src: &Path, file: &Path) -> Module {
    let relative = file.strip_prefix(src).expect("a file of the crate").with_extension("");
    let names = relative.components().map(|part| part.as_os_str().to_string_lossy().into_owned());
    names.filter(|name| name != "mod" && name != "lib").collect()
}

fn order(src: &Path) -> Order {
    let mut order = Order::new();
    for file in sources(src).iter().filter(|file| file.ends_with("lib.rs") || file.ends_with("mod.rs")) {
        let text = code(file);
        let lines = text.lines().map(|line| line.trim_start_matches("pub ").trim_start_matches("pub(crate) "));
        let names = lines.filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';')).map(str::to_owned);
        order.insert(module_of(src, file), names.collect());
    }
    order
}

/// The paths that a file names from `crate` or `super`, from the root of the crate. A list in braces is several paths.
fn imports(module: &Module, code: &str) -> Vec<Module> {
    let mut found = Vec::new();
    for (start, keyword) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..start].chars().next_back();
        if before.is_some_and(|before| before.is_alphanumeric() || "_:$".contains(before)) {
            continue;
        }
        let mut from = if keyword == "crate::" { Module::new() } else { parent(module) };
        let mut rest = &code[start + keyword.len()..];
        while let Some(behind) = rest.strip_prefix("super::") {
            (from, rest) = (parent(&from), behind);
        }
        let firsts = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for path in firsts.into_iter().filter(|path| !path.is_empty()) {
            let is_of_a_path = |character: char| character.is_alphanumeric() || "_:".contains(character);
            let path = path.split(|character| !is_of_a_path(character)).next().unwrap_or_default();
            let names: Module = path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            // `crate::...` in the text of a message names nothing.
            if !names.is_empty() {
                found.push([from.clone(), names].concat());
            }
        }
    }
    found
}

fn parent(module: &Module) -> Module {
    module[..module.len().saturating_sub(1)].to_vec()
}

/// What is wrong with an import, if anything.
fn mistake(order: &Order, module: &Module, import: &Module) -> Option<String> {
    let common = module.iter().zip(import).take_while(|(own, other)| own == other).count();
    // A folder's `mod.rs` names what is in the folder.
    let own = module.get(common)?;
    let siblings = order.get(&module[..common].to_vec()).expect("a folder");
    let place = |name: &String| siblings.iter().position(|sibling| sibling == name);
    let own = place(own).unwrap_or_else(|| panic!("{module:?} is in no list of modules"));
    match import.get(common).and_then(place) {
        Some(other) if other < own => None,
        Some(_) => Some(format!("{module:?} imports {import:?}, which is listed below it")),
        None => Some(format!("{module:?} imports {import:?} from the file that lists it")),
    }
}

fn mistakes(src: &Path) -> (usize, Vec<String>) {
    let order = order(src);
    let mut edges = 0;
    let mut found = Vec::new();
    for file in sources(src) {
        // The grammar crate's tests of one module stand in a file beside it.
        if file.file_stem().is_some_and(|name| name.to_string_lossy().ends_with("tests")) || is_snapshot(&file) {
            continue;
        }
        let module = module_of(src, &file);
        for import in imports(&module, &code(&file)) {
            edges += 1;
            found.extend(mistake(&order, &module, &import));
        }
    }
    (edges, found)
}

fn is_snapshot(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str() == "snapshots")
}

#[test]
fn a_module_imports_only_from_modules_listed_above_it() {
    for (member, least) in [("jwt-auth-macros", 50), ("jwt-auth-grammar", 15)] {
        let (edges, mistakes) = mistakes(&root().join(member).join("src"));
        assert!(mistakes.is_empty(), "{member}: {mistakes:#?}");
        assert!(edges >= least, "{member}: {edges} imports");
    }
}

#[test]
fn an_import_that_runs_back_up_is_found() {
    let module =
        |path: &str| -> Module { path.split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect() };
    let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let order = Order::from([
        (module(""), names(&["diag", "backend"])),
        (module("backend"), names(&["parse", "check", "expand"])),
    ]);
    let is_wrong = |from: &str, code: &str| {
        let from = module(from);
        imports(&from, code).iter().any(|import| mistake(&order, &from, import).is_some())
    };
    for (from, code) in [
        ("backend::check", "use super::parse::Parsed;"),
        ("backend::check", "use crate::diag::Diag;"),
        ("backend", "use crate::diag::Diag; use super::diag;"),
        ("backend", "check::check(); crate::backend::expand::expand();"),
        ("backend::expand", "use super::{check, parse};\nlet x: super::super::diag::Diag;"),
    ] {
        assert!(!is_wrong(from, code), "{from}: {code}");
    }
    for (from, code) in [
        ("backend::parse", "use super::check::is_written;"),
        ("backend::parse", "use crate::backend::check;"),
        ("backend::parse", "use super::{parse_all, check};"),
        ("backend::check", "use super::attribute;"),
        ("backend::check", "use crate::derive;"),
        ("diag", "use crate::backend;"),
        ("diag", "use super::{backend::parse};"),
    ] {
        assert!(is_wrong(from, code), "{from}: {code}");
    }
}

#[test]
fn the_grammar_crate_depends_on_nothing_and_is_pinned() {
    let manifest = read(&root().join("jwt-auth-grammar/Cargo.toml"));
    assert!(!manifest.contains("[dependencies]") && manifest.contains("[lints]\nworkspace = true"));
    let workspace = read(&root().join("Cargo.toml"));
    assert!(workspace.contains("\"jwt-auth-grammar\""));
    assert!(workspace.contains("jwt-auth-grammar = { path = \"jwt-auth-grammar\", version = \"=0.1.0\" }"));
    for file in sources(&root().join("jwt-auth-grammar")) {
        let lines = read(&file).lines().count();
        assert!(lines <= 250, "{} has {lines} lines", file.display());
    }
}

/// Text that only the home of a fact contains.
const FACTS: [&str; 6] = [
    "\"__Host-",
    "\"__Secure-",
    ", 0x21 | 0x23..=0x5b",
    "b\"!#$%&'*+-.^_`|~\"",
    "\"client_id\", \"sid\"",
    "\"revoke_url\"",
];

#[test]
fn a_fact_that_both_crates_need_stands_in_the_grammar_crate() {
    for file in ["jwt-auth-macros/src", "jwt-auth/src"].iter().flat_map(|folder| sources(&root().join(folder))) {
        let code = code(&file);
        let again = FACTS.iter().find(|fact| code.contains(**fact));
        assert_eq!(again, None, "{} writes a fact of the grammar crate again", file.display());
    }
}
