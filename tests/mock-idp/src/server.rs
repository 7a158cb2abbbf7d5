//! Listening and stopping.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::builder::{Builder, StartError};
use crate::control::Control;
use crate::wire::{Peer, SpoilableListener};

/// How long a mock that is stopped waits for requests in progress.
const PATIENCE: Duration = Duration::from_secs(1);

/// A mock that runs until it is stopped or dropped.
pub struct Running {
    address: SocketAddr,
    control: Control,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

/// Binds first and builds then, so that an issuer at a free port knows its port.
pub(crate) async fn start(builder: Builder) -> Result<Running, StartError> {
    builder.check()?;
    let wanted = builder.listen;
    let failed = |source| StartError::Listen { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (router, control) = builder.build(address)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let service = router.into_make_service_with_connect_info::<Peer>();
    // Told to stop, or dropped: idle connections end at once, so that nobody is served by a mock that is gone.
    let serving = axum::serve(SpoilableListener(listener), service).with_graceful_shutdown(async move {
        let _ = stopped.await;
    });
    let task = tokio::spawn(async move {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the mock stopped serving");
        }
    });
    tracing::info!(%address, "the mock listens");
    Ok(Running { address, control, stop: Some(stop), task })
}

impl Running {
    /// The address that is listened on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The public address, without a slash at its end.
    pub fn base_url(&self) -> String {
        self.control.world.base.clone()
    }

    /// The issuer of realm `/oidc`.
    pub fn issuer(&self) -> String {
        self.control.oidc.issuer().to_owned()
    }

    /// The base URL of a realm, such as `dvcqg`, `vneid` or `vneid-sealed`: the public address, a slash and the name.
    pub fn realm(&self, name: &str) -> String {
        format!("{}/{name}", self.control.world.base)
    }

    /// The tester's hand in the machine.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops listening and returns once the port is free. Requests in progress have a second to end.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if timeout(PATIENCE, &mut self.task).await.is_err() {
            self.task.abort();
            let _ = (&mut self.task).await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
