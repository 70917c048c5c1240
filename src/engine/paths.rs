//! Which ways out a run tries, and which of them each row may take.

use crate::plan;
use crate::probe::{ProxyPolicy, Spec, Want};

/// Which of the ways out are tried.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Paths {
    /// No proxy, whatever is set.
    Direct,
    /// Each row as its service would go: through the proxy that is set where one may carry the row.
    #[default]
    Proxied,
    /// The same, and each row that a proxy carries directly beside it.
    Both,
}

/// Which proxies may carry a row in this run. That something is closed shows on the direct path alone.
pub(super) fn carriers(row: &plan::Row, paths: Paths) -> ProxyPolicy {
    if paths == Paths::Direct || row.check.expect.is_negative() {
        return ProxyPolicy::Never;
    }
    row.check.proxy
}

/// Which proxies would have carried a row, had the run not been told to go straight.
pub(super) fn left_out(row: &plan::Row, paths: Paths) -> ProxyPolicy {
    if paths == Paths::Direct {
        return carriers(row, Paths::Proxied);
    }
    ProxyPolicy::Never
}

/// Nothing is posted and no secret sent twice in one run.
pub(super) fn is_asked_twice(spec: &Spec, carriers: ProxyPolicy) -> bool {
    let wants = spec.wants();
    let gets = |want: &Want| {
        want.request
            .as_ref()
            .is_none_or(|request| request.method != "POST")
    };
    carriers != ProxyPolicy::Never
        && !wants.is_empty()
        && spec.secret().is_none()
        && wants.iter().all(gets)
}
