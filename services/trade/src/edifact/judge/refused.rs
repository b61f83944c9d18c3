//! What a CONTRL has to name: the refused messages and groups, as far as they are listed.

use super::super::envelope::{MessageHeader, Report};
use super::super::fault::Level;
use super::{Judge, OpenGroup};

impl Judge {
    /// Remembers what a CONTRL has to name.
    pub(super) fn mark_refused(&mut self, level: Level) {
        let mut lists = RefusedLists { report: &mut self.report, longest: self.options.listed };
        match level {
            Level::Interchange => {}
            Level::Group(_) => {
                if let Some(group) = &mut self.group {
                    group.broken = true;
                    lists.group(group);
                }
            }
            Level::Message(_) => {
                if let Some(m) = self.message.as_mut().filter(|m| !m.refused) {
                    m.refused = true;
                    lists.message(&m.header);
                    lists.unit(self.group.as_mut());
                }
            }
            Level::Package(_) => {
                if let Some(p) = self.package.as_mut().filter(|p| !p.refused) {
                    p.refused = true;
                    // CONTRL names packages by a reference that syntax 3 has no place for; refusing
                    // them is refusing the interchange or group around them.
                    lists.report.refused_left_out = true;
                    lists.unit(self.group.as_mut());
                }
            }
        }
    }
}

struct RefusedLists<'a> {
    report: &'a mut Report,
    longest: usize,
}

impl RefusedLists<'_> {
    fn message(&mut self, header: &MessageHeader) {
        if self.report.refused_messages.len() < self.longest {
            self.report.refused_messages.push(header.clone());
        } else {
            self.report.refused_left_out = true;
        }
    }

    /// A message or package is refused; its group will be named around it.
    fn unit(&mut self, group: Option<&mut OpenGroup>) {
        self.report.refused += 1;
        if let Some(group) = group {
            group.refused += 1;
            self.group(group);
        }
    }

    fn group(&mut self, group: &mut OpenGroup) {
        if group.listed {
            return;
        }
        group.listed = true;
        if self.report.refused_groups.len() < self.longest {
            self.report.refused_groups.push(group.header.clone());
        } else {
            self.report.refused_left_out = true;
        }
    }
}
