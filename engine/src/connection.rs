//! One connection: requests in order, each answered before the next is read, with progress frames in between where
//! the request asked for them. Whatever a request does, the connection answers or closes; it never takes the process
//! with it.

use std::{sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{interval_at, Instant, MissedTickBehavior},
};

use crate::{
    engine::Engine,
    failure::{Code, Failure},
    frame::{read_frame, write_frame, FrameError},
    progress::Progress,
    session::Session,
    wire::{self, Answer, Request},
};

/// Shortest time between two progress frames (docs/engine-protocol.md).
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// Serves until the peer closes, breaks the framing, or sends what is no request.
pub async fn serve<R, W>(engine: Arc<Engine>, mut reader: R, mut writer: W, max_frame: usize)
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let session = Arc::new(Session::default());
    loop {
        let frame = match read_frame(&mut reader, max_frame).await {
            Ok(Some(frame)) => frame,
            Ok(None) => return,
            Err(error) => {
                let failure = Failure::new(Code::MalformedFrame, broken(&error));
                eprintln!("closing a connection: {failure}");
                let _ = write_frame(&mut writer, &Answer::failure(&failure, true)).await;
                return;
            }
        };
        let speaks_failure = wire::speaks_failure(&frame);
        let wants_progress = match wire::parse(&frame) {
            Ok(Request::Execute(execute)) => execute.progress,
            Ok(Request::Prove(prove)) => prove.progress,
            Ok(Request::WaitReady { .. }) => true,
            Ok(_) => false,
            Err(failure) => {
                let _ = write_frame(&mut writer, &Answer::failure(&failure, speaks_failure)).await;
                return;
            }
        };
        let progress = Progress::default();
        let answer = answer(&engine, &session, frame, &progress);
        let answered =
            if wants_progress { with_progress(answer, &progress, &mut writer).await } else { Ok(answer.await) };
        let written = match answered {
            Ok(Ok(answer)) => write_frame(&mut writer, &answer).await,
            Ok(Err(failure)) => {
                eprintln!("request failed: {failure}");
                write_frame(&mut writer, &Answer::failure(&failure, speaks_failure)).await
            }
            Err(error) => Err(error),
        };
        if written.is_err() {
            return;
        }
    }
}

fn broken(error: &FrameError) -> String {
    match error {
        FrameError::TooLong { announced, bound } => {
            format!("The frame is {announced} bytes long; the bound is {bound}.")
        }
        FrameError::Truncated => "The connection ended inside a frame.".to_owned(),
        FrameError::Io(error) => format!("The connection broke: {error}."),
    }
}

/// Runs the request in a task of its own, so that a panic in it ends as an answer.
async fn answer(
    engine: &Arc<Engine>,
    session: &Arc<Session>,
    frame: Vec<u8>,
    progress: &Progress,
) -> Result<Vec<u8>, Failure> {
    let (engine, session, progress) = (engine.clone(), session.clone(), progress.clone());
    let task = tokio::spawn(async move {
        let request = wire::parse(&frame)?;
        engine.serve(&session, request, &progress).await
    });
    task.await.unwrap_or_else(|_| Err(Failure::internal("SP1 panicked while it worked on this request.")))
}

/// Waits for `answer` and sends a progress frame whenever something has changed, at most one per interval.
async fn with_progress<W: AsyncWrite + Unpin, T>(
    answer: impl std::future::Future<Output = T>,
    progress: &Progress,
    writer: &mut W,
) -> std::io::Result<T> {
    let mut ticks = interval_at(Instant::now() + PROGRESS_EVERY, PROGRESS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sent = None;
    tokio::pin!(answer);
    loop {
        tokio::select! {
            biased;
            answered = &mut answer => return Ok(answered),
            _ = ticks.tick() => {
                let frame = progress.frame();
                if frame != sent {
                    if let Some(frame) = &frame {
                        write_frame(writer, frame).await?;
                    }
                    sent = frame;
                }
            }
        }
    }
}
