//! The embedded lab with the real binary's `check` led to it, as anybody can lead it to a lab of their own.

use std::path::PathBuf;

use mdm_preflight::lab::{Ground, Lab};

pub(crate) struct Loopback {
    // Before the runtime, so that its tasks end first.
    pub(crate) lab: Lab,
    _runtime: tokio::runtime::Runtime,
    folder: PathBuf,
}

impl Loopback {
    pub(crate) fn start(name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let lab = runtime
            .block_on(Lab::start(Ground::Loopback, None))
            .unwrap();
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("loopback-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        for (store, pem) in [
            ("public", lab.public_roots_pem()),
            ("apple", lab.apple_roots_pem()),
            ("system", lab.system_roots_pem()),
        ] {
            std::fs::write(folder.join(store), pem).unwrap();
        }
        Self {
            lab,
            _runtime: runtime,
            folder,
        }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Arguments of `check` under which no packet leaves loopback: every address has its place there, and the
    /// canary is left out.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut all: Vec<String> = ["-4", "--skip", "canary", "--dns"]
            .map(str::to_owned)
            .into();
        all.push(self.lab.dns().to_string());
        for store in ["public", "apple", "system"] {
            all.push("--roots".to_owned());
            all.push(format!("{store}={}", self.path(store)));
        }
        for (vendor, real) in self.lab.routes() {
            all.push("--connect-to".to_owned());
            all.push(format!("{vendor}:{real}"));
        }
        all
    }

    /// A program that is `mdm-preflight` to whoever calls it, and whose `check` asks the lab.
    pub(crate) fn stand_in(&self) -> String {
        use std::os::unix::fs::PermissionsExt;
        let program = env!("CARGO_BIN_EXE_mdm-preflight");
        let arguments = self.arguments().join(" ");
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = check ]; then shift; set -- check {arguments} \"$@\"; fi\nexec {program} \"$@\"\n"
        );
        let path = self.path("mdm-preflight");
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}
