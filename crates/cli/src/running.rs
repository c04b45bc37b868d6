//! Settings become running parts, which are stopped together.

mod place;
mod ports;

use std::path::PathBuf;
use std::time::Duration;

use agm_domain::secret::Secret;
use agm_gateway::system_clock;
use agm_ops::Agm;
use agm_server::{LatePage, Server, ServerSettings, SettingView};
use serde::{Deserialize, Serialize};

pub(crate) use place::{Endpoints, Holder, RunDir, holder, log_path};
pub(crate) use ports::free as ports_are_free;

use crate::error::{CliError, Result};
use crate::settings::Settings;

/// agm as it runs in this process.
pub(crate) struct Running {
    agm: Agm,
    server: Server,
    run: RunDir,
    drain: Duration,
    ready: Ready,
}

/// What there is to say once it runs. The password is in it only at the start that made it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) endpoints: Endpoints,
    pub(crate) data_dir: PathBuf,
    pub(crate) admin: String,
    pub(crate) password: Option<Secret>,
    pub(crate) remarks: Vec<String>,
}

impl Running {
    /// Starts everything. The gateway answers first: the page it also serves says to wait until the server has come.
    pub(crate) async fn start(settings: Settings) -> Result<Self> {
        // What cannot be is told before anything is made.
        settings.admin.acceptable(settings.loopback_only())?;
        let page = LatePage::default();
        let mut remarks = settings.remarks.clone();
        // Whose directory it is comes first: its owner has the ports, too.
        if holder(&settings.data_dir)? == Holder::Nobody {
            ports::free(&settings, None).await?;
        }
        let agm = Agm::start(of_agm(&settings, &page)).await?;
        let run = RunDir::new(&settings.data_dir);
        let server = match serve(&settings, &run, &agm).await {
            Ok(server) => server,
            Err(error) => {
                agm.shutdown(Duration::ZERO).await;
                return Err(error);
            }
        };
        page.set(&server);
        agm.keep_lists();
        if server.password_is_weak() {
            remarks.push("the admin's password is a weak one, which is accepted only because every listener is on loopback".to_owned());
        }
        if agm.secrets_are_unreadable() {
            remarks.push(
                "the secrets cannot be read with this master key: everything else is shown, nothing can be changed, and the gateway serves nobody"
                    .to_owned(),
            );
        } else if !agm.is_acting() {
            remarks.push("another agm acts on this store; this one shows everything and changes nothing".to_owned());
        }
        let endpoints = Endpoints::of(server.addr(), agm.gateway().addr());
        if let Err(error) = run.announce(&endpoints) {
            server.shutdown(Duration::ZERO).await;
            agm.shutdown(Duration::ZERO).await;
            return Err(error);
        }
        let ready = Ready {
            endpoints,
            data_dir: settings.data_dir,
            admin: server.admin_user().to_owned(),
            password: server.generated_password().cloned(),
            remarks,
        };
        Ok(Self { agm, server, run, drain: settings.drain, ready })
    }

    /// What there is to say.
    pub(crate) fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Somebody has been shown the password that this start made.
    pub(crate) async fn password_was_seen(&self) {
        self.server.password_was_seen().await;
    }

    /// Stops taking requests at once, and lets those under way finish for as long as the settings say.
    pub(crate) async fn stop(self) {
        self.run.forget();
        self.server.shutdown(self.drain).await;
        self.agm.shutdown(self.drain).await;
    }
}

/// The server. It writes a new local token, which no client may find beside the address of an agm that was killed: somebody else may have
/// that address by now.
async fn serve(settings: &Settings, run: &RunDir, agm: &Agm) -> Result<Server> {
    run.clear()?;
    let server = Server::start(of_server(settings, run), agm.clone()).await;
    server.map_err(|error| CliError::failed(error.to_string()))
}

fn of_agm(settings: &Settings, page: &LatePage) -> agm_ops::Settings {
    let mut gateway = settings.gateway.clone();
    if settings.gateway_ui {
        gateway.page = Some(page.page());
    } else {
        gateway.page_hosts.clear();
    }
    agm_ops::Settings {
        data_dir: settings.data_dir.clone(),
        storage: settings.storage.clone(),
        master_key: settings.master_key.clone(),
        unreadable_secrets: settings.unreadable_secrets,
        manager_key: settings.manager_key.clone(),
        gateway_listen: settings.gateway_listen,
        gateway,
        gateway_url: settings.gateway_url.clone(),
        management_url: settings.public_url.clone().unwrap_or_else(|| format!("http://{}", settings.listen)),
        patience: settings.patience,
        recheck: settings.recheck,
        clock: system_clock(),
    }
}

fn of_server(settings: &Settings, run: &RunDir) -> ServerSettings {
    let view =
        |found: &crate::settings::Found| SettingView { name: found.key.to_owned(), value: found.shown(), source: found.origin.to_string() };
    let mut server = ServerSettings::new(settings.listen, settings.admin.clone(), run.path().to_owned());
    server.manager_access = settings.manager_access;
    server.public_url.clone_from(&settings.public_url);
    server.trusted_proxies.clone_from(&settings.trusted_proxies);
    server.loopback_only = settings.loopback_only();
    server.settings = settings.found.iter().map(view).collect();
    server
}
