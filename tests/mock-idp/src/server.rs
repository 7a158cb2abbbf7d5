//! Listening and stopping.

use std::net::SocketAddr;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::builder::{Builder, StartError};
use crate::control::Control;
use crate::wire::{Peer, SpoilableListener};

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
    let task = tokio::spawn(async move {
        tokio::select! {
            served = axum::serve(SpoilableListener(listener), service) => {
                if let Err(error) = served {
                    tracing::error!(%error, "the mock stopped serving");
                }
            }
            _ = stopped => {}
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

    /// The tester's hand in the machine.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops listening and returns once the port is free. Requests in progress are cut.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}
