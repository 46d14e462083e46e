//! What a process has used, from `/proc` (proc(5)).

use crate::Result;
use std::fs;

/// Ticks per second in `/proc/<pid>/stat`; fixed for programs on all platforms that matter.
const USER_HZ: f64 = 100.0;

/// Processes whose CPU time is added up.
#[derive(Clone, Copy)]
pub(crate) enum Group {
    /// One process.
    Process(u32),
    /// A process, its children, and the children that have ended: a Postgres server.
    Family(u32),
    /// The children of a process that have ended, and theirs.
    EndedChildren(u32),
}

/// CPU seconds used so far, user and system.
pub(crate) fn cpu_seconds(group: Group) -> Result<f64> {
    match group {
        Group::Process(pid) => Ok(Times::of(pid)?.own / USER_HZ),
        Group::EndedChildren(parent) => Ok(Times::of(parent)?.ended_children / USER_HZ),
        Group::Family(parent) => {
            let times = Times::of(parent)?;
            let mut ticks = times.own + times.ended_children;
            for entry in fs::read_dir("/proc")? {
                let name = entry?.file_name();
                let Some(pid) = name.to_str().and_then(|name| name.parse().ok()) else {
                    continue;
                };
                // A process may end while the list is read; its time is then in the next reading of its parent.
                if let Ok(child) = Times::of(pid)
                    && child.parent == parent
                {
                    ticks += child.own;
                }
            }
            Ok(ticks / USER_HZ)
        }
    }
}

struct Times {
    parent: u32,
    own: f64,
    ended_children: f64,
}

impl Times {
    fn of(pid: u32) -> Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name of the program is in parentheses and may hold anything.
        let (_, rest) = stat
            .rsplit_once(") ")
            .ok_or("an unknown form of /proc/pid/stat")?;
        let fields: Vec<&str> = rest.split(' ').collect();
        let field = |number: usize| fields.get(number - 3).copied().unwrap_or_default();
        let ticks = |number| field(number).parse::<f64>();
        Ok(Self {
            parent: field(4).parse()?,
            own: ticks(14)? + ticks(15)?,
            ended_children: ticks(16)? + ticks(17)?,
        })
    }
}

/// Resident memory in MB.
#[derive(Clone, Copy)]
pub(crate) struct Resident {
    pub(crate) now: f64,
    pub(crate) peak: f64,
}

pub(crate) fn resident(pid: u32) -> Result<Resident> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let megabytes = |name: &str| -> Result<f64> {
        let mut lines = status.lines().filter_map(|line| line.strip_prefix(name));
        let kilobytes = lines
            .next()
            .and_then(|rest| rest.trim_start_matches(':').split_whitespace().next());
        Ok(kilobytes
            .ok_or("an unknown form of /proc/pid/status")?
            .parse::<f64>()?
            / 1024.0)
    };
    Ok(Resident {
        now: megabytes("VmRSS")?,
        peak: megabytes("VmHWM")?,
    })
}

/// Lets the peak start again from what is resident now.
pub(crate) fn reset_peak(pid: u32) -> Result<()> {
    Ok(fs::write(format!("/proc/{pid}/clear_refs"), "5")?)
}

/// The load averages of the machine.
pub(crate) fn machine_load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

/// The name of the processor and the number of its cores.
pub(crate) fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = text.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown processor", |rest| {
        rest.trim_start_matches([' ', '\t', ':'])
    });
    format!("{model}, {} cores", crate::limits::cores())
}
