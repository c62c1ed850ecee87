//! `explain`: prints the page about a hazard or a problem.

use clap::Args;
use migrate::cli::{Console, Exit, Failure};
use serde_json::{Value, json};

use crate::page::Page;

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The name of a hazard or the code of a problem; without it, all of them are listed
    name: Option<String>,
}

impl Explain {
    pub(crate) fn run(self, console: &Console) -> Result<Exit, Failure> {
        match self.name {
            Some(name) => {
                let page = Page::of(&name).ok_or_else(|| unknown(&name))?;
                console.answer("explain", page.text(), entry(&page));
            }
            None => {
                let pages: Vec<Page> = Page::all().collect();
                let width = pages.iter().map(|page| page.name().len()).max().unwrap_or_default();
                let lines = pages.iter().map(|page| format!("{:width$}  {}", page.name(), page.summary()));
                let list = lines.collect::<Vec<_>>().join("\n");
                let entries: Vec<Value> = pages.iter().map(entry).collect();
                console.answer("explain", list, json!({ "pages": entries }));
            }
        }
        Ok(Exit::DONE)
    }
}

fn entry(page: &Page) -> Value {
    let (kind, markdown) = match page {
        Page::Hazard { markdown, .. } => ("hazard", Some(*markdown)),
        Page::Problem { .. } => ("problem", None),
    };
    json!({ "name": page.name(), "kind": kind, "summary": page.summary(), "markdown": markdown })
}

fn unknown(name: &str) -> Failure {
    let failure = Failure::new("unknown-name", format!("there is no hazard or problem `{name}`"));
    failure.help(match Page::closest(name) {
        Some(closest) => format!("did you mean `{closest}`?"),
        None => "`cargo migrate explain` lists all of them".to_owned(),
    })
}
