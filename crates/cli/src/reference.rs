//! The reference pages of `docs/reference`, made from the code, and the tests that hold the pages to it.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _};

use crate::args::Cli;
use crate::error::Exit;
use crate::settings::{TABLE, variables};

/// Set to `write`, the pages are written instead of compared.
const SWITCH: &str = "AGM_REFERENCE";

/// Every command with its arguments and examples.
fn cli_page() -> String {
    let mut page = "# Command line\n\nMade from the code; `AGM_REFERENCE=write cargo test -p agm reference` writes it anew.\n\n".to_owned();
    let mut agm = Cli::command();
    agm.build();
    let about = agm.get_about().map(ToString::to_string).unwrap_or_default();
    writeln!(page, "{about}\n\n`agm [OPTIONS] COMMAND …`\n").unwrap();
    page.push_str("These options are understood by every command:\n\n");
    let globals: Vec<&Arg> = agm.get_arguments().filter(|arg| arg.is_global_set()).collect();
    options(&mut page, &globals);
    page.push_str("\nExit codes:\n\n| code | meaning |\n|---|---|\n");
    for (exit, meaning) in Exit::ALL {
        writeln!(page, "| {} | {meaning} |", exit as u8).unwrap();
    }
    commands(&mut page, &agm, "agm");
    page
}

fn commands(page: &mut String, command: &Command, path: &str) {
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        let path = format!("{path} {}", sub.get_name());
        if sub.has_subcommands() {
            writeln!(page, "\n## `{path} …`\n\n{}.", sub.get_about().map(ToString::to_string).unwrap_or_default()).unwrap();
            commands(page, sub, &path);
        } else {
            one(page, sub, &path);
        }
    }
}

fn one(page: &mut String, command: &Command, path: &str) {
    let level = if path.split(' ').count() > 2 { "###" } else { "##" };
    let positionals: Vec<String> = command.get_positionals().map(|arg| arg.get_id().as_str().to_uppercase()).collect();
    let positionals = positionals.join(" ");
    let usage = format!("{path} {positionals}");
    writeln!(page, "\n{level} `{}`\n\n{}.", usage.trim_end(), command.get_about().map(ToString::to_string).unwrap_or_default()).unwrap();
    let own = |arg: &&Arg| !arg.is_global_set() && !arg.is_hide_set() && !matches!(arg.get_id().as_str(), "help" | "version");
    let arguments: Vec<&Arg> = command.get_arguments().filter(own).collect();
    if !arguments.is_empty() {
        page.push('\n');
        options(page, &arguments);
    }
    if let Some(examples) = command.get_after_help() {
        let examples = examples.to_string();
        let examples = examples.trim().trim_start_matches("Examples:").trim_matches('\n');
        let examples: Vec<&str> = examples.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
        writeln!(page, "\n```sh\n{}\n```", examples.join("\n")).unwrap();
    }
}

fn options(page: &mut String, arguments: &[&Arg]) {
    page.push_str("| argument | meaning |\n|---|---|\n");
    for arg in arguments {
        writeln!(page, "| {} | {} |", shown(arg), meaning(arg)).unwrap();
    }
}

fn shown(arg: &Arg) -> String {
    if arg.is_positional() {
        return format!("`{}`", arg.get_id().as_str().to_uppercase());
    }
    let mut names = Vec::new();
    names.extend(arg.get_short().map(|short| format!("-{short}")));
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    names.extend(arg.get_visible_aliases().into_iter().flatten().map(|alias| format!("--{alias}")));
    let takes = arg.get_action().takes_values();
    let value = arg.get_value_names().and_then(|names| names.first()).map_or_else(|| "VALUE".to_owned(), ToString::to_string);
    let shown = if takes { format!("{} {value}", names.join(", ")) } else { names.join(", ") };
    format!("`{}`", shown.replace('|', "\\|"))
}

