//! How far a rehearsal is, on stderr: a bar on a terminal, a few plain lines elsewhere.

use crate::{
    terminal::{tell, visible},
    words::grouped,
};
use ephor_rehearsal::{Event, Observer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};

/// Shows progress; clears it when it goes.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    step: (usize, usize),
}

impl Progress {
    /// As stderr allows.
    pub(crate) fn on_stderr() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let bar = (io::stderr().is_terminal() && !dumb).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            // The template is a constant; where it were wrong, the bar would only be plain.
            bar.set_style(
                ProgressStyle::with_template("{spinner} {wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            bar
        });
        Self { bar, step: (0, 0) }
    }

    /// What is going on now.
    fn says(&self, text: &str, lasting: bool) {
        match &self.bar {
            Some(bar) => {
                let (step, of) = self.step;
                let place = if of == 0 { String::new() } else { format!("[{step}/{of}] ") };
                bar.set_message(format!("{place}{}", visible(text).replace('\n', " ")));
            }
            None if lasting => tell(&format!("{text}\n")),
            None => {}
        }
    }
}

impl Observer for Progress {
    fn notice(&mut self, event: Event<'_>) {
        match event {
            Event::StandingUp { delegates } => {
                self.says(&format!("standing up the chains, with {} delegates", grouped(&delegates.to_string())), true);
            }
            Event::StoodUp { chains } => {
                let what = if chains == 1 { "one chain stands".to_owned() } else { format!("{chains} chains stand") };
                self.says(&format!("{what}; the rehearsal begins"), true);
            }
            Event::Step { number, of } => {
                self.step = (number, of);
                self.says("", false);
                if self.bar.is_none() {
                    tell(&format!("step {number} of {of}\n"));
                }
            }
            Event::Progress { what, done, of } => {
                let (done, of) = (grouped(&done.to_string()), grouped(&of.to_string()));
                self.says(&format!("{what}: {done} of {of}"), false);
            }
            Event::Happened(entry) => {
                let who = entry.who.as_ref().map_or_else(String::new, |person| format!("{} ", person.name));
                self.says(&format!("{} {}: {who}{}", entry.time.utc, entry.chain_title, entry.what), false);
            }
            Event::Checked(_) => {}
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
