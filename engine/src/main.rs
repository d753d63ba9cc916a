//! Entry of the process: either the engine, or, under the name that SP1 gives it, one guest (guest/mod.rs).

use sealed_prover_engine::{
    args::{self, Command},
    guest::runner,
    info::SP1_VERSION,
    parent, secrecy, server,
};

fn main() {
    if let Err(error) = secrecy::keep_memory_private() {
        eprintln!("the memory of this process cannot be kept out of core dumps: {error}");
        std::process::exit(4);
    }
    let mut arguments = std::env::args();
    if runner::is_wanted(&arguments.next().unwrap_or_default()) {
        runner::run();
    }
    match args::parse(arguments) {
        Ok(Command::Version) => println!("{SP1_VERSION}"),
        Ok(Command::Serve { role, socket, max_frame, is_single_use }) => {
            if !fits_this_processor() {
                eprintln!("this binary was built for a processor with other vector instructions: build it here again");
                std::process::exit(3);
            }
            // SAFETY: plain system call. The parent at this moment is the one that started us, or we are orphaned.
            parent::die_with(unsafe { libc::getppid() });
            keep_panics_quiet();
            // SP1 would build circuits of its own in this mode.
            std::env::remove_var("SP1_CIRCUIT_MODE");
            if let Err(error) = server::run(role, socket, max_frame, is_single_use) {
                eprintln!("the engine cannot serve: {error}");
                std::process::exit(1);
            }
        }
        Err(message) => {
            eprintln!("{message}");
            std::process::exit(2);
        }
    }
}

/// The build may use every instruction of the machine it ran on (.cargo/config.toml). A sentence is better than SIGILL.
fn fits_this_processor() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        // CPUID leaf 7: what the processor has, whatever the compiler was told. SAFETY: every 64-bit processor has
        // CPUID; newer compilers know that and call the function safe.
        #[allow(unused_unsafe)]
        let features = unsafe { std::arch::x86_64::__cpuid_count(7, 0) }.ebx;
        let has = |bit: u32| features & (1 << bit) != 0;
        (!cfg!(target_feature = "avx2") || has(5)) && (!cfg!(target_feature = "avx512f") || has(16))
    }
    #[cfg(not(target_arch = "x86_64"))]
    true
}

/// A panic's message may quote what the guest was given. Where it happened is enough to find it.
fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => eprintln!("panic at {}:{}", place.file(), place.line()),
        None => eprintln!("panic at an unknown place"),
    }));
}
