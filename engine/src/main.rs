//! Entry of the process: either the engine, or, under the name that SP1 gives it, one guest (guest/mod.rs).

use sealed_prover_engine::{
    args::{self, Command},
    guest::runner,
    info::SP1_VERSION,
    parent, server,
};

fn main() {
    let mut arguments = std::env::args();
    if runner::is_wanted(&arguments.next().unwrap_or_default()) {
        runner::run();
    }
    match args::parse(arguments) {
        Ok(Command::Version) => println!("{SP1_VERSION}"),
        Ok(Command::Serve { role, socket, max_frame }) => {
            // SAFETY: plain system call. The parent at this moment is the one that started us, or we are orphaned.
            parent::die_with(unsafe { libc::getppid() });
            keep_panics_quiet();
            // SP1 would build circuits of its own in this mode.
            std::env::remove_var("SP1_CIRCUIT_MODE");
            if let Err(error) = server::run(role, socket, max_frame) {
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

/// A panic's message may quote what the guest was given. Where it happened is enough to find it.
fn keep_panics_quiet() {
    std::panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => eprintln!("panic at {}:{}", place.file(), place.line()),
        None => eprintln!("panic at an unknown place"),
    }));
}
