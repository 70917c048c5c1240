//! `man`: the whole command line as one manual page, from the same definitions as the help.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use crate::cli::Cli;

/// What clap does not know, as roff.
const CLOSING: &str = include_str!("manual/closing.roff");

pub(super) fn write(out: &mut dyn Write) -> io::Result<()> {
    let mut command = Cli::command()
        .override_usage(
            "mdm-preflight [check] [OPTIONS] [TARGET]...\nmdm-preflight COMMAND [OPTIONS]",
        )
        .disable_help_subcommand(true);
    command.build();
    let page = Man::new(command.clone())
        .source(concat!("mdm-preflight ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands");
    page.render_title(out)?;
    page.render_name_section(out)?;
    page.render_synopsis_section(out)?;
    page.render_description_section(out)?;
    page.render_options_section(out)?;
    // What is typed without a subcommand is `check`, whose options have just been said.
    let others = command
        .get_subcommands()
        .filter(|sub| sub.get_name() != "check");
    for subcommand in others {
        write_subcommand(subcommand, out)?;
    }
    out.write_all(CLOSING.as_bytes())
}

fn write_subcommand(command: &Command, out: &mut dyn Write) -> io::Result<()> {
    if command.has_subcommands() {
        return command
            .get_subcommands()
            .try_for_each(|subcommand| write_subcommand(subcommand, out));
    }
    let name = command.get_bin_name().unwrap_or(command.get_name());
    writeln!(out, ".SH \"{}\"", name.to_uppercase().replace('-', "\\-"))?;
    let page = Man::new(command.clone());
    part(out, |text| page.render_description_section(text))?;
    part(out, |text| page.render_synopsis_section(text))?;
    part(out, |text| page.render_options_section(text))
}

/// A section of the command's own page, one level lower; the title of its description goes without saying.
fn part(
    out: &mut dyn Write,
    render: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut text = Vec::new();
    render(&mut text)?;
    for line in String::from_utf8_lossy(&text).lines() {
        match line.strip_prefix(".SH ") {
            Some("DESCRIPTION") => {}
            Some(title) => writeln!(out, ".SS {title}")?,
            None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}
