//! Rust source as far as the floors need it: its tokens without comments and texts, and what they import.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A file of `src`.
pub(super) struct Source {
    /// Relative to `src`, with slashes.
    pub(super) path: String,
    pub(super) text: String,
    tokens: Vec<String>,
}

/// Every Rust file under `root`.
pub(super) fn read_all(root: &Path) -> Vec<Source> {
    let mut folders = vec![root.to_path_buf()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(root).unwrap();
                let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
                sources.push(Source::new(
                    &parts.join("/"),
                    &fs::read_to_string(&path).unwrap(),
                ));
            }
        }
    }
    sources
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            tokens: tokens(text),
        }
    }

    /// The path of the file's module: `net/tls/tests.rs` is `net`, `tls`, `tests`.
    pub(super) fn modules(&self) -> Vec<String> {
        let bare = self.path.trim_end_matches(".rs");
        let parts = bare
            .split('/')
            .filter(|part| !matches!(*part, "mod" | "lib"));
        parts.map(ToOwned::to_owned).collect()
    }

    /// The top-level module; none for `lib.rs`.
    pub(super) fn module(&self) -> Option<&str> {
        let first = self.path.split(['/', '.']).next().unwrap();
        (first != "lib").then_some(first)
    }

    pub(super) fn is_test(&self) -> bool {
        self.modules().iter().any(|name| name == "tests")
    }

    /// Whether these tokens, parted by blanks, follow each other.
    pub(super) fn has(&self, tokens: &str) -> bool {
        self.times(tokens) > 0
    }

    /// How often they do.
    pub(super) fn times(&self, tokens: &str) -> usize {
        let wanted: Vec<&str> = tokens.split(' ').collect();
        let windows = self.tokens.windows(wanted.len());
        windows.filter(|window| *window == wanted).count()
    }

    /// The modules that are declared here.
    pub(super) fn declared(&self) -> Vec<String> {
        let declared = |pair: &[String]| pair[0] == "mod" && is_name(&pair[1]);
        let pairs = self.tokens.windows(2).filter(|pair| declared(pair));
        pairs.map(|pair| pair[1].clone()).collect()
    }

    /// The top-level modules that are named; `*` stands for the crate itself.
    pub(super) fn imports(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        // The module path at every brace that is open: a brace of a module adds to it.
        let mut open = vec![self.modules()];
        for (at, token) in self.tokens.iter().enumerate() {
            match token.as_str() {
                "{" => {
                    let mut here = open.last().unwrap().clone();
                    if at >= 2 && self.tokens[at - 2] == "mod" {
                        here.push(self.tokens[at - 1].clone());
                    }
                    open.push(here);
                }
                "}" if open.len() > 1 => drop(open.pop()),
                "crate" | "super" | "mdm_preflight" if self.begins_path(at) => {
                    let mut paths = Vec::new();
                    self.path_at(at, &mut Vec::new(), &mut paths);
                    let here = open.last().unwrap();
                    found.extend(paths.iter().map(|path| top(path, here)));
                }
                _ => {}
            }
        }
        found
    }

    fn is(&self, at: usize, token: &str) -> bool {
        self.tokens.get(at).is_some_and(|found| found == token)
    }

    /// Not the middle of a path that was read already, nor a member of its list.
    fn begins_path(&self, at: usize) -> bool {
        let inside = at > 0 && self.is(at - 1, "::");
        self.is(at + 1, "::") && !inside && !self.is_in_list(at)
    }

    /// Whether a brace that follows `::` is open here.
    fn is_in_list(&self, at: usize) -> bool {
        let mut depth = 0_u32;
        for before in (0..at).rev() {
            match self.tokens[before].as_str() {
                "}" => depth += 1,
                "{" if depth > 0 => depth -= 1,
                "{" if before > 0 && self.is(before - 1, "::") => return true,
                ";" if depth == 0 => return false,
                _ => {}
            }
        }
        false
    }

    /// Reads the path or the tree of paths that begins at `at`; returns where it ends.
    fn path_at(
        &self,
        mut at: usize,
        above: &mut Vec<String>,
        found: &mut Vec<Vec<String>>,
    ) -> usize {
        let depth = above.len();
        loop {
            if self.is(at, "{") {
                at += 1;
                while at < self.tokens.len() && !self.is(at, "}") {
                    at = self.path_at(at, above, found);
                    at += usize::from(self.is(at, ","));
                }
                at += 1;
                break;
            }
            let Some(token) = self.tokens.get(at) else {
                break;
            };
            above.push(token.clone());
            at += 1;
            if !self.is(at, "::") {
                found.push(above.clone());
                break;
            }
            at += 1;
        }
        above.truncate(depth);
        // `as name`, or the arguments of a type: not part of a path.
        while at < self.tokens.len() && !matches!(self.tokens[at].as_str(), "," | "}") && depth > 0
        {
            at += 1;
        }
        at
    }
}

/// The top-level module that `path` reaches from the module `here`; `*` if it names the crate itself.
fn top(path: &[String], here: &[String]) -> String {
    let mut whole: Vec<&str> = here.iter().map(String::as_str).collect();
    for part in path {
        match part.as_str() {
            "crate" | "mdm_preflight" => whole.clear(),
            "super" => drop(whole.pop()),
            "self" => {}
            name => whole.push(name),
        }
    }
    (*whole.first().unwrap_or(&"*")).to_owned()
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names, `::` and single signs. Comments are left out, a text is `""` and a character `''`.
fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = next(rest, first);
        found.extend(token.map(ToOwned::to_owned));
        rest = &rest[length..];
    }
    found
}

/// The token at the front of `rest`, if it is one, and how many bytes it takes.
fn next(rest: &str, first: char) -> (Option<&str>, usize) {
    if rest.starts_with("//") {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, comment(rest));
    }
    if let Some(length) = raw_text(rest) {
        return (Some("\"\""), length);
    }
    if first == '"' {
        return (Some("\"\""), quoted(rest));
    }
    if first == '\'' {
        return character(rest);
    }
    if first.is_alphanumeric() || first == '_' {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
        let end = end.unwrap_or(rest.len());
        return (Some(&rest[..end]), end);
    }
    if rest.starts_with("::") {
        return (Some("::"), 2);
    }
    let length = first.len_utf8();
    ((!first.is_whitespace()).then(|| &rest[..length]), length)
}

fn comment(rest: &str) -> usize {
    let mut depth = 0_u32;
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// The length of `r"…"`, `br#"…"#` and the like.
fn raw_text(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    let body = after[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end)? + end.len();
    Some(rest.len() - body.len() + length)
}

fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// A character such as `'"'`; else the quote of a lifetime.
fn character(rest: &str) -> (Option<&str>, usize) {
    let mut chars = rest.char_indices().skip(1);
    let body = chars.next();
    if let Some((_, '\\')) = body {
        let end = rest[2..].char_indices().skip(1).find(|(_, c)| *c == '\'');
        return (Some("''"), end.map_or(rest.len(), |(at, _)| at + 3));
    }
    match chars.next() {
        Some((at, '\'')) => (Some("''"), at + 1),
        _ => (None, 1),
    }
}
