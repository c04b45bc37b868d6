//! `config show`.

use serde_json::json;

use crate::args::{ConfigCommand, Global};
use crate::error::{Exit, Result};
use crate::output::{Cell, Output, Sheet, Tint, print, say};
use crate::settings::{Origin, environment, resolve};

pub(super) fn run(global: &Global, command: &ConfigCommand, out: Output) -> Result<Exit> {
    let ConfigCommand::Show(args) = command;
    let settings = resolve(global, args, &environment)?;
    for remark in &settings.remarks {
        say(&format!("{} {remark}", Tint::Warn.paint("note:")))?;
    }
    if !out.is_table() {
        let rows = settings
            .found
            .iter()
            .map(|found| json!({ "name": found.key, "value": found.shown(), "source": found.origin.to_string(), "about": found.about() }));
        let rows: Vec<_> = rows.collect();
        out.value(&json!({ "dataDir": settings.data_dir, "settings": rows }))?;
        return Ok(Exit::Done);
    }
    let mut sheet = Sheet::new(&["setting", "value", "from"]);
    sheet.row(vec!["(data directory)".into(), settings.data_dir.display().to_string().into(), "".into()]);
    for found in &settings.found {
        let shown = found.shown();
        let value = Cell::maybe(Some(shown).filter(|shown| !shown.is_empty()));
        let tint = if found.origin == Origin::Default { Tint::Dim } else { Tint::Plain };
        sheet.row(vec![found.key.into(), value, Cell::new(found.origin.to_string(), tint)]);
    }
    print(&out.sheet(&sheet))?;
    Ok(Exit::Done)
}
