//! A PAC script and what it says of one destination.

mod look_ups;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ipnet::IpNet;
use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt, CaughtError, Context, Ctx, Function, Object, Runtime, Value};
use tokio::sync::Semaphore;

use self::look_ups::LookUps;
use crate::code::Code;
use crate::net::endpoint::Host;
use crate::net::proxy::{Destination, Origin, Proxy, Scheme, Way};
use crate::net::source::Source;
use crate::net::text::printable;
use crate::net::wire::Family;
use crate::net::{Failure, Net, local};

/// From its start to its answer; it is not kept while it waits for a look-up.
const PATIENCE: Duration = Duration::from_secs(2);
const MEMORY: usize = 32 * 1024 * 1024;
const STACK: usize = 512 * 1024;
const FUNCTIONS: &str = include_str!("functions.js");
const SHOWN: usize = 300;
/// Any global addresses do to learn by which of its own this machine goes out; these are documentation space.
const ELSEWHERE: [IpAddr; 2] = [
    IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// What a script finds when it looks a name up; none: that is not known yet, and the script is of no more use.
type LookUp = Arc<dyn Fn(&str, bool) -> Option<Vec<IpAddr>> + Send + Sync>;

pub(super) struct Script<'a> {
    text: &'a str,
    look_up: LookUp,
    /// By which this machine goes out.
    source: Source,
}

/// What the file says of a destination, and what is wrong with it if anything is.
pub(super) async fn ways(
    net: &Net,
    shown: &str,
    text: Arc<str>,
    to: Destination,
) -> (Vec<Way>, Option<Failure>) {
    let resolver = net.clone();
    let look_ups = LookUps::new(move |name: &str, all| {
        let (net, host) = (resolver.clone(), name.parse::<Host>());
        async move {
            let Ok(host) = host else { return Vec::new() };
            net.begin_look_up(&host, None);
            let mut found = net.addresses(&host, None, Family::V4).await;
            if all {
                found.extend(net.addresses(&host, None, Family::V6).await);
            }
            found
        }
    });
    let source = net.settings().source.clone();
    let asking = answer(&net.inner.scripting, text, source, to, look_ups);
    let failed = |why: String| Failure::new(Code::ProxyPacFailed, format!("{shown}: {why}"));
    match asking.await {
        Ok(answer) => {
            let (ways, why) = read(&answer);
            (ways, why.map(failed))
        }
        Err(why) => (Vec::new(), Some(failed(why))),
    }
}

/// What the script answers. One that looks up what is not known yet is stopped, and begun anew with what was found: while
/// DNS is silent it has neither a place nor a thread nor memory, so that it holds up no other.
async fn answer(
    places: &Semaphore,
    text: Arc<str>,
    source: Source,
    to: Destination,
    look_ups: LookUps,
) -> Result<String, String> {
    let look_ups = Arc::new(look_ups);
    loop {
        let (text, source, to) = (Arc::clone(&text), source.clone(), to.clone());
        let known = Arc::clone(&look_ups);
        // Each has memory and a thread of its own.
        let place = places.acquire().await;
        let asking = tokio::task::spawn_blocking(move || {
            let script = Script {
                text: &text,
                look_up: Arc::new(move |name, all| known.find(name, all)),
                source,
            };
            script.ask(&to)
        });
        let end = asking.await;
        drop(place);
        if !look_ups.hear().await {
            return end.unwrap_or_else(|_| Err("the script's thread ended".to_owned()));
        }
    }
}

