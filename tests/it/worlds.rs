//! The built-in profiles, unchanged, run by the real binary in worlds of network namespaces: a client, a router with
//! nftables and an inside internet that owns the real addresses.

#[cfg(all(target_os = "linux", feature = "demo"))]
mod attempts;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod broken;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod builtins;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod canary;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod case;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod causes;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod clocks;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod compare;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod diagnoses;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod families;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod firewall;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod foreign;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod ground;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod healthy;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod hello;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod hold;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod limits;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod loss;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod machine;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod middlebox;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod mitmproxy;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod names;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod nat64;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod negative;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod nginx;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod pace;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod papers;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod partial;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod path;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod portal;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod proxies;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod range;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod refusals;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod resolvers;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod robust;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod servers;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod sources;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod squid;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod thorough;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod time;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod truth;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod unbound;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod until;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod vantage;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod verdicts;
#[cfg(all(target_os = "linux", feature = "demo"))]
mod ways;

/// Whether worlds can be built here. Says so if not; where the project's own tests run, that is an error.
#[cfg(all(target_os = "linux", feature = "demo"))]
#[expect(clippy::print_stderr, reason = "whoever runs the tests has to know")]
fn possible() -> bool {
    let Err(why) = ground::possible() else {
        return true;
    };
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "the worlds have to run here: {why}"
    );
    eprintln!("SKIPPED: {why}");
    false
}

/// Every world of a table, a few at a time: most of their time is waiting.
#[cfg(all(target_os = "linux", feature = "demo"))]
fn play_all(cases: &[case::Case<'_>]) {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    if !possible() {
        return;
    }
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(what) = case::play(case) {
                        wrong.lock().unwrap().push(what);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[cfg(not(all(target_os = "linux", feature = "demo")))]
#[expect(clippy::print_stderr, reason = "whoever runs the tests has to know")]
#[test]
fn worlds_need_the_namespaces_of_linux() {
    eprintln!("SKIPPED: no network namespaces here");
}
