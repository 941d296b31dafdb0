//! Code that has to compile and run. All cases are modules of one program, so that they are compiled together and linked once.

#![allow(warnings, clippy::all)]

/// The modules of the cases, and the list of their names.
macro_rules! cases {
    ($($folder:ident { $($case:ident)+ })+) => {
        // Public, as `missing_docs` only looks at what a crate exports.
        #[path = "../pass"]
        pub mod pass {
            $(pub mod $folder { $(pub mod $case;)+ })+
        }

        const CASES: &[&str] = &[$($(concat!(stringify!($folder), "/", stringify!($case), ".rs"),)+)+];
    };
}

cases! {
    auth_backend {
        boxed_futures builder endpoints every_key in_a_function lookups paths shapes suggested token_endpoint two_for_one_user
        under_cfg_attr
    }
    cookie { prefixes }
    exclude { by_macro empty_list literals methods nearly_everything parameters rests suggested token_url_beside }
    jwt_user { beside_other_derives claims ids users }
    scopes { guards keyword_struct names sets }
    usage { extractors login mounting strict_lints }
}

// `paths` names a function by `crate::model`.
use pass::auth_backend::paths::model;

#[test]
fn every_file_is_a_case() {
    let mut files = Vec::new();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("pass");
    for topic in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        for case in std::fs::read_dir(&topic).unwrap().map(|entry| entry.unwrap().path()) {
            let names = [&topic, &case].map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
            files.push(names.join("/"));
        }
    }
    files.sort();
    assert_eq!(files, CASES, "add a new file to `cases!`");
}
