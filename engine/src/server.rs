//! The listening socket and the life of the process around it.

use std::{
    fs, io,
    os::unix::{fs::FileTypeExt, net::UnixListener},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    args::Role,
    connection,
    engine::Engine,
    guest::{control::Control, sandbox},
    parent,
};

/// Binds the socket, readable and writable by this user only. A socket file left by a process that died is replaced.
pub fn bind(path: &Path) -> io::Result<UnixListener> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        fs::remove_file(path)?;
    }
    // SAFETY: plain system calls. The mask is the process's, so this must run before any other thread exists.
    let before = unsafe { libc::umask(0o177) };
    let listener = UnixListener::bind(path);
    unsafe { libc::umask(before) };
    listener
}

/// Where guests' private files go: beside the socket, because its folder is the one place known to be ours.
pub fn private_folder(socket: &Path) -> PathBuf {
    let mut name = socket.as_os_str().to_owned();
    name.push(".d");
    name.into()
}

/// Serves until standard input ends or the process is killed.
pub fn run(role: Role, socket: PathBuf, max_frame: usize, is_single_use: bool) -> io::Result<()> {
    let listener = bind(&socket)?;
    let control = Control::create()?;
    let folder = private_folder(&socket);
    sandbox::install(&folder)?;
    parent::on_standard_input_end(move || {
        let _ = fs::remove_file(&socket);
        let _ = fs::remove_dir_all(&folder);
        std::process::exit(0);
    });

    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        // SP1 computes on the threads that also serve connections; the spare ones keep Info answering meanwhile.
        .worker_threads(cores + 2)
        .enable_all()
        .build()?
        .block_on(async {
            let engine = Engine::new(role, control);
            if !is_single_use {
                engine.warm();
            }
            accept(listener, engine, max_frame).await
        })
}

async fn accept(listener: UnixListener, engine: Arc<Engine>, max_frame: usize) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::UnixListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (reader, writer) = stream.into_split();
                tokio::spawn(connection::serve(engine.clone(), reader, writer, max_frame));
            }
            // Out of descriptors, most likely: connections that are open go on, and new ones wait in the backlog.
            Err(error) => {
                eprintln!("cannot accept a connection: {error}");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}
