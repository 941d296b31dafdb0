//! The expansion of the macros, as the compiler prints it.

use quote::ToTokens;
use syn::visit_mut::{VisitMut, visit_file_mut, visit_path_mut};
use syn::{Attribute, File, Ident, Item, Path};

use super::package::Package;

const MAIN: &str = "fn main() {}\n";

/// Writes a program with these items into the package.
pub(crate) fn program(package: &Package, name: &str, items: &str) {
    package.write(&format!("src/bin/{name}.rs"), &format!("{items}{MAIN}"));
}

/// The program with its macros expanded, as plain Rust. Printing needs a nightly feature. Only this package gets it, because
/// the dependencies would have to be built again with it.
pub(crate) fn expanded(package: &Package, name: &str) -> File {
    package.write("unstable", "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec \"$@\"\n");
    let wrapper = package.path("unstable");
    package.run(std::process::Command::new("chmod").arg("+x").arg(&wrapper));
    let mut cargo = package.cargo(&["rustc", "--offline", "--profile", "check", "--bin", name]);
    cargo.env("RUSTC_WORKSPACE_WRAPPER", wrapper).args(["--", "-Zunpretty=expanded"]);
    let text = String::from_utf8(package.run(&mut cargo).stdout).expect("UTF-8");
    let mut file = syn::parse_file(&text).expect("Rust");
    let is_unstable = |attr: &Attribute| attr.path().is_ident("feature");
    file.attrs.retain(|attr| !is_unstable(attr));
    // The compiler adds these items to every program.
    file.items.retain(|item| match item {
        Item::ExternCrate(_) => false,
        Item::Use(import) => !import.attrs.iter().any(|attr| attr.path().is_ident("prelude_import")),
        Item::Fn(function) => function.sig.ident != "main",
        _ => true,
    });
    file
}

/// The code as a person would write it: without the attributes that the macros read, and with `std` instead of `core` and
/// `alloc`.
pub(crate) fn by_hand(mut file: File) -> String {
    visit_file_mut(&mut ByHand, &mut file);
    prettyplease::unparse(&file)
}

struct ByHand;

/// The attributes that our macros, thiserror's and utoipa's read. Those of the compiler are kept.
const READ_BY_MACROS: [&str; 7] = ["jwt_user", "error", "from", "source", "backtrace", "schema", "from_ref"];

impl VisitMut for ByHand {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|attribute| !READ_BY_MACROS.iter().any(|name| attribute.path().is_ident(name)));
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        match path.segments.first_mut() {
            Some(first) if path.leading_colon.is_some() && first.ident == "alloc" => {
                first.ident = Ident::new("std", first.ident.span());
            }
            _ => {}
        }
        visit_path_mut(self, path);
    }
}

/// The number of formatted lines, and of bytes in the tokens.
pub(crate) fn size(file: &File) -> (usize, usize) {
    (prettyplease::unparse(file).lines().count(), file.to_token_stream().to_string().len())
}
