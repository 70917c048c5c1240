//! The same lab as the demo's, in the test's own process, and the options by which a user leads `check` to it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use mdm_preflight::lab::{Ground, Guest, Lab};

use crate::binary::{self, Run};

/// A running lab. It ends with the value.
pub(crate) struct World {
    lab: Lab,
    roots: PathBuf,
    // Last, for what it runs ends with it.
    _runtime: tokio::runtime::Runtime,
}

/// The world without a fault, for the opposite of every proof.
pub(crate) fn healthy() -> &'static World {
    static HEALTHY: LazyLock<World> = LazyLock::new(|| World::start(None));
    &HEALTHY
}

impl World {
    pub(crate) fn start(fault: Option<&str>) -> Self {
        Self::start_with(fault, &[])
    }

    /// The same with further hosts.
    pub(crate) fn start_with(fault: Option<&str>, guests: &[Guest]) -> Self {
        // Two worlds of one fault have authorities of their own.
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let lab = runtime
            .block_on(Lab::start_with(Ground::Loopback, fault, guests))
            .unwrap();
        let roots = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!(
            "demo-roots-{}-{number}",
            fault.unwrap_or("healthy")
        ));
        std::fs::create_dir_all(&roots).unwrap();
        let world = Self {
            lab,
            roots,
            _runtime: runtime,
        };
        let stores = [
            ("public", world.lab.public_roots_pem()),
            ("apple", world.lab.apple_roots_pem()),
            ("system", world.lab.system_roots_pem()),
        ];
        for (store, pem) in stores {
            std::fs::write(world.store(store), pem).unwrap();
        }
        world
    }

    pub(crate) fn dns(&self) -> SocketAddr {
        self.lab.dns()
    }

    /// Where the lab keeps what a vendor has at this address and port.
    pub(crate) fn real(&self, address: IpAddr, port: u16) -> SocketAddr {
        let vendor = SocketAddr::new(address, port);
        let route = self.lab.routes().iter().find(|(from, _)| *from == vendor);
        route.unwrap_or_else(|| panic!("no route for {vendor}")).1
    }

    /// The secret that somebody in this world types.
    pub(crate) fn client_secret(&self) -> &'static str {
        self.lab.client_secret()
    }

    /// The roots of a store, as PEM.
    pub(crate) fn store(&self, name: &str) -> PathBuf {
        self.roots.join(format!("{name}.pem"))
    }

    /// What the lab's own servers have to say of their clients.
    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// `check` of this world, by nothing but options. Only IPv4: the lab has no place for the IPv6 addresses it names,
    /// and this machine may have a way out to them.
    pub(crate) fn check(&self) -> Run {
        let (client, secret) = Lab::jamf_client();
        self.check_as(client, secret)
    }

    /// The same with other credentials for the Jamf Pro server.
    pub(crate) fn check_as(&self, client: &str, secret: &str) -> Run {
        self.check_at(Lab::jamf_url(), client, secret, &[])
    }

    /// The same for another Jamf Pro server of this world, with further arguments.
    pub(crate) fn check_at(&self, jamf: &str, client: &str, secret: &str, more: &[&str]) -> Run {
        let mut arguments = self.arguments_for(jamf);
        arguments.extend(more.iter().map(|one| (*one).to_owned()));
        let mut option = |name: &str, value: String| {
            arguments.extend([name.to_owned(), value]);
        };
        option("--client-id", Lab::client_id().to_owned());
        for (name, secret) in [
            ("client-secret", self.lab.client_secret()),
            ("admin-token", Lab::admin_token()),
        ] {
            let file = self.roots.join(name);
            std::fs::write(&file, secret).unwrap();
            option(&format!("--{name}-file"), file.display().to_string());
        }
        option("--jamf-client-id", client.to_owned());
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = binary::command(&arguments);
        command.env("MDM_PREFLIGHT_JAMF_CLIENT_SECRET", secret);
        binary::finish(command)
    }

    /// The same as most run it.
    pub(crate) fn check_without_credentials(&self) -> Run {
        let arguments = self.arguments();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        binary::run(&arguments)
    }

    /// Everything but the credentials.
    pub(crate) fn arguments(&self) -> Vec<String> {
        self.arguments_for(Lab::jamf_url())
    }

    fn arguments_for(&self, jamf: &str) -> Vec<String> {
        let mut arguments: Vec<String> = ["check", "--format", "json", "--color", "never", "-4"]
            .map(str::to_owned)
            .into();
        let mut option = |name: &str, value: String| {
            arguments.extend([name.to_owned(), value]);
        };
        option("--dns", self.dns().to_string());
        option("--jamf", jamf.to_owned());
        option("--tenant", Lab::tenant().to_owned());
        for store in ["public", "apple", "system"] {
            let file = self.store(store);
            option("--roots", format!("{store}={}", file.display()));
        }
        if let Some(proxy) = self.lab.proxy() {
            option("--proxy", proxy);
        }
        for (vendor, real) in self.lab.routes() {
            assert!(real.ip().is_loopback(), "{vendor} is at {real}");
            option("--connect-to", format!("{vendor}:{real}"));
        }
        arguments
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What stays behind stands in cargo's own folder for such files.
        std::fs::remove_dir_all(&self.roots).ok();
    }
}