impl<'a> Script<'a> {
    /// A script before the first packet: every name has an address that is nobody's.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            look_up: Arc::new(|_, _| Some(vec![ELSEWHERE[0]])),
            source: Source::default(),
        }
    }

    /// Whether it is JavaScript with the function that is to be called.
    pub(super) fn check(&self) -> Result<(), String> {
        self.run(|ctx| function(ctx).map(|_| ()))
    }

    fn ask(&self, to: &Destination) -> Result<String, String> {
        let (url, host) = (url(to), to.host.to_string());
        self.run(|ctx| {
            let call = function(ctx)?;
            let answer: Result<Value<'_>, _> = call.call((url.as_str(), host.as_str()));
            let answer = answer.catch(ctx).map_err(|error| said(&error))?;
            if answer.is_null() || answer.is_undefined() {
                return Ok(String::new());
            }
            let text = answer.as_string().and_then(|text| text.to_string().ok());
            text.ok_or_else(|| format!("its answer for {host} is no text"))
        })
    }

    fn run<T>(&self, ask: impl FnOnce(&Ctx<'_>) -> Result<T, String>) -> Result<T, String> {
        let own = |error: rquickjs::Error| format!("the engine does not start: {error}");
        let runtime = Runtime::new().map_err(own)?;
        runtime.set_memory_limit(MEMORY);
        runtime.set_max_stack_size(STACK);
        let clock = Arc::new(Clock::new());
        let own_clock = Arc::clone(&clock);
        runtime.set_interrupt_handler(Some(Box::new(move || own_clock.is_over())));
        let context = Context::full(&runtime).map_err(own)?;
        let end = context.with(|ctx| {
            self.offer(&ctx, &clock).map_err(own)?;
            evaluate(&ctx, FUNCTIONS, "functions")?;
            evaluate(&ctx, self.text, "line")?;
            ask(&ctx)
        });
        // The engine's word for that the handler stopped it says less.
        end.map_err(|why| {
            if clock.is_over() {
                format!("no answer in {} s", PATIENCE.as_secs())
            } else {
                why
            }
        })
    }

    /// What `functions.js` needs of this program.
    fn offer(&self, ctx: &Ctx<'_>, clock: &Arc<Clock>) -> rquickjs::Result<()> {
        let native = Object::new(ctx.clone())?;
        let look_up = Arc::clone(&self.look_up);
        let clock = Arc::clone(clock);
        let resolve = move |name: String, all: bool| -> String {
            let found = look_up(&name, all).unwrap_or_else(|| {
                clock.stop();
                Vec::new()
            });
            let wanted = if all { found.len() } else { 1 };
            listed(found.into_iter().take(wanted))
        };
        native.set("resolve", Function::new(ctx.clone(), resolve)?)?;
        let source = self.source.clone();
        let leaving = move |all| own(all, &source);
        native.set("own", Function::new(ctx.clone(), leaving)?)?;
        native.set("within", Function::new(ctx.clone(), within)?)?;
        native.set("sorted", Function::new(ctx.clone(), sorted)?)?;
        ctx.globals().set("native", native)
    }
}

/// How long a script has been running, and whether there is a point in its going on.
struct Clock {
    started: Instant,
    stopped: AtomicBool,
}

impl Clock {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            stopped: AtomicBool::new(false),
        }
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Relaxed) || self.started.elapsed() > PATIENCE
    }
}

fn evaluate(ctx: &Ctx<'_>, text: &str, name: &str) -> Result<(), String> {
    let mut options = EvalOptions::default();
    // The files are older than strict mode.
    options.strict = false;
    options.filename = Some(name.to_owned());
    let end: Result<(), _> = ctx.eval_with_options(text, options);
    end.catch(ctx).map_err(|error| said(&error))
}

fn function<'js>(ctx: &Ctx<'js>) -> Result<Function<'js>, String> {
    let globals = ctx.globals();
    let named = |name: &str| globals.get::<_, Function<'js>>(name).ok();
    let found = named("FindProxyForURL").or_else(|| named("FindProxyForURLEx"));
    found.ok_or_else(|| "it has no function FindProxyForURL".to_owned())
}

/// The engine's own words, with the place in the file.
fn said(error: &CaughtError<'_>) -> String {
    let text = match error {
        CaughtError::Exception(exception) => {
            let message = exception.message().unwrap_or_default();
            let stack = exception.stack().unwrap_or_default();
            match stack.lines().find_map(place) {
                Some(place) => format!("line {place}: {message}"),
                None => message,
            }
        }
        CaughtError::Value(value) => value
            .as_string()
            .and_then(|text| text.to_string().ok())
            .unwrap_or_else(|| "it threw a value".to_owned()),
        CaughtError::Error(error) => error.to_string(),
    };
    printable(&text, SHOWN)
}