fn meaning(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if !values.is_empty() && arg.get_action().takes_values() {
        write!(text, " ({})", values.join(", ")).unwrap();
    }
    let defaults: Vec<String> = arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if !defaults.is_empty() && arg.get_action().takes_values() {
        write!(text, " [default: {}]", defaults.join(", ")).unwrap();
    }
    text.replace('|', "\\|")
}

/// Every setting and variable.
fn configuration_page() -> String {
    let mut page =
        "# Configuration\n\nMade from the code; `AGM_REFERENCE=write cargo test -p agm reference` writes it anew.\n\n".to_owned();
    page.push_str(
        "A value comes from the first of these that has it: an argument of `agm up`, agm's own variable, `agm.toml`, a variable of the platform, \
         the default. `agm config show` prints every setting with its value and where that comes from. An empty variable counts as absent.\n\n\
         `agm.toml` lies in the data directory, or where `--config` or `AGM_CONFIG` says. A dot in a name is a table: `gateway.listen` is \
         `listen` under `[gateway]`. Lists are lists of texts. A name that does not exist is an error.\n\n\
         Times are written `500ms`, `30s`, `2m`, `1h`; sizes `64KiB`, `100MiB`; addresses `127.0.0.1:8080`, where port 0 picks a free one. \
         The admin's name and password count as pairs: half of one never meets half of another.\n\n## Settings\n\n\
         | setting | argument | variable | platform | default | meaning |\n|---|---|---|---|---|---|\n",
    );
    for setting in TABLE {
        let code = |text: &str| if text.is_empty() { "–".to_owned() } else { format!("`{text}`") };
        let platform: Vec<String> = setting.platform.iter().map(|name| code(name)).collect();
        let platform = if platform.is_empty() { "–".to_owned() } else { platform.join(" ") };
        let (flag, default) = (code(setting.flag.unwrap_or_default()), code(setting.default));
        let about = variables::about(setting.variable);
        writeln!(page, "| `{}` | {flag} | `{}` | {platform} | {default} | {about} |", setting.key, setting.variable).unwrap();
    }
    page.push_str("\n## Other variables\n\n| variable | meaning |\n|---|---|\n");
    for (name, about) in variables::ALL.iter().filter(|(name, _)| TABLE.iter().all(|setting| setting.variable != *name)) {
        writeln!(page, "| `{name}` | {} |", about.trim()).unwrap();
    }
    page.push_str("| `NO_COLOR` | Any value: no colours. |\n");
    page.push_str("\n## Data directory\n\n`--data-dir`, else `AGM_DATA_DIR`, else `/var/lib/agm` as root, else `$XDG_DATA_HOME/agm` (`~/.local/share/agm`).\n");
    page
}

fn hold(name: &str, page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    if std::env::var(SWITCH).is_ok_and(|value| value == "write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/reference/{name} is not what the code says; write it anew with {SWITCH}=write cargo test -p agm reference"
    );
}

#[test]
fn the_cli_page_is_fresh() {
    hold("cli.md", &cli_page());
}

#[test]
fn the_configuration_page_is_fresh() {
    hold("configuration.md", &configuration_page());
}

/// clap's own checks, and ours: whoever asks for help is shown how it is done.
#[test]
fn every_command_has_a_description_and_an_example() {
    fn check(command: &Command, path: &str) {
        assert!(command.get_about().is_some(), "{path} is not described");
        if command.has_subcommands() {
            command.get_subcommands().for_each(|sub| check(sub, &format!("{path} {}", sub.get_name())));
            return;
        }
        let silent = matches!(path, "agm list-providers" | "agm version");
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(silent || help.contains(path), "{path} --help has no example");
        for arg in command.get_arguments() {
            assert!(arg.get_help().is_some(), "{path}: {} is not described", arg.get_id());
        }
    }
    let agm = Cli::command();
    agm.clone().debug_assert();
    check(&agm, "agm");
}
