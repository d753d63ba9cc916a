//! How much memory this process may use: the machine's, or what the control groups around it leave.

use std::{fs, path::Path};

/// Bytes, seen from inside every control group that holds this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub total: u64,
    pub available: u64,
}

/// Reads the machine's figures, then lowers them to those of the control groups (v2, else v1).
pub fn read() -> Memory {
    let mut memory = of_machine(&fs::read_to_string("/proc/meminfo").unwrap_or_default());
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let (root, limit, usage, stat_file) = match group_path(&groups, "") {
        Some(path) if Path::new("/sys/fs/cgroup/cgroup.controllers").exists() => {
            ("/sys/fs/cgroup".to_owned() + path, "memory.max", "memory.current", "memory.stat")
        }
        _ => match group_path(&groups, "memory") {
            Some(path) => (
                "/sys/fs/cgroup/memory".to_owned() + path,
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
                "memory.stat",
            ),
            None => return memory,
        },
    };
    // The path is the host's; inside a container's namespace its own group is the mount's root, reached on the way up.
    let mut folder = Path::new(&root);
    loop {
        let number = |file: &str| fs::read_to_string(folder.join(file)).ok()?.trim().parse::<u64>().ok();
        if let (Some(limit), Some(usage)) = (number(limit), number(usage)) {
            let stat = fs::read_to_string(folder.join(stat_file)).unwrap_or_default();
            memory = lowered(memory, limit, usage, inactive_file(&stat));
        }
        match folder.parent() {
            Some(parent) if parent.starts_with("/sys/fs/cgroup") => folder = parent,
            _ => return memory,
        }
    }
}

/// A group's limit and what is left under it. Clean page cache counts as free: the kernel drops it before it kills.
fn lowered(memory: Memory, limit: u64, usage: u64, reclaimable: u64) -> Memory {
    let left = limit.saturating_sub(usage.saturating_sub(reclaimable));
    Memory { total: memory.total.min(limit), available: memory.available.min(left) }
}

fn of_machine(meminfo: &str) -> Memory {
    let bytes = |label: &str| {
        let line = meminfo.lines().find(|line| line.starts_with(label))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
    };
    Memory { total: bytes("MemTotal:").unwrap_or(0), available: bytes("MemAvailable:").unwrap_or(0) }
}

/// The path in `hierarchy:controllers:path` whose controllers contain `controller` ("" for version 2).
fn group_path<'a>(groups: &'a str, controller: &str) -> Option<&'a str> {
    groups.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (hierarchy, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let found = if controller.is_empty() {
            hierarchy == "0" && controllers.is_empty()
        } else {
            controllers.split(',').any(|name| name == controller)
        };
        found.then_some(path)
    })
}

fn inactive_file(stat: &str) -> u64 {
    ["total_inactive_file ", "inactive_file "]
        .iter()
        .find_map(|label| stat.lines().find_map(|line| line.strip_prefix(label)?.parse().ok()))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_figures_are_in_kibibytes() {
        let memory = of_machine("MemTotal:       24000 kB\nMemFree: 1 kB\nMemAvailable:   20000 kB\n");
        assert_eq!(memory, Memory { total: 24000 * 1024, available: 20000 * 1024 });
    }

    #[test]
    fn a_group_lowers_both_figures_and_gives_back_its_clean_cache() {
        let machine = Memory { total: 1000, available: 900 };
        assert_eq!(lowered(machine, 500, 300, 100), Memory { total: 500, available: 300 });
        assert_eq!(lowered(machine, 9_223_372_036_854_771_712, 300, 0), machine);
        assert_eq!(lowered(machine, 200, 300, 0), Memory { total: 200, available: 0 });
    }

    #[test]
    fn both_versions_of_the_group_file_are_read() {
        assert_eq!(group_path("0::/system.slice/a.service\n", ""), Some("/system.slice/a.service"));
        assert_eq!(group_path("5:cpu,cpuacct:/x\n4:memory:/docker/ab\n", "memory"), Some("/docker/ab"));
        assert_eq!(group_path("5:cpu:/x\n", ""), None);
    }

    #[test]
    fn this_machine_has_memory() {
        let memory = read();
        assert!(memory.total > 0 && memory.available > 0 && memory.available <= memory.total, "{memory:?}");
    }
}