/// `at FindProxyForURL (line:3:5)` is line 3.
fn place(frame: &str) -> Option<&str> {
    let (_, at) = frame.split_once("line:")?;
    at.split([':', ')']).next()
}

/// As browsers do: of what is encrypted, the script is told the host only.
fn url(to: &Destination) -> String {
    let (scheme, usual) = if to.tls { ("https", 443) } else { ("http", 80) };
    let host = to.host.authority();
    if to.port == usual {
        format!("{scheme}://{host}/")
    } else {
        format!("{scheme}://{host}:{}/", to.port)
    }
}

/// The list that a script returns; what of it cannot be used is said.
fn read(answer: &str) -> (Vec<Way>, Option<String>) {
    let mut ways = Vec::new();
    let mut wrong = None;
    for entry in answer
        .split(';')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
    {
        match way(entry) {
            Ok(way) => ways.push(way),
            Err(why) => {
                // What stands before an `@` is a user name and perhaps a password.
                let shown = match entry.rsplit_once('@') {
                    Some((_, place)) => format!("…@{place}"),
                    None => entry.to_owned(),
                };
                let shown = printable(&shown, SHOWN);
                wrong.get_or_insert(format!("it answers `{shown}`: {why}"));
            }
        }
    }
    if ways.is_empty() && wrong.is_none() {
        ways.push(Way::Direct);
    }
    (ways, wrong)
}

fn way(entry: &str) -> Result<Way, String> {
    let mut words = entry.split_whitespace();
    let kind = words.next().unwrap_or_default().to_ascii_uppercase();
    let scheme = match kind.as_str() {
        "DIRECT" => return Ok(Way::Direct),
        "PROXY" | "HTTP" => Scheme::Http,
        "HTTPS" => Scheme::Https,
        "SOCKS" | "SOCKS5" => Scheme::Socks5,
        "SOCKS4" => return Err("SOCKS 4 is not spoken".to_owned()),
        _ => return Err("it is no kind of proxy".to_owned()),
    };
    let (Some(place), None) = (words.next(), words.next()) else {
        return Err("a proxy has one host and port".to_owned());
    };
    let typed = format!("{}://{place}", scheme.name());
    let proxy = Proxy::parse(&typed, Origin::Pac).map_err(|error| error.to_string())?;
    Ok(Way::Through(Arc::new(proxy)))
}

fn listed(addresses: impl Iterator<Item = IpAddr>) -> String {
    let texts: Vec<String> = addresses.map(|address| address.to_string()).collect();
    texts.join(";")
}

/// This machine's own addresses, as it goes out.
fn own(all: bool, source: &Source) -> String {
    let wanted = if all { ELSEWHERE.len() } else { 1 };
    let found = ELSEWHERE
        .into_iter()
        .take(wanted)
        .filter_map(|to| local::source_for(to, source));
    listed(found)
}

#[expect(clippy::needless_pass_by_value, reason = "the engine hands texts over")]
fn within(address: String, block: String) -> bool {
    match (address.parse::<IpAddr>(), block.parse::<IpNet>()) {
        (Ok(address), Ok(block)) => block.contains(&address),
        _ => false,
    }
}

/// IPv6 first; nothing if one of them is no address.
#[expect(clippy::needless_pass_by_value, reason = "the engine hands texts over")]
fn sorted(list: String) -> String {
    let parsed: Result<Vec<IpAddr>, _> = list.split(';').map(|one| one.trim().parse()).collect();
    let mut all = parsed.unwrap_or_default();
    all.sort_by_key(|address| (address.is_ipv4(), *address));
    listed(all.into_iter())
}

#[cfg(test)]
mod tests;
